"""Coordinate systems of Chinese phones and maps, all turned into WGS-84 before anything is kept (R9).

GCJ-02 (火星坐标系) shifts WGS-84 by up to 700 m inside mainland China; BD-09 is Baidu's further shift of it. The formulas
are the published reverse-engineered ones of EvilTransform (https://github.com/googollee/eviltransform); the inverse is
found by iterating the forward shift until it moves less than a millimetre.
"""

from enum import StrEnum
from math import atan2, cos, hypot, pi, radians, sin, sqrt

Point = tuple[float, float]
AXIS = 6_378_245.0  # metres; Krasovsky 1940, as GCJ-02 has it
ECCENTRICITY = 0.006_693_421_622_965_943
BAIDU = pi * 3000.0 / 180.0
CLOSE = 1e-9  # degrees, a tenth of a millimetre


class Crs(StrEnum):
    """The systems that a batch may name."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


def to_wgs84(crs: Crs, latitude: float, longitude: float) -> Point:
    """A position of another system as (latitude, longitude) in WGS-84 degrees."""
    match crs:
        case Crs.WGS84:
            return latitude, longitude
        case Crs.GCJ02:
            return _unshift(latitude, longitude)
        case Crs.BD09:
            return _unshift(*_baidu_to_gcj(latitude, longitude))


def gcj02(latitude: float, longitude: float) -> Point:
    """WGS-84 as a Chinese map draws it; outside mainland China nothing is shifted."""
    if not in_china(latitude, longitude):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    waves = 20.0 * (sin(6.0 * x * pi) + sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y / 30.0 * pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    at = radians(latitude)
    root = 1.0 - ECCENTRICITY * sin(at) ** 2
    return (
        latitude + north * 180.0 / (AXIS * (1.0 - ECCENTRICITY) / (root * sqrt(root)) * pi),
        longitude + east * 180.0 / (AXIS / sqrt(root) * cos(at) * pi),
    )


def bd09(latitude: float, longitude: float) -> Point:
    """WGS-84 as Baidu's map draws it."""
    lat, lon = gcj02(latitude, longitude)
    away = hypot(lon, lat) + 0.000_02 * sin(lat * BAIDU)
    turn = atan2(lat, lon) + 0.000_003 * cos(lon * BAIDU)
    return away * sin(turn) + 0.006, away * cos(turn) + 0.0065


def in_china(latitude: float, longitude: float) -> bool:
    """The rectangle inside which the shift is applied, as the formulas' authors draw it."""
    return 0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347


def _unshift(latitude: float, longitude: float) -> Point:
    if not in_china(latitude, longitude):
        return latitude, longitude
    lat, lon = latitude, longitude
    for _turn in range(10):
        shifted = gcj02(lat, lon)
        north, east = shifted[0] - latitude, shifted[1] - longitude
        lat, lon = lat - north, lon - east
        if abs(north) < CLOSE and abs(east) < CLOSE:
            break
    return lat, lon


def _baidu_to_gcj(latitude: float, longitude: float) -> Point:
    x, y = longitude - 0.0065, latitude - 0.006
    away = hypot(x, y) - 0.000_02 * sin(y * BAIDU)
    turn = atan2(y, x) - 0.000_003 * cos(x * BAIDU)
    return away * sin(turn), away * cos(turn)
