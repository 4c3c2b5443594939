"""The trips of own shards as they are now: taken up with what was saved of them, changed, left when they are over."""

import gc
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import timedelta

from django.db import close_old_connections

from core import clock, policy
from rides import selectors
from rides.positions import shard_stream
from rides.routing import Source
from rides.selectors import WatchedTrip
from rides.states import Party
from rides.tokens import DUTY
from safety.monitor.memory import WatchTable, limits_in_force
from safety.monitor.reports import Reports
from safety.monitor.shards import Shards
from safety.monitor.watchlist import Changes, Watchlist
from safety.selectors import fine_answers

REFRESH_SECONDS = 1.0
# How far back a look asks for answers: for as long as a transaction may take that wrote one; at the take-over of a shard
# for as long as a trip that its holder left may last.
ANSWERS_OF = timedelta(minutes=10)
ANSWERS_AT_FIRST = timedelta(days=1)


class Refresh:
    """Keeps one monitor's table of trips by the watchlist, the limits in force and what the shards have saved."""

    def __init__(self, table: WatchTable, shards: Shards, reports: Reports) -> None:
        self.table = table
        self.shards = shards
        self.reports = reports
        self.watchlist = Watchlist()
        self.swept: set[str] = set()
        self.looked = -float("inf")
        self._answers_of = ANSWERS_AT_FIRST

    def take(self, streams: Collection[str]) -> None:
        """Begin to watch these shards."""
        self.watchlist.take(streams)
        self.looked = -float("inf")
        self._answers_of = ANSWERS_AT_FIRST

    def lose(self, streams: Collection[str]) -> None:
        """Somebody else has, or may have had these shards: what they saved counts, not what is remembered here."""
        self.table.drop(self.watchlist.leave(streams))
        self.swept -= set(streams)

    def due(self) -> bool:
        """True once a second, and while trips are read in bulk."""
        return time.monotonic() - self.looked >= REFRESH_SECONDS or bool(self.watchlist.loading)

    def look_around(self) -> None:
        """The limits of now, what no position tells, and a part of the slow round."""
        self.looked = time.monotonic()
        close_old_connections()
        with policy.read_once():
            self.watchlist.read_again(self.table.set_limits(limits_in_force()))
            self._follow(self.watchlist.look())
            self._follow(self.watchlist.make_round())
            self._sweep()
        self._hear_fine()

    def _hear_fine(self) -> None:
        """What passengers have called fine since: told anew, it changes nothing."""
        self.table.called_fine(fine_answers(clock.now() - self._answers_of))
        if not self.watchlist.loading:
            self._answers_of = ANSWERS_OF

    def _sweep(self) -> None:
        """Once all trips of a shard are known: nothing that is remembered or told of others stays."""
        new = {stream for stream in self.shards.owned - self.swept if self.watchlist.ready(stream)}
        for stream in new:
            self.swept.add(stream)
            self.shards.forget_all_but(stream, self.watchlist.live(stream))
        if new:
            self._take_back()
            # What a shard's trips consist of stays for as long as they do: looking through all of it for garbage again
            # and again would cost more than a turn.
            gc.freeze()

    def look_for(self, codes: Iterable[str]) -> None:
        """Positions came: trips are judged as they are now, and one that nobody knew is asked for at once."""
        came = {code for code in codes if not code.startswith(DUTY)}
        if not came:
            return
        with policy.read_once():
            self._follow(self.watchlist.look())
            self._follow(self.watchlist.ask(came))

    def shift(self, seconds: float) -> set[str]:
        """By the clock of now what is remembered was so much later, or earlier, and so trips began; returns which."""
        for code, why in self.table.shift(seconds).items():
            self.reports.unwatchable(code, why)
        return set(self.table.codes())

    def _follow(self, changes: Changes) -> None:
        """Watch what is new or changed, going on from what was saved; leave what is over."""
        self._leave(changes.gone)
        for each in changes.bad:
            self.table.drop([each.code])
            self.reports.unwatchable(each.code, each.why)
        if not changes.trips:
            return
        trips = {trip.code: trip for trip in changes.trips}
        new = [trip for trip in trips.values() if trip.code not in self.table]
        # A row that cannot be watched as it is now is left with its memory: without it, its phones would be silent.
        saved = {code: self.table.saved(code) for code in trips if code in self.table} | self._saved(new)
        for code, why in self.table.put(list(trips.values()), saved).items():
            self.reports.unwatchable(code, why)
            # Better watched by the straight line than not at all.
            straight = _straight(trips.pop(code))
            self.table.put([straight], saved)
        self.reports.watchable(trips.keys())
        self._begin([trip for trip in new if trip.code in self.table], saved)

    def _begin(self, trips: list[WatchedTrip], saved: dict[str, bytes]) -> None:
        fresh = [trip for trip in trips if trip.code not in saved or self.table.nothing_known(trip.code)]
        last = selectors.latest_positions_of([trip.pk for trip in fresh]) if fresh else {}
        for trip in fresh:
            fixes = {Party(party): (row.fix, row.away) for party, row in last.get(trip.pk, {}).items()}
            self.table.begin(trip.code, fixes)

    def _leave(self, gone: dict[str, str]) -> None:
        by_stream: dict[str, list[str]] = defaultdict(list)
        for code, stream in gone.items():
            by_stream[stream].append(code)
        self.reports.over(gone)
        self.table.drop(gone)
        for stream, codes in by_stream.items():
            self.shards.forget(stream, codes)

    def _take_back(self) -> None:
        """Close what staff were told of trips that ended while nobody watched, or are well again."""
        trips, faulty = self.reports.recall()
        watched = {mark.code for mark in selectors.marks_of(trips | faulty) if mark.watched}
        self.reports.over((trips | faulty) - watched)
        self.reports.watchable({code for code in trips & watched if code in self.table})

    def _saved(self, trips: list[WatchedTrip]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        by_stream: dict[str, list[str]] = defaultdict(list)
        for trip in trips:
            by_stream[shard_stream(trip.city)].append(trip.code)
        for stream, codes in by_stream.items():
            found |= self.shards.remembered(stream, codes)
        return found


def _straight(trip: WatchedTrip) -> WatchedTrip:
    """The trip as one for which no router was there."""
    origin = trip.places[0] if trip.places else trip.destination
    return replace(
        trip,
        route=[origin, trip.destination],
        route_source=Source.GREAT_CIRCLE,
        places=(origin, trip.destination),
    )
