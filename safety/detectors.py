"""What the monitor sees in positions: compiled functions over arrays. No I/O, no objects, one place for each rule.

Times are Unix seconds, lengths are metres. A trip is a row of `TRIP` (what it is) and a row of `STATE` (what is
remembered of it); its way is a run of points. Points lie in the trip's own plane: metres east and north of its
destination, equirectangular, good to 1 % within 100 km. `safety.watches` makes and reads the arrays.
"""

from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rides.geometry import EARTH_RADIUS

METRES_IN_DEGREE = np.radians(1.0) * EARTH_RADIUS

MEETING_METRES = 100.0
MEETING_SECONDS = 90.0
TOGETHER_METRES = 200.0
TRAVELLED_METRES = 500.0
AFTER_CANCEL_METRES = 300.0
ALONE_AFTER_CANCEL_METRES = 1000.0
NIGHT_FROM, NIGHT_TO = 22 * 3600.0, 6 * 3600.0  # local time; when a remote place is a signal
CITY_OFFSET = 8 * 3600.0  # Asia/Shanghai has no summer time

PASSENGER, DRIVER = 0, 1


class Phase(IntEnum):
    """What a trip is to the monitor."""

    BEFORE_BOARDING = 0
    ABOARD = 1
    CANCELLED = 2


class See(IntEnum):
    """What can be seen; a bit of the trip's `FIRED` says that it was."""

    MEETING = 0
    TOGETHER = 1
    OFF_ROUTE = 2
    DRIVING_AWAY = 3
    LONG_STOP = 4
    SILENT_PASSENGER = 5
    SILENT_DRIVER = 6
    MOVING_TOGETHER = 7
    MOVING_ALONE = 8
    OVERLONG = 9
    LATE = 10
    REMOTE = 11


# Columns of a trip.
T_PHASE, T_LAT, T_LON, T_COS, T_TOLERANCE, T_AWAY, T_BEGAN, T_OVERLONG, T_LATE, T_SILENCE, T_MET = range(11)
TRIP_COLUMNS = 11
# Columns of what is remembered: one block for each phone, then the trip's own.
S_AT, S_X, S_Y, S_OFF, S_STOP, S_STOP_X, S_STOP_Y, S_BEST, S_CANCEL_X, S_CANCEL_Y, S_GONE = range(11)
PHONE_COLUMNS = 11
S_MET_X, S_MET_Y, S_FIRED = 22, 23, 24
STATE_COLUMNS = 25
# Columns of the limits.
L_OFF_SECONDS, L_STOP_SECONDS, L_STOP_METRES, L_SILENCE, L_SILENCE_AWAY, L_REMOTE = range(6)
# Columns of what was seen: trip row, See, phone, at, x, y, two figures for the sentence.
SEEN_COLUMNS = 8

Array = NDArray[np.float64]


def new_state() -> Array:
    """What is remembered of a trip of which nothing was seen."""
    state = np.full(STATE_COLUMNS, np.nan)
    state[S_FIRED] = 0.0
    state[S_GONE] = state[PHONE_COLUMNS + S_GONE] = 0.0
    return state


@njit(cache=True)
def distance_to_way(x: float, y: float, way: Array, first: int, last: int) -> float:
    """Metres from a point to the nearest piece of the way that its points `first` to `last` - 1 make."""
    best = (way[first, 0] - x) ** 2 + (way[first, 1] - y) ** 2
    for i in range(first, last - 1):
        ax, ay = way[i, 0], way[i, 1]
        bx, by = way[i + 1, 0] - ax, way[i + 1, 1] - ay
        length = bx * bx + by * by
        if length > 1e-9:
            share = ((x - ax) * bx + (y - ay) * by) / length
            share = min(1.0, max(0.0, share))
            ax += share * bx
            ay += share * by
        squared = (ax - x) ** 2 + (ay - y) ** 2
        best = min(best, squared)
    return float(np.sqrt(best))


@njit(cache=True)
def _say(
    seen: Array,
    count: int,
    state: Array,
    row: int,
    what: int,
    phone: int,
    at: float,
    x: float,
    y: float,
    a: float,
    b: float,
    once: bool,
) -> int:
    """Write down what was seen, once for each trip where `once`; returns the new count.

    A position says at most four things, and so does a tick of one trip: who calls makes `seen` that long.
    """
    bit = 1 << what
    fired = int(state[row, S_FIRED])
    if once and fired & bit:
        return count
    state[row, S_FIRED] = fired | bit
    seen[count, 0] = row
    seen[count, 1] = what
    seen[count, 2] = phone
    seen[count, 3] = at
    seen[count, 4] = x
    seen[count, 5] = y
    seen[count, 6] = a
    seen[count, 7] = b
    return count + 1


@njit(cache=True)
def _aboard(
    trips: Array,
    state: Array,
    way: Array,
    ways: NDArray[np.int64],
    places: Array,
    placed: NDArray[np.int64],
    limits: Array,
    row: int,
    phone: int,
    at: float,
    x: float,
    y: float,
    seen: Array,
    count: int,
) -> int:
    """What one position of a phone in the car says."""
    block = phone * PHONE_COLUMNS
    off = distance_to_way(x, y, way, ways[row], ways[row + 1])
    if off > trips[row, T_TOLERANCE]:
        if np.isnan(state[row, block + S_OFF]):
            state[row, block + S_OFF] = at
        elif at - state[row, block + S_OFF] >= limits[L_OFF_SECONDS]:
            count = _say(seen, count, state, row, See.OFF_ROUTE.value, phone, at, x, y, off, 0.0, True)
    else:
        state[row, block + S_OFF] = np.nan

    # The destination lies at the plane's origin.
    left = np.sqrt(x * x + y * y)
    if np.isnan(state[row, block + S_BEST]) or left < state[row, block + S_BEST]:
        state[row, block + S_BEST] = left
    farther = left - state[row, block + S_BEST]
    if farther > trips[row, T_AWAY]:
        count = _say(seen, count, state, row, See.DRIVING_AWAY.value, phone, at, x, y, farther, 0.0, True)

    dx, dy = x - state[row, block + S_STOP_X], y - state[row, block + S_STOP_Y]
    if not dx * dx + dy * dy <= limits[L_STOP_METRES] ** 2:
        state[row, block + S_STOP], state[row, block + S_STOP_X], state[row, block + S_STOP_Y] = at, x, y
    elif at - state[row, block + S_STOP] >= limits[L_STOP_SECONDS]:
        stood = at - state[row, block + S_STOP]
        state[row, block + S_STOP] = np.inf  # said once; the next stop begins when it has moved on
        count = _say(seen, count, state, row, See.LONG_STOP.value, phone, at, x, y, stood, at - stood, False)

    if off > limits[L_REMOTE] and left > limits[L_REMOTE]:
        local = (at + CITY_OFFSET) % 86400.0
        if local >= NIGHT_FROM or local < NIGHT_TO:
            nearest = np.inf
            for i in range(placed[row], placed[row + 1]):
                nearest = min(nearest, (places[i, 0] - x) ** 2 + (places[i, 1] - y) ** 2)
            if nearest > limits[L_REMOTE] ** 2:
                gap = min(off, np.sqrt(nearest))
                count = _say(seen, count, state, row, See.REMOTE.value, phone, at, x, y, gap, 0.0, True)
    return count


@njit(cache=True)
def _apart(state: Array, row: int) -> float:
    """Metres between the phones where both have spoken at about the same time; infinite otherwise."""
    if not abs(state[row, S_AT] - state[row, PHONE_COLUMNS + S_AT]) <= MEETING_SECONDS:
        return float(np.inf)
    dx = state[row, S_X] - state[row, PHONE_COLUMNS + S_X]
    dy = state[row, S_Y] - state[row, PHONE_COLUMNS + S_Y]
    return float(np.sqrt(dx * dx + dy * dy))


@njit(cache=True)
def _before(state: Array, row: int, phone: int, at: float, seen: Array, count: int) -> int:
    """Both phones at one place, then on the way together (R7)."""
    apart = _apart(state, row)
    x, y = state[row, S_X], state[row, S_Y]
    if apart <= MEETING_METRES and np.isnan(state[row, S_MET_X]):
        state[row, S_MET_X], state[row, S_MET_Y] = x, y
        return _say(seen, count, state, row, See.MEETING.value, phone, at, x, y, apart, 0.0, True)
    if apart <= TOGETHER_METRES:
        dx, dy = x - state[row, S_MET_X], y - state[row, S_MET_Y]
        travelled = np.sqrt(dx * dx + dy * dy)
        if travelled > TRAVELLED_METRES:
            count = _say(seen, count, state, row, See.TOGETHER.value, phone, at, x, y, travelled, apart, True)
    return count


@njit(cache=True)
def _cancelled(
    trips: Array,
    state: Array,
    limits: Array,
    row: int,
    phone: int,
    at: float,
    x: float,
    y: float,
    seen: Array,
    count: int,
) -> int:
    """Both phones on the way together after a cancel; or the driver's, where hers is silent (R6)."""
    block = phone * PHONE_COLUMNS
    if np.isnan(state[row, block + S_CANCEL_X]):
        state[row, block + S_CANCEL_X], state[row, block + S_CANCEL_Y] = x, y
    dx, dy = x - state[row, block + S_CANCEL_X], y - state[row, block + S_CANCEL_Y]
    moved = np.sqrt(dx * dx + dy * dy)
    apart = _apart(state, row)
    if apart <= TOGETHER_METRES and moved > AFTER_CANCEL_METRES:
        count = _say(seen, count, state, row, See.MOVING_TOGETHER.value, phone, at, x, y, moved, apart, True)
    heard = state[row, S_AT]
    silent = limits[L_SILENCE] + 1.0 if np.isnan(heard) else at - heard
    if (
        phone == DRIVER
        and trips[row, T_MET] > 0
        and silent > limits[L_SILENCE]
        and moved > ALONE_AFTER_CANCEL_METRES
    ):
        count = _say(seen, count, state, row, See.MOVING_ALONE.value, phone, at, x, y, moved, silent, True)
    return count


@njit(cache=True)
def observe(
    pings: Array,
    trips: Array,
    state: Array,
    way: Array,
    ways: NDArray[np.int64],
    places: Array,
    placed: NDArray[np.int64],
    limits: Array,
    seen: Array,
) -> int:
    """Take positions into account, in the order of their rows; returns how many rows of `seen` were written.

    `pings` has shape (n, 5): trip row, phone, at, latitude, longitude in degrees WGS-84. A repeated or older position
    of a phone changes nothing. The points of trip `r` are `way[ways[r]:ways[r + 1]]`, its known places likewise.
    """
    count = 0
    for i in range(len(pings)):
        row, phone, at = int(pings[i, 0]), int(pings[i, 1]), pings[i, 2]
        block = phone * PHONE_COLUMNS
        if at <= state[row, block + S_AT]:
            continue
        x = (pings[i, 4] - trips[row, T_LON]) * METRES_IN_DEGREE * trips[row, T_COS]
        y = (pings[i, 3] - trips[row, T_LAT]) * METRES_IN_DEGREE
        state[row, block + S_AT], state[row, block + S_X], state[row, block + S_Y] = at, x, y
        phase = int(trips[row, T_PHASE])
        if phase == Phase.ABOARD.value:
            count = _aboard(
                trips, state, way, ways, places, placed, limits, row, phone, at, x, y, seen, count
            )
        elif phase == Phase.BEFORE_BOARDING.value:
            count = _before(state, row, phone, at, seen, count)
        else:
            count = _cancelled(trips, state, limits, row, phone, at, x, y, seen, count)
    return count


@njit(cache=True)
def tick(now: float, trips: Array, state: Array, limits: Array, seen: Array) -> int:
    """What silence and the clock say of trips with somebody aboard; returns how many rows of `seen` were written."""
    count = 0
    for row in range(len(trips)):
        if trips[row, T_PHASE] != Phase.ABOARD.value:
            continue
        began = trips[row, T_BEGAN]
        for phone in range(2):
            block = phone * PHONE_COLUMNS
            heard = state[row, block + S_AT]
            silent = now - (began if np.isnan(heard) else max(heard, began))
            limit = limits[L_SILENCE_AWAY] if state[row, block + S_GONE] > 0 else limits[L_SILENCE]
            if silent > limit / trips[row, T_SILENCE]:
                what = See.SILENT_PASSENGER.value if phone == PASSENGER else See.SILENT_DRIVER.value
                x, y = state[row, block + S_X], state[row, block + S_Y]
                count = _say(seen, count, state, row, what, phone, now, x, y, silent, 0.0, True)
        phone = DRIVER
        x, y = state[row, PHONE_COLUMNS + S_X], state[row, PHONE_COLUMNS + S_Y]
        if now - began > trips[row, T_OVERLONG]:
            count = _say(
                seen, count, state, row, See.OVERLONG.value, phone, now, x, y, now - began, 0.0, True
            )
        if now >= trips[row, T_LATE]:
            count = _say(seen, count, state, row, See.LATE.value, phone, now, x, y, now - began, 0.0, True)
    return count
