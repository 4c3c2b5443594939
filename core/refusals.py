"""Who was refused: a line of the log, and a number that `/metrics` shows and an alarm goes by.

A page, a call or a stream that is refused is a line at once. Batches of positions and sound come by the thousand, and a
phone sends again what was not taken: of those a process tells each door, reason and network once in `EVERY` seconds, with
how many they were, so that nobody floods the log. The numbers are Valkey's: the same from every process, since it began.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, cast

import structlog

from core import broker

if TYPE_CHECKING:
    import redis

log = structlog.get_logger()
NUMBERS = "refused"  # by front and status
EVERY = 5.0  # seconds
MOST = 100  # networks that a process tells of in one turn; whoever comes beyond is counted without theirs


class Front(StrEnum):
    """Where somebody was refused."""

    PAGE = "page"
    CALL = "call"
    STREAM = "stream"
    POSITIONS = "positions"
    SOUND = "sound"


# What somebody meets who tries doors. A 409 is the rules' answer to who may be here, a 503 is ours.
STATUSES = (400, 401, 403, 404, 405, 413, 415, 429)


def count(front: Front, status: int) -> None:
    """One more. Valkey is waited for as in `broker.ask`: where it does not answer, the log alone has it."""
    _add({(front, status): 1})


def _add(numbers: Mapping[tuple[Front, int], int]) -> None:
    def write(client: "redis.Redis") -> None:
        with client.pipeline(transaction=False) as pipe:
            for (front, status), number in numbers.items():
                pipe.hincrby(NUMBERS, f"{front} {status}", number)
            pipe.execute()

    broker.ask(write, None)


def figures() -> dict[tuple[str, int], int]:
    """How many were refused since Valkey began, by front and status, zeros among them; empty where it does not answer."""

    def read(client: "redis.Redis") -> dict[tuple[str, int], int]:
        found = {(str(front), status): 0 for front in Front for status in STATUSES}
        for name, number in cast("dict[bytes, bytes]", client.hgetall(NUMBERS)).items():
            front, _space, status = name.decode().partition(" ")
            found[front, int(status)] = int(number)
        return found

    return broker.ask(read, {})


@dataclass(frozen=True, slots=True)
class Batch:
    """Why batches of one network were refused at one door; `network` is without its end."""

    front: Front
    door: str
    status: int
    code: str
    network: str


class _Turn:
    """What the lane of this process refused since its last turn."""

    def __init__(self) -> None:
        self.numbers: Counter[tuple[Front, int]] = Counter()
        self.batches: Counter[Batch] = Counter()
        self.task: asyncio.Task[None] | None = None

    def add(self, front: Front, status: int) -> None:
        self.numbers[front, status] += 1
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(EVERY)
        numbers, self.numbers = self.numbers, Counter()
        batches, self.batches, self.task = self.batches, Counter(), None
        for batch, number in batches.most_common():
            log.info("refused", method="POST", count=number, **asdict(batch))
        await asyncio.to_thread(_add, numbers)


_turn = _Turn()


def count_in_lane(front: Front, status: int) -> None:
    """As `count`, in an event loop, where nobody waits for Valkey: with all that is refused within `EVERY` seconds."""
    _turn.add(front, status)


def gather(batch: Batch) -> None:
    """Count a batch, and tell of it with all of its kind that are refused within `EVERY` seconds. In an event loop."""
    known = batch in _turn.batches or len(_turn.batches) < MOST
    _turn.batches[batch if known else replace(batch, network="")] += 1
    _turn.add(batch.front, batch.status)
