"""The async lane of rides: positions in, wake-ups of trip pages out. No ORM here."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

import redis.asyncio
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request, override
from redis.exceptions import RedisError
from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from core import live
from core.errors import PROBLEM_TYPE, DomainError
from rides.errors import BatchTooLarge
from rides.positions import append, read_batch
from rides.tokens import read_key

BODY_LIMIT = 256 * 1024


async def take_positions(scope: Scope, receive: Receive, send: Send) -> None:
    """`POST /live/positions/` with `Authorization: Bearer KEY`; 202 means that the stream has them.

    A bare ASGI application: it answers most of the requests that the platform gets, and needs no more of a framework.
    """
    try:
        key = read_key(header(scope, b"authorization").removeprefix("Bearer "))
        batch = read_batch(await _body(receive), key)
        await append(batch, key.city)
    except DomainError as error:
        request = Request(scope)
        with override(language_of(request)):
            answer = JSONResponse(error.problem(), status_code=error.status, media_type=PROBLEM_TYPE)
        await answer(scope, receive, send)
        return
    body = b'{"accepted": %d}' % len(batch.pings)
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: bytes) -> str:
    """A request's header; empty where it is missing."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def _body(receive: Receive) -> bytes:
    """The whole body; raises `BatchTooLarge` before it has grown too long."""
    body = await read_body(receive, BODY_LIMIT)
    if body is None:
        raise BatchTooLarge
    return body


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body of a request; None where it is longer than the limit, or the phone hung up within it."""
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


def language_of(request: Request) -> str:
    """The reader's language, found as Django's pages find it."""
    asked = HttpRequest()
    asked.COOKIES = dict(request.cookies)
    asked.META["HTTP_ACCEPT_LANGUAGE"] = request.headers.get("accept-language", "")
    return get_language_from_request(asked)


class Hub:
    """One reader per process hears on a channel what changed and wakes who waits for it; what it was they ask."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.pages: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.reader: asyncio.Task[None] | None = None

    def join(self, trip: str) -> asyncio.Event:
        page = asyncio.Event()
        self.pages[trip].add(page)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.create_task(self._read())
        return page

    def leave(self, trip: str, page: asyncio.Event) -> None:
        self.pages[trip].discard(page)
        if not self.pages[trip]:
            del self.pages[trip]

    async def _read(self) -> None:
        while self.pages:
            try:
                client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5)
                async with client.pubsub(ignore_subscribe_messages=True) as heard:
                    async with asyncio.timeout(2):  # one that answers nothing is left, and asked again
                        await heard.subscribe(self.channel)
                    while self.pages:
                        found = await heard.get_message(timeout=5.0)
                        if found:
                            self.wake(found["data"].decode())
            except (RedisError, OSError):
                await asyncio.sleep(1)  # pages ask by themselves meanwhile

    def wake(self, topic: str) -> None:
        """Wake who waits for a topic such as `trip:CODE`."""
        for page in self.pages.get(topic.partition(":")[2], ()):
            page.set()


hub = Hub(live.TRIPS)


async def trip_stream(request: Request) -> Response:
    """`GET /live/trips/?key=KEY`: an event whenever the trip of this key has changed; it says no more than that."""
    try:
        key = read_key(request.query_params.get("key", ""))
    except DomainError as error:
        return JSONResponse(error.problem(), status_code=error.status, media_type=PROBLEM_TYPE)

    async def events() -> AsyncIterator[dict[str, str]]:
        page = hub.join(key.trip)
        try:
            while True:
                await page.wait()
                page.clear()
                yield {"data": "changed"}
        finally:
            hub.leave(key.trip, page)

    return EventSourceResponse(events(), ping=15)
