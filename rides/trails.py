"""Packed trails: one row per phone and minute, 6 bytes per position, and which positions of a trail can be believed.

A row has the latitude and longitude of one of its positions; each position is (milliseconds in the minute as uint16,
differences to that one in steps of 1e-5 degrees, about 1 m, as two int16), little-endian, ordered by time. Beside them
stand a byte of accuracy for each, where the phone told any, and in full the few that lie too far away for a difference:
whatever else is in its minute, a position is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import cos, hypot, log2, radians

import numpy as np

RECORD = np.dtype([("ms", "<u2"), ("dlat", "<i2"), ("dlon", "<i2")])
FAR = np.dtype([("ms", "<u2"), ("lat", "<i4"), ("lon", "<i4"), ("accuracy", "u1")])
STEP = 1e-5
REACH = 32_767 * STEP
FASTEST = 70.0  # metres per second: no car is faster
ALLOWANCE = 100.0  # metres by which two positions may lie wrong
COARSE = 100.0  # metres of accuracy
DEGREE = 111_195.0  # metres of latitude
INSISTS = 30.0  # seconds after which the same place again is no repeat of one mistake
LOOK_BACK = 50  # pieces: a trail full of jumps costs by its length alone


@dataclass(frozen=True, slots=True, order=True)
class Fix:
    """One position of a phone: Unix seconds, degrees WGS-84; accuracy in metres and speed in m/s where it told them."""

    at: float
    latitude: float
    longitude: float
    accuracy: float | None = field(default=None, compare=False)
    speed: float | None = field(default=None, compare=False)

    @property
    def point(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.latitude, self.longitude


@dataclass(frozen=True, slots=True)
class PackedMinute:
    """What a trail row holds."""

    minute: datetime
    latitude: float
    longitude: float
    packed: bytes | memoryview
    accuracy: bytes | memoryview = b""
    far: bytes | memoryview = b""


def minute_of(at: float) -> datetime:
    """The minute in which a time lies."""
    return datetime.fromtimestamp(at // 60 * 60, tz=UTC)


def pack(fixes: Iterable[Fix]) -> PackedMinute:
    """Pack the positions of one minute. No position erases another one, however far from the others it lies.

    A phone is kept at two positions a second: a repeated time once, and no flood makes a row large.
    """
    ordered = sorted({int(fix.at * 2): fix for fix in fixes}.values())
    start = minute_of(ordered[0].at)
    # The middle of all, in each direction: no single one of three or more can move it away.
    latitude = sorted(fix.latitude for fix in ordered)[len(ordered) // 2]
    longitude = sorted(fix.longitude for fix in ordered)[len(ordered) // 2]
    near: list[Fix] = []
    far: list[Fix] = []
    for fix in ordered:
        close = abs(fix.latitude - latitude) < REACH and abs(fix.longitude - longitude) < REACH
        (near if close else far).append(fix)
    rows = np.empty(len(near), dtype=RECORD)
    # A minute has 60 000 ms, which fits in uint16.
    rows["ms"] = [round((fix.at - start.timestamp()) * 1000) for fix in near]
    rows["dlat"] = [round((fix.latitude - latitude) / STEP) for fix in near]
    rows["dlon"] = [round((fix.longitude - longitude) / STEP) for fix in near]
    told = bytes(_in_a_byte(fix.accuracy) for fix in near)
    beyond = np.empty(len(far), dtype=FAR)
    beyond["ms"] = [round((fix.at - start.timestamp()) * 1000) for fix in far]
    beyond["lat"] = [round(fix.latitude / STEP) for fix in far]
    beyond["lon"] = [round(fix.longitude / STEP) for fix in far]
    beyond["accuracy"] = [_in_a_byte(fix.accuracy) for fix in far]
    return PackedMinute(
        start, latitude, longitude, rows.tobytes(), told if any(told) else b"", beyond.tobytes()
    )


def unpack(row: PackedMinute) -> list[Fix]:
    """The positions of a row, by time. Their accuracy is good to 3 %; no speed is kept."""
    records = np.frombuffer(bytes(row.packed), dtype=RECORD)
    told = bytes(row.accuracy) or bytes(len(records))
    base = row.minute.timestamp()
    near = [
        Fix(
            base + int(ms) / 1000,
            round(row.latitude + int(dlat) * STEP, 6),
            round(row.longitude + int(dlon) * STEP, 6),
            _out_of_a_byte(metres),
        )
        for (ms, dlat, dlon), metres in zip(records.tolist(), told, strict=True)
    ]
    far = [
        Fix(base + ms / 1000, round(lat * STEP, 6), round(lon * STEP, 6), _out_of_a_byte(metres))
        for ms, lat, lon, metres in np.frombuffer(bytes(row.far), dtype=FAR).tolist()
    ]
    return sorted(near + far) if far else near


def _in_a_byte(metres: float | None) -> int:
    """0 for unknown; sixteen steps for each doubling, from 1 m to 60 km."""
    if metres is None:
        return 0
    return min(255, 1 + round(16 * log2(max(1.0, metres))))


def _out_of_a_byte(code: int) -> float | None:
    return round(2 ** ((code - 1) / 16), 1) if code else None


def reachable(start: Fix, end: Fix) -> bool:
    """Whether a car can have been at both, as well as both are known."""
    north = end.latitude - start.latitude
    east = (end.longitude - start.longitude) * cos(radians(end.latitude))
    known = ALLOWANCE + (start.accuracy or 0.0) + (end.accuracy or 0.0)
    return hypot(north, east) * DEGREE - known <= FASTEST * abs(end.at - start.at)


def on_earth_here(fix: Fix) -> bool:
    """False for what a phone says that does not know where it is, and for what lies outside of China and its seas."""
    return 3.0 <= fix.latitude <= 54.0 and 73.0 <= fix.longitude <= 136.0


def believable(fixes: Sequence[Fix]) -> list[Fix]:
    """Those of a phone's positions, by time, that one car can have had; a jump away and back is left out.

    Of the pieces between jumps that no car makes, the longest chain of pieces that can follow each other is believed.
    """
    pieces: list[list[Fix]] = []
    for fix in fixes:
        if not on_earth_here(fix):
            continue
        if pieces and reachable(pieces[-1][-1], fix):
            pieces[-1].append(fix)
        else:
            pieces.append([fix])
    best: list[
        tuple[int, int]
    ] = []  # of the chain that ends with each piece: its positions, the piece before
    for number, piece in enumerate(pieces):
        before = max(
            (
                (best[earlier][0], earlier)
                for earlier in range(max(0, number - LOOK_BACK), number)
                if reachable(pieces[earlier][-1], piece[0])
            ),
            default=(0, -1),
        )
        best.append((before[0] + len(piece), before[1]))
    if not best:
        return []
    at = max(range(len(best)), key=lambda number: (best[number][0], number))
    chain = []
    while at >= 0:
        chain.append(pieces[at])
        at = best[at][1]
    return [fix for piece in reversed(chain) for fix in piece]


def newest_believable(before: Fix | None, fixes: Sequence[Fix]) -> Fix | None:
    """The newest of a phone's positions, by time, that can be shown as where it is; None where none is newer.

    `before` was shown until now. A position that no car can have come to from there waits until a second one says the
    same: at another place, or a while later.
    """
    known, waiting = before, None
    for fix in fixes:
        if not on_earth_here(fix) or (known is not None and fix.at <= known.at):
            continue
        if known is None or reachable(known, fix):
            known, waiting = fix, None
        elif waiting is None or not reachable(waiting, fix):
            waiting = fix
        elif fix.point != waiting.point or fix.at - waiting.at >= INSISTS:
            known, waiting = fix, None
    return known if known is not before else None


def is_coarse(fix: Fix) -> bool:
    """True for a position that its phone knows so badly that nothing may follow from it."""
    return fix.accuracy is not None and fix.accuracy > COARSE
