"""Ways and times (R10): a router where one is set, else a great-circle estimate, named as such on every page.

`HUHANG_ROUTER_URL` is `osrm+http://HOST:PORT` or `valhalla+http://HOST:PORT`. A router that is down or knows no way
never stops anybody: the estimate stands in, and says what it is. `roads` are the main roads of the maps that we draw
ourselves (`rides.roads`), for a demo: production is refused with it.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from urllib.parse import urlsplit

import routingpy
import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from requests import RequestException
from routingpy.exceptions import RouterError

from rides import roads
from rides.geometry import Point, distance, route_length

log = structlog.get_logger()
TIMEOUT = 2  # seconds
# Roads are longer than the straight line: 1.33 is China's circuity factor in Ballou, Rahardja, Sakai: 'Selected
# country circuity factors for road travel distance estimation' (Transportation Research A 36, 2002).
CIRCUITY = 1.33
SPEED = 40 / 3.6  # metres in a second, in and around a city
_breakers = SyncCircuitBreakerFactory(default_threshold=3, default_ttl=20.0)


class Source(StrEnum):
    """Who drew a way. `client` is a native client's own router, `roads` the main roads of our own map."""

    GREAT_CIRCLE = "great_circle"
    OSRM = "osrm"
    VALHALLA = "valhalla"
    CLIENT = "client"
    ROADS = "roads"


@dataclass(frozen=True, slots=True)
class Route:
    """A way: points (latitude, longitude) in WGS-84, length in metres, driving time in seconds, and who drew it."""

    points: list[Point]
    metres: float
    seconds: float
    source: Source


class Router(Protocol):
    """Anything that draws a way through points in order."""

    def route(self, points: list[Point]) -> Route:
        """Raises nothing: who cannot answer leaves it to the estimate."""
        ...


class GreatCircle:
    """Straight lines, longer by China's circuity, at a city's speed."""

    def route(self, points: list[Point]) -> Route:
        metres = sum(distance(a, b) for a, b in pairwise(points)) * CIRCUITY
        return Route(list(points), metres, metres / SPEED, Source.GREAT_CIRCLE)


class OwnRoads:
    """The main roads of our own maps; the estimate where a leg lies beside them."""

    def route(self, points: list[Point]) -> Route:
        legs = [roads.leg(a, b) for a, b in pairwise(points)]
        found = [way for way in legs if way is not None]
        if not found or len(found) < len(legs):
            return GreatCircle().route(points)
        way = [found[0].points[0], *(point for each in found for point in each.points[1:])]
        rounded = [(round(lat, 5), round(lon, 5)) for lat, lon in way]
        metres, seconds = sum(each.metres for each in found), sum(each.seconds for each in found)
        return Route(rounded, metres, seconds, Source.ROADS)


class RoadRouter:
    """OSRM or Valhalla through routingpy; the estimate where it does not answer."""

    def __init__(self, engine: str, base_url: str) -> None:
        self.source = Source(engine)
        options = {
            "base_url": base_url,
            "timeout": TIMEOUT,
            "retry_over_query_limit": False,
        }
        self.client = routingpy.OSRM(**options) if engine == "osrm" else routingpy.Valhalla(**options)
        self.profile = "driving" if engine == "osrm" else "auto"

    def route(self, points: list[Point]) -> Route:
        try:
            with _breakers.get_breaker(f"router:{self.source}"):
                found = self.client.directions([[lon, lat] for lat, lon in points], profile=self.profile)
        except (RouterError, RequestException, OpenedState) as why:
            log.warning("routing.estimated", why=type(why).__name__)
            return GreatCircle().route(points)
        way = [(lat, lon) for lon, lat in found.geometry]
        return Route(way, float(found.distance), float(found.duration), self.source)


@lru_cache(maxsize=4)
def _router(url: str) -> Router:
    if not url:
        return GreatCircle()
    if url == Source.ROADS:
        return OwnRoads()
    scheme = urlsplit(url).scheme
    engine, _plus, transport = scheme.partition("+")
    if engine not in {Source.OSRM, Source.VALHALLA} or transport not in {"http", "https"}:
        raise ValueError(f"HUHANG_ROUTER_URL must be osrm+http://…, valhalla+http://… or roads, not {url}")
    return RoadRouter(engine, url.removeprefix(f"{engine}+"))


def route(points: list[Point]) -> Route:
    """The way through points in order. Call it outside of transactions: it may ask over the network."""
    return _router(settings.ROUTER_URL).route(points)


def of_client(points: list[Point]) -> Route:
    """A way that a native client's router drew, at the estimate's speed."""
    metres = route_length(points)
    return Route(points, metres, metres / SPEED, Source.CLIENT)


def is_drawn(source: str) -> bool:
    """True where a router drew the way, ours or the client's, so that who leaves it is off it.

    Our own map has main roads alone: whoever takes another is no stranger to the way.
    """
    return source not in {"", Source.GREAT_CIRCLE, Source.ROADS}


def follows_roads(source: str) -> bool:
    """True where a way is more than a straight line."""
    return source not in {"", Source.GREAT_CIRCLE}


def named(source: str) -> str:
    """Who drew a way, for the reader."""
    match source:
        case Source.GREAT_CIRCLE | "":
            return _("estimate by straight line")
        case Source.CLIENT:
            return _("the owner's own route")
        case Source.ROADS:
            return _("by the main roads of our map")
        case _engine:
            return _("by road")
