"""The async lane of safety: the console's live stream. The ORM is touched only in threads.

One reader per process waits for Valkey's wake-up, at most a second, asks the database what changed and fans out to
its browsers. With Valkey down it simply asks each second.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import redis.asyncio
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest
from redis.exceptions import RedisError
from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from accounts.models import Account
from core import live, timeline
from core.permissions import may
from safety import selectors

log = structlog.get_logger()
BREATH = 0.03  # seconds between two looks: a storm must not make the console ask without end


class Hub:
    """Fans one reader out to the browsers of this process."""

    def __init__(self) -> None:
        self.queues: set[asyncio.Queue[str]] = set()
        self.reader: asyncio.Task[None] | None = None
        self.last = ""

    def join(self) -> "asyncio.Queue[str]":
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=20)
        self.queues.add(queue)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.create_task(self._read())
        return queue

    def leave(self, queue: "asyncio.Queue[str]") -> None:
        self.queues.discard(queue)

    async def _read(self) -> None:
        wake = _Wake()
        while self.queues:
            try:
                state = await sync_to_async(_console_state)()
            except Exception:  # a database that restarts; the next turn asks again
                log.warning("live.cannot_ask")
                await asyncio.sleep(1)
                continue
            if state != self.last:
                self.last = state
                for queue in list(self.queues):
                    if not queue.full():
                        queue.put_nowait(state)
            await asyncio.sleep(BREATH)
            await wake.wait(1.0)


class _Wake:
    """Valkey's wake-up, or a second: also where Valkey takes the connection and answers nothing."""

    def __init__(self) -> None:
        self.pubsub: redis.asyncio.client.PubSub | None = None

    async def wait(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        try:
            if self.pubsub is None:
                async with asyncio.timeout(seconds):
                    await self._listen()
            heard = await self._hear(until - clock())
            while heard is not None:  # a storm of wake-ups is answered by one look
                heard = await self._hear(0)
        except (RedisError, OSError):
            await self._forget()
            await asyncio.sleep(max(0.0, until - clock()))

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5)
        self.pubsub = client.pubsub(ignore_subscribe_messages=True)
        await self.pubsub.subscribe(live.CHANNEL)

    async def _hear(self, seconds: float) -> object:
        return await self.pubsub.get_message(timeout=max(0.0, seconds)) if self.pubsub else None

    async def _forget(self) -> None:
        """A connection that failed is closed, so that one a second does not fill the process."""
        pubsub, self.pubsub = self.pubsub, None
        if pubsub is not None:
            with suppress(RedisError, OSError):
                async with asyncio.timeout(1):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis leaves it untyped
                    await pubsub.connection_pool.disconnect()


def _console_state() -> str:
    close_old_connections()
    changed, live_now, open_now = selectors.console_version()
    lines, marks = timeline.newest_of_cases(), live.marks()
    version = f"{changed}|{live_now}|{open_now}"
    close_old_connections()
    return json.dumps(
        {
            "version": version,
            "live": live_now,
            "open": open_now,
            "marks": marks,
            # Pages of cases look again when theirs is among those that changed last.
            "cases": lines[0][0] if lines else 0,
            "touched": sorted({case for _key, case in lines}),
        }
    )


hub = Hub()


def staff_of_session(session_key: str, permission: str = "console.open") -> Account | None:
    """Who of these roles, with their second factor, a console page's session belongs to."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    verified = isinstance(user, Account) and may(user, permission) and "otp_device_id" in request.session
    return user if verified and isinstance(user, Account) else None


def _may_listen(session_key: str) -> bool:
    close_old_connections()
    found = staff_of_session(session_key) is not None
    close_old_connections()
    return found


async def console_stream(request: Request) -> Response:
    """`GET /live/console/`: server-sent events, each with the console's version and counts."""
    if not await sync_to_async(_may_listen)(request.cookies.get("sessionid", "")):
        return Response(status_code=403)

    async def events() -> AsyncIterator[dict[str, str]]:
        queue = hub.join()
        try:
            if hub.last:
                yield {"data": hub.last}
            while True:
                yield {"data": await queue.get()}
        finally:
            hub.leave(queue)

    return EventSourceResponse(events(), ping=10)
