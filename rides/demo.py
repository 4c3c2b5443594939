"""The cities of the demo and of the tests: Wenzhou and Zhengzhou, with the places of both cases."""

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core import audit, clock
from core.actors import SYSTEM
from core.codes import new_code
from core.transactions import joins_transaction
from rides import fares
from rides.geometry import distance
from rides.models import City, KnownPlace, Rating, Score, Trip
from rides.states import Line, Party, PlateCheck, TripState

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver

DAYS = 30  # of made history
A_DAY = (14, 26)  # made trips
PACE = 9.0  # metres a second

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


@joins_transaction
def make_history(riders: "list[Account]", drivers: "list[Driver]") -> int:
    """A month of trips and stars of marked people, so that lists are not empty on the first day; how many trips.

    Each row is one that could have come about, and the constraints of the tables see it; nobody is told, nobody pays, and
    no step of a trip is claimed in its timeline. The journal says once that all of them were made. Raises `ValueError`
    for somebody who is not marked: a real person's past is never invented.
    """
    if not all(each.is_drill for each in [*riders, *(driver.account for driver in drivers)]):
        raise ValueError("history is made of marked people alone")
    chance = random.Random(21)  # noqa: S311 - nothing secret
    now, city = clock.now(), City.objects.get(code="wenzhou")
    places = list(KnownPlace.objects.filter(city=city).order_by("pk"))
    trips = []
    for day in range(DAYS, 0, -1):
        for _trip in range(chance.randint(*A_DAY)):
            begun = now - timedelta(days=day) + timedelta(minutes=chance.randint(0, 15 * 60))
            trips.append(_made(chance, city, chance.choice(riders), chance.choice(drivers), places, begun))
    Trip.objects.bulk_create(trips)
    ended = [trip for trip in trips if trip.state == TripState.ENDED]
    ratings = [
        Rating(
            trip=trip,
            party=party,
            stars=chance.choices((5, 4, 3, 2), (72, 20, 6, 2))[0],
            at=trip.ended_at or now,
        )
        for trip in ended
        for party in Party
        if chance.random() < 0.7
    ]
    Rating.objects.bulk_create(ratings)
    given: dict[int, list[int]] = {}
    for rating in ratings:
        trip = rating.trip
        rated = (
            trip.driver.account_id if rating.party == Party.PASSENGER and trip.driver else trip.passenger_id
        )
        given.setdefault(rated, []).append(rating.stars)
    Score.objects.bulk_create(
        Score(account_id=key, stars=sum(stars), count=len(stars)) for key, stars in sorted(given.items())
    )
    audit.record(SYSTEM, "rides.history_made", "demo", trips=len(trips), ratings=len(ratings))
    return len(trips)


def _made(
    chance: random.Random,
    city: City,
    rider: "Account",
    driver: "Driver",
    places: list[KnownPlace],
    begun: datetime,
) -> Trip:
    a, b = chance.sample(places, 2)
    metres = distance((a.latitude, a.longitude), (b.latitude, b.longitude)) * 1.3
    fare = fares.estimate(Line.EXPRESS, metres, metres / PACE)
    code = new_code("T")
    trip = Trip(
        code=code,
        client_key=f"made:{code}",
        line=Line.EXPRESS,
        city=city,
        passenger=rider,
        origin_name=a.name_zh,
        origin_latitude=a.latitude,
        origin_longitude=a.longitude,
        destination_name=b.name_zh,
        destination_latitude=b.latitude,
        destination_longitude=b.longitude,
        window_start=begun,
        window_end=begun,
        route_metres=metres,
        route_seconds=metres / PACE,
        route_source="made",
        fare_estimate=fare.fen,
        tariff=fare.citation,
        boarding_code=f"{chance.randint(0, 9999):04d}",
        requested_at=begun,
    )
    if chance.random() < 0.08:
        trip.state, trip.cancelled_at = TripState.CANCELLED, begun + timedelta(minutes=2)
        trip.cancelled_by, trip.cancel_reason = Party.PASSENGER, "changed_plans"
        return trip
    binding = driver.bindings.select_related("vehicle").get(ended_at=None)
    trip.driver, trip.vehicle, trip.plate_registered = driver, binding.vehicle, binding.vehicle.plate
    trip.plate_check, trip.state, trip.fare = PlateCheck.SAME, TripState.ENDED, fare.fen
    trip.accepted_at = begun + timedelta(seconds=chance.randint(5, 60))
    trip.arrived_at = trip.accepted_at + timedelta(minutes=chance.randint(2, 7))
    trip.boarded_at = trip.departed_at = trip.arrived_at + timedelta(minutes=chance.randint(1, 4))
    trip.ended_at = trip.boarded_at + timedelta(seconds=metres / PACE)
    return trip
