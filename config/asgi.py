"""One address, two lanes: pages, console and API on WSGI threads; `/live/` on a small async lane."""

import asyncio
import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

pages = WSGIMiddleware(get_wsgi_application(), workers=16)

from rides.live import take_positions, trip_stream  # noqa: E402 - needs the applications that the line above has set up
from safety.audio import listen, take_chunk  # noqa: E402
from safety.live import console_stream  # noqa: E402

streams: ASGIApp = Starlette(
    routes=[
        Mount(
            "/live",
            routes=[
                Route("/trips/", trip_stream, methods=["GET"]),
                Route("/console/", console_stream, methods=["GET"]),
                Route("/listen/{code}/", listen, methods=["GET"]),
            ],
        )
    ]
)


HELP = ("/sos/", "/welfare-check/", "/welfare-checks/")
GIVE_WAY = 1.0  # seconds that a batch of positions waits at most
helping = 0  # calls for help that are being answered by this process now


async def _give_way() -> None:
    """Positions come every few seconds and may wait a moment; who calls for help may not."""
    until = time.monotonic() + GIVE_WAY
    while helping and time.monotonic() < until:
        await asyncio.sleep(0.01)


async def lane(scope: Scope, receive: Receive, send: Send) -> None:
    """`/live/`: positions and sound, most of all requests, go past the framework."""
    if scope["type"] == "http" and scope["path"] == "/live/positions/" and scope["method"] == "POST":
        await _give_way()
        await take_positions(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == "/live/audio/" and scope["method"] == "POST":
        await take_chunk(scope, receive, send)
    else:
        await streams(scope, receive, send)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Choose the lane by path."""
    global helping
    if scope["type"] == "http" and not scope["path"].startswith("/live/"):
        # granian's callables give awaitables; a2wsgi schedules them from its threads and needs coroutines.
        async def take() -> Message:
            return await receive()

        async def give(message: Message) -> None:
            await send(message)

        first = scope["method"] == "POST" and scope["path"].endswith(HELP)
        helping += first
        try:
            await pages(scope, take, give)
        finally:
            helping -= first
    else:
        await lane(scope, receive, send)
