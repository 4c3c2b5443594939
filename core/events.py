"""Speaking upward: the transactional outbox.

`publish()` writes a row in the caller's transaction and wakes delivery after the commit; a sweep delivers what was
missed. Delivery opens one transaction for each handler and inserts a unique (event, handler) row in it, so the
handler's effect and the record that it ran commit together and a repeat is harmless.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import ClassVar, TypeVar

import structlog
from django.db import transaction
from django.db.models import F, Q

from core import clock
from core.models import HandlerRun, OutboxEvent
from core.transactions import joins_transaction

log = structlog.get_logger()
MAX_ATTEMPTS = 12
REWAKE = timedelta(seconds=5)


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
    row = OutboxEvent.objects.create(
        name=event.name,
        version=event.version,
        payload=asdict(event),
        queue=event.queue,
        created_at=clock.now(),
    )
    transaction.on_commit(lambda: wake(row.pk, event.queue))


def wake(event_id: int, queue: str) -> None:
    """Ask a worker to deliver now. A broker that is down costs nothing but time: the sweep follows."""
    from core.tasks import deliver_event

    try:
        deliver_event.apply_async((event_id,), queue=queue)
    except Exception:  # the broker's many errors; the row is committed
        log.warning("outbox.not_woken", event_id=event_id)


def deliver(event_id: int) -> None:
    """Run every handler that has not run yet for this event; raises the last handler's error, if any."""
    row = OutboxEvent.objects.filter(pk=event_id, delivered_at=None).first()
    if row is None:
        return
    failed: Exception | None = None
    for name, event_class, handler in _handlers.get(row.name, []):
        try:
            with transaction.atomic(durable=True):
                _run, mine = HandlerRun.objects.get_or_create(
                    event=row, handler=name, defaults={"at": clock.now()}
                )
                if mine:
                    handler(event_class(**row.payload))
        except Exception as why:  # one handler's failure must not stop the others
            log.exception("outbox.handler_failed", event_id=row.pk, handler=name)
            failed = why
    if failed is None:
        OutboxEvent.objects.filter(pk=row.pk).update(delivered_at=clock.now())
        return
    delay = timedelta(seconds=min(300, 2**row.attempts))
    OutboxEvent.objects.filter(pk=row.pk).update(
        attempts=F("attempts") + 1,
        not_before=clock.now() + delay,
        needs_person=row.attempts + 1 >= MAX_ATTEMPTS,
    )


def sweep(*, limit: int = 500) -> list[tuple[int, str]]:
    """Events whose delivery is due but not done: (id, queue), oldest first.

    What is woken here is left alone for a moment: a queue that is long must not be made longer by each sweep.
    """
    at = clock.now()
    due = OutboxEvent.objects.filter(
        Q(not_before=None) | Q(not_before__lte=at), delivered_at=None, needs_person=False
    )
    rows = list(
        due.filter(created_at__lte=at - timedelta(seconds=1))
        .order_by("pk")
        .values_list("pk", "queue")[:limit]
    )
    OutboxEvent.objects.filter(pk__in=[pk for pk, _queue in rows]).update(not_before=at + REWAKE)
    return rows
