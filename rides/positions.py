"""Batches of positions, from a phone to the stream of its city's shard (R9). Runs on the async lane, without the ORM."""

import asyncio
import json
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple, cast

import msgspec
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.typing import EncodableT, FieldT

from core import broker, clock
from core.errors import DomainError
from rides import door
from rides.coordinates import Crs, to_wgs84
from rides.errors import (
    BatchTooLarge,
    MalformedBatch,
    PositionFromFuture,
    PositionOutOfRange,
    PositionTooOld,
    PositionUnreadable,
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
ALONE = 60.0  # seconds to the next position of its batch
FARTHEST = 1e7  # metres: an accuracy beyond says nothing
STREAM_LENGTH = 2_000_000
MOST_COUNTED = 10_000  # unread entries of a stream, where Valkey does not know their number
NOT_TAKEN = "positions:not_taken"  # how many positions were not taken since Valkey began, by reason
GATHER = 0.002  # seconds


class Ping(msgspec.Struct):
    """One position: Unix time in seconds, degrees; where the phone knows them, accuracy in metres and speed in m/s."""

    at: float
    lat: float
    lon: float
    accuracy: float | None = None
    speed: float | None = None


class PingBatch(msgspec.Struct):
    """What a phone posts: the coordinate system by name, and `away` when the page goes to the background.

    `now` is the phone's own clock when it sends. Where it differs from ours, the positions' times are put right by
    the difference: phones are hours off, and a wrong clock must not look like a silent phone.
    """

    crs: str
    pings: list[Ping]
    away: bool = False
    now: float | None = None


class _LooseBatch(msgspec.Struct):
    """The same, of which single positions may be anything."""

    crs: str
    pings: list[Any]
    away: bool = False
    now: float | None = None


class StoredBatch(msgspec.Struct, array_like=True):
    """What lies on the stream. `accuracy` and `speed` stand beside `pings`, 0 and −1 where unknown, or are empty."""

    trip: str
    party: Party
    away: bool
    pings: list[tuple[float, float, float]]
    accuracy: list[float] = []
    speed: list[float] = []

    def fixes(self) -> list[Fix]:
        """The positions, by what the phone knew of each."""
        if not self.accuracy and not self.speed:
            return [Fix(*ping) for ping in self.pings]
        accuracy = self.accuracy or [0.0] * len(self.pings)
        speeds = self.speed or [-1.0] * len(self.pings)
        return [
            Fix(at, lat, lon, metres or None, speed if speed >= 0 else None)
            for (at, lat, lon), metres, speed in zip(self.pings, accuracy, speeds, strict=False)
        ]

    def measured(self) -> list[tuple[float, float, float, float]]:
        """Each position as (Unix seconds, latitude, longitude, accuracy in metres or 0 where it is unknown)."""
        metres = self.accuracy or [0.0] * len(self.pings)
        return [(*ping, each) for ping, each in zip(self.pings, metres, strict=False)]


class SetAside(NamedTuple):
    """A position of a batch that was not taken: which one, counted from 0, and the code of the reason."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """A posted batch: what is taken, and what of it is not."""

    stored: StoredBatch
    aside: list[SetAside]


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
# Why a single position is not taken.
REASONS = frozenset(
    each.code for each in (PositionUnreadable, PositionOutOfRange, PositionFromFuture, PositionTooOld)
)
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


def read_batch(body: bytes, key: TripKey) -> ReadBatch:
    """Read a posted batch. One position that cannot be right spoils itself alone: it is named, and the others are taken.

    Raises `MalformedBatch`, `UnknownCoordinates`, `BatchTooLarge`; the reason of the first position where none at all
    can be taken.
    """
    batch, numbers, aside = _decoded(body)
    if batch.crs not in KNOWN_CRS:
        raise UnknownCoordinates("crs")
    if len(batch.pings) + len(aside) > BATCH_LIMIT:
        raise BatchTooLarge("pings")
    now = clock.timestamp()
    wrong = _ahead(batch, now)
    pings = [(ping.at - wrong, ping.lat, ping.lon) for ping in batch.pings]
    taken = batch.pings
    if pings and not _sound(pings, now):
        why = [_why_not(ping, now) for ping in pings]
        aside += [SetAside(number, bad.code) for number, bad in zip(numbers, why, strict=True) if bad]
        taken = [ping for ping, bad in zip(batch.pings, why, strict=True) if bad is None]
        pings = [ping for ping, bad in zip(pings, why, strict=True) if bad is None]
        if not pings:
            raise next(bad for bad in why if bad)("pings")
    if aside and not pings:
        raise PositionUnreadable("pings")
    if batch.crs != Crs.WGS84:
        crs = Crs(batch.crs)
        pings = [(at, *to_wgs84(crs, lat, lon)) for at, lat, lon in pings]
    accuracy, speed = _accuracy(taken), _speed(taken)
    return ReadBatch(StoredBatch(key.trip, key.party, batch.away, pings, accuracy, speed), sorted(aside))


def _decoded(body: bytes) -> tuple[PingBatch, Sequence[int], list[SetAside]]:
    """The batch, the number of each of its positions as it was posted, and which of them have not even their form."""
    try:
        batch = _decode(body)
    except msgspec.MsgspecError:
        return _loosely(body)
    return batch, range(len(batch.pings)), []


def _loosely(body: bytes) -> tuple[PingBatch, list[int], list[SetAside]]:
    """Position by position, for a batch of which one is no position: null, a word, or NaN, which JSON does not know."""
    try:
        loose = msgspec.convert(json.loads(body), _LooseBatch)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise MalformedBatch from None
    if len(loose.pings) > BATCH_LIMIT:
        raise BatchTooLarge("pings")
    pings, numbers, aside = [], [], []
    for number, each in enumerate(loose.pings):
        try:
            pings.append(msgspec.convert(each, Ping))
            numbers.append(number)
        except msgspec.MsgspecError:
            aside.append(SetAside(number, PositionUnreadable.code))
    if not pings:
        raise MalformedBatch
    return PingBatch(loose.crs, pings, loose.away, loose.now), numbers, aside


def _ahead(batch: PingBatch, now: float) -> float:
    """Seconds by which the phone's clock is ahead of ours; negative where it is behind.

    What it says of its clock counts. Where it says nothing, no position was measured after it was sent: a clock that is
    a little ahead would make everything look old that comes before ours has reached it.
    """
    if batch.now is not None and isfinite(batch.now):
        wrong = batch.now - now
        # So far behind, and no farther, may be the network's way.
        return 0.0 if -CLOCK_TOLERANCE < wrong < 0 else wrong
    times = sorted(ping.at for ping in batch.pings if ping.at <= now + FUTURE_TOLERANCE)
    while len(times) > 1 and times[-1] > now and times[-1] - times[-2] > ALONE:
        times.pop()  # ahead of all others: it is wrong, not the clock
    return max(0.0, times[-1] - now) if times else 0.0


def _sound(pings: list[tuple[float, float, float]], now: float) -> bool:
    """Extremes instead of each one: a phone's batch is checked in a few steps, whatever its size."""
    times, latitudes, longitudes = zip(*pings, strict=True)
    return bool(
        min(latitudes) >= -90
        and max(latitudes) <= 90
        and min(longitudes) >= -180
        and max(longitudes) <= 180
        and max(times) <= now + 1.0
        and min(times) >= now - OLDEST
        and isfinite(sum(times) + sum(latitudes) + sum(longitudes))
    )


def _why_not(ping: tuple[float, float, float], now: float) -> type[DomainError] | None:
    """What speaks against one position."""
    at, latitude, longitude = ping
    if not (isfinite(at) and isfinite(latitude) and isfinite(longitude)):
        return PositionUnreadable
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return PositionOutOfRange
    if at > now + 1.0:
        return PositionFromFuture
    return PositionTooOld if at < now - OLDEST else None


def _accuracy(pings: list[Ping]) -> list[float]:
    """In metres, 0 where unknown; empty where all are."""
    found = [each.accuracy or 0.0 for each in pings]
    return [each if 0 < each < FARTHEST else 0.0 for each in found] if any(found) else []


def _speed(pings: list[Ping]) -> list[float]:
    """In metres per second, −1 where unknown; empty where all are."""
    if all(each.speed is None for each in pings):
        return []
    return [-1.0 if each.speed is None or not 0 <= each.speed < 1000 else each.speed for each in pings]


@asynccontextmanager
async def door_open() -> AsyncIterator[None]:
    """For as long as this process takes positions: the monitor hears that it does."""
    _client.cache_clear()
    try:
        async with door.kept_open(_client, _writer.write_down):
            yield
    finally:
        # Its connections belong to this event loop; another loop of this process makes its own.
        await _client().aclose()
        _client.cache_clear()


@lru_cache(maxsize=1)
def _client() -> "redis.asyncio.Redis":
    # One try: whoever posts sends again what was not taken, and is told within two seconds.
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.9, retry=Retry(NoBackoff(), 0)
    )


class _Writer:
    """Gathers what many phones post within a moment into one command for each stream.

    Each phone's answer waits for that command: what is acknowledged is on the stream.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, list[StoredBatch]] = defaultdict(list)
        self.aside: Counter[str] = Counter()
        self.flush: asyncio.Task[None] | None = None
        self.refused: float | None = None  # since when phones are refused: their silence of that time is ours

    async def put(self, stream: str, batch: StoredBatch, aside: Sequence[SetAside]) -> None:
        self.waiting[stream].append(batch)
        self.aside.update(each.reason for each in aside)
        if self.flush is None:
            self.flush = asyncio.create_task(self._flush())
        # A phone that hangs up must not take the others' positions with it.
        await asyncio.shield(self.flush)

    async def _flush(self) -> None:
        await asyncio.sleep(GATHER)
        waiting, self.waiting, self.flush = self.waiting, defaultdict(list), None
        aside, self.aside = self.aside, Counter()
        async with _client().pipeline(transaction=False) as pipe:
            for stream, batches in waiting.items():
                pipe.xadd(stream, entry_of(batches), maxlen=STREAM_LENGTH, approximate=True)
            for reason, count in aside.items():
                pipe.hincrby(NOT_TAKEN, reason, count)
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


async def append(batch: StoredBatch, city: str, aside: Sequence[SetAside] = ()) -> None:
    """Put a batch on its stream, and count what of it was not taken; when this returns the stream has it.

    Raises `StreamDown`.
    """
    try:
        await _writer.put(shard_stream(city), batch, aside)
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
    """Entries of all streams that a consumer group has not finished; not a number while Valkey does not answer."""

    def count(client: "redis.Redis") -> float:
        total = 0
        for stream, row in _readings(client, group):
            total += int(row["pending"])
            unread = row["lag"]  # None where Valkey cannot say: then they are counted
            total += len(_unread(client, stream, row)) if unread is None else int(unread)
        return float(total)

    return broker.ask(count, float("nan"))


def not_taken() -> dict[str, float]:
    """How many positions were not taken since Valkey began, by reason; empty while Valkey does not answer."""
    none: dict[bytes, bytes] = {}
    found = broker.ask(lambda client: cast("dict[bytes, bytes]", client.hgetall(NOT_TAKEN)), none)
    return {reason.decode(): float(count) for reason, count in found.items()}


def lag(group: str) -> float:
    """Seconds that the oldest unfinished entry of all streams waits; not a number while Valkey does not answer."""

    def longest(client: "redis.Redis") -> float:
        oldest: list[float] = []
        for stream, row in _readings(client, group):
            oldest += _unfinished(client, stream, row)
        return max(0.0, time.time() - min(oldest)) if oldest else 0.0

    return broker.ask(longest, float("nan"))


def _readings(client: "redis.Redis", group: str) -> "list[tuple[str, dict[str, Any]]]":
    """How far a consumer group has read each stream that there is; one that it never opened it has not read at all."""
    none = {"name": group.encode(), "pending": 0, "lag": None, "last-delivered-id": b"0-0"}
    found = []
    for stream in all_streams():
        if client.exists(stream):
            rows = {row["name"]: row for row in client.xinfo_groups(stream)}
            found.append((stream, rows.get(group.encode(), none)))
    return found


def _unfinished(client: "redis.Redis", stream: str, group: "dict[str, Any]") -> list[float]:
    """When the oldest entries were written that a group has read and not finished, or not read yet."""
    found = []
    if group["pending"]:
        found.append(seconds_of(client.xpending(stream, group["name"])["min"]))
    return found + [seconds_of(entry_id) for entry_id, _fields in _unread(client, stream, group, count=1)]


def _unread(
    client: "redis.Redis", stream: str, group: "dict[str, Any]", *, count: int = MOST_COUNTED
) -> list[Row]:
    """Entries that no member of a group was given yet, oldest first."""
    return rows_from(client, stream, b"(" + group["last-delivered-id"], count=count)


def rows_from(client: "redis.Redis", stream: str, start: bytes, *, count: int) -> list[Row]:
    """Entries of a stream by their ids, from `start` on, as the client of bytes gives them."""
    return cast(list[Row], client.xrange(stream, min=start, count=count))


def seconds_of(entry_id: bytes) -> float:
    """When an entry was written, by its id: Unix seconds of Valkey's clock."""
    return int(entry_id.partition(b"-")[0]) / 1000
