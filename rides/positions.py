"""Batches of positions, from a phone to the stream of its city's shard (R9). Runs on the async lane, without the ORM."""

import asyncio
import zlib
from collections import defaultdict
from functools import lru_cache

import msgspec
import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from core import clock
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


KNOWN_CRS = frozenset(crs.value for crs in Crs)
_decode = msgspec.json.Decoder(PingBatch).decode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[StoredBatch]).decode


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
                pipe.xadd(stream, {b"b": _pack(batches)}, maxlen=STREAM_LENGTH, approximate=True)
            await pipe.execute()


_writer = _Writer()


async def append(batch: StoredBatch, city: str) -> None:
    """Put a batch on its stream; when this returns the stream has it. Raises `StreamDown`."""
    try:
        await _writer.put(shard_stream(city), batch)
    except (RedisError, OSError):
        raise StreamDown from None


def read_stored(fields: dict[bytes, bytes]) -> list[StoredBatch]:
    """The batches of one entry, as `append` wrote them together."""
    return _unpack(fields[b"b"])


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
