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
from core.transactions import joins_transaction

log = structlog.get_logger()
LIFE_SAFETY = "life_safety"
PATIENCE = "2s"  # for a lock; shorter than the lease, in which a worker has several events


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past tense: ids and facts only, no personal data. `version` grows when fields change."""

    name: ClassVar[str]
    queue: ClassVar[str] = "default"
    version: ClassVar[int] = 1


E = TypeVar("E", bound=Event)
Handler = Callable[[Event], None]
_handlers: dict[str, list[tuple[str, type[Event], Handler]]] = {}


def handles(event_class: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler; it runs inside a transaction and may run again only if that was rolled back."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handler.__module__}.{handler.__qualname__}"
        _handlers.setdefault(event_class.name, []).append((name, event_class, handler))  # type: ignore[arg-type]  # same class by construction
        return handler

    return register


@joins_transaction
def publish(event: Event) -> None:
    """Write the event with the caller's rows; delivery follows the commit."""
    at = clock.now()
    inserts.keep(
        OutboxEvent(
            name=event.name,
            version=event.version,
            payload=asdict(event),
            queue=event.queue,
            created_at=at,
            not_before=at,
        )
    )
    transaction.on_commit(lambda: wake(event.queue))


def wake(queue: str) -> None:
    """Ask a worker to deliver what is due in a queue, once however many events ask for it.

    A broker that is down costs nothing but time: the sweep follows.
    """
    broker.wake("core.tasks.work_off_events", queue, queue=queue, once=f"events:{queue}")


def taken(queue: str) -> None:
    """A worker has begun: what happens from now on asks for the next one."""
    broker.taken(f"events:{queue}")


class HandlerFailed(retry.Known):
    """Says which handler failed, and how."""

    def __init__(self, handler: str, why: Exception) -> None:
        super().__init__(f"{handler}: {type(why).__name__}: {why}")


def _deliver(row: OutboxEvent) -> None:
    """Run every handler that has not run yet for this event, each in a transaction with its record.

    Raises `HandlerFailed` where one failed, or this release knows none: the event is due again by the law of its queue,
    while handlers that succeeded never run again. Raises what the database raises where it is away.
    """
    if row.name not in _handlers:
        # Another release wrote it: whoever knows it delivers it. Nobody here may call it delivered.
        raise HandlerFailed(row.name, LookupError("no handler in this release"))
    failed: HandlerFailed | None = None
    for name, event_class, handler in _handlers[row.name]:
        try:
            with transaction.atomic(durable=True):
                _wait_no_longer()
                if _first(row, name):
                    handler(event_class(**row.payload))
        except Exception as why:  # one handler's failure must not stop the others
            if retry.database_away(why):
                raise
            log.exception("outbox.handler_failed", event_id=row.pk, handler=name)
            failed = HandlerFailed(name, why)
    if failed is not None:
        raise failed
    OutboxEvent.objects.filter(pk=row.pk).update(delivered_at=clock.now())


def _wait_no_longer() -> None:
    """In this transaction a lock that somebody holds fails the handler, which is tried again by the law of its queue.

    A queue has few workers: waiting for it they would stop every event behind this one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])


def _first(row: OutboxEvent, handler: str) -> bool:
    """Record that a handler runs for an event, with its effect; False where it has run. Waits for one that is at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {HandlerRun._meta.db_table} (event_id, handler, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",  # noqa: S608 - a table's name of ours
            [row.pk, handler, clock.now()],
        )
        return bool(cursor.rowcount == 1)


def _about(row: OutboxEvent) -> str:
    """The code of what happened to whom: what an event names first."""
    declared = _handlers.get(row.name, [])
    names = [each.name for each in fields(declared[0][1])] if declared else sorted(row.payload)
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
    life_safety=lambda row: row.queue == LIFE_SAFETY,
    batch=4,
    # Short, as a worker may die with an SOS in its hands: to run again is harmless.
    lease=timedelta(seconds=5),
)


def queues_with_due() -> list[str]:
    """The queues in which an event waits that no worker was woken for, or that is due again."""
    rows = EVENTS.due_at(clock.now()).order_by().values_list("queue", flat=True)
    return sorted(set(rows.distinct()))
