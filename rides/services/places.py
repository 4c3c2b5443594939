"""Where trips begin and end, and what every journey must meet."""

from dataclasses import dataclass
from datetime import datetime

from core import clock, policy
from rides import selectors
from rides.curfew import window_meets_curfew
from rides.errors import CurfewHours, PlacesWrong, RemotePickup, WindowWrong
from rides.geometry import Point, distance
from rides.models import City
from rides.policies import BOOK_AHEAD, LONGEST_WINDOW, PATIENCE, SHORTEST_TRIP, is_late
from rides.states import Line


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
    """Raises `PlacesWrong`, `WindowWrong`, and for hitch `CurfewHours` and `RemotePickup`."""
    city, origin, destination = journey.city, journey.origin.point, journey.destination.point
    middle = (city.latitude, city.longitude)
    if (
        distance(origin, destination) < policy.value(SHORTEST_TRIP)
        or max(distance(middle, origin), distance(middle, destination)) > city.radius
    ):
        raise PlacesWrong
    at, start = clock.now(), journey.start
    end = journey.end if line == Line.HITCH else start + policy.span(PATIENCE)
    longest, ahead = policy.span(LONGEST_WINDOW), policy.span(BOOK_AHEAD)
    if not (start <= end <= start + longest) or end <= at or start > at + ahead:
        raise WindowWrong("window_start")
    if line == Line.HITCH and window_meets_curfew(start, end):
        raise CurfewHours("window_start")
    if line == Line.HITCH and is_late(start) and selectors.is_remote(city, origin):
        raise RemotePickup("origin")
