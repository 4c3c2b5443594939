"""The async lane of rides: positions in, wake-ups of trip pages out. The ORM is asked in a thread, when a page opens."""

import asyncio
import json
import time

from django.db import DatabaseError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core import lane, live
from core.errors import DomainError
from core.refusals import Front
from rides.errors import BatchTooLarge, PositionToken
from rides.positions import ReadBatch, append, read_batch
from rides.selectors import check_key, void_keys
from rides.states import Party
from rides.tokens import TripKey, read_key

BODY_LIMIT = 256 * 1024
KNOWN_FOR = 20.0  # seconds that the answer about a key is believed
FIRST_ANSWER = 0.5  # seconds that the first post of a key waits for it
MOST_KNOWN = 100_000


async def take_positions(scope: Scope, receive: Receive, send: Send) -> None:
    """`POST /live/positions/` with `Authorization: Bearer KEY`; 202 means that the stream has them.

    A bare ASGI application: it answers most of the requests that the platform gets, and needs no more of a framework.
    """
    try:
        key = read_key(lane.header(scope, b"authorization").removeprefix("Bearer "))
        await _doors.check(key)
        batch = read_batch(await _body(receive), key)
        await append(batch.stored, key.city, batch.aside)
    except DomainError as error:
        await lane.refuse(scope, receive, send, error, Front.POSITIONS)
        return
    await lane.accept(send, _said(batch))


class _Doors:
    """Which keys of drivers still open their trip, asked together for all that post, and each anew after a while.

    A phone waits for its answer the first time only, and for a moment: a database that is slow or away stops no
    positions, and what was known of a key is believed until something else is.
    """

    def __init__(self) -> None:
        self.void: dict[TripKey, bool] = {}
        self.asked: dict[TripKey, float] = {}
        self.waiting: set[TripKey] = set()
        self.asker: asyncio.Task[None] | None = None

    async def check(self, key: TripKey) -> None:
        """Raises `PositionToken`."""
        if key.party != Party.DRIVER:
            return
        now = time.monotonic()
        if now - self.asked.get(key, -KNOWN_FOR) >= KNOWN_FOR:
            if len(self.asked) > MOST_KNOWN:
                self.void.clear()
                self.asked.clear()
            self.asked[key] = now
            self.waiting.add(key)
            if self.asker is None or self.asker.done():
                self.asker = asyncio.create_task(self._ask())
        if key not in self.void and self.asker is not None:
            await asyncio.wait({self.asker}, timeout=FIRST_ANSWER)
        if self.void.get(key, False):
            raise PositionToken

    async def _ask(self) -> None:
        while self.waiting:
            await asyncio.sleep(0)  # whoever posts in the same moment is asked for in the same query
            keys, self.waiting = self.waiting, set()
            try:
                void = await _void(keys)
            except DatabaseError:
                return  # who posts is asked for again; until then what was known holds
            self.void |= {key: key in void for key in keys}


@lane.in_thread
def _void(keys: set[TripKey]) -> set[TripKey]:
    return void_keys(keys)


@lane.in_thread
def _check(key: TripKey) -> None:
    check_key(key)


_doors = _Doors()


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
    """`GET /live/trips/` with `Authorization: Bearer KEY`: an event whenever the trip of this key has changed, no more.

    It ends once the key opens nothing any more: with its time, or when somebody else has the trip.
    """
    text = request.headers.get("authorization", "").removeprefix("Bearer ")

    async def opens() -> bool:
        try:
            await _doors.check(read_key(text))
        except PositionToken:
            return False
        return True

    try:
        key = read_key(text)
        await _check(key)
    except DomainError as error:
        return lane.refusal(request, error)
    # What only one side may notice has a topic of that side: the other's phone gets not even a byte of it (S11).
    return lane.stream(hub, key.trip, f"{key.trip}/{key.party}", ping=15, door=lane.Door(opens))
