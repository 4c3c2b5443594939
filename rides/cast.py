"""The city of the demo and of the tests: Wenzhou, with the places of the case."""

from core.transactions import joins_transaction
from rides.models import City, KnownPlace

PLACES = [
    ("虹桥镇", "Hongqiao", 28.2127, 121.0260),
    ("上塘", "Shangtang", 28.1535, 120.6905),
    ("乐清市区", "Yueqing centre", 28.1290, 120.9650),
    ("柳市", "Liushi", 28.0350, 120.8610),
    ("温州南站", "Wenzhou South station", 27.9690, 120.5830),
]


@joins_transaction
def make_city() -> City:
    """Wenzhou."""
    city = City.objects.create(
        code="wenzhou", name_zh="温州", name_en="Wenzhou", latitude=28.10, longitude=120.80
    )
    KnownPlace.objects.bulk_create(
        KnownPlace(city=city, name_zh=zh, name_en=en, latitude=lat, longitude=lon)
        for zh, en, lat, lon in PLACES
    )
    return city
