"""Speaking upward: the transactional outbox.

`publish()` writes a row in the caller's transaction and wakes delivery after the commit; a sweep delivers what was
missed. Delivery opens one transaction for each handler and inserts a unique (event, handler) row in it, so the
handler's effect and the record that it ran commit together and a repeat is harmless. A handler that fails is tried
again by the law of `core.retry`, and never given up.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import ClassVar, TypeVar

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import broker, clock, inserts, retry
from core.models import HandlerRun, OutboxEvent
from core.transactions import joins_transaction, on_commit_once

log = structlog.get_logger()
LIFE_SAFETY = "life_safety"
# What the emergency centre is told: it may be slow, and keeps nobody from her contacts.
CENTRE = "life_centre"
LIVES = {LIFE_SAFETY, CENTRE}
PATIENCE = "2s"  # for a lock; shorter than the lease, in which a worker has several events


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past tense: ids and facts only, no personal data. `version` grows when fields change.

    `queue` is where its handlers run, but those that name another one.
    """

    name: ClassVar[str]
    queue: ClassVar[str] = "default"
    version: ClassVar[int] = 1


E = TypeVar("E", bound=Event)
Handler = Callable[[Event], None]
# Two statements in one, because each event that saves a life begins with them; the time for locks is set before any is taken.
_RECORD = f"""
INSERT INTO {HandlerRun._meta.db_table} (event_id, handler, at)
SELECT %s, %s, %s FROM (SELECT set_config('lock_timeout', %s, true)) AS patience
ON CONFLICT DO NOTHING
"""  # noqa: S608 - a table of ours
_DELIVERED = f"UPDATE {OutboxEvent._meta.db_table} SET delivered_at = %s WHERE id = %s"  # noqa: S608 - a table of ours


@dataclass(frozen=True, slots=True)
class _Declared:
    name: str
    event_class: type[Event]
    handle: Handler
    queue: str
    since: int = 1

    def queue_of(self, version: int) -> str:
        """Where an event of this version has its row for this handler."""
        return self.queue if version >= self.since else self.event_class.queue


_handlers: dict[str, list[_Declared]] = {}


def handles(
    event_class: type[E], *, queue: str = "", since: int = 1
) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler; it runs inside a transaction and may run again only if that was rolled back.

    With `queue` it runs there and not in the event's own: what nobody's life waits for stands in nobody's way. `since` is
    the version from which on the event has a row there: those of the release before, which an upgrade finds waiting, have one
    in the event's own queue, and it runs from that. Raises
    `ValueError` where a handler of this name has the event already, because a delivery that knows it ran would leave the
    other out, and where another class is called as the event is, whose fields it would be given.
    """

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handler.__module__}.{handler.__qualname__}"
        for each in _handlers.get(event_class.name, []):
            if each.name == name:
                raise ValueError(f"two handlers of {event_class.name} are called {name}")
            if each.event_class is not event_class:
                raise ValueError(f"two events are called {event_class.name}")
        declared = _Declared(name, event_class, handler, queue or event_class.queue, since)  # type: ignore[arg-type]  # same class by construction
        _handlers.setdefault(event_class.name, []).append(declared)
        return handler

    return register


@joins_transaction
def publish(event: Event) -> None:
    """Write the event with the caller's rows, once for each queue of its handlers; delivery follows the commit."""
    at = clock.now()
    for queue in _queues(event):
        inserts.keep(
            OutboxEvent(
                name=event.name,
                version=event.version,
                payload=asdict(event),
                queue=queue,
                created_at=at,
                not_before=at,
            )
        )
        on_commit_once(_Wake(queue))


def _queues(event: Event) -> list[str]:
    return sorted({each.queue for each in _handlers.get(event.name, [])}) or [event.queue]


def wake(queue: str) -> None:
    """Ask a worker to deliver what is due in a queue, once however many events ask for it.

    A broker that is down costs nothing but time: the sweep follows.
    """
    broker.wake("core.tasks.work_off_events", queue, queue=queue, once=f"events:{queue}")


@dataclass(frozen=True, slots=True)
class _Wake:
    queue: str

    def __call__(self) -> None:
        wake(self.queue)


def taken(queue: str) -> None:
    """A worker has begun: what happens from now on asks for the next one."""
    broker.taken(f"events:{queue}")


class HandlerFailed(retry.Known):
    """Says which handler failed, and how."""

    def __init__(self, handler: str, why: Exception) -> None:
        super().__init__(f"{handler}: {type(why).__name__}: {why}")


def _deliver(row: OutboxEvent) -> None:
    """Run every handler of the row's queue that has not run yet for this event, each in a transaction with its record.

    Raises `HandlerFailed` where one failed, or this release knows none: the event is due again by the law of its queue,
    while handlers that succeeded never run again. Raises what the database raises where it is away.
    """
    mine = [each for each in _handlers.get(row.name, []) if each.queue_of(row.version) == row.queue]
    if not mine:
        # Another release wrote it: whoever knows it delivers it. Nobody here may call it delivered.
        raise HandlerFailed(row.name, LookupError("no handler of this queue in this release"))
    failed: HandlerFailed | None = None
    for each in mine:
        try:
            with transaction.atomic(durable=True):
                if _first(row, each.name):
                    each.handle(each.event_class(**row.payload))
                if each is mine[-1] and failed is None:
                    _note_delivered(row)
        except Exception as why:  # one handler's failure must not stop the others
            if retry.database_away(why):
                raise
            log.exception("outbox.handler_failed", event_id=row.pk, handler=each.name)
            failed = HandlerFailed(each.name, why)
    if failed is not None:
        raise failed


def _note_delivered(row: OutboxEvent) -> None:
    """With the effect of the last handler, which so need not be committed apart."""
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERED, [clock.now(), row.pk])


def _first(row: OutboxEvent, handler: str) -> bool:
    """Record that a handler runs for an event, with its effect; False where it has run. Waits for one that is at it.

    In this transaction a lock that somebody holds fails the handler, which is tried again by the law of its queue. A queue
    has few workers: waiting for it they would stop every event behind this one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [row.pk, handler, clock.now(), PATIENCE])
        return bool(cursor.rowcount == 1)


def _about(row: OutboxEvent) -> str:
    """The code of what happened to whom: what an event names first."""
    declared = _handlers.get(row.name, [])
    names = [each.name for each in fields(declared[0].event_class)] if declared else sorted(row.payload)
    return next((str(row.payload[name]) for name in names if isinstance(row.payload.get(name), str)), "")


def _undelivered() -> "QuerySet[OutboxEvent]":
    return OutboxEvent.objects.filter(delivered_at=None)


EVENTS = retry.queue(
    "core.events",
    _("Passing on what happened"),
    law=retry.Law(ceiling=timedelta(minutes=5), patience=timedelta(minutes=10), gives_up=False),
    waiting=_undelivered,
    act=_deliver,
    due="not_before",
    about=_about,
    life_safety=lambda row: row.queue in LIVES,
    batch=8,
    # Short, as a worker may die with an SOS in its hands: to run again is harmless.
    lease=timedelta(seconds=5),
)


def queues_with_due() -> list[str]:
    """The queues in which an event waits that no worker was woken for, or that is due again."""
    rows = EVENTS.due_at(clock.now()).order_by().values_list("queue", flat=True)
    return sorted(set(rows.distinct()))
