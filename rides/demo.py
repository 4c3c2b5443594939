"""The cities of the demo and of the tests: Wenzhou and Zhengzhou, with the places of both cases."""

from core.transactions import joins_transaction
from rides.models import City, KnownPlace

WENZHOU = [
    ("虹桥镇", "Hongqiao", 28.2127, 121.0260),
    ("上塘", "Shangtang", 28.1535, 120.6905),
    ("乐清市区", "Yueqing centre", 28.1290, 120.9650),
    ("柳市", "Liushi", 28.0350, 120.8610),
    ("温州南站", "Wenzhou South station", 27.9690, 120.5830),
    ("温州站", "Wenzhou station", 28.0167, 120.6830),
    ("龙湾国际机场", "Longwan airport", 27.9122, 120.8520),
    ("五马街", "Wuma street", 28.0185, 120.6545),
    ("瓯北", "Oubei", 28.0550, 120.6480),
    ("北白象", "Beibaixiang", 28.0480, 120.8140),
    ("雁荡山", "Yandang mountain", 28.3760, 121.0590),
    ("瑞安", "Rui'an", 27.7780, 120.6550),
]
ZHENGZHOU = [
    ("新郑国际机场", "Xinzheng airport", 34.5197, 113.8408),
    ("航空港区", "Airport zone", 34.5450, 113.8550),
    ("郑州东站", "Zhengzhou East station", 34.7590, 113.7790),
    ("郑州站", "Zhengzhou station", 34.7466, 113.6586),
    ("二七广场", "Erqi square", 34.7520, 113.6680),
    ("金水区", "Jinshui", 34.8000, 113.6600),
]


@joins_transaction
def make_cities() -> list[City]:
    """Wenzhou first, then Zhengzhou."""
    return [
        _make("wenzhou", "温州", "Wenzhou", (28.10, 120.80), WENZHOU),
        _make("zhengzhou", "郑州", "Zhengzhou", (34.70, 113.70), ZHENGZHOU),
    ]


def _make(
    code: str, zh: str, en: str, middle: tuple[float, float], places: list[tuple[str, str, float, float]]
) -> City:
    city = City.objects.create(
        code=code, name_zh=zh, name_en=en, latitude=middle[0], longitude=middle[1], radius=60_000
    )
    KnownPlace.objects.bulk_create(
        KnownPlace(city=city, name_zh=name, name_en=english, latitude=lat, longitude=lon)
        for name, english, lat, lon in places
    )
    return city
