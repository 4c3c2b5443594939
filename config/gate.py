"""What stands before all pages: when our own data cannot be reached, an answer within two seconds says so (N3).

A thread that waits for a database which hangs cannot be called back, and the database's own limits are kept by the
database. So the answer does not wait for the thread: a request that has not begun to answer for a while asks whether
the database answers anybody, and if not, the page says it. From then on, until the database is back, who comes is told
at once and takes no thread; who calls for help is let in to try all the same.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, MutableMapping
from typing import Any

import psycopg
import structlog
from django.db import connections
from django.http import HttpRequest
from django.utils.translation import get_language_from_request, override
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import StoresDown, StoresHang, unavailable
from core.rehearsal import Connection

log = structlog.get_logger()
PATIENCE = 0.7  # seconds until a request without an answer asks whether the database answers anybody
PROBE = 0.5  # seconds for that question; a database that missed it is asked once more, and both fit into two seconds
BREATH = 0.1  # seconds between the two
STILL = 0.2  # seconds by which a limit of time comes late only where this process gets no turn
FRESH = 0.2  # seconds for which its answer is good
FULL = re.compile("too many clients|too many connections|connection slots are reserved")
TAP = re.compile(r"(?:/api/v1)?/trips/([^/]+)/sos/")
REPORT = re.compile(r"/welfare-check/|/api/v1/welfare-checks/")
OPEN = ("/static/", "/health/", "/live/positions/")  # they need no database, or see to it themselves


def calls_for_help(scope: Scope) -> bool:
    """True for a tap on SOS and a welfare check."""
    path = scope["path"]
    return bool(scope["method"] == "POST" and (TAP.fullmatch(path) or REPORT.fullmatch(path)))


def trip_of_call(scope: Scope) -> str:
    """The trip on which this is a tap on SOS; empty where it is none, nor for a welfare check, which anybody may send."""
    tap = TAP.fullmatch(scope["path"]) if scope["method"] == "POST" else None
    return tap[1] if tap else ""


class Database:
    """Whether the database answers; one question at a time, for all who ask."""

    def __init__(self) -> None:
        self.away = False
        self._asked: asyncio.Task[bool] | None = None
        self._at = -float("inf")

    async def answers(self) -> bool:
        """True where it answered within `PROBE`, just now."""
        now = asyncio.get_running_loop().time()
        if self._asked is None or (self._asked.done() and now - self._at > FRESH):
            self._at = now
            self._asked = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asked)

    async def _ask(self) -> bool:
        why = await self._miss()
        # One that is only slow answers the second time; one that came back, the first.
        if why and not self.away:
            await asyncio.sleep(BREATH)
            why = await self._miss()
        if why and not self.away:
            log.error("gate.database_away", why=why)
        if self.away and not why:
            log.warning("gate.database_back")
        self.away = bool(why)
        self._at = asyncio.get_running_loop().time()
        return not self.away

    async def _miss(self) -> str:
        """Why it did not answer; empty where it did. That it takes no further connection is an answer: others have one.

        On a busy machine a new connection may take longer than `PROBE`. It is no miss where the threads were answered
        meanwhile, and where it is this process that stood still nothing was learnt: all stays as it was.
        """
        given, began = connections.settings["default"], time.monotonic()
        try:
            async with asyncio.timeout(PROBE):
                connection = await psycopg.AsyncConnection.connect(
                    host=given["HOST"],
                    port=given["PORT"],
                    user=given["USER"],
                    password=given["PASSWORD"],
                    dbname=given["NAME"],
                    autocommit=True,
                )
                async with connection:
                    await connection.execute("SELECT 1")
        except TimeoutError as why:
            stood_still = time.monotonic() - began > PROBE + STILL and not self.away
            return "" if stood_still or Connection.last_answer > began else type(why).__name__
        except (OSError, psycopg.Error) as why:
            return "" if FULL.search(str(why)) else type(why).__name__
        return ""


def gated(app: ASGIApp, database: Database) -> ASGIApp:
    """The same application, which answers within two seconds also when the database does not."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OPEN):
            await app(scope, receive, send)
        elif database.away and not calls_for_help(scope) and not await database.answers():
            await _refuse(scope, receive, send, StoresDown())
        else:
            await _watched(app, database, scope, receive, send)

    return application


async def _watched(app: ASGIApp, database: Database, scope: Scope, receive: Receive, send: Send) -> None:
    begun = given_up = False

    async def give(message: MutableMapping[str, Any]) -> None:
        nonlocal begun
        if given_up:
            return  # somebody was told already that it takes too long
        begun = True
        await send(message)

    work: asyncio.Task[None] = asyncio.ensure_future(_awaited(app(scope, receive, give)))
    try:
        while True:
            await asyncio.wait({work}, timeout=PATIENCE)
            if work.done() or begun:
                await work
                return
            if not await database.answers() and not begun:
                given_up = True
                work.add_done_callback(_forget)
                await _refuse(scope, receive, send, StoresHang())
                return
    except asyncio.CancelledError:
        work.cancel()
        raise


async def _awaited(answer: Awaitable[None]) -> None:
    await answer


def _forget(work: "asyncio.Task[None]") -> None:
    """What it raises when the database is back is nobody's any more."""
    if not work.cancelled() and (why := work.exception()):
        log.warning("gate.given_up", why=type(why).__name__)


async def _refuse(scope: Scope, receive: Receive, send: Send, error: StoresDown) -> None:
    request = Request(scope)
    reader = HttpRequest()
    reader.path = scope["path"]
    reader.method = scope["method"]
    reader.COOKIES = dict(request.cookies)
    reader.META["HTTP_ACCEPT_LANGUAGE"] = request.headers.get("accept-language", "")
    reader.META["HTTP_ACCEPT"] = request.headers.get("accept", "")
    with override(get_language_from_request(reader)):
        answer = unavailable(reader, error)
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    headers.append((b"content-length", str(len(answer.content)).encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
