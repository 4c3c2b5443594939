"""Where trips begin and end, and what every journey must meet."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core import clock
from rides import selectors
from rides.errors import CurfewHours, PlacesWrong, WindowWrong
from rides.geometry import Point, distance
from rides.models import City
from rides.policies import window_meets_curfew
from rides.states import Line

SHORTEST_TRIP = 500.0
LONGEST_WINDOW = timedelta(hours=3)
AHEAD = timedelta(days=7)
PATIENCE = timedelta(minutes=10)  # how long an order of the other lines looks for a driver


@dataclass(frozen=True, slots=True)
class Place:
    """A named point, latitude and longitude in degrees, WGS-84."""

    name: str
    latitude: float
    longitude: float

    @property
    def point(self) -> Point:
        return self.latitude, self.longitude


@dataclass(frozen=True, slots=True)
class Journey:
    """Where from, where to, and when one could set off at the earliest and latest."""

    city: City
    origin: Place
    destination: Place
    start: datetime
    end: datetime


def named_place(city: City, point: Point) -> Place:
    """A point by the names of the map: nobody can write words for the other side into it (A4)."""
    return Place(selectors.place_name(city, point), *point)


def check_journey(journey: Journey, line: Line) -> None:
    """Raises `PlacesWrong`, `WindowWrong`, and for hitch `CurfewHours`."""
    city, origin, destination = journey.city, journey.origin.point, journey.destination.point
    middle = (city.latitude, city.longitude)
    if (
        distance(origin, destination) < SHORTEST_TRIP
        or max(distance(middle, origin), distance(middle, destination)) > city.radius
    ):
        raise PlacesWrong
    at, start = clock.now(), journey.start
    end = journey.end if line == Line.HITCH else start + PATIENCE
    if not (start <= end <= start + LONGEST_WINDOW) or end <= at or start > at + AHEAD:
        raise WindowWrong("window_start")
    if line == Line.HITCH and window_meets_curfew(start, end):
        raise CurfewHours("window_start")
