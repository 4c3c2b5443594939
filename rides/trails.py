"""Packed trails: one row per phone and minute, 6 bytes per position.

A row has the latitude and longitude of its first position; each position is (milliseconds in the minute as uint16,
differences to the first in steps of 1e-5 degrees, about 1 m, as two int16), little-endian, ordered by time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

RECORD = np.dtype([("ms", "<u2"), ("dlat", "<i2"), ("dlon", "<i2")])
STEP = 1e-5
REACH = 32_767 * STEP


@dataclass(frozen=True, slots=True, order=True)
class Fix:
    """One position of a phone: Unix seconds, degrees WGS-84."""

    at: float
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class PackedMinute:
    """What a trail row holds."""

    minute: datetime
    latitude: float
    longitude: float
    packed: bytes | memoryview


def minute_of(at: float) -> datetime:
    return datetime.fromtimestamp(at // 60 * 60, tz=UTC)


def pack(fixes: Iterable[Fix]) -> PackedMinute:
    """Pack the positions of one minute; a jump beyond 36 km within it is left out.

    A phone is kept at two positions a second: a repeated time once, and no flood makes a row large.
    """
    ordered = sorted({int(fix.at * 2): fix for fix in fixes}.values())
    first = ordered[0]
    kept = [
        fix
        for fix in ordered
        if abs(fix.latitude - first.latitude) < REACH and abs(fix.longitude - first.longitude) < REACH
    ]
    start = minute_of(first.at)
    rows = np.empty(len(kept), dtype=RECORD)
    # A minute has 60 000 ms, which fits in uint16.
    rows["ms"] = [round((fix.at - start.timestamp()) * 1000) for fix in kept]
    rows["dlat"] = [round((fix.latitude - first.latitude) / STEP) for fix in kept]
    rows["dlon"] = [round((fix.longitude - first.longitude) / STEP) for fix in kept]
    return PackedMinute(start, first.latitude, first.longitude, rows.tobytes())


def unpack(row: PackedMinute) -> list[Fix]:
    """The positions of a row, by time."""
    records = np.frombuffer(bytes(row.packed), dtype=RECORD)
    base = row.minute.timestamp()
    return [
        Fix(
            base + int(ms) / 1000,
            round(row.latitude + int(dlat) * STEP, 6),
            round(row.longitude + int(dlon) * STEP, 6),
        )
        for ms, dlat, dlon in records.tolist()
    ]
