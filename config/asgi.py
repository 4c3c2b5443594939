"""One address, two lanes: pages, console and API on WSGI threads; `/live/` on a small async lane."""

import asyncio
import gc
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from time import monotonic

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

pages = WSGIMiddleware(get_wsgi_application(), workers=16)

from config import outages  # noqa: E402 - needs the applications that the line above has set up
from config.gate import Database, calls_for_help, gated  # noqa: E402
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
    outages.watch()
    async with door_open():
        yield


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
STORM = 10  # calls for help within a second
PAUSE = 0.1  # seconds in which the next one of a storm is waited for
RECEIPTS = "/api/v1/receipts/"


class _Help:
    """Counts the calls for help that this process answers; others wait until there is none, in a storm also between two.

    What positions take of the machine in the gaps of a storm is taken from the workers that write to contacts. After a
    single call nobody waits: who drives would see by the clock that somebody has called (S11).
    """

    def __init__(self) -> None:
        self.count = 0
        self.answered: deque[float] = deque(maxlen=STORM)
        self.none = asyncio.Event()
        self.none.set()

    @contextmanager
    def answering(self) -> Iterator[None]:
        self.count += 1
        self.none.clear()
        try:
            yield
        finally:
            self.count -= 1
            self.answered.append(monotonic())
            if not self.count:
                self._end()

    def _end(self) -> None:
        newest = self.answered[-1]
        if len(self.answered) == STORM and newest - self.answered[0] < 1:
            asyncio.get_running_loop().call_later(PAUSE, self._over, newest)
        else:
            self.none.set()

    def _over(self, newest: float) -> None:
        if not self.count and newest == self.answered[-1]:
            self.none.set()

    async def let_pass(self) -> None:
        """Positions come every few seconds, receipts say what is done: they may wait a moment; who calls for help may not."""
        if not self.none.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.none.wait(), GIVE_WAY)


_help = _Help()


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
        # granian's callables give awaitables; a2wsgi schedules them from its threads and needs coroutines.
        async def take() -> Message:
            return await receive()

        async def give(message: Message) -> None:
            await send(message)

        scope = _plainly_named(scope)
        if scope["path"].startswith(RECEIPTS):
            await _help.let_pass()
        with _help.answering() if calls_for_help(scope) else nullcontext():
            await pages(scope, take, give)
    else:
        await lane(scope, receive, send)


application = headed(gated(_either, Database()))
die_with_parent()
# What was imported stays: to search all of it for garbage would hold every answer up for a tenth of a second, again and again.
gc.collect()
gc.freeze()
