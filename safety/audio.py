"""The async lane of sound: chunks in, live sound out. The ORM is asked in threads, through services, and seldom."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import redis.asyncio
import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import DatabaseError
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from core import clock, lane, typed
from core.access import staff_of_session
from core.errors import DomainError, NotFound
from core.refusals import Front
from safety import chunks, selectors, services, sound
from safety.errors import ChunkNumberWrong, ChunkTooLarge, RecordingOver, StorageDown
from safety.states import RecordingPurpose

log = structlog.get_logger()
CHANNEL = "live:audio"
FRESH = 5.0  # seconds that a recording's state is believed
STALE = 600.0  # … and at most, while the database cannot be asked
COUNT_EVERY = 3.0
GAP_SECONDS = 2.0  # a chunk that is missing for longer is skipped by who listens


@dataclass(slots=True)
class _Known:
    sound: selectors.Sound
    key: AESGCM
    asked: float


_known: dict[str, _Known] = {}
hub = lane.Hub(CHANNEL)


@lane.in_thread
def _ask(code: str) -> selectors.Sound:
    return selectors.sound_of(code)


async def _sound_of(code: str) -> _Known:
    """A recording and its key, asked anew every few seconds. Raises `RecordingOver`, `StorageDown`."""
    known, now = _known.get(code), time.monotonic()
    if known and now - known.asked < FRESH:
        return known
    try:
        found = await _ask(code)
    except NotFound:
        _known.pop(code, None)
        raise RecordingOver from None
    except DatabaseError:
        if known and now - known.asked < STALE:
            return known  # a database that restarts must not stop a recording that is under way
        raise StorageDown from None
    # A key that nobody needs any more leaves the memory as well, long before its recording is destroyed.
    for idle in [each for each, kept in _known.items() if now - kept.asked > STALE]:
        del _known[idle]
    _known[code] = _Known(found, AESGCM(found.key), now)
    return _known[code]


# --- Chunks in ---------------------------------------------------------------------------------------------


class _Shelf:
    """Writes what arrives within a moment in one thread; each phone's answer waits until its chunk is kept."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, int, bytes, asyncio.Future[None]]] = []
        self.writer: asyncio.Task[None] | None = None

    async def put(self, code: str, number: int, stored: bytes) -> None:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((code, number, stored, kept))
        if self.writer is None:
            self.writer = asyncio.create_task(self._write())
        await kept

    async def _write(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting, []
            errors = await asyncio.to_thread(
                _write_all, [(code, number, stored) for code, number, stored, _kept in batch]
            )
            for (_code, _number, _stored, kept), error in zip(batch, errors, strict=True):
                if kept.done():
                    continue  # the phone hung up; its chunk is kept all the same
                if error:
                    kept.set_exception(error)
                else:
                    kept.set_result(None)
        self.writer = None


def _write_all(batch: list[tuple[str, int, bytes]]) -> list[Exception | None]:
    errors: list[Exception | None] = []
    for code, number, stored in batch:
        try:
            chunks.write(code, number, stored)
        except DomainError as error:
            errors.append(error)
        except Exception:  # a disk that is full, a bucket that does not answer: the phone sends it again
            log.exception("audio.cannot_keep")
            errors.append(StorageDown())
        else:
            errors.append(None)
    return errors


@dataclass(slots=True)
class _Counts:
    """What arrived, told to the database every few seconds."""

    rows: dict[str, services.Arrived] = field(default_factory=dict)
    teller: "asyncio.Task[None] | None" = None

    def add(self, row: services.Arrived) -> None:
        old = self.rows.get(row.code)
        self.rows[row.code] = (
            services.Arrived(
                row.code,
                old.chunks + row.chunks,
                old.bytes + row.bytes,
                old.silent_ms + row.silent_ms,
                old.clipped_ms + row.clipped_ms,
                row.last_at,
            )
            if old
            else row
        )
        if self.teller is None:
            self.teller = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(COUNT_EVERY)
        rows, self.rows, self.teller = self.rows, {}, None
        try:
            await _note(list(rows.values()))
        except DatabaseError:
            log.warning("audio.not_counted")  # the end counts what lies in storage


@lane.in_thread
def _note(rows: list[services.Arrived]) -> None:
    services.note_chunks(rows)


_shelf, _counts = _Shelf(), _Counts()
_client: "redis.asyncio.Redis | None" = None
_waking: set["asyncio.Task[None]"] = set()


def _valkey() -> "redis.asyncio.Redis":
    global _client
    if _client is None:
        _client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5
        )
    return _client


async def _wake(code: str) -> None:
    """Tell listeners of all processes; those of this one hear it at once, and without Valkey they look by themselves."""
    hub.wake(f"audio:{code}")
    try:
        await _valkey().publish(CHANNEL, f"audio:{code}")
    except (RedisError, OSError):
        log.warning("audio.not_woken")


async def take_chunk(scope: Scope, receive: Receive, send: Send) -> None:
    """`POST /live/audio/` with `Authorization: Bearer TOKEN` and `X-Chunk: NUMBER`; 202 means that it is kept.

    The body is `nonce (12) | AES-256-GCM ciphertext and tag`, with `CODE:NUMBER` authenticated. `X-Silent-Ms` and
    `X-Clipped-Ms` may say what the phone measured. A bare ASGI application, like that of positions.
    """
    try:
        number = await _take(scope, receive)
    except DomainError as error:
        await lane.refuse(scope, receive, send, error, Front.SOUND)
        return
    await lane.accept(send, b'{"kept": %d}' % number)


async def _take(scope: Scope, receive: Receive) -> int:
    code = services.recording_of_token(lane.header(scope, b"authorization").removeprefix("Bearer "))
    text = lane.header(scope, b"x-chunk")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
    if not 0 <= number < chunks.MOST_CHUNKS:
        raise ChunkNumberWrong("x-chunk")
    stored = await lane.read_body(receive, chunks.CHUNK_LIMIT)
    if stored is None:
        raise ChunkTooLarge
    known = await _sound_of(code)
    if not known.sound.takes(number):
        raise RecordingOver
    chunks.open_chunk(known.key, code, number, stored)
    await _shelf.put(code, number, stored)
    silent, clipped = _milliseconds(scope, b"x-silent-ms"), _milliseconds(scope, b"x-clipped-ms")
    _counts.add(services.Arrived(code, 1, len(stored), silent, clipped, clock.now()))
    if known.sound.purpose == RecordingPurpose.SOS:
        waking = asyncio.create_task(_wake(code))
        _waking.add(waking)
        waking.add_done_callback(_waking.discard)
    return number


def _milliseconds(scope: Scope, name: bytes) -> int:
    text = lane.header(scope, name)
    return min(int(text), 60_000) if text.isascii() and text.isdigit() and len(text) < 7 else 0


# --- Sound out ---------------------------------------------------------------------------------------------


@lane.in_thread
def _may_hear(session_key: str, code: str) -> str:
    """The kind of sound, once it is in the journal that this person listens. Raises what `note_listening` raises."""
    account = staff_of_session(session_key, "incidents.respond")
    if account is None:
        raise NotFound
    return services.note_listening(account=account, code=code)


@lane.in_thread
def _may_stay(session_key: str, code: str) -> bool:
    """Whether who listens may go on: signed in still, with the permission, and the incident still live."""
    if staff_of_session(session_key, "incidents.respond") is None:
        return False
    try:
        selectors.sound_to_hear(code)
    except DomainError:
        return False
    return True


async def listen(request: Request) -> Response:
    """`GET /live/listen/CODE`: the sound of a call for help while it comes, for staff who respond to it."""
    code, session = (
        typed.code.read(request.path_params["code"][:80]),
        request.cookies.get(settings.SESSION_COOKIE_NAME, ""),
    )
    try:
        mime = await _may_hear(session, code)
    except DomainError as error:
        return lane.refusal(request, error)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _pieces(code, mime, lane.Door(partial(_may_stay, session, code))), media_type=mime, headers=headers
    )


class _Heard:
    """Says that one recording's sound reaches a listener: for a moment after each piece that was taken, and no longer.

    Her page promises it to her (`selectors.sound_now`), so a listener who went, or whose line stands still, says nothing.
    """

    def __init__(self, code: str) -> None:
        self.mark = selectors.heard_mark(code)
        self.said = 0.0

    async def heard(self) -> None:
        now = time.monotonic()
        if now - self.said < 1:
            return
        self.said = now
        try:
            client = _valkey()
            await client.set(self.mark, repr(clock.now().timestamp()), nx=True, ex=selectors.HEARD_FOR)
            await client.expire(self.mark, selectors.HEARD_FOR)
        except (RedisError, OSError):
            log.warning("audio.not_said_that_it_is_heard")


async def _plain(code: str, number: int) -> bytes | None:
    stored = await asyncio.to_thread(chunks.read, code, number)
    if stored is None:
        return None
    known = await _sound_of(code)
    return chunks.open_chunk(known.key, code, number, stored)


async def _pieces(code: str, mime: str, door: lane.Door) -> AsyncIterator[bytes]:
    """The head, then the newest sound, then each chunk as it comes; after a gap from a whole piece on."""
    page, mark = hub.join(code), _Heard(code)
    try:
        while (first := await _plain(code, 0)) is None:
            await _sound_of(code)  # raises once it is destroyed
            await _next(page)
            if not await door.is_open():
                return
        yield sound.head(mime, first)
        number, cut = await _newest(code, mime), True
        waited = time.monotonic()
        while await door.is_open():
            plain = await _plain(code, number)
            if plain is not None:
                piece = sound.from_piece(mime, plain) if cut else plain
                cut = cut and not piece
                if piece:
                    yield piece
                    await mark.heard()
                number, waited = number + 1, time.monotonic()
            elif time.monotonic() - waited > GAP_SECONDS and await _later(code, number):
                number, cut, waited = await _newest(code, mime), True, time.monotonic()
            elif (await _sound_of(code)).sound.ended_at and time.monotonic() - waited > 5:
                return
            else:
                await _next(page)
    except RecordingOver:
        return
    finally:
        hub.leave(code, page)


async def _next(page: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(page.wait(), 0.5)
    page.clear()


async def _later(code: str, number: int) -> bool:
    there = await asyncio.to_thread(chunks.numbers, code)
    return bool(there) and there[-1] > number


async def _newest(code: str, mime: str) -> int:
    """The newest chunk in which a piece begins."""
    there = await asyncio.to_thread(chunks.numbers, code)
    for number in reversed(there[-20:]):
        plain = await _plain(code, number)
        if plain and sound.from_piece(mime, plain):
            return number
    return there[-1] if there else 0
