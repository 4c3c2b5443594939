"""Where trips begin and end, and what every journey must meet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core import clock
from rides.errors import (
    CurfewHours,
    PlacesWrong,
    WindowWrong,
)
from rides.geometry import Point, distance
from rides.models import City
from rides.policies import window_meets_curfew

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Place:
    """A named point, latitude and longitude in degrees, WGS-84."""

    name: str
    latitude: float
    longitude: float

    @property
    def point(self) -> Point:
        return self.latitude, self.longitude


SHORTEST_TRIP = 500.0


def check_way(city: City, origin: Place, destination: Place, start: datetime, end: datetime) -> None:
    middle = (city.latitude, city.longitude)
    if (
        distance(origin.point, destination.point) < SHORTEST_TRIP
        or max(distance(middle, origin.point), distance(middle, destination.point)) > city.radius
    ):
        raise PlacesWrong
    at = clock.now()
    if not (start <= end <= start + timedelta(hours=3)) or end <= at or start > at + timedelta(days=7):
        raise WindowWrong("window_start")
    if window_meets_curfew(start, end):
        raise CurfewHours("window_start")
