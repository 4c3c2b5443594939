"""Points on the ground, and how far somebody has come along a way; WGS-84, metres."""

import bisect
import math
import random
from itertools import accumulate, pairwise

Point = tuple[float, float]
EARTH = 6_371_000.0

# Where people of the demo's cities are picked up and go: middles of quarters, named by the platform's own map.
PLACES: dict[str, list[Point]] = {
    "wenzhou": [
        (28.0185, 120.6545),
        (28.0550, 120.6480),
        (28.0167, 120.6830),
        (27.9950, 120.6700),
        (28.0020, 120.6300),
        (28.0060, 120.7010),
        (28.0260, 120.7150),
    ],
    "zhengzhou": [
        (34.7466, 113.6586),
        (34.7520, 113.6680),
        (34.7590, 113.7790),
        (34.8000, 113.6600),
        (34.7700, 113.7200),
        (34.7350, 113.6900),
    ],
}


def metres(a: Point, b: Point) -> float:
    """Between two near points."""
    north = math.radians(b[0] - a[0])
    east = math.radians(b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return EARTH * math.hypot(north, east)


def beside(point: Point, least: float, most: float, chance: random.Random) -> Point:
    """Somewhere between so many metres from a point."""
    away, turn = chance.uniform(least, most), chance.uniform(0, 2 * math.pi)
    north, east = away * math.cos(turn), away * math.sin(turn)
    across = EARTH * math.cos(math.radians(point[0]))
    return round(point[0] + math.degrees(north / EARTH), 5), round(point[1] + math.degrees(east / across), 5)


class Way:
    """A line of at least two points."""

    def __init__(self, points: list[Point]) -> None:
        self.points = points
        self._ends = [0.0, *accumulate(metres(a, b) for a, b in pairwise(points))]

    @property
    def length(self) -> float:
        return self._ends[-1]

    def at(self, gone: float) -> Point:
        """The point after so many metres; the end beyond it."""
        if gone >= self.length:
            return self.points[-1]
        leg = max(bisect.bisect_right(self._ends, gone) - 1, 0)
        whole = self._ends[leg + 1] - self._ends[leg]
        part = (gone - self._ends[leg]) / whole if whole else 0.0
        (lat1, lon1), (lat2, lon2) = self.points[leg], self.points[leg + 1]
        return lat1 + (lat2 - lat1) * part, lon1 + (lon2 - lon1) * part

    @property
    def bearing(self) -> float:
        """From its first point to its last, in degrees clockwise from north."""
        (lat1, lon1), (lat2, lon2) = self.points[0], self.points[-1]
        east = (lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
        return math.degrees(math.atan2(east, lat2 - lat1)) % 360
