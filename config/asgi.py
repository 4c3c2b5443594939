"""One address, two lanes: pages, console and API on WSGI threads; `/live/` on a small async lane."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

django_pages = get_wsgi_application()

from config import outages  # noqa: E402 - needs the applications that the line above has set up
from config.bridge import bridged  # noqa: E402
from config.gate import Database, gated, trip_of_call  # noqa: E402
from config.headers import headed  # noqa: E402
from config.parent import die_with_parent  # noqa: E402
from core import production  # noqa: E402
from core.console.stream import console_stream  # noqa: E402
from core.lane import head_alone  # noqa: E402
from rides.live import take_positions, trip_stream  # noqa: E402
from rides.positions import door_open  # noqa: E402
from safety.audio import listen, take_chunk  # noqa: E402

production.refuse_to_start()


@asynccontextmanager
async def _alive(_app: Starlette) -> AsyncIterator[None]:
    """While this process serves: it takes positions, and tells staff on call where beat and all workers are away."""
    ended = threading.Event()
    outages.watch(ended)
    try:
        async with door_open():
            yield
    finally:
        ended.set()


# A server without ASGI's lifespan would leave the monitor in the dark: its row on the first page says so.
streams: ASGIApp = Starlette(
    lifespan=_alive,
    routes=[
        Mount(
            "/live",
            routes=[
                Route("/trips/", trip_stream, methods=["GET"]),
                Route("/console/", console_stream, methods=["GET"]),
                Route("/listen/{code}/", listen, methods=["GET"]),
            ],
        )
    ],
)


GIVE_WAY = 2.5  # seconds that a batch of positions, or a provider's receipts, wait at most
STORM = 10  # trips on which somebody was heard within a second
PAUSE = 0.1  # seconds in which the next one of a storm is waited for
HANGS = 1.0  # seconds after the last one heard in which calls that are not answered yet are waited for
RECEIPTS = "/api/v1/receipts/"


class _Help:
    """In a storm of calls for help others wait, also between two calls, until it is over.

    What positions take of the machine in the gaps of a storm is taken from the workers that write to contacts. For a
    single call nobody waits: who drives would see by the clock that somebody has called (S11). What brings it about
    are answers to who has a trip's key, of as many trips: anybody can send calls that are refused, or never end, and
    whoever booked one trip can tap without end.
    """

    def __init__(self) -> None:
        self.count = 0
        self.heard: dict[str, float] = {}  # trip: when it was answered last; the last of them at the end
        self.none = asyncio.Event()
        self.none.set()

    def answering(self, app: ASGIApp) -> ASGIApp:
        """The same application, whose calls for help are counted."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            trip = trip_of_call(scope)

            async def give(message: Message) -> None:
                if message["type"] == "http.response.start" and 200 <= message["status"] < 400:
                    self._hear(trip)
                await send(message)

            if not trip:
                await app(scope, receive, send)
                return
            self.count += 1
            try:
                await app(scope, receive, give)
            finally:
                self.count -= 1

        return application

    def _hear(self, trip: str) -> None:
        now = monotonic()
        self.heard.pop(trip, None)
        self.heard[trip] = now
        if len(self.heard) > STORM:
            del self.heard[next(iter(self.heard))]
        if len(self.heard) == STORM and now - next(iter(self.heard.values())) < 1:
            self.none.clear()
            asyncio.get_running_loop().call_later(PAUSE, self._over, now)
        else:
            self.none.set()

    def _over(self, newest: float) -> None:
        if newest != next(reversed(self.heard.values())):
            return  # somebody else was heard since, who sees to it
        if self.count and monotonic() - newest < HANGS:
            asyncio.get_running_loop().call_later(PAUSE, self._over, newest)
        else:
            self.none.set()

    async def let_pass(self) -> None:
        """Positions come every few seconds, receipts say what is done: they may wait a moment; who calls for help may not."""
        if not self.none.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.none.wait(), GIVE_WAY)


_help = _Help()
_pages = _help.answering(bridged(django_pages, workers=16))


async def lane(scope: Scope, receive: Receive, send: Send) -> None:
    """`/live/`: positions and sound, most of all requests, go past the framework."""
    if scope["type"] == "http" and scope["path"] == "/live/positions/" and scope["method"] == "POST":
        await _help.let_pass()
        await take_positions(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live/audio/" and scope["method"] == "POST":
        await take_chunk(scope, receive, send)
    elif scope["type"] == "http" and scope["method"] == "HEAD":
        await _head(scope, receive, send)
    else:
        await streams(scope, receive, send)


async def _head(scope: Scope, receive: Receive, send: Send) -> None:
    """What the answer to `GET` begins with, and nothing of the stream, which would have no end."""
    said = asyncio.Event()

    async def give(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b""})
            said.set()
            await asyncio.Event().wait()  # until it is called off

    token = head_alone.set(True)
    work = asyncio.ensure_future(streams({**scope, "method": "GET"}, receive, give))
    waiting = asyncio.ensure_future(said.wait())
    try:
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not said.is_set():
            await work  # it raises what kept it from answering
    finally:
        for each in (work, waiting):
            each.cancel()
        await asyncio.gather(work, waiting, return_exceptions=True)
        head_alone.reset(token)


def _plainly_named(scope: Scope) -> Scope:
    """Without headers whose name has an underscore: WSGI would read `X_Forwarded_For` as the one that our proxy writes."""
    return {**scope, "headers": [each for each in scope["headers"] if b"_" not in each[0]]}


async def _either(scope: Scope, receive: Receive, send: Send) -> None:
    """Choose the lane by path."""
    if scope["type"] == "http" and not scope["path"].startswith("/live/"):
        scope = _plainly_named(scope)
        if scope["path"].startswith(RECEIPTS):
            await _help.let_pass()
        await _pages(scope, receive, send)
    else:
        await lane(scope, receive, send)


application = headed(gated(_either, Database()))
die_with_parent()
# What was imported stays: to search all of it for garbage would hold every answer up for a tenth of a second, again and again.
gc.collect()
gc.freeze()
