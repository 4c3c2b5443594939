"""The maps that we draw ourselves: GeoJSON of each demo city under `static/maps`, which pages draw and this reads.

Hand-made from what anybody may know of coast, rivers, main roads and towns; WGS-84, good to a few hundred metres, for
showing where something is and not for driving there. Each feature has a `kind`; roads have a `class` besides.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from core.formats import place
from rides.geometry import Point, distance

FOLDER = Path(settings.BASE_DIR) / "static" / "maps"
NAMED = frozenset({"landmark", "station", "airport", "town", "district"})
AT_POINT = 150.0  # metres within which a point is called by a name of the map


@dataclass(frozen=True, slots=True)
class NamedPoint:
    """Something on a map that has a name; latitude and longitude in degrees, WGS-84."""

    name_zh: str
    name_en: str
    kind: str
    latitude: float
    longitude: float

    def __str__(self) -> str:
        return place(self.names)

    @property
    def names(self) -> str:
        """Both names, as rows hold a place."""
        return f"{self.name_zh} {self.name_en}"

    @property
    def point(self) -> Point:
        return self.latitude, self.longitude


@dataclass(frozen=True, slots=True)
class Road:
    """A road of a map: its class, and its points. Where two roads share a point, one can turn from one into the other."""

    of_class: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class CityMap:
    """What is drawn of one city. `box` is south, west, north, east in degrees."""

    code: str
    file: str
    box: tuple[float, float, float, float]
    named: tuple[NamedPoint, ...]
    roads: tuple[Road, ...]

    def covers(self, point: Point) -> bool:
        """Whether a point lies on this map."""
        south, west, north, east = self.box
        return south <= point[0] <= north and west <= point[1] <= east


def _read(path: Path) -> CityMap:
    data = json.loads(path.read_text())
    west, south, east, north = data["bbox"]
    named, roads = [], []
    for feature in data["features"]:
        said, shape = feature["properties"], feature["geometry"]["coordinates"]
        if said["kind"] in NAMED:
            named.append(NamedPoint(said["zh"], said["en"], said["kind"], shape[1], shape[0]))
        elif said["kind"] == "road":
            roads.append(Road(said["class"], tuple((lat, lon) for lon, lat in shape)))
    return CityMap(data["name"], f"maps/{path.name}", (south, west, north, east), tuple(named), tuple(roads))


@lru_cache(maxsize=1)
def all_maps() -> tuple[CityMap, ...]:
    """Every map that we have, read once."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.json")))


def map_of(code: str) -> CityMap | None:
    """The map of a city by its code, where we drew one."""
    return next((each for each in all_maps() if each.code == code), None)


def covering(points: list[Point]) -> CityMap | None:
    """The map on which all of these points lie, if there is one."""
    return next((each for each in all_maps() if all(each.covers(point) for point in points)), None)


def named_at(code: str, point: Point) -> NamedPoint | None:
    """What the city's map has at a point, the nearest within 150 m."""
    drawn = map_of(code)
    if drawn is None:
        return None
    nearest = min(drawn.named, key=lambda each: distance(each.point, point))
    return nearest if distance(nearest.point, point) <= AT_POINT else None


def towns_around(code: str, point: Point) -> list[NamedPoint]:
    """The towns of the city's map, then its districts, each the nearest first; empty where we drew none."""
    drawn = map_of(code)
    kinds = ("town", "district")
    named = [each for each in drawn.named if each.kind in kinds] if drawn else []
    return sorted(named, key=lambda each: (kinds.index(each.kind), distance(each.point, point)))
