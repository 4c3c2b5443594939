"""The monitor: reads the position streams as a consumer group, keeps trails, raises signals (S5).

A batch is acknowledged to the stream only after its positions are in the database, so a killed monitor's batches are
read again; stored positions and raised signals are kept once, whoever repeats them.
"""

import os
import secrets
import socket
import time
from collections import defaultdict
from collections.abc import Iterable

import redis
import structlog
from django.conf import settings
from django.db import close_old_connections
from django.db.utils import InterfaceError, OperationalError

from core import clock
from rides import selectors, services
from rides.positions import StoredBatch, all_streams, read_stored, shard_stream
from rides.selectors import WatchedTrip
from rides.states import Party
from rides.tokens import DUTY
from rides.trails import Fix
from safety.monitor.memory import MEETING, TOGETHER, Detection, WatchTable, limits_in_force, warm_up
from safety.services import report_finding

log = structlog.get_logger()
GROUP = "monitor"
MONITORS = "monitor:alive"
BLOCK_MS = 500
REFRESH_SECONDS = 1.0
CLAIM_AFTER_MS = 10_000
LEASE_SECONDS = 5  # what a killed monitor delays at most
LEASE_MS = LEASE_SECONDS * 1000
LEASE_EVERY = 1.0

Entry = tuple[str, bytes, StoredBatch]

# KEYS: lease. ARGV: name, milliseconds. Renews the lease, or lets it end soon, where it is ours.
RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
# KEYS: lease, memory, stream. ARGV: name, group, length of what is remembered, that (trip, bytes, …), entries.
SETTLE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local last = 3 + tonumber(ARGV[3])
for i = 4, last, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('XACK', KEYS[3], ARGV[2], ARGV[i]) end
return 1
"""


class Monitor:
    """One monitor process. `step()` is one turn of its loop.

    Several share the shards: each holds leases on some, reads those alone, and gives back what is more than its part.
    What it remembers of a trip is saved in the same transaction of Valkey that acknowledges the positions it comes
    from. So whoever takes a shard over goes on where the last one was: nothing is lost, nothing is seen twice.
    """

    def __init__(self) -> None:
        self.redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._settle = self.redis.register_script(SETTLE)
        self._renew = self.redis.register_script(RENEW)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what is in memory: what counts is saved."""
        self.watches = WatchTable(limits_in_force())
        self.owned: set[str] = set()
        self.taken_over: set[str] = set()
        self.refreshed = 0.0
        self.leased = 0.0
        self.claimed = 0.0

    def prepare(self) -> None:
        """Have the detectors ready before any shard is ours; make the streams' groups where they do not exist."""
        warm_up()
        for stream in all_streams():
            try:
                self.redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except redis.ResponseError as why:
                if "BUSYGROUP" not in str(why):
                    raise

    def run_forever(self) -> None:
        """Turn until the process is ended; what is down is waited for."""
        ready = False
        while True:
            try:
                if not ready:
                    self.prepare()
                    ready = True
                self.step()
            except (redis.RedisError, OperationalError, InterfaceError) as why:
                # A ResponseError: the streams are gone, a Valkey that began anew.
                ready = ready and not isinstance(why, redis.ResponseError)
                log.warning("monitor.waiting", why=type(why).__name__)
                close_old_connections()
                time.sleep(0.5)
                self._recover()

    def _recover(self) -> None:
        try:
            self.begin_anew()
        except (OperationalError, InterfaceError):
            self.owned = set()  # the next turn fails as well, and comes here again

    def step(self) -> None:
        """Read, store, look, save and acknowledge."""
        self._lease()
        entries = self._read()
        now = clock.timestamp()
        if entries or abs(now - self.refreshed) >= REFRESH_SECONDS:
            self._refresh(now)
        batches = [batch for _stream, _id, batch in entries if batch.trip in self.watches]
        self._store(entries)
        self._hold_on()
        self._act(self.watches.observe((row.trip, row.party, row.away, row.pings) for row in batches))
        now = clock.timestamp()
        ticked = self.watches.tick(dict.fromkeys(self.owned, now))
        self._act(ticked)
        self._hold_on()
        changed = {batch.trip for batch in batches} | {code for code, _found in ticked}
        self._finish(entries, changed)

    # --- shards ---

    def _lease(self) -> None:
        """Keep the leases on the shards that are this monitor's part; take free ones, give back what is too much."""
        now = time.monotonic()
        if now - self.leased < LEASE_EVERY and self.owned:
            return
        self.leased = now
        beat = time.time()
        with self.redis.pipeline(transaction=False) as pipe:
            pipe.zadd(MONITORS, {self.name: beat})
            pipe.zremrangebyscore(MONITORS, 0, beat - LEASE_SECONDS)
            pipe.zcard(MONITORS)
            alive = max(int(pipe.execute()[2]), 1)
        part = -(-len(all_streams()) // alive)
        kept = [
            stream for stream in sorted(self.owned) if self._renew([_lease_of(stream)], [self.name, LEASE_MS])
        ]
        for stream in kept[part:]:
            self._renew([_lease_of(stream)], [self.name, 1])
        owned = set(kept[:part])
        for stream in all_streams():
            wanted = len(owned) < part and stream not in kept
            if wanted and self.redis.set(_lease_of(stream), self.name, nx=True, px=LEASE_MS):
                owned.add(stream)
        new = owned.difference(kept)  # also one that was lost and is taken again within this turn
        if new or owned != self.owned:
            self._forget(new)
            self.taken_over |= new
            self.owned = owned
            self.refreshed = 0.0

    def _forget(self, streams: set[str]) -> None:
        """Somebody else may have had these shards meanwhile: what they saved counts, not what is remembered here."""
        self.watches.drop(
            [code for code in self.watches.codes() if shard_stream(self.watches.trip(code).city) in streams]
        )

    def _hold_on(self) -> None:
        """Renew the leases in the midst of a long turn: a backlog must not cost the shards that it comes from."""
        if time.monotonic() - self.leased >= LEASE_EVERY:
            for stream in self.owned:
                self._renew([_lease_of(stream)], [self.name, LEASE_MS])

    # --- positions ---

    def _read(self) -> list[Entry]:
        if not self.owned:
            time.sleep(BLOCK_MS / 1000)
            return []
        found = self._abandoned()
        answer = self.redis.xreadgroup(
            GROUP, self.name, dict.fromkeys(sorted(self.owned), ">"), count=1000, block=BLOCK_MS
        )
        for stream, rows in _streams(answer):
            found += _entries(stream.decode(), rows)
        return found

    def _abandoned(self) -> list[Entry]:
        """What was read and not finished: at once on a shard that was just taken over, now and then on all."""
        now = time.monotonic()
        all_of_them = now - self.claimed >= CLAIM_AFTER_MS / 1000
        found: list[Entry] = []
        for stream in sorted(self.owned if all_of_them else self.taken_over):
            idle = 0 if stream in self.taken_over else CLAIM_AFTER_MS
            _cursor, rows, *_deleted = self.redis.xautoclaim(stream, GROUP, self.name, idle, count=1000)
            found += _entries(stream, rows)
            if len(rows) < 1000:
                self.taken_over.discard(stream)
        if all_of_them:
            self.claimed = now
        return found

    def _refresh(self, now: float) -> None:
        """Look again which trips are watched and what the limits are; new ones go on from what was saved."""
        close_old_connections()
        self.refreshed = now
        trips = [trip for trip in selectors.watched_trips() if shard_stream(trip.city) in self.owned]
        new = [trip for trip in trips if trip.code not in self.watches]
        saved = self._saved(new)
        codes = {each.code for each in trips}
        gone = [self.watches.trip(code) for code in self.watches.codes() if code not in codes]
        self.watches.set_limits(limits_in_force())
        self.watches.put(trips, saved)
        self.watches.drop([trip.code for trip in gone])
        for trip in new:
            if trip.code not in saved or self.watches.nothing_known(trip.code):
                last = selectors.latest_positions_by_id(trip.pk)
                fixes = {
                    Party(party): (Fix(row.at.timestamp(), row.latitude, row.longitude), row.away)
                    for party, row in last.items()
                }
                self.watches.begin(trip.code, fixes)
        for trip in gone:
            if shard_stream(trip.city) in self.owned:
                self.redis.hdel(_memory_of(shard_stream(trip.city)), trip.code)

    def _saved(self, trips: list[WatchedTrip]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        by_stream: dict[str, list[str]] = defaultdict(list)
        for trip in trips:
            by_stream[shard_stream(trip.city)].append(trip.code)
        for stream, codes in by_stream.items():
            values = self.redis.hmget(_memory_of(stream), codes)
            found |= {
                code: value for code, value in zip(codes, values, strict=True) if isinstance(value, bytes)
            }
        return found

    def _store(self, entries: list[Entry]) -> None:
        batches = [
            services.PhoneFixes(
                self.watches.trip(batch.trip).pk, Party(batch.party), batch.fixes(), batch.away
            )
            for _stream, _id, batch in entries
            if batch.trip in self.watches
        ]
        if batches:
            services.store_positions(batches)
        duty = {
            batch.trip.removeprefix(DUTY): max(batch.fixes())
            for _stream, _id, batch in entries
            if batch.trip.startswith(DUTY) and batch.pings
        }
        if duty:
            services.store_duty_positions(duty)

    def _act(self, found: Iterable[tuple[str, Detection]]) -> None:
        for code, each in found:
            here = each.position or self.watches.trip(code).destination
            if each.kind:
                report_finding(
                    trip_code=code,
                    kind=each.kind,
                    detail=each.detail,
                    facts=each.facts,
                    position=each.position,
                )
            elif each.rule == MEETING:
                services.record_meeting(trip_code=code, position=here)
                self.refreshed = 0.0
            elif each.rule == TOGETHER:
                services.presume_boarded(trip_code=code, position=here)
                self.refreshed = 0.0

    def _finish(self, entries: list[Entry], changed: set[str]) -> None:
        """Save what is remembered and acknowledge what it comes from, shard by shard, where the lease still holds."""
        finished: dict[str, list[str]] = defaultdict(list)
        for stream, entry_id, _batch in entries:
            if entry_id.decode() not in finished[stream][-1:]:
                finished[stream].append(entry_id.decode())
        remembered: dict[str, list[str | bytes]] = defaultdict(list)
        for code in sorted(changed):
            remembered[shard_stream(self.watches.trip(code).city)] += [code, self.watches.saved(code)]
        for stream in sorted(finished.keys() | remembered.keys()):
            kept = self._settle(
                [_lease_of(stream), _memory_of(stream), stream],
                [self.name, GROUP, len(remembered[stream]), *remembered[stream], *finished[stream]],
            )
            if not kept:
                self.owned.discard(stream)  # somebody else has it: theirs counts


def _entries(stream: str, rows: "list[tuple[bytes, dict[bytes, bytes]]]") -> list[Entry]:
    """Every batch of these entries; one that was trimmed away meanwhile has no fields."""
    return [(stream, entry_id, batch) for entry_id, fields in rows if fields for batch in read_stored(fields)]


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


def _lease_of(stream: str) -> str:
    return f"monitor:lease:{stream}"


def _memory_of(stream: str) -> str:
    return f"monitor:memory:{stream}"
