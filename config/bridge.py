"""The way from the async server to Django's pages, which run in threads.

`a2wsgi` crosses from thread to loop and back five times for a request, and its thread waits each time; where sixteen of
them and the loop ask for one interpreter, most of a call for help was such waiting. Here a short body is there before a
thread begins, and an answer that is whole leaves in one piece. What is long, or made piece by piece, still goes by pieces.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from a2wsgi.wsgi import Body, build_environ
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.lane import header

# Bytes of a body that is read before a thread begins; whoever sends slowly takes none meanwhile.
SHORT = 64 * 1024
# A WSGI application, whose answer is an iterable of bytes: Django does not say of its own that it is one.
Pages = Callable[[dict[str, Any], Any], Any]


def bridged(pages: Pages, *, workers: int) -> ASGIApp:
    """The WSGI application as one that the server asks, in as many threads."""
    threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="pages")

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(scope, receive)
        loop = asyncio.get_running_loop()
        answer = _Answer(loop, send)
        environ = build_environ(scope, body)
        whole = await loop.run_in_executor(threads, copy_context().run, answer.made, pages, environ)
        await answer.give(*whole)

    return application


async def _body(scope: Scope, receive: Receive) -> "io.BytesIO | Body":
    """A short body as it came; one that is long, or of which nobody said how long it is, read when it is asked for."""
    said = header(scope, b"content-length")
    length = int(said) if said.isascii() and said.isdigit() else SHORT + 1
    if length <= SHORT:
        parts, more = [], length > 0
        while more:
            message = await receive()
            # Whoever hung up within it has sent no more: the page sees what there is.
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        return io.BytesIO(b"".join(parts))

    async def take() -> (
        Message
    ):  # the server's callable gives what can be awaited, and a thread needs a coroutine
        return await receive()

    return Body(asyncio.get_running_loop(), take)


class _Answer:
    """What a page answers, in a thread; `give` runs in the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self._loop, self._send = loop, send
        self._head: list[Message] = []

    async def give(self, *messages: Message) -> None:
        for message in messages:
            await self._send(message)

    def made(self, pages: Pages, environ: dict[str, Any]) -> list[Message]:
        """Make it: what is left to be given, all of it where it is whole. Pieces are given as they come."""
        parts = pages(environ, self._begin)
        try:
            if getattr(parts, "streaming", True):
                for part in parts:
                    self._wait_for({"type": "http.response.body", "body": part, "more_body": True})
                last = b""
            else:
                last = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        return [*self._taken(), {"type": "http.response.body", "body": last}]

    def _begin(self, status: str, headers: list[tuple[str, str]], _why: object = None) -> None:
        named = [
            (name.strip().encode("latin1").lower(), value.strip().encode("latin1")) for name, value in headers
        ]
        self._head = [{"type": "http.response.start", "status": int(status[:3]), "headers": named}]

    def _taken(self) -> list[Message]:
        head, self._head = self._head, []
        return head

    def _wait_for(self, piece: Message) -> None:
        """Give a piece; whoever makes them does not run ahead of who takes them."""
        asyncio.run_coroutine_threadsafe(self.give(*self._taken(), piece), self._loop).result()
