"""Outages of the processes behind the pages: one row for each, so that people are told once that it began and once that
it is over, whichever of several watching processes sees it first.

All times are by the database's clock, like the signs of life that they come from (`core.heartbeat`).
"""

from collections.abc import Callable
from datetime import timedelta

from django.db.models.functions import Now

from core import audit, heartbeat, live
from core.actors import SYSTEM
from core.models import Outage
from core.transactions import begins_transaction

Tell = Callable[[Outage], None]
# A restart is no outage; the console's strip shows it meanwhile.
TOLD_AFTER = timedelta(seconds=60)
# A process that falls over again and again is one outage.
WELL_FOR = timedelta(seconds=60)


def look(*, begun: Tell, ended: Tell) -> list[Outage]:
    """Write down what is late now and what is well again; returns the outages of which people were told.

    `begun` and `ended` write to people, in the transaction that remembers it. Call it outside of transactions, often.
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
    lasting = open_ones.filter(process__in=late, told_at=None, noticed_at__lte=Now() - TOLD_AFTER)
    over = open_ones.filter(well_at__lte=Now() - WELL_FOR)
    told = [_begin(pk, begun) for pk in lasting.values_list("pk", flat=True)]
    told += [_end(pk, ended) for pk in over.values_list("pk", flat=True)]
    return [row for row in told if row is not None]


@begins_transaction
def _begin(pk: int, tell: Tell) -> Outage | None:
    row = (
        Outage.objects.select_for_update(skip_locked=True).filter(pk=pk, told_at=None, closed_at=None).first()
    )
    if row is None:
        return None  # another process tells
    Outage.objects.filter(pk=pk).update(told_at=Now())
    audit.record(SYSTEM, "core.process_late", row.process, since=row.since.isoformat())
    tell(row)
    return row


@begins_transaction
def _end(pk: int, tell: Tell) -> Outage | None:
    rows = Outage.objects.select_for_update(skip_locked=True).exclude(well_at=None)
    row = rows.filter(pk=pk, closed_at=None).first()
    if row is None:
        return None
    Outage.objects.filter(pk=pk).update(closed_at=Now())
    live.changed_on_commit("console")
    if row.told_at is None:
        return None  # over before anybody was told
    audit.record(SYSTEM, "core.process_back", row.process, since=row.since.isoformat())
    tell(row)
    return row
