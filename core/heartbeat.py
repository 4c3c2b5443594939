"""Signs of life of the processes behind the pages: beat, the workers and their queues, the monitor, the dispatcher.

A process marks each of its turns with `beat()`, which never waits: a thread of its own writes the newest mark to the
database every two seconds, so a database that hangs holds no loop. They lie in the database because they have to be
read when the broker is down. All ages are by the database's own clock: neither a machine whose clock is wrong nor a
drill's shifted time makes a process look dead, or alive.
"""

import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.models import Heartbeat

log = structlog.get_logger()
PERIOD = 2.0  # seconds between two writes of one process
LATE_AFTER = timedelta(seconds=15)
LONG_QUEUE = 30.0  # seconds that a task waited in its queue
FORGOTTEN_AFTER = timedelta(hours=1)  # a process that was replaced by another of its name
BEAT = "beat"


@dataclass(frozen=True, slots=True)
class Watcher:
    """A process, or a queue, that has to show signs of life. `meanwhile` says what does not happen without it.

    Where one of `needs` is late, this one is late because of it and is not named beside it.
    """

    name: str
    label: str | Promise
    meanwhile: str | Promise
    late_after: timedelta = LATE_AFTER
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """The newest sign of life. `age` in seconds and `at` are None where there never was one, which is late as well."""

    watcher: Watcher
    at: datetime | None
    age: float | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def delay(self) -> float | None:
        """Seconds that the last probe waited in its queue; None for what is not a queue."""
        found = self.facts.get("delay")
        return float(found) if isinstance(found, int | float) else None

    @property
    def silent(self) -> bool:
        """True where nothing was seen for too long, or never."""
        return self.age is None or self.age > self.watcher.late_after.total_seconds()

    @property
    def long(self) -> bool:
        """True for a queue whose probes come through, and wait too long for it."""
        return not self.silent and (self.delay or 0.0) > LONG_QUEUE

    @property
    def late(self) -> bool:
        return self.silent or self.long


_declared: dict[str, Watcher] = {}


def declare(
    name: str,
    label: str | Promise,
    meanwhile: str | Promise,
    *,
    late_after: timedelta = LATE_AFTER,
    needs: tuple[str, ...] = (),
) -> Watcher:
    """Declare at import time that something shows signs of life under this name.

    Raises `ValueError` for a name that is taken: one of the two could be dead and would not be late.
    """
    if name in _declared:
        raise ValueError(f"two show signs of life as {name}")
    watcher = _declared[name] = Watcher(name, label, meanwhile, late_after, needs)
    return watcher


def declared() -> list[Watcher]:
    """All that has to show signs of life, in the order in which they were declared."""
    return list(_declared.values())


# --- Showing -----------------------------------------------------------------------------------------------


class _Writer:
    """The newest marks of this process, and the thread that writes them; after a fork the child has its own."""

    def __init__(self) -> None:
        self.marks: dict[str, dict[str, Any]] = {}
        self.thread: threading.Thread | None = None
        self.pid = 0
        self.ended = threading.Event()

    def mark(self, name: str, facts: dict[str, Any]) -> None:
        self.marks[name] = facts
        if self.pid != os.getpid() or self.thread is None or not self.thread.is_alive():
            self.pid, self.ended = os.getpid(), threading.Event()
            self.thread = threading.Thread(target=self.run, name="heartbeat", daemon=True)
            self.thread.start()

    def run(self) -> None:
        instance, ended = f"{socket.gethostname()}:{os.getpid()}"[:80], self.ended
        while not ended.is_set():
            marks, self.marks = self.marks, {}
            try:
                close_old_connections()
                for name, facts in marks.items():
                    write(name, instance=instance, **facts)
            except (DatabaseError, InterfaceError) as why:
                log.warning("heartbeat.not_written", why=type(why).__name__)
                connection.close()
            ended.wait(PERIOD)
        connection.close()


_writer = _Writer()


def beat(name: str, **facts: Any) -> None:
    """Mark that this process has just done a turn of its real work. Never waits, and never raises for the database."""
    _writer.mark(name, facts)


def stop() -> None:
    """End the thread that writes, and wait for it; the next mark begins another."""
    if _writer.thread is not None and _writer.pid == os.getpid():
        _writer.ended.set()
        _writer.thread.join()


def write(name: str, *, instance: str = "", **facts: Any) -> None:
    """Write one sign of life now, and forget instances of its name that were replaced long ago."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, instance=instance, at=Now(), facts=facts)],
        update_conflicts=True,
        unique_fields=["name", "instance"],
        update_fields=["at", "facts"],
    )
    Heartbeat.objects.filter(name=name, at__lt=Now() - FORGOTTEN_AFTER).delete()


# --- Reading -----------------------------------------------------------------------------------------------


def signs() -> list[Sign]:
    """The newest sign of everything that is declared."""
    rows = Heartbeat.objects.annotate(now=Now()).order_by("name", "-at").distinct("name")
    newest = {row.name: row for row in rows}
    found = []
    for watcher in declared():
        row = newest.get(watcher.name)
        if row is None:
            found.append(Sign(watcher, None, None))
        else:
            found.append(Sign(watcher, row.at, (row.now - row.at).total_seconds(), row.facts))
    return found


def late(known: list[Sign] | None = None) -> list[Sign]:
    """What is late by itself, without what is late only because something that it needs is late."""
    all_signs = signs() if known is None else known
    names = {sign.watcher.name for sign in all_signs if sign.late}
    return [sign for sign in all_signs if sign.late and not names.intersection(sign.watcher.needs)]


# --- What every installation runs --------------------------------------------------------------------------

QUEUES = ("life_safety", "life_messages", "life_centre", "live", "default", "bulk", "board")


def worker_of(queue: str) -> str:
    """The name under which a worker that reads this queue shows its signs."""
    return f"worker:{queue}"


def queue_of(queue: str) -> str:
    """The name under which a queue shows that its tasks run: beat sends a probe, a worker takes it."""
    return f"queue:{queue}"


declare(
    BEAT,
    _("the clock of periodic work (beat)"),
    _(
        "Nothing runs out by itself: questions to passengers, limits of complaints, offers and suspensions stay as they"
        " are, and messages that failed are not sent again."
    ),
)
_MEANWHILE = {
    "life_safety": (
        _("the worker for life and limb"),
        _("the queue for life and limb"),
        _("Nobody is told of an SOS, and questions without an answer open no incident."),
    ),
    "life_messages": (
        _("the worker of messages that save lives"),
        _("the queue of messages that save lives"),
        _("Messages to emergency contacts and police stations wait."),
    ),
    "life_centre": (
        _("the worker that speaks to the emergency centre"),
        _("the queue of the emergency centre"),
        _(
            "The emergency centre (110) is told of no call for help by itself, and no automated call rings a passenger."
        ),
    ),
    "live": (
        _("the worker of live cases"),
        _("the queue of live cases"),
        _("Limits of complaints warn nobody, and requests that nobody took are not closed."),
    ),
    "default": (
        _("the worker of daily work"),
        _("the queue of daily work"),
        _("Ordinary messages, payments, real names and decisions wait; lines of the journal get no place."),
    ),
    "bulk": (
        _("the worker of long work"),
        _("the queue of long work"),
        _("Recordings and pictures whose time is over are not destroyed; the fleet is not screened."),
    ),
    "board": (
        _("the worker of the board of promises"),
        _("the queue of the board of promises"),
        _("No promise is checked: after ten minutes the board says of each that it is not known."),
    ),
}
# A long task may be in front of the probe; how long that is nothing unusual differs.
_PROBE_LATE = {
    "life_safety": 20,
    "life_messages": 30,
    "life_centre": 30,
    "live": 30,
    "default": 90,
    "bulk": 600,
    "board": 120,
}
for _queue, (_worker_label, _queue_label, _without) in _MEANWHILE.items():
    declare(worker_of(_queue), _worker_label, _without)
    declare(
        queue_of(_queue),
        _queue_label,
        _without,
        late_after=timedelta(seconds=_PROBE_LATE[_queue]),
        needs=(BEAT, worker_of(_queue)),
    )
