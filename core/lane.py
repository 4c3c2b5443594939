"""The async lane (`/live/`): reading what phones send, refusing, and telling open pages that something changed.

It stands beside Django, not in it: nothing here touches the ORM but `in_thread`. One `Hub` per process and
channel hears Valkey's wake-ups for all of its pages; with Valkey down, or there and silent, pages lose nothing, because
each hub that has something to ask asks it again each second, and each page that has not asks by itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from time import monotonic, thread_time
from types import SimpleNamespace
from typing import Any, Generic, ParamSpec, TypeVar

import redis.asyncio
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest
from django.utils.translation import get_language_from_request, override
from redis.exceptions import RedisError
from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from core import limits, refusals
from core.errors import PROBLEM_TYPE, DomainError
from core.refusals import Batch, Front
from core.transactions import undone_unless

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")
ASKED_AGAIN = 5.0  # seconds for which whoever was let in may stay unasked
BREATH = 0.03  # seconds between two looks: a storm must not make a hub ask without end
SHARE = (
    3.0  # and so many times as long as the look worked: whoever looks leaves the process to calls for help
)


# Whether who asks wants the head of the answer alone: nobody sees or hears what it begins.
head_alone: ContextVar[bool] = ContextVar("head_alone", default=False)


# --- Reading -------------------------------------------------------------------------------------


def header(scope: Scope, name: bytes) -> str:
    """A request's header; empty where it is missing."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body of a request; None where it is longer than `limit` bytes, or the phone hung up within it."""
    parts, length, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        more = message.get("more_body", False)
        length += len(part)
        if length > limit:
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def in_thread(ask: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Function decorator: the same question put to the ORM in a thread, with connections that still answer.

    What it writes is undone where who asks wants the head of the answer alone.
    """

    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        close_old_connections()
        try:
            with undone_unless() if head_alone.get() else nullcontext():
                return ask(*args, **kwargs)
        finally:
            close_old_connections()

    return sync_to_async(within, thread_sensitive=False)


class Counted(Generic[P, T]):
    """A question that counts how long its threads worked on it: what it waited, for a database or for its turn, is not in it."""

    def __init__(self, ask: Callable[P, T]) -> None:
        self._ask, self.seconds = ask, 0.0

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        began = thread_time()
        try:
            return self._ask(*args, **kwargs)
        finally:
            self.seconds += thread_time() - began


# --- Refusing ------------------------------------------------------------------------------------


def refusal(request: Request, error: DomainError) -> Response:
    """A refusal as RFC 9457 problem details, in the reader's language, found as Django's pages find it."""
    view = request.scope.get("endpoint")
    if view is not None and error.status != 503:
        # As pages say it (`config.middleware.refusals_told`). Batches of positions and sound have none: see `refuse`.
        method = "HEAD" if head_alone.get() else request.method
        log.info("refused", status=error.status, method=method, door=f"live/ {view.__name__}")
        refusals.count_in_lane(Front.STREAM, error.status)
    reader = HttpRequest()
    reader.COOKIES = dict(request.cookies)
    reader.META["HTTP_ACCEPT_LANGUAGE"] = request.headers.get("accept-language", "")
    with override(get_language_from_request(reader)):
        headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if error.status == 503 else {})
        return JSONResponse(
            error.problem(), status_code=error.status, media_type=PROBLEM_TYPE, headers=headers
        )


async def refuse(scope: Scope, receive: Receive, send: Send, error: DomainError, front: Front) -> None:
    """The same from a bare ASGI application, whose refusals are told together: see `core.refusals`."""
    if error.status != 503:
        network = limits.roughly(limits.address_of(SimpleNamespace(META=_meta(scope))))
        refusals.gather(Batch(front, scope["path"].strip("/"), error.status, error.code, network))
    await refusal(Request(scope), error)(scope, receive, send)


def _meta(scope: Scope) -> dict[str, str]:
    """Who asks, as a request of Django names it."""
    client = scope.get("client") or ("",)
    passed = [value.decode("latin-1") for key, value in scope["headers"] if key == b"x-forwarded-for"]
    return {"REMOTE_ADDR": client[0], "HTTP_X_FORWARDED_FOR": ",".join(passed)}


async def accept(send: Send, body: bytes) -> None:
    """202 with a body of JSON, without the cost of a framework."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": body})


# --- Streaming -----------------------------------------------------------------------------------


class Hub:
    """One reader per process hears on a channel of Valkey what changed, and wakes who waits for it.

    Words on the channel are `topic` or `kind:topic`; a page joins by its topic. Without `look` that is all: what it
    was pages ask by themselves. With `look` the hub asks for them, once for all pages of the process: after each
    word, and each second without one; what it answers is `last`, and all pages are woken when it is another one.
    `clock` says in seconds what a look took of the process, after which others have their turn. In a storm a look that
    works for a moment waits for long, and counted by that it would come too late for everybody.
    """

    def __init__(
        self,
        channel: str,
        look: Callable[[], Awaitable[str]] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.channel, self.look, self.clock = channel, look, clock
        self.pages: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.reader: asyncio.Task[None] | None = None
        self.last = ""

    def join(self, topic: str, page: asyncio.Event | None = None) -> asyncio.Event:
        """An event that is set whenever there is something new; whoever waits clears it. `page` joins a further topic."""
        page = page or asyncio.Event()
        self.pages[topic].add(page)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.create_task(self._read())
        return page

    def leave(self, topic: str, page: asyncio.Event) -> None:
        """No longer wake this one; with the last page the reader ends."""
        self.pages[topic].discard(page)
        if not self.pages[topic]:
            del self.pages[topic]

    def wake(self, word: str) -> None:
        """Wake who waits for what a word such as `trip:CODE` names."""
        for page in self.pages.get(word.rpartition(":")[2], ()):
            page.set()

    async def _read(self) -> None:
        wake = Wake(self.channel)
        try:
            while self.pages:
                if self.look is not None:
                    await self._look(self.look)
                for word in await wake.wait(1.0):
                    if self.look is None:
                        self.wake(word)
        finally:
            await wake.forget()

    async def _look(self, look: Callable[[], Awaitable[str]]) -> None:
        began = self.clock()
        try:
            found = await look()
        except Exception as why:  # a database that restarts; the next turn asks again
            log.warning("live.cannot_ask", error=type(why).__name__)
            await asyncio.sleep(1)
            return
        if found != self.last:
            self.last = found
            for topic in list(self.pages):
                self.wake(topic)
        await asyncio.sleep(min(1.0, max(BREATH, SHARE * (self.clock() - began))))


class Wake:
    """Valkey's words, or some seconds without: also where Valkey takes the connection and answers nothing."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.pubsub: redis.asyncio.client.PubSub | None = None

    async def wait(self, seconds: float) -> set[str]:
        """What was said since the last time, once there is something; a storm of words is one answer."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        words: set[str] = set()
        try:
            if self.pubsub is None:
                async with asyncio.timeout(seconds):
                    await self._listen()
            heard = await self._hear(until - clock())
            while heard is not None:
                words.add(heard)
                heard = await self._hear(0)
        except (RedisError, OSError):
            await self.forget()
            if not words:
                await asyncio.sleep(max(0.0, until - clock()))
        return words

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5)
        self.pubsub = client.pubsub(ignore_subscribe_messages=True)
        await self.pubsub.subscribe(self.channel)

    async def _hear(self, seconds: float) -> str | None:
        found = await self.pubsub.get_message(timeout=max(0.0, seconds)) if self.pubsub else None
        return found["data"].decode(errors="replace") if found else None

    async def forget(self) -> None:
        """A connection that failed, or that nobody needs, is closed, so that they do not fill the process."""
        pubsub, self.pubsub = self.pubsub, None
        if pubsub is not None:
            with suppress(RedisError, OSError):
                async with asyncio.timeout(1):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis leaves it untyped
                    await pubsub.connection_pool.disconnect()


async def wait(page: asyncio.Event, seconds: float | None) -> None:
    """Until there is something new, or the time is over."""
    with suppress(TimeoutError):
        await asyncio.wait_for(page.wait(), seconds)


class Door:
    """Whether whoever was let in may stay: asked anew every few seconds, because a sign-out does not hang up.

    A database that does not answer turns nobody out.
    """

    def __init__(self, may: Callable[[], Awaitable[bool]]) -> None:
        self.may, self.asked, self.open = may, monotonic(), True

    async def is_open(self) -> bool:
        if self.open and monotonic() - self.asked >= ASKED_AGAIN:
            self.asked = monotonic()
            with suppress(DatabaseError):
                self.open = await self.may()
        return self.open


def stream(
    hub: Hub, *topics: str, ping: int, said: Callable[[], str] | None = None, door: Door | None = None
) -> Response:
    """Server-sent events: that something of these topics changed, or what a hub that looks found.

    With `said`, that is what this page alone is told of it; told again only when it is something else. With `door` it
    ends when that closes.
    """

    async def events() -> AsyncIterator[dict[str, str]]:
        page, last = asyncio.Event(), ""
        for topic in topics:
            hub.join(topic, page)
        try:
            if not hub.last:
                await page.wait()
            while door is None or await door.is_open():
                page.clear()
                word = said() if said is not None else hub.last or "changed"
                if said is None or word != last:
                    last = word
                    yield {"data": word}
                await wait(page, None if door is None else ASKED_AGAIN)
        finally:
            for topic in topics:
                hub.leave(topic, page)

    return EventSourceResponse(events(), ping=ping)
