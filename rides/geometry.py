"""Distances and routes on the ground. Positions are (latitude, longitude) in degrees, WGS-84; lengths are metres."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
EARTH_RADIUS = 6_371_008.8  # mean radius, IUGG


def distance(a: Point, b: Point) -> float:
    """Great-circle distance in metres (haversine formula)."""
    lat1, lon1, lat2, lon2 = np.radians([a[0], a[1], b[0], b[1]])
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return float(2 * EARTH_RADIUS * np.arcsin(np.sqrt(h)))


def _plane(points: NDArray[np.float64], at: Point) -> NDArray[np.float64]:
    """Local equirectangular projection around `at`, in metres, shape (n, 2); good to 0.1 % within 100 km."""
    scale = np.radians(1.0) * EARTH_RADIUS
    metres: NDArray[np.float64] = np.column_stack(
        [(points[:, 1] - at[1]) * scale * np.cos(np.radians(at[0])), (points[:, 0] - at[0]) * scale]
    )
    return metres


def place_on_route(point: Point, route: list[Point]) -> tuple[float, float]:
    """(distance to the route, length of the route up to the nearest point of it), both in metres.

    A route of one point is that point.
    """
    xy = _plane(np.asarray(route, dtype=float), point)
    if len(xy) == 1:
        return float(np.hypot(*xy[0])), 0.0
    start, leg = xy[:-1], np.diff(xy, axis=0)
    squared = np.maximum((leg**2).sum(axis=1), 1e-9)
    share = np.clip(-(start * leg).sum(axis=1) / squared, 0.0, 1.0)
    nearest = start + share[:, None] * leg
    away = np.hypot(nearest[:, 0], nearest[:, 1])
    best = int(away.argmin())
    lengths = np.sqrt(squared)
    return float(away[best]), float(lengths[:best].sum() + share[best] * lengths[best])


def route_length(route: list[Point]) -> float:
    """Length of a route in metres."""
    return sum(distance(a, b) for a, b in pairwise(route))


def bounds(points: list[Point], reach: float) -> tuple[float, float, float, float]:
    """South, west, north, east in degrees of the rectangle around points and `reach` metres beside them."""
    latitudes, longitudes = [lat for lat, _lon in points], [lon for _lat, lon in points]
    north = reach / (np.radians(1.0) * EARTH_RADIUS) * 1.02  # a plane of a whole city is right to 1 %
    east = north / np.cos(np.radians(max(abs(lat) for lat in latitudes)))
    return (
        float(min(latitudes) - north),
        float(min(longitudes) - east),
        float(max(latitudes) + north),
        float(max(longitudes) + east),
    )


def bearing(a: Point, b: Point) -> float:
    """The compass direction from a to b in degrees, 0 is north, 90 east; good for a few kilometres."""
    return float(np.degrees(np.arctan2((b[1] - a[1]) * np.cos(np.radians(a[0])), b[0] - a[0])) % 360.0)


def in_words(metres: float) -> str:
    """`840 m` or `12.3 km`."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
