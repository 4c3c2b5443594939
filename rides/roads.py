"""Ways along the roads of our own maps: the quickest way by main roads, for a demo and where no router is.

The graph is made of the maps' roads: each point a junction, each stretch as quick as its class. From where somebody
stands to the nearest road it is a straight line, slowly. Motorways are entered where another road shares a point.
"""

from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from math import cos, hypot, inf, radians

from rides import maps
from rides.geometry import EARTH_RADIUS, Point, distance

# Metres in a second, with lights and traffic: two thirds to nine tenths of what the law allows on each class.
SPEEDS = {"motorway": 90 / 3.6, "trunk": 55 / 3.6, "primary": 42 / 3.6, "street": 28 / 3.6}
OFF_ROAD_SPEED = 20 / 3.6
OFF_ROAD = 1.33  # as the estimate by straight line has it
FARTHEST = 12_000.0  # metres from the nearest road: farther away this map knows nothing
NEAREST = 500.0  # metres between both ends: nearer than this a straight line is as good
ENTERED = frozenset({"trunk", "primary", "street"})


@dataclass(frozen=True, slots=True)
class Way:
    """A way along roads: points (latitude, longitude), metres, seconds."""

    points: tuple[Point, ...]
    metres: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Between two junctions: how long, and how long it takes."""

    a: Point
    b: Point
    metres: float
    speed: float
    is_entered: bool


@dataclass(frozen=True, slots=True)
class _Door:
    """Where somebody comes onto a road: the point of the road, its stretch, and how far along from its first end."""

    at: Point
    stretch: _Stretch
    share: float
    metres: float

    def ends(self) -> list[tuple[Point, float]]:
        """Both junctions, and the seconds to each."""
        along = self.stretch.metres / self.stretch.speed
        return [(self.stretch.a, self.share * along), (self.stretch.b, (1 - self.share) * along)]


class Roads:
    """The graph of one map."""

    def __init__(self, drawn: maps.CityMap) -> None:
        self.stretches = [
            _Stretch(a, b, distance(a, b), SPEEDS[road.of_class], road.of_class in ENTERED)
            for road in drawn.roads
            for a, b in pairwise(road.points)
        ]
        self.next: dict[Point, list[_Stretch]] = {}
        for stretch in self.stretches:
            self.next.setdefault(stretch.a, []).append(stretch)
            self.next.setdefault(stretch.b, []).append(stretch)

    def door(self, point: Point) -> _Door:
        """The nearest point of a road that one can enter."""
        scale = radians(1.0) * EARTH_RADIUS
        east = scale * cos(radians(point[0]))
        best: tuple[float, _Stretch, float] | None = None
        for stretch in self.stretches:
            if not stretch.is_entered:
                continue
            ay, ax = (stretch.a[0] - point[0]) * scale, (stretch.a[1] - point[1]) * east
            dy, dx = (stretch.b[0] - stretch.a[0]) * scale, (stretch.b[1] - stretch.a[1]) * east
            share = min(1.0, max(0.0, -(ay * dy + ax * dx) / max(dy * dy + dx * dx, 1e-9)))
            away = hypot(ay + share * dy, ax + share * dx)
            if best is None or away < best[0]:
                best = (away, stretch, share)
        if best is None:
            raise LookupError("a map without roads")
        away, stretch, share = best
        at = (
            stretch.a[0] + share * (stretch.b[0] - stretch.a[0]),
            stretch.a[1] + share * (stretch.b[1] - stretch.a[1]),
        )
        return _Door(at, stretch, share, away)

    def way(self, start: Point, end: Point) -> Way | None:
        """The quickest way between two points; none where roads do not help: too far away, or nearer across."""
        straight = distance(start, end)
        if straight < NEAREST:
            return None
        first, last = self.door(start), self.door(end)
        off = first.metres + last.metres
        if max(first.metres, last.metres) > FARTHEST or off >= straight:
            return None
        junctions = self._between(first, last)
        if junctions is None:
            return None
        on_road, seconds = junctions
        points = [start, first.at, *on_road, last.at, end]
        metres = sum(distance(a, b) for a, b in pairwise(points[1:-1])) + off * OFF_ROAD
        plain = [point for point, before in zip(points, [None, *points], strict=False) if point != before]
        return Way(tuple(plain), metres, seconds + off * OFF_ROAD / OFF_ROAD_SPEED)

    def _between(self, first: _Door, last: _Door) -> tuple[list[Point], float] | None:
        """Junctions between two doors, and seconds on the road (Dijkstra 1959)."""
        if first.stretch == last.stretch:
            return [], abs(first.share - last.share) * first.stretch.metres / first.stretch.speed
        known: dict[Point, float] = {}
        before: dict[Point, Point] = {}
        queue: list[tuple[float, Point]] = []
        for junction, seconds in first.ends():
            known[junction] = min(seconds, known.get(junction, inf))
            heappush(queue, (seconds, junction))
        left = dict(last.ends())
        best, goal = inf, None
        while queue and queue[0][0] < best:
            seconds, here = heappop(queue)
            if seconds > known[here]:
                continue
            if here in left and seconds + left[here] < best:
                best, goal = seconds + left[here], here
            for stretch in self.next[here]:
                there = stretch.b if stretch.a == here else stretch.a
                after = seconds + stretch.metres / stretch.speed
                if after < known.get(there, inf):
                    known[there], before[there] = after, here
                    heappush(queue, (after, there))
        if goal is None:
            return None
        way = [goal]
        while way[-1] in before:
            way.append(before[way[-1]])
        return way[::-1], best


@lru_cache(maxsize=8)
def _roads(code: str) -> Roads | None:
    drawn = maps.map_of(code)
    return Roads(drawn) if drawn and drawn.roads else None


@lru_cache(maxsize=2_000)
def leg(start: Point, end: Point) -> Way | None:
    """The quickest way by the roads of our maps, asked once; none where no map has both points, or no road helps."""
    drawn = maps.covering([start, end])
    roads = _roads(drawn.code) if drawn else None
    return roads.way(start, end) if roads else None
