"""The trips that one monitor watches, in memory: arrays for the compiled detectors, findings out of them.

What is remembered of a trip can be saved as bytes and taken up again by another monitor, to the last bit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from core import policy
from rides.geometry import Point, distance, in_words, route_length
from rides.policies import curfew_after
from rides.routing import SPEED, is_drawn
from rides.selectors import WatchedTrip
from rides.states import ABOARD, BEFORE_BOARDING, Line, Party
from rides.trails import Fix
from safety import detectors, policies
from safety.detectors import METRES_IN_DEGREE, Phase, See
from safety.states import SignalKind

CLOSER = 2.0  # a trip on a line that was suspended meanwhile is held to half of each limit (R1)
# Where no router drew the way, the straight line stands for it: very wide, and wider on long trips. On 23 ordinary
# rides the farthest was 0.61 of the straight line's length (`replay_trail`).
STRAIGHT_LEAST_METRES = 3000.0
STRAIGHT_SHARE = 0.75
PHONES = (Party.PASSENGER, Party.DRIVER)
_FORM = np.array([1.0])  # the version of what is saved; another one is not taken up
_EMPTY = np.empty((0, 2))


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal to keep. `at` is Unix seconds."""

    kind: SignalKind
    detail: str
    why: str
    at: float
    position: Point | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Both phones are at one place before boarding."""

    position: Point


@dataclass(frozen=True, slots=True)
class TravelTogether:
    """Both phones travel together although no code was entered."""

    position: Point


Seen = Finding | Meeting | TravelTogether
# One trip as the detectors read it: its row, its way, its known places.
Part = tuple[list[float], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy values, in seconds and metres."""

    silence: float
    silence_away: float
    off_route_metres: float
    off_route_seconds: float
    stop_seconds: float
    stop_metres: float
    away_metres: float
    away_share: float
    overlong_factor: float
    overlong_seconds: float
    remote_metres: float

    def row(self) -> NDArray[np.float64]:
        return np.array(
            [
                self.off_route_seconds,
                self.stop_seconds,
                self.stop_metres,
                self.silence,
                self.silence_away,
                self.remote_metres,
            ]
        )


def limits_in_force() -> Limits:
    """The limits of now."""
    value = policy.value
    return Limits(
        silence=value(policies.SILENCE),
        silence_away=value(policies.SILENCE_AWAY),
        off_route_metres=value(policies.OFF_ROUTE_METRES),
        off_route_seconds=value(policies.OFF_ROUTE_SECONDS),
        stop_seconds=value(policies.STOP_SECONDS),
        stop_metres=value(policies.STOP_METRES),
        away_metres=value(policies.AWAY_METRES),
        away_share=value(policies.AWAY_SHARE),
        overlong_factor=value(policies.OVERLONG_FACTOR),
        overlong_seconds=value(policies.OVERLONG_SECONDS),
        remote_metres=value(policies.REMOTE_METRES),
    )


def warm_up() -> None:
    """Have the detectors compiled, or read from the disk, before anybody waits for them: it takes seconds the first time."""
    rows, nothing = np.zeros((0, 5)), np.zeros(1, dtype=np.int64)
    trips, state = np.zeros((0, detectors.TRIP_COLUMNS)), np.zeros((0, detectors.STATE_COLUMNS))
    limits, seen = np.zeros(6), np.zeros((0, detectors.SEEN_COLUMNS))
    detectors.observe(rows, trips, state, _EMPTY, nothing, _EMPTY, nothing, limits, seen)
    detectors.tick(0.0, trips, state, limits, seen)


class Watches:
    """Trips by code, each a row of the arrays. One thread uses it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.trips: list[WatchedTrip] = []
        self.rows: dict[str, int] = {}
        self.state = np.empty((0, detectors.STATE_COLUMNS))
        self.parts: list[Part] = []
        self.compiled_for = limits
        self._compile([])

    def __contains__(self, code: str) -> bool:
        return code in self.rows

    def trip(self, code: str) -> WatchedTrip:
        return self.trips[self.rows[code]]

    def set(
        self, trips: Sequence[WatchedTrip], limits: Limits, saved: "dict[str, bytes] | None" = None
    ) -> None:
        """Watch exactly these. What is remembered of those that stay is kept; `saved` is what others remembered."""
        if limits == self.limits and list(trips) == self.trips:
            return
        before = {code: self.state[row] for code, row in self.rows.items()}
        state = np.empty((len(trips), detectors.STATE_COLUMNS))
        for row, trip in enumerate(trips):
            known = before.get(trip.code)
            state[row] = _restore((saved or {}).get(trip.code)) if known is None else known
        self.state, self.limits = state, limits
        self._compile(trips)

    def _compile(self, trips: Sequence[WatchedTrip]) -> None:
        """The arrays of what the trips are; a trip that is as it was keeps its part."""
        kept = {trip.code: (trip, self.parts[row]) for row, trip in enumerate(self.trips)}
        same = self.compiled_for == self.limits
        parts = []
        for trip in trips:
            known = kept.get(trip.code)
            parts.append(known[1] if same and known and known[0] == trip else _compile(trip, self.limits))
        self.compiled_for, self.parts = self.limits, parts
        self.trips = list(trips)
        self.rows = {trip.code: row for row, trip in enumerate(trips)}
        self.table = np.array([part[0] for part in parts]).reshape(len(parts), detectors.TRIP_COLUMNS)
        self.way, self.ways = _join([part[1] for part in parts])
        self.places, self.placed = _join([part[2] for part in parts])
        self.limit_row = self.limits.row()

    def begin(self, code: str, last: "dict[Party, tuple[Fix, bool]]") -> None:
        """Start a trip of which nothing is remembered from the last positions that the database has."""
        row = self.rows[code]
        for party, (fix, away) in last.items():
            block = PHONES.index(party) * detectors.PHONE_COLUMNS
            x, y = self._plane(row, fix)
            self.state[row, block + detectors.S_AT] = fix.at
            self.state[row, block + detectors.S_X] = x
            self.state[row, block + detectors.S_Y] = y
            self.state[row, block + detectors.S_GONE] = float(away)
        if self.trips[row].met and Party.PASSENGER in last:
            self.state[row, detectors.S_MET_X : detectors.S_MET_Y + 1] = self._plane(
                row, last[Party.PASSENGER][0]
            )
            self.state[row, detectors.S_FIRED] = float(1 << See.MEETING)

    def nothing_known(self, code: str) -> bool:
        """True where no phone of the trip was heard yet."""
        state = self.state[self.rows[code]]
        return bool(np.isnan(state[[detectors.S_AT, detectors.PHONE_COLUMNS + detectors.S_AT]]).all())

    def saved(self, code: str) -> bytes:
        """What is remembered of a trip, for `set` of another monitor."""
        return bytes(np.concatenate([_FORM, self.state[self.rows[code]]]).tobytes())

    def observe(
        self, batches: Iterable[tuple[str, Party, bool, Sequence[tuple[float, float, float]]]]
    ) -> list[tuple[str, Seen]]:
        """Take batches (trip, phone, gone to the background, positions as (at, latitude, longitude)) into account."""
        rows: list[int] = []
        phones: list[int] = []
        flat: list[tuple[float, float, float]] = []
        for code, party, away, pings in batches:
            row, phone = self.rows[code], PHONES.index(party)
            self.state[row, phone * detectors.PHONE_COLUMNS + detectors.S_GONE] = float(away)
            rows += [row] * len(pings)
            phones += [phone] * len(pings)
            flat += sorted(pings)
        if not flat:
            return []
        table = np.empty((len(flat), 5))
        table[:, 0], table[:, 1], table[:, 2:] = rows, phones, flat
        seen = np.empty((4 * len(flat), detectors.SEEN_COLUMNS))
        count = detectors.observe(
            table,
            self.table,
            self.state,
            self.way,
            self.ways,
            self.places,
            self.placed,
            self.limit_row,
            seen,
        )
        return list(self._found(seen[:count]))

    def tick(self, now: float) -> list[tuple[str, Seen]]:
        """What silence and the clock say now."""
        seen = np.empty((4 * len(self.trips), detectors.SEEN_COLUMNS))
        count = detectors.tick(now, self.table, self.state, self.limit_row, seen)
        return list(self._found(seen[:count]))

    def _plane(self, row: int, fix: Fix) -> tuple[float, float]:
        x, y = _project(np.array([[fix.latitude, fix.longitude]]), self.trips[row].destination)[0]
        return float(x), float(y)

    def _found(self, seen: NDArray[np.float64]) -> Iterator[tuple[str, Seen]]:
        for row, what, phone, at, x, y, a, b in seen.tolist():
            trip = self.trips[int(row)]
            position = None if np.isnan(x) else _point(x, y, trip.destination)
            yield trip.code, _name(See(int(what)), PHONES[int(phone)], trip, at, position, a, b)


def _name(
    what: See, party: Party, trip: WatchedTrip, at: float, position: Point | None, a: float, b: float
) -> Seen:
    """The sentence of what was seen; the reader's own words are the signal's kind."""
    kinds: dict[See, tuple[SignalKind, str, str]] = {
        See.OFF_ROUTE: (
            SignalKind.OFF_ROUTE,
            "",
            f"{in_words(a)} from the {'planned way' if is_drawn(trip.route_source) else 'straight line'} ({party})",
        ),
        See.DRIVING_AWAY: (SignalKind.OFF_ROUTE, "away", f"{in_words(a)} away from the destination again ({party})"),
        # Its beginning names a stop: another one is another signal, the same seen by both phones is one.
        See.LONG_STOP: (SignalKind.LONG_STOP, f"{b // 600:.0f}", f"{a:.0f} s at one place ({party})"),
        See.SILENT_PASSENGER: (SignalKind.SIGNAL_LOST, Party.PASSENGER, f"{Party.PASSENGER}: {a:.0f} s"),
        See.SILENT_DRIVER: (SignalKind.SIGNAL_LOST, Party.DRIVER, f"{Party.DRIVER}: {a:.0f} s"),
        See.MOVING_TOGETHER: (
            SignalKind.MOVING_AFTER_CANCEL,
            "",
            f"both phones {in_words(a)} on, {in_words(b)} apart",
        ),
        See.MOVING_ALONE: (
            SignalKind.MOVING_AFTER_CANCEL,
            "",
            f"driver {in_words(a)} on, her phone silent for {b:.0f} s",
        ),
        See.OVERLONG: (SignalKind.OVERLONG, "", f"{a / 60:.0f} min, planned were {planned_seconds(trip) / 60:.0f}"),
        See.LATE: (SignalKind.LATE_RUNNING, "", f"{a / 60:.0f} min since boarding"),
        See.REMOTE: (SignalKind.REMOTE_AT_NIGHT, "", f"{in_words(a)} from the way and from every known place ({party})"),
    }  # fmt: skip
    here = position or trip.destination
    if what == See.MEETING:
        return Meeting(here)
    if what == See.TOGETHER:
        return TravelTogether(here)
    kind, detail, why = kinds[what]
    return Finding(kind, detail, why, at, position)


def planned_seconds(trip: WatchedTrip) -> float:
    """The driving time that was planned; from the way's length where no router gave one."""
    return trip.planned_seconds or route_length(trip.route) / SPEED


def _phase(trip: WatchedTrip) -> Phase:
    if trip.state in ABOARD:
        return Phase.ABOARD
    return Phase.BEFORE_BOARDING if trip.state in BEFORE_BOARDING else Phase.CANCELLED


def _compile(trip: WatchedTrip, limits: Limits) -> Part:
    """One trip's row, way and known places."""
    began, planned = trip.driver_state_since.timestamp(), planned_seconds(trip)
    closer = CLOSER if trip.closer else 1.0
    row = [0.0] * detectors.TRIP_COLUMNS
    row[detectors.T_PHASE] = float(_phase(trip))
    row[detectors.T_LAT], row[detectors.T_LON] = trip.destination
    row[detectors.T_COS] = float(np.cos(np.radians(trip.destination[0])))
    row[detectors.T_TOLERANCE] = (
        limits.off_route_metres / closer
        if is_drawn(trip.route_source)
        else max(STRAIGHT_LEAST_METRES, STRAIGHT_SHARE * route_length(trip.route))
    )
    row[detectors.T_AWAY] = _planned_away(trip) + _away(trip, limits) / closer
    row[detectors.T_BEGAN] = began
    row[detectors.T_OVERLONG] = (limits.overlong_factor * planned + limits.overlong_seconds) / closer
    row[detectors.T_LATE] = _late_at(trip, began, planned)
    row[detectors.T_SILENCE] = closer
    row[detectors.T_MET] = float(trip.met)
    way = _project(np.array(trip.route or [trip.destination]), trip.destination)
    places = _project(np.array(trip.places), trip.destination) if trip.places else _EMPTY
    return row, way, places


def _away(trip: WatchedTrip, limits: Limits) -> float:
    whole = distance(trip.route[0], trip.destination) if trip.route else 0.0
    return max(limits.away_metres, limits.away_share * whole)


def _planned_away(trip: WatchedTrip) -> float:
    """How far the planned way itself leads away from the destination again: on a drawn way that is no signal."""
    if not is_drawn(trip.route_source):
        return 0.0
    left = np.hypot(*_project(np.array(trip.route), trip.destination).T)
    return float((left - np.minimum.accumulate(left)).max())


def _late_at(trip: WatchedTrip, began: float, planned: float) -> float:
    """When a hitch trip that was planned to end before the curfew still runs into it; never for all others."""
    if trip.line != Line.HITCH or _phase(trip) != Phase.ABOARD:
        return float("inf")
    at = curfew_after(datetime.fromtimestamp(began, tz=UTC))
    return float("inf") if at is None or at < began + planned else at


def _project(points: NDArray[np.float64], origin: Point) -> NDArray[np.float64]:
    """(latitude, longitude) rows to metres east and north of `origin`."""
    east = (points[:, 1] - origin[1]) * METRES_IN_DEGREE * np.cos(np.radians(origin[0]))
    return np.column_stack([east, (points[:, 0] - origin[0]) * METRES_IN_DEGREE])


def _point(x: float, y: float, origin: Point) -> Point:
    cos = float(np.cos(np.radians(origin[0])))
    return round(origin[0] + y / METRES_IN_DEGREE, 6), round(origin[1] + x / (METRES_IN_DEGREE * cos), 6)


def _join(runs: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Runs of points one after another, and where each begins."""
    starts = np.zeros(len(runs) + 1, dtype=np.int64)
    np.cumsum([len(run) for run in runs], out=starts[1:])
    return (np.concatenate(runs) if runs else _EMPTY), starts


def _restore(saved: bytes | None) -> NDArray[np.float64]:
    """What was saved, where it has the form of today; nothing remembered otherwise."""
    if saved is not None and len(saved) == 8 * (1 + detectors.STATE_COLUMNS):
        values = np.frombuffer(saved)
        if values[0] == _FORM[0]:
            return values[1:].copy()
    return detectors.new_state()
