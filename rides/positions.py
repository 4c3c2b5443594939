"""Batches of positions, from a phone to the stream of its city's shard (R9). Runs on the async lane, without the ORM."""

import zlib
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
STREAM_LENGTH = 2_000_000


class Ping(msgspec.Struct):
    """One position: Unix time in seconds, degrees."""

    at: float
    lat: float
    lon: float


class PingBatch(msgspec.Struct):
    """What a phone posts: the coordinate system by name, and `away` when the page goes to the background."""

    crs: str
    pings: list[Ping]
    away: bool = False


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
_unpack = msgspec.msgpack.Decoder(StoredBatch).decode


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
    now = clock.timestamp()
    for ping in batch.pings:
        if not (-90 <= ping.lat <= 90 and -180 <= ping.lon <= 180):
            raise PositionOutOfRange("pings")
        if ping.at > now + FUTURE_TOLERANCE:
            raise PositionFromFuture("pings")
        if ping.at < now - OLDEST:
            raise PositionTooOld("pings")
    if batch.crs == Crs.WGS84:
        pings = [(ping.at, ping.lat, ping.lon) for ping in batch.pings]
    else:
        crs = Crs(batch.crs)
        pings = [(ping.at, *to_wgs84(crs, ping.lat, ping.lon)) for ping in batch.pings]
    return StoredBatch(key.trip, key.party, batch.away, pings)


@lru_cache(maxsize=1)
def _client() -> "redis.asyncio.Redis":
    return redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=2)


async def append(batch: StoredBatch, city: str) -> None:
    """Put a batch on its stream; when this returns the stream has it. Raises `StreamDown`."""
    try:
        await _client().xadd(shard_stream(city), {b"b": _pack(batch)}, maxlen=STREAM_LENGTH, approximate=True)
    except (RedisError, OSError):
        raise StreamDown from None


def read_stored(fields: dict[bytes, bytes]) -> StoredBatch:
    """What `append` wrote."""
    return _unpack(fields[b"b"])
