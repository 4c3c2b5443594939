"""The monitor: reads the position streams as a consumer group, keeps trails, raises signals (S5).

A batch is acknowledged to the stream only after its positions are in the database and what it says is remembered, so a
killed monitor's batches are read again; stored positions and raised signals are kept once, whoever repeats them. What
one entry, batch, trip or finding is not fit for is set aside (`safety.monitor.quarantine`) and stops nothing beside it.
"""

import os
import secrets
import socket
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from math import isfinite

import redis
import structlog
from django.conf import settings
from django.db import Error, close_old_connections

from core import clock
from rides import selectors, services
from rides.positions import StoredBatch, all_streams, entry_of
from rides.tokens import DUTY
from rides.trails import Fix
from safety.monitor.acting import Pending
from safety.monitor.intake import Intake, Item
from safety.monitor.memory import Detection, WatchTable, limits_in_force
from safety.monitor.outages import Outages
from safety.monitor.quarantine import Quarantine, apart
from safety.monitor.refresh import Refresh
from safety.monitor.reports import Reports
from safety.monitor.rules.signal_lost import SILENCE
from safety.monitor.shards import GROUP, Shards
from safety.monitor.warmup import warm_up

log = structlog.get_logger()
TRIM_SECONDS = 5.0
STEP_SECONDS = 30.0  # a difference between two clocks that no turn explains
AHEAD = 150.0  # seconds: more than a phone's clock may be ahead, and the way of its position to here


class Monitor:
    """One monitor process. `step()` is one turn of its loop.

    Several share the shards: each holds leases on some, reads those alone, and gives back what is more than its part.
    """

    def __init__(self) -> None:
        self.redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.shards = Shards(self.redis, self.name)
        self.quarantine = Quarantine(self.redis)
        self.clocks = time.time(), time.monotonic()
        self.outages = Outages(self.redis)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what is in memory: what counts is saved."""
        self.table = WatchTable(limits_in_force())
        self.shards.let_go()
        self.reports = Reports()
        self.intake = Intake(self.redis, self.name, self.quarantine, self.reports)
        self.refresh = Refresh(self.table, self.shards, self.reports)
        self.pending = Pending(self.shards)
        self.trimmed = -float("inf")
        self.begun = True

    @property
    def owned(self) -> set[str]:
        """The shards of this monitor."""
        return self.shards.owned

    def prepare(self) -> None:
        """Have the rules ready before any shard is ours; make the streams' groups where they do not exist."""
        warm_up()
        for stream in all_streams():
            try:
                self.redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except redis.ResponseError as why:
                if "BUSYGROUP" not in str(why):
                    raise
        self.quarantine.feed_back_known()

    def run_forever(self) -> None:
        """Turn until the process is ended; what is down is waited for."""
        ready = False
        with self.shards.kept_alive():
            while True:
                try:
                    if not ready:
                        self.prepare()
                        ready = True
                    self.step()
                except (redis.RedisError, Error) as why:
                    # A ResponseError: the streams are gone, a Valkey that began anew.
                    ready = ready and not isinstance(why, redis.ResponseError)
                    self.wait(why)

    def wait(self, why: Exception) -> None:
        """Something is down: begin anew from what is saved, when it is back."""
        state = getattr(why.__cause__, "sqlstate", None)
        log.warning("monitor.waiting", why=type(why).__name__, sqlstate=state)
        close_old_connections()
        time.sleep(0.5)
        self.shards.pulse()
        # No lease is taken before what is saved can be read: somebody else may be able to.
        self.shards.let_go()
        self.begun = False

    def step(self) -> None:
        """Read, store, look, act, save and acknowledge."""
        if not self.begun:
            self.begin_anew()
        self.intake.unfinished.clear()
        self.shifted: set[str] = set()
        self.quarantine.begin_turn()
        self._stepped()
        self._share()
        if self.refresh.due():
            silence = self.table.limits[SILENCE]
            self.table.excuse(self.outages.look(self.reports, silence))
            self.refresh.look_around()
        items = self._read()
        self.refresh.look_for(item.batch.trip for item in items)
        items = self._store(items)
        self._hold_on()
        changed = self._observe(items)
        # The clock may have stepped after the turn began: a watermark of the one clock against memory of the other
        # would make everybody silent.
        if not self._stepped():
            changed |= self._tick()
        changed |= self.shifted
        self._hold_on()
        self._act()
        self._finish(changed)
        self._tend()

    # --- clocks ---

    def _stepped(self) -> bool:
        """True where the clock stepped since this was last asked, which says nothing of any trip.

        All that is remembered goes with the clock: two positions a second apart stay so. A drill's clock is shifted by
        its file, not here: what it shows is meant.
        """
        wall, steady = self.clocks
        self.clocks = time.time(), time.monotonic()
        step = (self.clocks[0] - wall) - (self.clocks[1] - steady)
        if abs(step) <= STEP_SECONDS:
            return False
        log.error("monitor.clock_stepped", seconds=round(step))
        self.shifted = self.refresh.shift(step)
        self.outages.shift(step)
        self.table.excuse(self.outages.gaps())
        self.intake.watermarks.clear()  # by the clock of before; reading gives new ones
        return True

    # --- shards ---

    def _share(self) -> None:
        before = set(self.owned)
        new = self.shards.share()
        lost = (before - self.owned) | new
        if lost:
            self._lose(lost)
        if new:
            self.refresh.take(new)
            self.intake.take(new)
            self.pending.take(new)

    def _lose(self, streams: set[str]) -> None:
        """Somebody else has, or may have had these shards: what they saved counts, not what is remembered here."""
        for part in (self.refresh, self.intake, self.pending, self.reports):
            part.lose(streams)

    def _hold_on(self) -> None:
        """A long turn must not cost the shards that it comes from."""
        self.shards.hold()

    # --- a turn ---

    def _read(self) -> list[Item]:
        """What is new on the streams whose trips are known."""
        watchlist = self.refresh.watchlist
        ready = {stream for stream in self.owned if watchlist.ready(stream)}
        return self.intake.read(ready, busy=self.pending.waiting or bool(watchlist.loading))

    def _store(self, items: list[Item]) -> list[Item]:
        """Keep the positions; what the database does not take is set aside alone. Returns what is kept of trips."""
        trips = [item for item in items if not item.batch.trip.startswith(DUTY)]
        duty = [item for item in items if item.batch.trip.startswith(DUTY) and item.batch.pings]
        apart(duty, self._store_duty, self._refuse)
        return apart(trips, self._store_trips, self._refuse)

    def _store_trips(self, items: Sequence[Item]) -> None:
        known = self.refresh.watchlist.known
        # What was taken is kept, whatever its trip is by now: over, or not begun.
        others = {item.batch.trip for item in items} - known.keys()
        pks = selectors.trip_keys(others)
        pks |= {code: known[code].pk for code in (item.batch.trip for item in items) if code in known}
        services.store_positions(
            services.PhoneFixes(pks[each.trip], each.party, _fixes(each), each.away)
            for each in (item.batch for item in items)
            if each.trip in pks
        )
        self.shards.pulse()

    def _store_duty(self, items: Sequence[Item]) -> None:
        newest: dict[str, Fix] = {}
        for item in items:
            driver, last = item.batch.trip.removeprefix(DUTY), max(_fixes(item.batch))
            newest[driver] = max(last, newest.get(driver, last))
        services.store_duty_positions(newest)

    def _refuse(self, item: Item, why: Exception) -> None:
        self.shards.pulse()  # many of them take long, and are no reason to lose the shards
        self.quarantine.set_aside(item.stream, item.where, why, entry_of([item.batch]))

    def _observe(self, items: list[Item]) -> set[str]:
        """What the positions say; returns the trips that they are of.

        A position from beyond now comes from before a step of the clock: what follows it would be called older.
        """
        beyond = clock.timestamp() + AHEAD
        seen: list[tuple[str, Detection]] = []

        def look(part: Sequence[Item]) -> None:
            batches = (item.batch for item in part)
            seen.extend(
                self.table.observe((row.trip, row.party, row.away, row.measured()) for row in batches)
            )

        items = [item for item in items if item.batch.trip in self.table]
        kept = apart([item for item in items if _newest(item.batch) <= beyond], look, self._refuse)
        self.pending.note(seen, self.refresh.watchlist.stream_of, urgent=True)
        self.reports.faults(self.table.take_faults())
        return {item.batch.trip for item in kept}

    def _tick(self) -> set[str]:
        """What silence and the clock say, at each shard's watermark; returns the trips of which they say something."""
        watermarks, stream_of = self.intake.watermarks, self.refresh.watchlist.stream_of
        seen: list[tuple[str, Detection]] = []
        for stream, now in watermarks.items():
            seen += self.table.tick({stream: now})
        self.pending.note(seen, stream_of, urgent=False)
        failed = self.reports.faults(self.table.take_faults())
        own = {code for code in self.reports.faulty if code in self.table and stream_of(code) in watermarks}
        judged = {f"tick/{each}" for each in own.union(watermarks)}
        self.reports.no_fault(judged - failed)
        return {code for code, _seen in seen}

    def _act(self) -> None:
        if self.pending.act():
            self.refresh.looked = -float("inf")

    def _finish(self, changed: set[str]) -> None:
        """Save what is remembered and what waits to be acted on, and acknowledge what it comes from, shard by shard."""
        remembered: dict[str, dict[str, bytes]] = defaultdict(dict)
        for code in sorted(changed):
            if code in self.table:
                remembered[self.refresh.watchlist.stream_of(code)][code] = self.table.saved(code)
        left, acted, unfinished = self.pending.to_keep(), self.pending.acted, self.intake.unfinished
        streams = {stream for stream, rows in acted.items() if rows} | remembered.keys() | left.keys()
        for stream in sorted(streams | unfinished.keys()):
            kept = self.shards.settle(
                stream,
                remembered=remembered[stream],
                found=left[stream],
                acted=acted.pop(stream, []),
                entries=unfinished.pop(stream, []),
            )
            if not kept:
                self.owned.discard(stream)  # somebody else has it: theirs counts
                self._lose({stream})
        self.pending.kept()

    def _tend(self) -> None:
        """Now and then: what every reader of a stream has finished is cut off."""
        if time.monotonic() - self.trimmed >= TRIM_SECONDS:
            self.trimmed = time.monotonic()
            for stream in sorted(self.owned):
                self.shards.trim(stream)


def _newest(batch: StoredBatch) -> float:
    return max((at for at, _latitude, _longitude in batch.pings), default=0.0)


def _fixes(batch: StoredBatch) -> list[Fix]:
    """The positions of a batch. Raises `ValueError` where one of them is no number: no page could show it."""
    if not all(map(isfinite, chain.from_iterable(batch.pings))):
        raise ValueError("a position is not a number")
    return batch.fixes()
