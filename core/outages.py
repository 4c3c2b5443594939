"""Outages of the processes behind the pages: one row for each name that is late, so that people are told once that it
began and once that it is over, whichever of several watching processes sees it first.

One process may show signs under several names (a worker reads several queues), and one cause may stop several processes.
What stopped together is told together: one message that it began, and one when the last of it is well again. That it
stopped together is said by the last sign of each and not by when it was noticed: queues of one broker that hangs are
called late after 20 seconds, 90 and 600.

All times are by the database's clock, like the signs of life that they come from (`core.heartbeat`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models.functions import Now

from core import audit, heartbeat, idempotency, live
from core.actors import SYSTEM
from core.models import Outage
from core.transactions import begins_transaction

Tell = Callable[[Sequence[Outage]], None]
# A restart is no outage; the console's strip shows it meanwhile.
TOLD_AFTER = timedelta(seconds=60)
# What showed its last sign, or became late, within this time of another one has its cause. Shorter than `TOLD_AFTER`, so
# that only what waits longer than that before it is called late joins a message that was sent: nothing of life does.
TOGETHER = timedelta(seconds=30)
# A process that falls over again and again is one outage.
WELL_FOR = timedelta(seconds=60)


def look(*, begun: Tell, ended: Tell) -> list[Outage]:
    """Write down what is late now and what is well again; returns the outages of which people were told.

    `begun` and `ended` write to people, in the transaction that remembers it, of all that belongs together: by the order
    in which it became late. Call it outside of transactions, often.
    """
    known = heartbeat.signs()
    late = {sign.watcher.name: sign for sign in heartbeat.late(known)}
    # What is late only because of something else does not begin an outage, and is not well either.
    unwell = {sign.watcher.name for sign in known if sign.late}
    open_ones = Outage.objects.filter(closed_at=None)
    for name in late.keys() - set(open_ones.values_list("process", flat=True)):
        Outage.objects.bulk_create(
            [Outage(process=name, since=late[name].at or Now(), noticed_at=Now())], ignore_conflicts=True
        )
    open_ones.filter(process__in=unwell, well_at__isnull=False).update(well_at=None)
    open_ones.exclude(process__in=unwell).filter(well_at=None).update(well_at=Now())
    told: list[Outage] = []
    if open_ones.filter(process__in=late, told_at=None, noticed_at__lte=Now() - TOLD_AFTER).exists():
        told += _begin(set(late), begun)
    if open_ones.filter(well_at__lte=Now() - WELL_FOR).exists():
        told += _end(ended)
    return told


@begins_transaction
def _begin(late: set[str], tell: Tell) -> list[Outage]:
    idempotency.alone("core.outages")  # of several who watch, one tells of all of it
    untold = Outage.objects.filter(process__in=late, told_at=None, closed_at=None).order_by("since", "pk")
    begun = [row for row in untold.filter(noticed_at__lte=Now() - TOLD_AFTER) if not _joined(row)]
    if not begun:
        return []
    rows = [
        row
        for row in untold.filter(told_at=None)
        if any(
            abs(row.since - each.since) <= TOGETHER or abs(row.noticed_at - each.noticed_at) <= TOGETHER
            for each in begun
        )
    ]
    _note(rows, Now())
    tell(rows)
    return rows


def _joined(row: Outage) -> bool:
    """Whether people were told of its cause, which goes on: then it is a part of that, and ends with it."""
    told = Outage.objects.exclude(told_at=None)
    going_on = told.filter(closed_at=None).values("told_at")
    cause = told.filter(
        told_at__in=going_on, since__range=(row.since - TOGETHER, row.since + TOGETHER)
    ).first()
    if cause is not None:
        _note([row], cause.told_at)
    return cause is not None


def _note(rows: Sequence[Outage], told_at: datetime | Now | None) -> None:
    """The same moment for all of one cause, by which they are found together when they are over."""
    Outage.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=told_at)
    for row in rows:
        audit.record(SYSTEM, "core.process_late", row.process, since=row.since.isoformat())


@begins_transaction
def _end(tell: Tell) -> list[Outage]:
    idempotency.alone("core.outages")
    over = list(Outage.objects.filter(closed_at=None, well_at__lte=Now() - WELL_FOR).order_by("since", "pk"))
    if not over:
        return []
    Outage.objects.filter(pk__in=[row.pk for row in over]).update(closed_at=Now())
    live.changed_on_commit("console")
    told = []
    for moment in dict.fromkeys(row.told_at for row in over):
        if moment is None:
            continue  # over before anybody was told
        for row in over:
            if row.told_at == moment:
                audit.record(SYSTEM, "core.process_back", row.process, since=row.since.isoformat())
        together = Outage.objects.filter(told_at=moment).order_by("since", "pk")
        if not together.filter(closed_at=None).exists():
            rows = list(together)
            tell(rows)
            told += rows
    return told
