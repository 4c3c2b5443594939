"""Batches of positions, from a phone to the stream of its city's shard (R9). Runs on the async lane, without the ORM."""

import asyncio
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import msgspec
import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError
from redis.typing import EncodableT, FieldT

from core import clock
from rides import door
from rides.coordinates import Crs, to_wgs84
from rides.errors import (
    BatchTooLarge,
    MalformedBatch,
    PositionFromFuture,
    PositionOutOfRange,
    PositionTooOld,
    StreamDown,
    UnknownCoordinates,
)
from rides.states import Party
from rides.tokens import TripKey
from rides.trails import Fix

SHARDS = 8
BATCH_LIMIT = 500
FUTURE_TOLERANCE = 120.0  # seconds that a phone's clock may be ahead
OLDEST = 24 * 3600.0
CLOCK_TOLERANCE = 30.0  # seconds; a smaller difference may be the network's
STREAM_LENGTH = 2_000_000
GATHER = 0.002  # seconds


class Ping(msgspec.Struct):
    """One position: Unix time in seconds, degrees."""

    at: float
    lat: float
    lon: float


class PingBatch(msgspec.Struct):
    """What a phone posts: the coordinate system by name, and `away` when the page goes to the background.

    `now` is the phone's own clock when it sends. Where it differs from ours, the positions' times are put right by
    the difference: phones are hours off, and a wrong clock must not look like a silent phone.
    """

    crs: str
    pings: list[Ping]
    away: bool = False
    now: float | None = None


class StoredBatch(msgspec.Struct, array_like=True):
    """What lies on the stream."""

    trip: str
    party: Party
    away: bool
    pings: list[tuple[float, float, float]]

    def fixes(self) -> list[Fix]:
        return [Fix(*ping) for ping in self.pings]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of an entry that cannot be read: where it stood, why, and the fields of an entry of its own."""

    part: str
    why: str
    fields: dict[bytes, bytes]


Row = tuple[bytes, dict[bytes, bytes]]
# What an entry says of itself. A field more at the end of `StoredBatch` is no new version: who does not know it skips
# it, and who misses it takes its default. Anything else is; who reads must know it before anybody writes it.
VERSION = b"1"
READABLE = frozenset({b"0", VERSION})  # 0: entries from before they said their version; the same form
KNOWN_CRS = frozenset(crs.value for crs in Crs)
_decode = msgspec.json.Decoder(PingBatch).decode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[StoredBatch]).decode
_unpack_parts = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_unpack_part = msgspec.msgpack.Decoder(StoredBatch).decode


@lru_cache(maxsize=4096)
def shard_stream(city: str) -> str:
    """The stream that takes a city's positions; a trip never changes its city, so its order is kept."""
    return f"positions:{zlib.crc32(city.encode()) % SHARDS}"


def all_streams() -> list[str]:
    return [f"positions:{number}" for number in range(SHARDS)]


def read_batch(body: bytes, key: TripKey) -> StoredBatch:
    """Check a posted batch whole: one wrong position refuses all, so that nothing is half taken.

    Raises `MalformedBatch`, `UnknownCoordinates`, `BatchTooLarge`, `PositionOutOfRange`, `PositionFromFuture`,
    `PositionTooOld`.
    """
    try:
        batch = _decode(body)
    except msgspec.MsgspecError:
        raise MalformedBatch from None
    if batch.crs not in KNOWN_CRS:
        raise UnknownCoordinates("crs")
    if len(batch.pings) > BATCH_LIMIT:
        raise BatchTooLarge("pings")
    wrong = 0.0 if batch.now is None else batch.now - clock.timestamp()
    if abs(wrong) < CLOCK_TOLERANCE:
        wrong = 0.0
    pings = [(ping.at - wrong, ping.lat, ping.lon) for ping in batch.pings]
    if pings:
        _check(pings)
    if batch.crs != Crs.WGS84:
        crs = Crs(batch.crs)
        pings = [(at, *to_wgs84(crs, lat, lon)) for at, lat, lon in pings]
    return StoredBatch(key.trip, key.party, batch.away, pings)


def _check(pings: list[tuple[float, float, float]]) -> None:
    """Extremes instead of each one: a phone's batch is checked in a few steps, whatever its size."""
    times, latitudes, longitudes = zip(*pings, strict=True)
    if min(latitudes) < -90 or max(latitudes) > 90 or min(longitudes) < -180 or max(longitudes) > 180:
        raise PositionOutOfRange("pings")
    now = clock.timestamp()
    if max(times) > now + FUTURE_TOLERANCE:
        raise PositionFromFuture("pings")
    if min(times) < now - OLDEST:
        raise PositionTooOld("pings")


@asynccontextmanager
async def door_open() -> AsyncIterator[None]:
    """For as long as this process takes positions: the monitor hears that it does."""
    try:
        async with door.kept_open(_client, _writer.write_down):
            yield
    finally:
        # Its connections belong to this event loop; another loop of this process makes its own.
        await _client().aclose()
        _client.cache_clear()


@lru_cache(maxsize=1)
def _client() -> "redis.asyncio.Redis":
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=2)


class _Writer:
    """Gathers what many phones post within a moment into one command for each stream.

    Each phone's answer waits for that command: what is acknowledged is on the stream.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, list[StoredBatch]] = defaultdict(list)
        self.flush: asyncio.Task[None] | None = None
        self.refused: float | None = None  # since when phones are refused: their silence of that time is ours

    async def put(self, stream: str, batch: StoredBatch) -> None:
        self.waiting[stream].append(batch)
        if self.flush is None:
            self.flush = asyncio.create_task(self._flush())
        # A phone that hangs up must not take the others' positions with it.
        await asyncio.shield(self.flush)

    async def _flush(self) -> None:
        await asyncio.sleep(GATHER)
        waiting, self.waiting, self.flush = self.waiting, defaultdict(list), None
        async with _client().pipeline(transaction=False) as pipe:
            for stream, batches in waiting.items():
                pipe.xadd(stream, entry_of(batches), maxlen=STREAM_LENGTH, approximate=True)
            began = time.monotonic()
            try:
                await pipe.execute()
            except (RedisError, OSError):
                self.refused = began if self.refused is None else self.refused
                raise
        await self.write_down()

    async def write_down(self) -> None:
        """The stream can be written: where it could not, that time was a gap. Raises nothing, and is tried again."""
        if self.refused is None:
            return
        refused, self.refused = self.refused, None
        member, over = door.gap_of(time.monotonic() - refused)
        try:
            await _client().zadd(door.GAPS, {member: over})
        except (RedisError, OSError):
            self.refused = refused


_writer = _Writer()


async def append(batch: StoredBatch, city: str) -> None:
    """Put a batch on its stream; when this returns the stream has it. Raises `StreamDown`."""
    try:
        await _writer.put(shard_stream(city), batch)
    except (RedisError, OSError):
        raise StreamDown from None


def entry_of(batches: Sequence[StoredBatch]) -> "dict[FieldT, EncodableT]":
    """The fields of an entry that holds these batches."""
    return {b"v": VERSION, b"b": _pack(batches)}


def version_of(fields: dict[bytes, bytes]) -> bytes:
    """What an entry says of itself."""
    return fields.get(b"v", b"0")


def read_stored(fields: dict[bytes, bytes]) -> tuple[list[StoredBatch], list[Unreadable]]:
    """The batches of one entry, as `append` wrote them together, and what of it cannot be read.

    Raises nothing: an entry of a version that nobody here knows, or of no form at all, is unreadable as a whole; one
    bad batch among others is unreadable alone.
    """
    version = version_of(fields)
    if version not in READABLE:
        # It becomes part of a name: bytes that no text holds are spelled out.
        said = version.decode() if version.isalnum() else f"0x{version.hex()}"
        return [], [Unreadable("", f"version {said[:20]}", fields)]
    try:
        batches = _unpack(fields[b"b"])
        if not any("\0" in batch.trip for batch in batches):
            return batches, []
    except KeyError:
        return [], [Unreadable("", "no batches", fields)]
    except Exception:  # noqa: S110 - not only msgspec's own: bad UTF-8, nesting without end; told part by part below
        pass
    return _one_by_one(fields)


def _one_by_one(fields: dict[bytes, bytes]) -> tuple[list[StoredBatch], list[Unreadable]]:
    try:
        parts = _unpack_parts(fields[b"b"])
    except Exception as why:  # as in `read_stored`
        return [], [Unreadable("", _said(why), fields)]
    read, bad = [], []
    for number, part in enumerate(parts):
        try:
            batch = _unpack_part(part)
            if "\0" in batch.trip:  # the database cannot even be asked for it
                raise ValueError("the trip's code holds a zero byte")
        except Exception as why:  # as in `read_stored`
            alone = {b"v": version_of(fields), b"b": _pack([part])}
            bad.append(Unreadable(str(number), _said(why), alone))
        else:
            read.append(batch)
    return read, bad


def _said(why: Exception) -> str:
    return str(why) if isinstance(why, msgspec.MsgspecError) else f"{type(why).__name__}: {why}"


def backlog(group: str) -> float:
    """Entries of all streams that a consumer group has not finished; not a number while Valkey cannot be asked."""
    total = 0
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1) as client:
            for stream in all_streams():
                groups = client.xinfo_groups(stream) if client.exists(stream) else []
                for row in groups:
                    if row["name"] == group.encode():
                        total += int(row["pending"]) + int(row["lag"] or 0)
    except (RedisError, OSError):
        return float("nan")
    return float(total)


def lag(group: str) -> float:
    """Seconds that the oldest unfinished entry of all streams waits; not a number while Valkey cannot be asked."""
    oldest: list[float] = []
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1) as client:
            for stream in all_streams():
                groups = client.xinfo_groups(stream) if client.exists(stream) else []
                for row in groups:
                    if row["name"] == group.encode():
                        oldest += _unfinished(client, stream, row)
    except (RedisError, OSError):
        return float("nan")
    return max(0.0, time.time() - min(oldest)) if oldest else 0.0


def _unfinished(client: "redis.Redis", stream: str, group: "dict[str, Any]") -> list[float]:
    """When the oldest entries were written that a group has read and not finished, or not read yet."""
    found = []
    if group["pending"]:
        found.append(seconds_of(client.xpending(stream, group["name"])["min"]))
    after = rows_from(client, stream, b"(" + group["last-delivered-id"], count=1)
    return found + [seconds_of(entry_id) for entry_id, _fields in after]


def rows_from(client: "redis.Redis", stream: str, start: bytes, *, count: int) -> list[Row]:
    """Entries of a stream by their ids, from `start` on, as the client of bytes gives them."""
    return cast(list[Row], client.xrange(stream, min=start, count=count))


def seconds_of(entry_id: bytes) -> float:
    """When an entry was written, by its id: Unix seconds of Valkey's clock."""
    return int(entry_id.partition(b"-")[0]) / 1000
