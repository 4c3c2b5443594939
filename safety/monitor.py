"""The monitor: reads the position streams as a consumer group, keeps trails, raises signals (S5).

A batch is acknowledged to the stream only after its positions are in the database, so a killed monitor reads what
it had not finished again; stored positions and raised signals are kept once, whoever repeats them.
"""

import os
import socket
import time
from collections.abc import Iterable

import redis
import structlog
from django.conf import settings
from django.db import close_old_connections
from django.db.utils import InterfaceError, OperationalError

from core import clock, policy
from rides import selectors, services
from rides.positions import StoredBatch, all_streams, read_stored
from rides.selectors import WatchedTrip
from rides.states import Party
from rides.tokens import DUTY
from rides.trails import Fix
from safety import policies
from safety.detectors import Finding, Limits, Meeting, Seen, TravelTogether, Watch
from safety.services import report_finding

log = structlog.get_logger()
GROUP = "monitor"
BLOCK_MS = 500
REFRESH_SECONDS = 1.0
CLAIM_AFTER_MS = 10_000

Entry = tuple[str, bytes, StoredBatch]


class Monitor:
    """One monitor process. `step()` is one turn of its loop."""

    def __init__(self) -> None:
        self.redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5)
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.watches: dict[str, Watch] = {}
        self.refreshed = 0.0
        self.claimed = 0.0
        self.limits = Limits(0, 0, 0, 0)

    def prepare(self) -> None:
        """Make the streams' groups where they do not exist."""
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
            except redis.ResponseError:
                ready = False  # the streams are gone: a Valkey that began anew
            except (redis.RedisError, OperationalError, InterfaceError):
                log.warning("monitor.waiting")
                close_old_connections()
                time.sleep(0.5)

    def step(self) -> None:
        """Read, store, look, acknowledge."""
        entries = self._read()
        now = clock.timestamp()
        if entries or abs(now - self.refreshed) >= REFRESH_SECONDS:
            self._refresh(now)
        self._store(entries)
        for _stream, _id, batch in entries:
            self._look(batch)
        for watch in self.watches.values():
            self._act(watch, watch.tick(clock.timestamp(), self.limits))
        for stream, entry_id in {(stream, entry_id) for stream, entry_id, _batch in entries}:
            self.redis.xack(stream, GROUP, entry_id)

    def _read(self) -> list[Entry]:
        found = self._abandoned()
        answer = self.redis.xreadgroup(
            GROUP, self.name, dict.fromkeys(all_streams(), ">"), count=1000, block=BLOCK_MS
        )
        for stream, rows in _streams(answer):
            found += _entries(stream.decode(), rows)
        return found

    def _abandoned(self) -> list[Entry]:
        """What a monitor that died had read and not finished."""
        now = clock.timestamp()
        if abs(now - self.claimed) < CLAIM_AFTER_MS / 1000:
            return []
        self.claimed = now
        found: list[Entry] = []
        for stream in all_streams():
            _cursor, rows, *_deleted = self.redis.xautoclaim(
                stream, GROUP, self.name, CLAIM_AFTER_MS, count=1000
            )
            found += _entries(stream, rows)
        return found

    def _refresh(self, now: float) -> None:
        """Look again which trips are watched and what the limits are; new ones start from the database's positions."""
        close_old_connections()
        self.refreshed = now
        self.limits = Limits(
            silence=policy.value(policies.SILENCE),
            silence_away=policy.value(policies.SILENCE_AWAY),
            off_route_metres=policy.value(policies.OFF_ROUTE_METRES),
            off_route_seconds=policy.value(policies.OFF_ROUTE_SECONDS),
        )
        current = {trip.code: trip for trip in selectors.watched_trips()}
        for code in self.watches.keys() - current.keys():
            del self.watches[code]
        for code, trip in current.items():
            if code in self.watches:
                self.watches[code].trip = trip
            else:
                self.watches[code] = _begin(trip)

    def _store(self, entries: list[Entry]) -> None:
        batches = [
            services.PhoneFixes(
                self.watches[batch.trip].trip.pk, Party(batch.party), batch.fixes(), batch.away
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

    def _look(self, batch: StoredBatch) -> None:
        watch = self.watches.get(batch.trip)
        if watch is None:
            return  # a trip that is over; its page will learn so
        party = Party(batch.party)
        watch.away[party] = batch.away
        for fix in sorted(batch.fixes()):
            self._act(watch, watch.observe(party, fix, self.limits))

    def _act(self, watch: Watch, seen: Iterable[Seen]) -> None:
        for each in seen:
            code = watch.trip.code
            match each:
                case Finding():
                    key = (each.kind, each.detail)
                    if key not in watch.reported:
                        report_finding(
                            trip_code=code,
                            kind=each.kind,
                            detail=each.detail,
                            why=each.why,
                            position=each.position,
                        )
                        watch.reported.add(key)
                case Meeting():
                    services.record_meeting(trip_code=code, position=each.position)
                case TravelTogether():
                    services.presume_boarded(trip_code=code, position=each.position)
                    self.refreshed = 0.0


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


def _begin(trip: WatchedTrip) -> Watch:
    """A watch as a restarted monitor needs it: from the last positions that the database has."""
    watch = Watch(trip)
    for party, row in selectors.latest_positions_by_id(trip.pk).items():
        watch.last[Party(party)] = Fix(row.at.timestamp(), row.latitude, row.longitude)
        watch.away[Party(party)] = row.away
    if trip.met and Party.PASSENGER in watch.last:
        watch.met_at = (watch.last[Party.PASSENGER].latitude, watch.last[Party.PASSENGER].longitude)
    return watch
