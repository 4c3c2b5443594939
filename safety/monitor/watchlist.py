"""Which trips are watched: kept by asking for what was changed, so that a look costs by changes and not by trips.

Each trip's row says which transaction wrote it last. A look asks for what was written by any transaction that had not
ended when the look before took its snapshot (as `rides.open_requests` does), in the cities of own shards. What has to be read
in bulk, a shard that was just taken over or a line that was suspended, is read in slices. A slow round over all trips
puts right what no change tells.
"""

import time
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from core import clock
from rides import selectors
from rides.positions import shard_stream
from rides.selectors import Surroundings, TripMark, Unwatchable, WatchedTrip

SLICE = 1000  # trips that are read in bulk in one look
ROUND_SECONDS = 300.0  # a slow round over all trips
STRANGERS = 20_000  # codes remembered as not watched
STRANGE_SECONDS = 60.0


@dataclass(slots=True)
class Changes:
    """What came of a look. `gone` are the trips that are watched no more: the stream by code."""

    trips: list[WatchedTrip] = field(default_factory=list)
    bad: list[Unwatchable] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)


class Watchlist:
    """The watched trips of this monitor's shards, by code. One thread uses it."""

    def __init__(self) -> None:
        self.around = selectors.surroundings()
        self.streams: set[str] = set()
        self.known: dict[str, TripMark] = {}
        self.loading: dict[str, set[int]] = {}
        self._cities: set[int] = set()
        self._horizon = -1
        self._bulk: deque[TripMark] = deque()
        self._leaving: list[tuple[float, str]] = []
        self._strangers: dict[str, float] = {}
        self._round: deque[int] = deque()
        self._rounded = time.monotonic()

    def stream_of(self, code: str) -> str:
        """The stream of a known trip."""
        return self._stream(self.known[code])

    def ready(self, stream: str) -> bool:
        """True once all trips of a shard have been read."""
        return stream in self.streams and stream not in self.loading

    def take(self, streams: Collection[str]) -> None:
        """Begin to watch these shards anew: nothing known of them before counts."""
        self.leave(streams)
        self.streams |= set(streams)
        self._find_cities()
        cities = {pk for pk in self._cities if shard_stream(self.around.cities[pk]) in streams}
        horizon = selectors.watch_horizon()
        marks = selectors.watched_marks(cities) if cities else []
        self._horizon = horizon if self._horizon < 0 else min(self._horizon, horizon)
        for mark in marks:
            self.loading.setdefault(self._stream(mark), set()).add(mark.pk)
        self._bulk.extend(marks)

    def leave(self, streams: Collection[str]) -> list[str]:
        """These shards are not ours any more; returns the trips that were watched there."""
        left = [code for code in self.known if self.stream_of(code) in streams]
        for code in left:
            del self.known[code]
        self._bulk = deque(mark for mark in self._bulk if self._stream(mark) not in streams)
        self.streams -= set(streams)
        for stream in streams:
            self.loading.pop(stream, None)
        self._find_cities()
        if not self._cities:
            self._horizon = -1
        return left

    def live(self, stream: str) -> set[str]:
        """The known trips of a shard."""
        return {code for code in self.known if self.stream_of(code) == stream}

    def look(self) -> Changes:
        """What was changed since the last look, what it is time to leave, and a slice of what is read in bulk."""
        if not self._cities:
            return Changes()
        self._look_around()
        horizon = selectors.watch_horizon()
        marks = selectors.changed_marks(self._cities, self._horizon)
        self._horizon = horizon
        changes = self._sort(marks)
        self._leave_in_time(changes)
        self._slice(changes)
        return changes

    def ask(self, codes: Iterable[str]) -> Changes:
        """Look at once for these trips, of which positions came; those that are not watched are remembered as such."""
        now = time.monotonic()
        asked = [code for code in codes if code not in self.known and self._strange(code, now)]
        if not asked:
            return Changes()
        if len(self._strangers) + len(asked) > STRANGERS:
            self._strangers.clear()
        self._strangers |= dict.fromkeys(asked, now)
        sane = [code for code in asked if "\x00" not in code]
        marks = selectors.marks_of(sane)
        if any(mark.city_id not in self.around.cities for mark in marks):
            self.around = selectors.surroundings()
            self._find_cities()
        return self._sort([mark for mark in marks if mark.watched and mark.city_id in self._cities])

    def make_round(self) -> Changes:
        """A city's part of the slow round, when it is time for one: what no change of a row has told."""
        if not self._round:
            if time.monotonic() - self._rounded < ROUND_SECONDS:
                return Changes()
            self._rounded = time.monotonic()
            self.around = selectors.surroundings()
            self._find_cities()
            self._round = deque(sorted(self._cities))
            return Changes()
        city = self._round.popleft()
        if city not in self._cities or shard_stream(self.around.cities[city]) in self.loading:
            return Changes()
        marks = selectors.watched_marks([city])
        changes = self._sort(marks)
        there = {mark.code for mark in marks}
        missed = [code for code, mark in self.known.items() if mark.city_id == city and code not in there]
        # A trip that was accepted after the query was made is known by now, or was not there: it is asked for again.
        for mark in selectors.marks_of(missed):
            if not mark.watched:
                self._go(mark.code, changes)
        return changes

    def read_again(self, codes: Iterable[str]) -> None:
        """Read these trips anew with what is read in bulk."""
        self._bulk.extend(self.known[code] for code in codes if code in self.known)

    def _stream(self, mark: TripMark) -> str:
        return shard_stream(self.around.cities[mark.city_id])

    def _strange(self, code: str, now: float) -> bool:
        """True where this code has to be asked for: it was not found lately."""
        since = self._strangers.get(code)
        return since is None or now - since > STRANGE_SECONDS

    def _find_cities(self) -> None:
        self._cities = {pk for pk, code in self.around.cities.items() if shard_stream(code) in self.streams}

    def _look_around(self) -> None:
        stopped = selectors.stopped_lines()
        if stopped == self.around.stopped:
            return
        changed = stopped ^ self.around.stopped
        self.around = Surroundings(self.around.cities, self.around.places, stopped)
        self._bulk.extend(mark for mark in self.known.values() if (mark.line, mark.city_id) in changed)

    def _sort(self, marks: list[TripMark]) -> Changes:
        changes, wanted = Changes(), []
        for mark in marks:
            known = self.known.get(mark.code)
            if not mark.watched:
                if known:
                    self._go(mark.code, changes)
            elif known is None or known.changed_in != mark.changed_in:
                wanted.append(mark)
        self._read(wanted, changes)
        return changes

    def _leave_in_time(self, changes: Changes) -> None:
        now, due = clock.timestamp(), []
        while self._leaving and self._leaving[0][0] <= now:
            _at, code = heappop(self._leaving)
            mark = self.known.get(code)
            if mark and mark.watched_until and mark.watched_until.timestamp() <= now:
                due.append(code)
        # Something may follow it meanwhile, of which its row says nothing.
        for mark in selectors.marks_of(due) if due else ():
            if mark.watched:
                self._know(mark)
            else:
                self._go(mark.code, changes)

    def _slice(self, changes: Changes) -> None:
        part = [self._bulk.popleft() for _each in range(min(SLICE, len(self._bulk)))]
        # What was read since, or is watched no more, is left as it is.
        still = [mark for mark in part if self.known.get(mark.code) in {None, mark}]
        self._read([mark for mark in still if mark.city_id in self._cities], changes)
        for stream, waiting in list(self.loading.items()):
            waiting.difference_update(mark.pk for mark in part)
            if not waiting:
                del self.loading[stream]

    def _read(self, marks: list[TripMark], changes: Changes) -> None:
        if not marks:
            return
        trips, bad = selectors.read_watched([mark.pk for mark in marks], self.around)
        changes.trips += trips
        changes.bad += bad
        there = {trip.pk for trip in trips} | {each.pk for each in bad}
        for mark in marks:
            if mark.pk in there:
                self._know(mark)
                self._strangers.pop(mark.code, None)

    def _know(self, mark: TripMark) -> None:
        self.known[mark.code] = mark
        if mark.watched_until:
            heappush(self._leaving, (mark.watched_until.timestamp(), mark.code))

    def _go(self, code: str, changes: Changes) -> None:
        changes.gone[code] = self.stream_of(code)
        del self.known[code]
