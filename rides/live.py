"""The async lane of rides: positions in, wake-ups of trip pages out. The ORM is asked in a thread, when a page opens."""

import asyncio
import json

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core import lane, live
from core.errors import DomainError
from rides.errors import BatchTooLarge
from rides.positions import ReadBatch, append, read_batch
from rides.selectors import check_key
from rides.tokens import read_key

BODY_LIMIT = 256 * 1024


async def take_positions(scope: Scope, receive: Receive, send: Send) -> None:
    """`POST /live/positions/` with `Authorization: Bearer KEY`; 202 means that the stream has them.

    A bare ASGI application: it answers most of the requests that the platform gets, and needs no more of a framework.
    """
    try:
        key = read_key(lane.header(scope, b"authorization").removeprefix("Bearer "))
        batch = read_batch(await _body(receive), key)
        await append(batch.stored, key.city, batch.aside)
    except DomainError as error:
        await lane.refuse(scope, receive, send, error)
        return
    await lane.accept(send, _said(batch))


def _said(batch: ReadBatch) -> bytes:
    """How many positions were taken; and which were not, counted from 0, each with its reason."""
    if not batch.aside:
        return b'{"accepted": %d}' % len(batch.stored.pings)
    aside = [each._asdict() for each in batch.aside]
    return json.dumps({"accepted": len(batch.stored.pings), "set_aside": aside}).encode()


async def _body(receive: Receive) -> bytes:
    """The whole body; raises `BatchTooLarge` before it has grown too long."""
    body = await lane.read_body(receive, BODY_LIMIT)
    if body is None:
        raise BatchTooLarge
    return body


hub = lane.Hub(live.TRIPS)


async def trip_stream(request: Request) -> Response:
    """`GET /live/trips/?key=KEY`: an event whenever the trip of this key has changed; it says no more than that."""
    try:
        key = read_key(request.query_params.get("key", ""))
        await asyncio.to_thread(check_key, key)
    except DomainError as error:
        return lane.refusal(request, error)
    # What only one side may notice has a topic of that side: the other's phone gets not even a byte of it (S11).
    return lane.stream(hub, key.trip, f"{key.trip}/{key.party}", ping=15)
