"""The monitor: reads the position streams as a consumer group, keeps trails, raises signals (S5).

A batch is acknowledged to the stream only after its positions are in the database and what it says is remembered, so a
killed monitor's batches are read again; stored positions and raised signals are kept once, whoever repeats them. What
one entry, batch, trip or finding is not fit for is set aside (`safety.monitor.quarantine`) and stops nothing beside it.
"""

import gc
import os
import secrets
import socket
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import chain
from math import isfinite

import redis
import structlog
from django.conf import settings
from django.db import Error, close_old_connections

from core import clock, policy, retry
from rides import selectors, services
from rides.positions import (
    RESTORED,
    StoredBatch,
    Unreadable,
    all_streams,
    entry_of,
    read_stored,
    seconds_of,
    shard_stream,
)
from rides.routing import Source
from rides.selectors import WatchedTrip
from rides.states import Party
from rides.tokens import DUTY
from rides.trails import Fix
from safety.monitor import findings
from safety.monitor.memory import Detection, WatchTable, limits_in_force, warm_up
from safety.monitor.quarantine import FINDINGS, LAG, RULES, TRIPS, Quarantine, apart, database_away
from safety.monitor.shards import GROUP, Shards
from safety.monitor.watchlist import Changes, Watchlist

log = structlog.get_logger()
BLOCK_MS = 500
READ = 1000  # entries of a stream in one turn
REFRESH_SECONDS = 1.0
CLAIM_AFTER_MS = 10_000
ACT_SECONDS = 0.5  # what acting on findings may take of one turn: positions are read meanwhile
TRIM_SECONDS = 5.0
LAG_SECONDS = 15.0  # of our own, from which on staff are told
TELL_SECONDS = 10.0
STEP_SECONDS = 30.0  # a difference between two clocks that no turn explains
AHEAD = 150.0  # seconds: more than a phone's clock may be ahead, and the way of its position to here
OUTAGE_SECONDS = 5.0  # a shorter one makes no phone silent


@dataclass(frozen=True, slots=True)
class Item:
    """One batch of an entry. `where` names it on its stream, also when it is read again."""

    stream: str
    entry_id: bytes
    where: str
    batch: StoredBatch


@dataclass(slots=True)
class Found:
    """A finding that is not acted on yet. `kept` says that Valkey has it."""

    stream: str
    code: str
    seen: Detection
    kept: bool = False
    failed: bool = False


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
        self.turned = time.monotonic()
        self.failing_since: float | None = None
        # Trips that were under way when the clock stepped: when they began by the row, and by how much it is wrong now.
        self.began: dict[str, tuple[datetime, timedelta]] = {}
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what is in memory: what counts is saved."""
        self.table = WatchTable(limits_in_force())
        self.watchlist = Watchlist()
        self.shards.let_go()
        self.inherited: dict[
            str, bytes
        ] = {}  # shards of which others' unfinished entries are read: from where on
        self.swept: set[str] = set()
        self.watermarks: dict[str, float] = {}
        self.unfinished: dict[str, list[bytes]] = defaultdict(list)
        self.found: dict[str, Found] = {}
        self.urgent: deque[str] = deque()
        self.ordinary: deque[str] = deque()
        self.resting: list[tuple[float, str]] = []
        self.acted: dict[str, list[str]] = defaultdict(list)
        self.told: dict[str, float] = {}
        self.in_time: set[str] = set()
        self.unwatched: set[str] = set()  # trips of which staff were told
        self.faulty: dict[str, set[str]] = defaultdict(set)  # what staff were told of rules, by trip
        self.pardoned = -float("inf")
        self.looked = self.claimed = self.trimmed = -float("inf")

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
        if self.failing_since is None and isinstance(why, redis.RedisError):
            self.failing_since = self.turned
        close_old_connections()
        time.sleep(0.5)
        self.shards.pulse()
        try:
            self.begin_anew()
        except Error:
            self.shards.let_go()  # the next turn fails as well, and comes here again

    def step(self) -> None:
        """Read, store, look, act, save and acknowledge."""
        self.unfinished.clear()
        self.shifted: set[str] = set()
        self.quarantine.begin_turn()
        self._check_clocks()
        self._share()
        self._look_around()
        items = self._read()
        self._look(item.batch.trip for item in items)
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
        self._finish(items, changed)
        self._tend()
        self.turned = time.monotonic()

    # --- clocks ---

    def _check_clocks(self) -> None:
        """A step of the machine's clock, and a time in which the stream was down, say nothing of any trip.

        All that is remembered goes with the clock: two positions a second apart stay so. A drill's clock is shifted by
        its file, not here: what it shows is meant.
        """
        self._stepped()
        down = self.failing_since
        if down is not None:
            self.redis.ping()
            self.failing_since = None
            if time.monotonic() - down > OUTAGE_SECONDS:
                log.error("monitor.stream_was_down", seconds=round(time.monotonic() - down))
                self._pardon(clock.timestamp())

    def _stepped(self) -> bool:
        """True where the clock stepped since this was last asked: what is remembered went with it."""
        wall, steady = self.clocks
        self.clocks = time.time(), time.monotonic()
        step = (self.clocks[0] - wall) - (self.clocks[1] - steady)
        if abs(step) <= STEP_SECONDS:
            return False
        log.error("monitor.clock_stepped", seconds=round(step))
        self._shift(step)
        self.watermarks.clear()  # by the clock of before; reading gives new ones
        return True

    def _pardon(self, at: float) -> None:
        """Until `at` silence was nobody's; whoever takes a shard over knows it too."""
        self.redis.set(RESTORED, repr(at))
        self.pardoned = at
        self.table.pardon(None, at)

    def _heed_outages(self) -> None:
        """Phones could not send for a while: whoever noticed has written down since when they can."""
        value = self.redis.get(RESTORED)
        at = float(value) if value else -float("inf")
        if at != self.pardoned:
            self.pardoned = at
            self.table.pardon(None, at)

    def _shift(self, seconds: float) -> None:
        """By the clock of now what was remembered was so much later, or earlier, and so trips began."""
        step = timedelta(seconds=seconds)
        trips = [self.table.trip(code) for code in self.table.codes()]
        for trip in trips:
            row, before = self.began.get(trip.code, (trip.driver_state_since, timedelta()))
            self.began[trip.code] = row, before + step
        self.table.shift(seconds)
        self.table.put(
            [replace(trip, driver_state_since=trip.driver_state_since + step) for trip in trips], {}
        )
        self.shifted = set(self.table.codes())

    def _in_time(self, trip: WatchedTrip) -> WatchedTrip:
        row, step = self.began.get(trip.code, (None, timedelta()))
        if row != trip.driver_state_since:
            return trip
        return replace(trip, driver_state_since=trip.driver_state_since + step)

    # --- shards ---

    def _share(self) -> None:
        before = set(self.owned)
        new = self.shards.share()
        lost = (before - self.owned) | new
        if lost:
            self._lose(lost)
        if new:
            self.watchlist.take(new)
            self.inherited |= dict.fromkeys(new, b"0-0")
            self.looked = -float("inf")
            for stream in new:
                self._take_found(stream)

    def _lose(self, streams: set[str]) -> None:
        """Somebody else has, or may have had these shards: what they saved counts, not what is remembered here."""
        self.table.drop(self.watchlist.leave(streams))
        for stream in streams:
            self.watermarks.pop(stream, None)
            self.inherited.pop(stream, None)
            self.acted.pop(stream, None)
            self.unfinished.pop(stream, None)
            self.told.pop(stream, None)
        self.swept -= streams
        self.in_time -= streams
        self.found = {key: each for key, each in self.found.items() if each.stream not in streams}

    def _take_found(self, stream: str) -> None:
        """What the last holder of a shard had found and not acted on."""
        for key, packed in self.shards.found(stream).items():
            try:
                code, seen = findings.unpack(packed)
            except ValueError as why:
                log.exception("monitor.unreadable_finding", key=key)
                retry.failed(FINDINGS, f"{stream}/{key}", why, life_safety=True, needs_person=True)
            else:
                self.found[key] = Found(stream, code, seen, kept=True)
                self.urgent.append(key)

    def _hold_on(self) -> None:
        """A long turn must not cost the shards that it comes from."""
        self.shards.hold()

    # --- positions ---

    def _read(self) -> list[Item]:
        """What is new on the streams whose trips are known, and how far each of them has been read."""
        ready = {stream for stream in self.owned if self.watchlist.ready(stream)}
        items = self._abandoned(ready)
        wanted = sorted(ready - self.inherited.keys())
        busy = bool(items or self.urgent or self.ordinary or self.watchlist.loading)
        if not wanted:
            time.sleep(0 if busy else BLOCK_MS / 1000)
            return items
        asked = clock.timestamp()
        answer = self.redis.xreadgroup(
            GROUP, self.name, dict.fromkeys(wanted, ">"), count=READ, block=None if busy else BLOCK_MS
        )
        came = {stream.decode(): rows for stream, rows in _streams(answer)}
        for stream in wanted:
            rows = came.get(stream, [])
            # Read to its end, the stream had nothing more when it was asked; otherwise all that is known is how far it
            # was read. Never now: positions of phones may wait that would be called silent.
            read_to = asked if len(rows) < READ else min(asked, clock.shown(seconds_of(rows[-1][0])))
            self._read_to(stream, read_to, asked)
            items += self._entries(stream, rows)
        return items

    def _read_to(self, stream: str, watermark: float, now: float) -> None:
        self.watermarks[stream] = watermark
        behind = now - watermark
        if behind > LAG_SECONDS:
            self.in_time.discard(stream)
            if time.monotonic() - self.told.get(stream, -float("inf")) > TELL_SECONDS:
                self.told[stream] = time.monotonic()
                log.error("monitor.lag", stream=stream, seconds=round(behind))
                retry.failed(LAG, stream, f"{behind:.0f} s", life_safety=True, needs_person=True)
        elif stream not in self.in_time:
            # Also the first time that a shard is in time: who had it before may have been late.
            self.in_time.add(stream)
            retry.done(LAG, stream)

    def _abandoned(self, ready: set[str]) -> list[Item]:
        """What was read and not finished: at once on a shard that was just taken over, now and then on all.

        Nothing new is read of a shard before: a trip's positions are taken in their order.
        """
        items: list[Item] = []
        for stream in sorted(ready & self.inherited.keys()):
            cursor, rows, *_deleted = self.redis.xautoclaim(
                stream, GROUP, self.name, 0, start_id=self.inherited[stream], count=READ
            )
            items += self._entries(stream, rows)
            self.inherited[stream] = cursor
            if cursor == b"0-0":
                del self.inherited[stream]
            elif rows:
                self._read_to(stream, clock.shown(seconds_of(rows[-1][0])), clock.timestamp())
        now = time.monotonic()
        if now - self.claimed >= CLAIM_AFTER_MS / 1000:
            self.claimed = now
            for stream in sorted(ready - self.inherited.keys()):
                _cursor, rows, *_deleted = self.redis.xautoclaim(
                    stream, GROUP, self.name, CLAIM_AFTER_MS, count=READ
                )
                items += self._entries(stream, rows)
        return items

    def _entries(self, stream: str, rows: "list[tuple[bytes, dict[bytes, bytes]]]") -> list[Item]:
        """Every batch of these entries; what of them cannot be read is set aside."""
        items: list[Item] = []
        for entry_id, fields in rows:
            batches: list[StoredBatch] = []
            if fields:  # one that was trimmed away meanwhile has none
                try:
                    batches, unreadable = read_stored(fields)
                except (
                    Exception
                ) as why:  # no entry may stop the monitor: it would be read again by whoever comes next
                    log.exception("monitor.unreadable", stream=stream, entry=entry_id.decode())
                    batches, unreadable = [], [Unreadable("", f"{type(why).__name__}: {why}", fields)]
                for bad in unreadable:
                    name = bad.why if bad.why.startswith("version ") else f"{entry_id.decode()}/{bad.part}"
                    self.quarantine.set_aside(stream, name.rstrip("/"), bad.why, bad.fields)
            self.unfinished[stream].append(entry_id)
            items += [
                Item(stream, entry_id, f"{entry_id.decode()}/{number}", batch)
                for number, batch in enumerate(batches)
            ]
        return items

    # --- trips ---

    def _look_around(self) -> None:
        """Once a second: the limits of now, what no position tells, and a part of the slow round."""
        now = time.monotonic()
        if now - self.looked < REFRESH_SECONDS and not self.watchlist.loading:
            return
        self.looked = now
        close_old_connections()
        self._heed_outages()
        with policy.read_once():
            self.watchlist.read_again(self.table.set_limits(limits_in_force()))
            self._take(self.watchlist.look())
            self._take(self.watchlist.make_round())
            for stream in self.owned - self.swept:
                if self.watchlist.ready(stream):
                    self.swept.add(stream)
                    self.shards.forget_all_but(stream, self.watchlist.live(stream))
                    # What a shard's trips consist of stays for as long as they do: looking through all of it for
                    # garbage again and again would cost more than a turn.
                    gc.freeze()

    def _look(self, codes: Iterable[str]) -> None:
        """Positions came: trips are judged as they are now, and one that nobody knew is asked for at once."""
        came = {code for code in codes if not code.startswith(DUTY)}
        if not came:
            return
        with policy.read_once():
            self._take(self.watchlist.look())
            self._take(self.watchlist.ask(came))

    def _take(self, changes: Changes) -> None:
        """Watch what is new or changed, going on from what was saved; leave what is over."""
        self._leave(changes.gone)
        for each in changes.bad:
            self.table.drop([each.code])
            self._unwatchable(each.code, each.why)
        if not changes.trips:
            return
        trips = {trip.code: self._in_time(trip) for trip in changes.trips}
        new = [trip for trip in trips.values() if trip.code not in self.table]
        # A row that cannot be watched as it is now is left with its memory: without it, its phones would be silent.
        saved = {code: self.table.saved(code) for code in trips if code in self.table} | self._saved(new)
        for code, why in self.table.put(list(trips.values()), saved).items():
            self._unwatchable(code, why)
            # Better watched by the straight line than not at all.
            straight = _straight(trips.pop(code))
            self.table.put([straight], saved)
        for code in self.unwatched & trips.keys():
            self.unwatched.discard(code)
            retry.done(TRIPS, code)
        self._begin([trip for trip in new if trip.code in self.table], saved)

    def _begin(self, trips: list[WatchedTrip], saved: dict[str, bytes]) -> None:
        fresh = [trip for trip in trips if trip.code not in saved or self.table.nothing_known(trip.code)]
        last = selectors.latest_positions_of([trip.pk for trip in fresh]) if fresh else {}
        for trip in fresh:
            fixes = {
                Party(party): (Fix(row.at.timestamp(), row.latitude, row.longitude), row.away)
                for party, row in last.get(trip.pk, {}).items()
            }
            self.table.begin(trip.code, fixes)
        if self.pardoned > 0:
            for trip in trips:
                self.table.pardon(trip.code, self.pardoned)

    def _unwatchable(self, code: str, why: Exception) -> None:
        log.error("monitor.unwatchable", trip=code, why=repr(why))
        self.unwatched.add(code)
        retry.failed(TRIPS, code, why, life_safety=True, needs_person=True)

    def _leave(self, gone: dict[str, str]) -> None:
        by_stream: dict[str, list[str]] = defaultdict(list)
        for code, stream in gone.items():
            by_stream[stream].append(code)
            self.began.pop(code, None)
            for name in self.faulty.pop(code, ()):
                self.told.pop(name, None)
                retry.done(RULES, name)
            if code in self.unwatched:
                self.unwatched.discard(code)
                retry.done(TRIPS, code)
        self.table.drop(gone)
        for stream, codes in by_stream.items():
            self.shards.forget(stream, codes)

    def _saved(self, trips: list[WatchedTrip]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        by_stream: dict[str, list[str]] = defaultdict(list)
        for trip in trips:
            by_stream[shard_stream(trip.city)].append(trip.code)
        for stream, codes in by_stream.items():
            found |= self.shards.remembered(stream, codes)
        return found

    # --- what they say ---

    def _store(self, items: list[Item]) -> list[Item]:
        """Keep the positions; what the database does not take is set aside alone. Returns what is kept of trips."""
        known = self.watchlist.known
        trips = [item for item in items if item.batch.trip in known]
        duty = [item for item in items if item.batch.trip.startswith(DUTY) and item.batch.pings]
        apart(duty, self._store_duty, self._refuse)
        return apart(trips, self._store_trips, self._refuse)

    def _store_trips(self, items: Sequence[Item]) -> None:
        known = self.watchlist.known
        services.store_positions(
            services.PhoneFixes(known[each.trip].pk, each.party, _fixes(each), each.away)
            for each in (item.batch for item in items)
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
            seen.extend(self.table.observe((row.trip, row.party, row.away, row.pings) for row in batches))

        items = [item for item in items if item.batch.trip in self.table]
        kept = apart([item for item in items if _newest(item.batch) <= beyond], look, self._refuse)
        self._note(seen, self.urgent)
        self._tell_faults()
        return {item.batch.trip for item in kept}

    def _tick(self) -> set[str]:
        """What silence and the clock say, at each shard's watermark; returns the trips of which they say something."""
        seen: list[tuple[str, Detection]] = []
        for stream, now in self.watermarks.items():
            # Each shard by itself: a trip that a rule raises for is in the way of none of another shard.
            seen += self.table.tick({stream: now})
        self._note(seen, self.ordinary)
        failed = self._tell_faults()
        for name in {f"tick/{stream}" for stream in self.watermarks} & self.told.keys() - failed:
            del self.told[name]
            retry.done(RULES, name)
        return {code for code, _seen in seen}

    def _tell_faults(self) -> set[str]:
        """Staff hear of what a rule was not fit for, and all else goes on; returns the names of what failed."""
        faults = self.table.take_faults()
        for fault in faults:
            if time.monotonic() - self.told.get(fault.name, -float("inf")) > TELL_SECONDS:
                self.told[fault.name] = time.monotonic()
                if fault.code:
                    self.faulty[fault.code].add(fault.name)
                retry.failed(
                    RULES, fault.name, fault.why, life_safety=True, needs_person=True, subject=fault.code
                )
        return {fault.name for fault in faults}

    def _note(self, seen: list[tuple[str, Detection]], queue: "deque[str]") -> None:
        for code, each in seen:
            key = findings.key_of(code, each)
            if key not in self.found:
                self.found[key] = Found(self.watchlist.stream_of(code), code, each)
                queue.append(key)

    def _act(self) -> None:
        """Act on what was found, what positions say before what silence says, for as long as positions may wait."""
        until = time.monotonic() + ACT_SECONDS
        while self.resting and self.resting[0][0] <= time.monotonic():
            self.urgent.append(heappop(self.resting)[1])
        while (self.urgent or self.ordinary) and time.monotonic() < until:
            key = (self.urgent or self.ordinary).popleft()
            each = self.found.get(key)
            if each is not None:
                self._act_on(key, each)

    def _act_on(self, key: str, each: Found) -> None:
        name = f"{each.stream}/{key}"
        try:
            findings.act_on(each.code, each.seen)
        except Exception as why:  # it is tried again; the other findings do not wait for it
            if isinstance(why, redis.RedisError) or database_away(why):
                raise
            log.exception("monitor.finding", trip=each.code, rule=each.seen.rule)
            row = retry.failed(FINDINGS, name, why, life_safety=True)
            wait = (row.next_at - row.last_at).total_seconds()
            heappush(self.resting, (time.monotonic() + wait, key))
            each.failed = True
            return
        del self.found[key]
        if each.kept:
            self.acted[each.stream].append(key)
        if each.failed or each.kept:
            retry.done(FINDINGS, name)
        if each.seen.kind is None:
            self.looked = -float("inf")  # the trip is another one now

    def _finish(self, items: list[Item], changed: set[str]) -> None:
        """Save what is remembered and what waits to be acted on, and acknowledge what it comes from, shard by shard."""
        remembered: dict[str, dict[str, bytes]] = defaultdict(dict)
        for code in sorted(changed):
            if code in self.table:
                remembered[self.watchlist.stream_of(code)][code] = self.table.saved(code)
        left: dict[str, dict[str, bytes]] = defaultdict(dict)
        for key, each in self.found.items():
            if not each.kept:
                left[each.stream][key] = findings.pack(each.code, each.seen)
        streams = {stream for stream, rows in self.acted.items() if rows} | remembered.keys() | left.keys()
        for stream in sorted(streams | self.unfinished.keys()):
            kept = self.shards.settle(
                stream,
                remembered=remembered[stream],
                found=left[stream],
                acted=self.acted.pop(stream, []),
                entries=self.unfinished.pop(stream, []),
            )
            if not kept:
                self.owned.discard(stream)  # somebody else has it: theirs counts
                self._lose({stream})
        for each in self.found.values():
            each.kept = True

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


def _straight(trip: WatchedTrip) -> WatchedTrip:
    """The trip as one for which no router was there."""
    origin = trip.places[0] if trip.places else trip.destination
    return replace(
        trip,
        route=[origin, trip.destination],
        route_source=Source.GREAT_CIRCLE,
        places=(origin, trip.destination),
    )


def _streams(answer: object) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    """XREADGROUP's answer as pairs; the client's two protocols differ."""
    if isinstance(answer, dict):
        return [
            (
                stream,
                [row for part in parts for row in part] if parts and isinstance(parts[0], list) else parts,
            )
            for stream, parts in answer.items()
        ]
    return list(answer) if isinstance(answer, list) else []
