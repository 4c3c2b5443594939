"""The press: papers are drawn and sealed in a child process, never in a server, where a call for help would wait for them.

The child is one of ours (`core.reader.pool`), with our settings and of our apps the ground alone: what is to be drawn is
told to it whole, and it asks no database. Those who come at once have a place in the order in which they asked first, a few
of them wait on the line, and everybody else is told how many are before them, by when, and when to ask again: a hundred who
asked each two seconds would leave the press no processor. Nobody of those holds a thread of the server. A press that has
nothing to do takes whoever asks: those before them may have gone.
"""

import math
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec
import structlog
from django.conf import settings

from core import clock
from core.errors import AGAIN
from core.reader.child import Answer, Bounds, Wish, serve
from core.reader.pool import Broke, Busy, Lane, Program
from core.wrapped import opened
from police.documents import paper, seal
from police.documents.paper import Copied, Listed
from police.errors import PaperNotMade, PaperWaits

log = structlog.get_logger()
_BOOT = (
    "import os, sys; sys.path.insert(0, sys.argv[1]); os.nice(3)\n"
    "from django.apps import AppConfig, apps; import core\n"
    "apps.populate([AppConfig('core', core)])\n"  # all of them take twice as long to load
    "from police.documents.press import main; main()"
)
STARTS = 2.0  # seconds in which who asks waits for a child that is not there yet
# Threads that wait for their turn, beside those whose paper is being made: as many as have theirs within the time after
# which who is told to wait asks again, else the press has nothing to do meanwhile. Of sixteen that answer pages never more.
ON_THE_LINE, MOST_ON_THE_LINE = 2, 5
LONGEST = 20  # seconds until who is far behind asks again: what is before them may go faster than it seems
MISSED = 3  # times that long, after which whoever asked no more loses their place
# Seconds of a paper, before one was made. Who is told too short a time asks once more; too long a one leaves the press idle.
FIRST_GUESS = 0.2
WEIGHT = 0.3  # of the newest paper in what one takes


class ProofOf(msgspec.Struct, frozen=True):
    """What a proof document lists, beside whose copy it is."""

    notice: str
    digests: tuple[str, str]
    files: list[Listed]


class Order(msgspec.Struct, frozen=True):
    """A paper: the record as JSON text, or what a proof lists. `time` is the address of the time authority, empty where
    there is none, which has so many seconds. `key` is that of the seal, as the server has had it open since its start: a
    child that began while the key service is away could not ask for it."""

    copied: Copied
    record: str = ""
    proof: ProofOf | None = None
    time: str = ""
    within: float = 0.0
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Made:
    """A sealed paper, and whether the time of the authority stands in its seal."""

    content: bytes
    stamped: bool


# --- In the server ---


@lru_cache(maxsize=1)
def lane() -> Lane:
    """One beside the pages, behind them and before what nobody waits for; it stays as long as the server."""
    return Lane(
        Bounds(memory=600, cpu=20, idle=0, nice=0),
        size=1,
        queue=MOST_ON_THE_LINE,
        patience=5.0,
        within=15.0,
        program=Program(_BOOT),
    )


class _Queue:
    """Who waits, in the order in which they asked first; and how long a paper takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Who: until when their place is kept, without end while theirs is made.
        self._seen: dict[str, float] = {}
        self._takes = FIRST_GUESS

    def come(self, who: str) -> int:
        """How many are before them."""
        now = time.monotonic()
        with self._lock:
            self._seen = {each: until for each, until in self._seen.items() if now < until or each == who}
            ahead = list(self._seen).index(who) if who in self._seen else len(self._seen)
            self._seen[who] = max(now + MISSED * self.pause(ahead), self._seen.get(who, now))
            return ahead

    def begin(self, who: str) -> None:
        with self._lock:
            self._seen[who] = math.inf

    def is_idle(self) -> bool:
        """True where no paper is made, and nobody is on the line."""
        with self._lock:
            return math.inf not in self._seen.values()

    @property
    def line(self) -> int:
        """How many threads may wait for their turn, by what a paper takes."""
        return min(max(ON_THE_LINE, int(AGAIN / self._takes)), MOST_ON_THE_LINE)

    def is_full(self, ahead: int) -> bool:
        """True where who has so many before them finds no place; a press without work takes whoever asks."""
        return ahead >= lane().size + self.line and not self.is_idle()

    def leave(self, who: str, took: float | None) -> None:
        with self._lock:
            self._seen.pop(who, None)
            if took is not None:
                self._takes += WEIGHT * (took - self._takes)

    def pause(self, ahead: int) -> int:
        """Seconds after which who has so many before them asks again: until the line is short enough for them."""
        turns = (ahead - lane().size - self.line) / lane().size
        return min(max(math.ceil(turns * self._takes), AGAIN), LONGEST)

    def ready(self, ahead: int) -> datetime:
        """By when a paper is made before which so many others are."""
        turns = ahead // lane().size + 1
        return clock.now() + timedelta(seconds=math.ceil(turns * self._takes) + AGAIN)


_queue = _Queue()


def warm() -> None:
    """Whoever is about to ask will want a paper: what makes it is started meanwhile."""
    lane().warm()


@contextmanager
def place(who: str) -> Iterator[Callable[[Order], Made]]:
    """A place at the press, for one paper of somebody's. Call it outside of transactions.

    Raises `PaperWaits` where others are before them, before anything was done; the making `PaperWaits`, `PaperNotMade`.
    """
    ahead = _queue.come(who)
    if _queue.is_full(ahead) or not lane().is_warm(STARTS):
        raise _waits(ahead)
    took: float | None = None

    def make(order: Order) -> Made:
        nonlocal took
        made, took = _made(order, ahead)
        return made

    _queue.begin(who)
    try:
        yield make
    finally:
        _queue.leave(who, took)


def _waits(ahead: int) -> PaperWaits:
    return PaperWaits(ahead=ahead, by=_queue.ready(ahead), pause=_queue.pause(ahead))


def _made(order: Order, ahead: int) -> tuple[Made, float]:
    """The paper, and the seconds that it took from when its turn came: those of others before it are theirs."""
    whole = msgspec.structs.replace(order, key=opened(settings.SEAL_KEY))
    try:
        with lane().slot() as slot:
            began = time.monotonic()
            said = slot.ask(Wish(msgspec.msgpack.encode(whole)))
            took = time.monotonic() - began
    except Busy:
        raise _waits(ahead) from None
    except Broke:
        log.error("police.paper_not_made", copy=order.copied.code, why="ended")
        raise PaperNotMade(line=settings.LIAISON_LINE) from None
    if said.refused:
        log.error("police.paper_not_made", copy=order.copied.code, why=said.refused)
        raise PaperNotMade(line=settings.LIAISON_LINE)
    return Made(said.drawn, msgspec.msgpack.decode(said.said, type=bool)), took


# --- In the child ---


def main() -> None:
    """The program of the child."""
    serve(answer)


def answer(wish: Wish) -> Answer:
    """The sealed paper; where that fails, where in our code, and nothing of what stood in it."""
    try:
        made = draw(msgspec.msgpack.decode(wish.content, type=Order))
    except MemoryError:
        raise
    except Exception as why:
        last = traceback.extract_tb(why.__traceback__)[-1]
        return Answer(f"{type(why).__name__} at {last.name}:{last.lineno}")
    return Answer(drawn=made.content, said=msgspec.Raw(msgspec.msgpack.encode(made.stamped)))


def draw(order: Order) -> Made:
    """The paper, sealed: with the time of the authority where it answers, and without it where it does not."""
    if order.time:
        try:
            authority = seal.Authority(order.time, order.within)
            return Made(seal.seal(_drawn(order, stamped=True), order.key, authority), stamped=True)
        except seal.NotStamped:
            pass  # what is handed over waits for nobody's clock: the time follows
    return Made(seal.seal(_drawn(order, stamped=False), order.key), stamped=False)


def _drawn(order: Order, *, stamped: bool) -> bytes:
    if order.proof is None:
        return paper.record(msgspec.json.decode(order.record), order.copied, stamped=stamped)
    return paper.proof(
        order.copied,
        notice=order.proof.notice,
        sealed_by=seal.sealed_by(),
        record=order.proof.digests,
        files=order.proof.files,
        stamped=stamped,
    )
