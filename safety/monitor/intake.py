"""Positions from the streams of own shards, in their order, and how far each stream has been read."""

import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import redis
import structlog

from core import clock
from rides.positions import Row, StoredBatch, Unreadable, read_stored, seconds_of
from safety.monitor.quarantine import Quarantine
from safety.monitor.reports import Reports
from safety.monitor.shards import GROUP

log = structlog.get_logger()
BLOCK_MS = 500
READ = 1000  # entries of a stream in one turn
CLAIM_AFTER_MS = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """One batch of an entry. `where` names it on its stream, also when it is read again."""

    stream: str
    entry_id: bytes
    where: str
    batch: StoredBatch


class Intake:
    """What one monitor reads. `watermarks` says, in Unix seconds, up to when each stream is known."""

    def __init__(self, client: "redis.Redis", name: str, quarantine: Quarantine, reports: Reports) -> None:
        self.redis = client
        self.name = name
        self.quarantine = quarantine
        self.reports = reports
        self.watermarks: dict[str, float] = {}
        self.unfinished: dict[str, list[bytes]] = defaultdict(list)
        # Shards of which others' unfinished entries are read: from where on.
        self.inherited: dict[str, bytes] = {}
        self.claimed = -float("inf")

    def take(self, streams: Collection[str]) -> None:
        """These shards are ours from now on: what their last reader left unfinished comes first."""
        self.inherited |= dict.fromkeys(streams, b"0-0")

    def lose(self, streams: Collection[str]) -> None:
        """Nothing that was read of these shards counts any more."""
        for stream in streams:
            self.watermarks.pop(stream, None)
            self.inherited.pop(stream, None)
            self.unfinished.pop(stream, None)

    def read(self, ready: set[str], *, busy: bool) -> list[Item]:
        """What is new on these streams, and how far each of them has been read; waits a moment for it unless busy."""
        items = self._abandoned(ready)
        wanted = sorted(ready - self.inherited.keys())
        busy = busy or bool(items)
        if not wanted:
            time.sleep(0 if busy else BLOCK_MS / 1000)
            return items
        asked = clock.timestamp()
        answer = self.redis.xreadgroup(
            GROUP, self.name, dict.fromkeys(wanted, ">"), count=READ, block=None if busy else BLOCK_MS
        )
        came = {stream.decode(): rows for stream, rows in by_stream(answer)}
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
        self.reports.read_to(stream, now - watermark)

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

    def _entries(self, stream: str, rows: list[Row]) -> list[Item]:
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


def by_stream(answer: object) -> list[tuple[bytes, list[Row]]]:
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
