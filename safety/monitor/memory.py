"""The trips that one monitor watches, in memory: rows of arrays for the compiled rules, detections out of them.

What is remembered of a trip can be saved as bytes and taken up again by another monitor, to the last bit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Final, NamedTuple, final

import numpy as np
import structlog
from numpy.typing import NDArray

from core import facts
from core.facts import Fact
from rides.geometry import Point
from rides.positions import shard_stream
from rides.selectors import WatchedTrip
from rides.states import Party
from rides.trails import Fix
from safety.monitor import declare, plane, program
from safety.monitor.declare import (
    AT,
    COARSE,
    FINE,
    GONE,
    HEARD,
    PHONES,
    STEPPED,
    STEPPED_OF,
    Array,
    Limits,
    Rule,
    X,
    Y,
    limits_in_force,
)
from safety.monitor.pools import FEWEST, Pool, longer
from safety.monitor.program import SAID_COLUMNS
from safety.monitor.rules import BITS, MARKS, RULES, SAID_AT_POSITION, SAID_AT_TICK, SEEN, VERSION
from safety.monitor.rules.meeting import RULE as _MEETING
from safety.monitor.rules.together import RULE as _TOGETHER
from safety.states import SignalKind

__all__ = ["MEETING", "TOGETHER", "Detection", "Limits", "WatchTable", "limits_in_force"]

log = structlog.get_logger()
MEETING: Final = _MEETING.key
TOGETHER: Final = _TOGETHER.key
FAULTS_AT_ONCE = 20  # trips that are told of by name at a look at the clock
AT_ONCE = 65_536  # positions for which there is room to speak at a time

Pings = Sequence[tuple[float, float, float, float]]
Batch = tuple[str, Party, bool, Pings]
_PHONE, _MEMORY, _TRIP, _LIMITS = declare.columns()


@dataclass(frozen=True, slots=True)
class Detection:
    """What a rule saw. `facts` are what `core.facts.say` renders; `at` is Unix seconds; a position is WGS-84.

    `kind` and `detail` make the signal; `kind` is None for what is no signal: a meeting, travelling together.
    """

    rule: str
    kind: SignalKind | None
    detail: str
    facts: dict[str, Fact]
    at: float
    position: Point | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule was not fit for: `name` says which rule and where, `code` of which trip, empty for a whole shard."""

    name: str
    code: str
    why: Exception


@final
class WatchTable:
    """Trips by code, each a row of the arrays. One thread uses it. Each call costs by what it is given."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.faults: list[Fault] = []  # until somebody takes them
        self._rows: dict[str, int] = {}
        self._trips: dict[int, WatchedTrip] = {}
        self._free: list[int] = []
        self._top = 0  # rows beyond this one were never used
        self._streams: dict[str, int] = {}
        self._trip = np.zeros((0, len(_TRIP)))
        self._phones = np.zeros((0, len(PHONES), len(_PHONE)))
        self._memory = np.zeros((0, len(_MEMORY)))
        self._marks = np.zeros((0, BITS), dtype=np.uint8)
        self._shards = np.zeros(0, dtype=np.int64)
        self._ways, self._places = Pool(), Pool()
        self._limit_row = limits.row()
        self._gaps = np.zeros((0, 2))
        self._grow()

    def __contains__(self, code: object) -> bool:
        return code in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def codes(self) -> Iterable[str]:
        """The codes of all trips that are watched; not to be kept while trips are put and dropped."""
        return self._rows.keys()

    def trip(self, code: str) -> WatchedTrip:
        """The trip as it was put. Raises `KeyError` for one that is not watched."""
        return self._trips[self._rows[code]]

    def put(self, trips: Iterable[WatchedTrip], saved: Mapping[str, bytes]) -> dict[str, Exception]:
        """Watch these too, or as they are now. What is remembered of those known is kept; `saved` is for new ones.

        Returns, by code, what is wrong with those that cannot be watched: they are not, also where they were before.
        """
        wrong: dict[str, Exception] = {}
        for trip in trips:
            row = self._rows.get(trip.code)
            if row is not None and self._trips[row] == trip:
                continue
            try:
                self._put(trip, saved.get(trip.code))
            except Exception as why:  # whatever is wrong with one trip, the others are watched
                self.drop([trip.code])
                wrong[trip.code] = why
        return wrong

    def _put(self, trip: WatchedTrip, saved: bytes | None) -> None:
        row = self._rows.get(trip.code)
        if row is None:
            remembered = _Remembered.of(saved)
            values, way, places = _compile(_by_clock(trip, remembered.memory), self.limits)
            row = self._free.pop() if self._free else self._top
            if row == len(self._shards):
                self._grow()
            self._top = max(self._top, row + 1)
            self._rows[trip.code] = row
            self._phones[row], self._memory[row], self._marks[row] = remembered
        else:
            values, way, places = _compile(_by_clock(trip, self._memory[row]), self.limits)
        self._trips[row] = trip
        self._trip[row] = values
        self._ways.put(row, way)
        self._places.put(row, places)
        stream = shard_stream(trip.city)
        self._shards[row] = self._streams.setdefault(stream, len(self._streams))

    def drop(self, codes: Iterable[str]) -> None:
        """Watch these no longer; one that is not watched is none."""
        for code in codes:
            row = self._rows.pop(code, None)
            if row is not None:
                del self._trips[row]
                self._ways.drop(row)
                self._places.drop(row)
                self._shards[row] = -1
                self._free.append(row)

    def set_limits(self, limits: Limits) -> dict[str, Exception]:
        """Hold all trips to these limits; as `put` where a trip cannot be. Nothing is done where they are as before."""
        if limits == self.limits:
            return {}
        self.limits, self._limit_row = limits, limits.row()
        return self._compile_all()

    def begin(self, code: str, last: dict[Party, tuple[Fix, bool]]) -> None:
        """Start a trip of which nothing is remembered from the last positions that the database has."""
        row = self._rows[code]
        trip, phones, memory = self._trips[row], self._phones[row], self._memory[row]
        for party, (fix, away) in last.items():
            mine = phones[PHONES.index(party)]
            mine[HEARD], mine[GONE] = fix.at, float(away)
            if fix.accuracy is not None and fix.accuracy > self.limits[COARSE]:
                continue
            mine[AT] = fix.at
            mine[X], mine[Y] = plane.project(np.array([[fix.latitude, fix.longitude]]), trip.destination)[0]
        for rule in RULES:
            if rule.begin and rule.begin(trip, phones, memory):
                self._marks[row, MARKS[rule.key] : MARKS[rule.key] + rule.bits] = 1

    def called_fine(self, answers: Mapping[str, int]) -> None:
        """How often the passenger of a trip has answered that all is well: after a new answer, new facts are said anew.

        What positions go on to say is none: a rule has to see it end first, or what its `fine` holds it to. What the
        clock says once, it says once. Trips that are not watched are left out.
        """
        for code, count in answers.items():
            row = self._rows.get(code)
            if row is None or count <= self._memory[row, FINE]:
                continue
            self._memory[row, FINE] = count
            for rule in RULES:
                marks = self._marks[row, MARKS[rule.key] : MARKS[rule.key] + rule.bits]
                if rule.kind is None or rule.on_position is None or not marks.any():
                    continue
                marks[:] = 0
                seen = {SEEN[rule.key]: -np.inf} if rule.key in SEEN else {}
                for column, value in {**seen, **rule.fine}.items():
                    held, start = self._phones[row, :, column], _PHONE.starts[column]
                    began = np.isnan(held) if np.isnan(start) else held == start
                    held[~began] = value

    def nothing_known(self, code: str) -> bool:
        """True where no phone of the trip was heard yet."""
        return bool(np.isnan(self._phones[self._rows[code], :, HEARD]).all())

    def saved(self, code: str) -> bytes:
        """What is remembered of a trip, for `put` of another monitor; another version of the rules does not take it."""
        row = self._rows[code]
        parts = self._phones[row], self._memory[row], np.packbits(self._marks[row])
        return VERSION + b"".join(bytes(part) for part in parts)

    def observe(self, batches: Iterable[Batch]) -> list[tuple[str, Detection]]:
        """Take batches (trip, phone, gone to the background, positions as (at, latitude, longitude, accuracy)) into account.

        Accuracy is in metres, 0 where it is unknown. A batch of a trip that is not watched says nothing, nor does a position that is no number. Where a rule raises,
        nothing was taken into account: what was found goes with the error, so no mark of it may stay.
        """
        rows: list[int] = []
        phones: list[int] = []
        gone: list[bool] = []
        counts: list[int] = []
        flat: list[tuple[float, float, float, float]] = []
        for code, party, away, pings in batches:
            row = self._rows.get(code)
            if row is None:
                continue
            rows.append(row)
            phones.append(PHONES.index(party))
            gone.append(away)
            counts.append(len(pings))
            flat += sorted(pings)
        concerned = np.unique(np.array(rows, dtype=np.int64))
        before = [each[concerned] for each in (self._phones, self._memory, self._marks)]
        for row, phone, away in zip(rows, phones, gone, strict=True):
            self._phones[row, phone, GONE] = away
        if not flat:
            return []
        try:
            return self._observe(rows, phones, counts, flat)
        except Exception:
            self._phones[concerned], self._memory[concerned], self._marks[concerned] = before
            raise

    def _observe(
        self,
        rows: list[int],
        phones: list[int],
        counts: list[int],
        flat: list[tuple[float, float, float, float]],
    ) -> list[tuple[str, Detection]]:
        table = np.empty((len(flat), 6))
        table[:, 0], table[:, 1] = np.repeat(rows, counts), np.repeat(phones, counts)
        table[:, 2:] = np.fromiter(chain.from_iterable(flat), float, 4 * len(flat)).reshape(-1, 4)
        finite = np.isfinite(table).all(axis=1)
        if not finite.all():
            table = np.ascontiguousarray(table[finite])
        found: list[tuple[str, Detection]] = []
        said = np.empty((SAID_AT_POSITION * min(AT_ONCE, len(table)), SAID_COLUMNS))
        for first in range(0, len(table), AT_ONCE):
            count = program.observe(
                table[first : first + AT_ONCE],
                self._trip,
                self._phones,
                self._memory,
                self._marks,
                self._ways.points,
                self._ways.spans,
                self._places.points,
                self._places.spans,
                self._limit_row,
                self._gaps,
                said,
            )
            found += self._found(said[:count])
        return found

    def tick(self, now_of: Mapping[str, float]) -> list[tuple[str, Detection]]:
        """What silence and the clock say at the watermark of each shard, in Unix seconds by the stream's name.

        A trip is judged by the watermark of its own shard; one whose shard is not named is not looked at. One for which
        a rule raises is a fault of its own, and the others are judged all the same.
        """
        clocks = np.full(len(self._streams) + 1, np.nan)
        for stream, now in now_of.items():
            if stream in self._streams:
                clocks[self._streams[stream]] = now
        said = np.empty((SAID_AT_TICK * self._top, SAID_COLUMNS))
        said[:, 0] = np.nan
        found: list[tuple[str, Detection]] = []
        begin, failed = 0, 0
        while begin < self._top:
            progress = np.array([begin, -1, 0])
            begin = self._top
            try:
                count = program.tick(
                    clocks,
                    self._shards[: self._top],
                    self._trip,
                    self._phones,
                    self._memory,
                    self._marks,
                    self._limit_row,
                    self._gaps,
                    progress,
                    said,
                )
            except Exception as why:
                _begin, row, before = progress.tolist()
                # What was said until then has its mark already: nobody would say it again.
                count = before + np.count_nonzero(~np.isnan(said[before : before + SAID_AT_TICK, 0]))
                self._fault_of_tick(why, self._trips.get(row), failed, ",".join(sorted(now_of)))
                failed += 1
                begin = row + 1 if row >= 0 else self._top
            found += self._found(said[:count])
            said[:count, 0] = np.nan
        return found

    def _fault_of_tick(self, why: Exception, trip: WatchedTrip | None, before: int, streams: str) -> None:
        """A fault of the trip, as long as few trips have one; what fails for many is a fault of their shard."""
        if before == 0:
            log.exception("monitor.tick")
        if trip and before < FAULTS_AT_ONCE:
            self.faults.append(Fault(f"tick/{trip.code}", trip.code, why))
        elif not trip or before == FAULTS_AT_ONCE:
            self.faults.append(Fault(f"tick/{streams}", "", why))

    def take_faults(self) -> list[Fault]:
        """What rules were not fit for since this was last asked."""
        faults, self.faults = self.faults, []
        return faults

    def excuse(self, gaps: Sequence[tuple[float, float]]) -> None:
        """Between these times (Unix seconds, apart and in order) no phone could be heard, by no fault of its own.

        Nobody's silence counts then. They hold until others are given.
        """
        self._gaps = np.array(gaps, dtype=float).reshape(-1, 2)

    def shift(self, seconds: float) -> dict[str, Exception]:
        """The machine's clock stepped: all times that are remembered go with it, so that what lay between them stays.

        So does when trips began, and it is saved with them. As `put` where a trip cannot be any more.
        """
        self._phones[: self._top, :, _PHONE.times] += seconds
        self._memory[: self._top, _MEMORY.times] += seconds
        for row in self._rows.values():
            memory, since = self._memory[row], self._trips[row].driver_state_since.timestamp()
            memory[STEPPED] = seconds + (memory[STEPPED] if memory[STEPPED_OF] == since else 0.0)
            memory[STEPPED_OF] = since
        return self._compile_all()

    def _compile_all(self) -> dict[str, Exception]:
        wrong: dict[str, Exception] = {}
        for code, row in list(self._rows.items()):
            try:
                trip = _by_clock(self._trips[row], self._memory[row])
                self._trip[row] = declare.compile_row(trip, self.limits)
            except Exception as why:  # as in `put`
                self.drop([code])
                wrong[code] = why
        return wrong

    # --- rows ---

    def _grow(self) -> None:
        rows = max(FEWEST, 2 * len(self._shards))
        self._trip = longer(self._trip, rows, 0.0)
        self._phones = longer(self._phones, rows, 0.0)
        self._memory = longer(self._memory, rows, 0.0)
        self._marks = longer(self._marks, rows, 0)
        self._shards = longer(self._shards, rows, -1)
        self._ways.grow(rows)
        self._places.grow(rows)

    def _found(self, said: Array) -> Iterator[tuple[str, Detection]]:
        for row, number, *what in said.tolist():
            trip = self._trips[int(row)]
            rule = RULES[int(number)]
            try:
                seen = _detection(trip, rule, *what)
            except Exception as why:  # the others have their marks already, and would be lost with this one
                log.exception("monitor.detection", rule=rule.key, trip=trip.code)
                self.faults.append(Fault(f"{rule.key}/{trip.code}", trip.code, why))
            else:
                yield trip.code, seen


def _detection(
    trip: WatchedTrip, rule: Rule, phone: float, at: float, x: float, y: float, *figures: float
) -> Detection:
    values: dict[str, Fact] = dict(zip(rule.figures, figures, strict=False))
    values |= {name: of(trip) for name, of in rule.of_trip.items()}
    if "party" in rule.forms:
        values["party"] = str(PHONES[int(phone)])
    return Detection(
        rule=rule.key,
        kind=SignalKind(rule.kind.value) if rule.kind else None,
        detail=rule.detail(values),
        facts=facts.of(rule.key, **values),
        at=at,
        position=None if np.isnan(x) else plane.point(x, y, trip.destination),
    )


class _Remembered(NamedTuple):
    """What is remembered of one trip, as rows of the arrays."""

    phones: Array
    memory: Array
    marks: NDArray[np.uint8]

    @classmethod
    def of(cls, saved: bytes | None) -> "_Remembered":
        """What was saved, where it has the form of today; nothing remembered otherwise."""
        shape = len(PHONES), len(_PHONE)
        split = len(VERSION), len(VERSION) + 8 * shape[0] * shape[1]
        end = split[1] + 8 * len(_MEMORY)
        if saved is None or saved[: split[0]] != VERSION or len(saved) != end + -(-BITS // 8):
            phones = np.tile(np.array(_PHONE.starts), (len(PHONES), 1))
            return cls(phones, np.array(_MEMORY.starts), np.zeros(BITS, dtype=np.uint8))
        return cls(
            np.frombuffer(saved[split[0] : split[1]]).reshape(shape),
            np.frombuffer(saved[split[1] : end]),
            np.unpackbits(np.frombuffer(saved[end:], dtype=np.uint8), count=BITS),
        )


def _by_clock(trip: WatchedTrip, memory: Array) -> WatchedTrip:
    """The trip as it began by the clock of now."""
    if not memory[STEPPED] or memory[STEPPED_OF] != trip.driver_state_since.timestamp():
        return trip
    began = trip.driver_state_since + timedelta(seconds=float(memory[STEPPED]))
    return replace(trip, driver_state_since=began)


def _compile(trip: WatchedTrip, limits: Limits) -> tuple[list[float], Array, Array]:
    """One trip's columns, way and known places. Raises where it cannot be watched: no way, or what is no number."""
    if not trip.route:
        raise ValueError("the trip has no way")
    values = declare.compile_row(trip, limits)
    way = plane.project(np.array(trip.route, dtype=float), trip.destination)
    places = plane.project(np.array(trip.places, dtype=float).reshape(-1, 2), trip.destination)
    if not (np.isfinite(way).all() and np.isfinite(places).all()):
        raise ValueError("the way or a known place of the trip is not a number")
    return values, way, places
