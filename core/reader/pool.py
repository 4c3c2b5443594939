"""A few child processes that open files, a short queue before them, and an end to whatever takes too long."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from core.reader import child
from core.reader.child import Answer, Bounds, Wish

log = structlog.get_logger()
BASE = str(Path(__file__).resolve().parents[2])
# A fresh interpreter that sees nothing of our environment, with its keys, and takes no code from where it stands.
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from core.reader.child import main; main()"
# Nor does a library that reads text in there tell its maker which model it ran, and on which machine.
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs where it is not the reader of files: its first words, behind our folder on the path. It is ours
    and opens nothing of strangers, so it sees our environment."""

    boot: str


STARTS_WITHIN = 20.0  # seconds; a machine under load loads the libraries slowly
_hurried = ContextVar("hurried", default=True)


@contextmanager
def unhurried() -> Iterator[None]:
    """Wait for what is read inside as long as it takes: nobody stands at a page. For commands.

    Children step back behind everything else, so on a machine that is full the first one may load for minutes. One that
    never comes to an end meets its bound of the processor's time.
    """
    before = _hurried.set(False)
    try:
        yield
    finally:
        _hurried.reset(before)


def _at_most(seconds: float) -> float | None:
    return seconds if _hurried.get() else None


FILES_EACH = 200  # a child that opens files is replaced after so many
IDLE = 300  # seconds


class Busy(Exception):
    """Nothing more can be read now: as many files are read, and as many wait, as may be, or no child can be started."""


class Broke(Exception):
    """The child ended over this file, or was ended: more of the processor or of memory than it may have."""


class Child:
    """One process. Not for two threads at once. Raises `Busy` where it cannot be started."""

    def __init__(self, bounds: Bounds, program: Program | None = None) -> None:
        self.served = 0
        self._stays = program is not None  # what opens no files is not replaced by a fresh one
        self.since = time.monotonic()
        self._line, theirs = socket.socketpair()
        try:
            # Not a fork of this process with its threads: `subprocess` executes the new interpreter at once.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
                [sys.executable, "-I", "-c", program.boot if program else _BOOT, BASE],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=None if program else _ENVIRONMENT,
                cwd="/",
            )
        except OSError:
            log.exception("reader.does_not_start")
            self.forget()
            raise Busy from None
        finally:
            theirs.close()
        try:
            self._line.settimeout(_at_most(STARTS_WITHIN))
            child.send(self._line, msgspec.msgpack.encode(bounds))
            if child.receive(self._line) != b"ready":
                raise ConnectionError
        except OSError:
            self.end()
            log.error("reader.does_not_start", status=self._process.returncode)
            raise Busy from None

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_fit(self) -> bool:
        """False where it has gone, or will soon: nobody hands it a file that it may not take any more."""
        old = self.served >= FILES_EACH or time.monotonic() - self.since > IDLE / 2
        if (old and not self._stays) or self._process.poll() is not None:
            return False
        self._line.settimeout(0)
        try:
            self._line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False  # it has gone, or says something that nobody asked

    def ask(self, wish: Wish, *, within: float) -> Answer:
        """What it says of a file in so many seconds. Raises `Broke`, `Busy`; then it has ended.

        A file that only takes long meets its bound of the processor's time first: who is late did not get its turns.
        """
        until = time.monotonic() + within
        self.served += 1
        try:
            self._line.settimeout(_at_most(within))
            child.send(self._line, msgspec.msgpack.encode(wish))
            self._line.settimeout(_at_most(max(until - time.monotonic(), 0.01)))
            frame = child.receive(self._line)
            if frame is None:
                raise Broke("ended")
            return msgspec.msgpack.decode(frame, type=Answer)
        except (OSError, msgspec.MsgspecError, Broke) as error:
            self.end()
            late = isinstance(error, TimeoutError)
            log.warning("reader.broke", late=late, status=self._process.returncode, size=len(wish.content))
            raise (Busy if late else Broke) from None
        finally:
            self.since = time.monotonic()

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close this side of the line; the other side then ends by itself."""
        self._line.close()


class Lane:
    """At most `size` files at once and `queue` that wait, each at most `patience` seconds; children start when needed."""

    def __init__(
        self,
        bounds: Bounds,
        *,
        size: int,
        queue: int,
        patience: float,
        within: float,
        program: Program | None = None,
    ) -> None:
        self.bounds, self.size, self.queue, self.patience, self.within = bounds, size, queue, patience, within
        self.program = program
        self._begin()
        # A worker that is forked has none of its parent's children, and holds none of their lines open.
        os.register_at_fork(after_in_child=self._forget)

    def _begin(self) -> None:
        self._turn = threading.Condition()
        self._idle: list[Child] = []
        self._busy = self._waiting = 0
        self._warming = False

    def _forget(self) -> None:
        for each in self._idle:
            each.forget()
        self._begin()

    @contextmanager
    def slot(self) -> Iterator["Slot"]:
        """One of the places; raises `Busy` where the queue is full, or nothing came free in time."""
        with self._turn:
            if self._busy >= self.size:
                if self._waiting >= self.queue:
                    raise Busy
                self._waiting += 1
                try:
                    if not self._turn.wait_for(lambda: self._busy < self.size, self.patience):
                        raise Busy
                finally:
                    self._waiting -= 1
            self._busy += 1
        slot = Slot(self)
        try:
            yield slot
        finally:
            with self._turn:
                if slot.child is not None:
                    self._idle.append(slot.child)
                self._busy -= 1
                self._turn.notify_all()  # somebody may wait for a child, and somebody for a place

    def fit(self) -> Child:
        """A child that stands ready, or a new one. Raises `Busy`."""
        while True:
            with self._turn:
                found = self._idle.pop() if self._idle else None
            if found is None:
                return Child(self.bounds, self.program)
            if found.is_fit():
                return found
            found.end()

    def warm(self) -> None:
        """Start a child where none stands ready or works, and come back at once."""
        with self._turn:
            if self._warming or self._idle or self._busy:
                return
            self._warming = True
        threading.Thread(target=self._warm, name="reader-warm", daemon=True).start()

    def _warm(self) -> None:
        try:
            with unhurried(), self.slot() as slot:
                slot.child = self.fit()
        except Busy:
            log.warning("reader.not_warmed")
        finally:
            with self._turn:
                self._warming = False
                self._turn.notify_all()

    def is_warm(self, within: float) -> bool:
        """Whether a child stands ready or works; where none does one is started, and waited for so many seconds.

        On a machine that is full a child loads for a minute: who asks here holds no thread meanwhile.
        """
        self.warm()
        with self._turn:
            return self._turn.wait_for(lambda: not self._warming, within) and bool(self._idle or self._busy)

    def close(self) -> None:
        """End the children that stand ready."""
        with self._turn:
            idle, self._idle = self._idle, []
        for each in idle:
            each.end()


class Slot:
    """A place of a lane, for one caller and any number of files one after the other."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.child: Child | None = None

    def ask(self, wish: Wish) -> Answer:
        """Raises `Broke` where a child ended over this file; the next file gets a new one. Raises `Busy`.

        The first file of a child has longer, because models are loaded for it: ended in the midst of that, on a machine
        that stays busy none would ever be loaded.
        """
        if self.child is None or not self.child.is_fit():
            if self.child is not None:
                self.child.end()
            self.child = None
            self.child = self._lane.fit()
        try:
            loads = 0 if self.child.served else STARTS_WITHIN
            return self.child.ask(wish, within=self._lane.within + loads)
        except (Broke, Busy):
            self.child = None
            raise
