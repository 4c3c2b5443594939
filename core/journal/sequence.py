"""The order of the journal: lines of finished transactions get their places in the tree, for good, a batch at a time.

Writers never wait for it: a line is a plain insert. A periodic job takes the lines of transactions that have ended and
before which none is open any more, and grows the tree by them. Transactions are counted by a database cluster, and a dump
that is restored goes on in another one, which counts anew: so each row names its cluster (the system identifier of
`pg_control_system()`), and order holds inside one of them.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from core import clock
from core.journal.tree import Growing, parts
from core.models import AuditEntry, JournalBatch, JournalNode
from core.transactions import begins_transaction

BATCH = 5_000
SECONDS = 4.0
HELD_BACK_AFTER = timedelta(minutes=2)
LOCK = 0x48554155  # one at a time; writers never wait for it


def cluster() -> int:
    """Which cluster this is: transactions are counted anew in another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_control_system()).system_identifier")
        return int(cursor.fetchone()[0])


def last_batch() -> JournalBatch | None:
    """The newest; a batch's own leaves and rows are not read."""
    return JournalBatch.objects.defer("leaves", "row_ids").order_by("-size").first()


def up_to(epoch: int) -> int:
    """The last transaction of a cluster whose lines have their places."""
    rows = JournalBatch.objects.filter(epoch=epoch).order_by("-up_to_transaction")
    return rows.values_list("up_to_transaction", flat=True).first() or 0


def epochs() -> Iterator[int]:
    """The clusters that rows name, one look into the index for each."""
    last: int | None = None
    while True:
        rows = AuditEntry.objects.order_by("epoch")
        found = (rows if last is None else rows.filter(epoch__gt=last)).values_list("epoch", flat=True)
        last = found.first()
        if last is None:
            return
        yield last


@begins_transaction
def sequence(*, limit: int = BATCH) -> int:
    """Give places to what finished transactions wrote since the last batch; returns the number of lines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
    here, last = cluster(), last_batch()
    if last is None or last.epoch != here:
        # A dump was restored here. What was written before it and has no place comes first: all of it is finished.
        found = _what_was_restored(last, here, limit)
        if found:
            return found
    return _rows_of(last, here, up_to(here), limit, below=horizon)


def sequence_all(*, limit: int = BATCH, seconds: float = SECONDS) -> int:
    """Go on until less than a batch came, or the time is up; returns the number of lines."""
    until, count = time.monotonic() + seconds, 0
    while True:
        found = sequence(limit=limit)
        count += found
        # A batch that keeps a transaction's rows together may be a little shorter than its limit.
        if found < limit // 2 or time.monotonic() >= until:
            return count


class HeldBack(Exception):
    """Lines of the journal have waited too long for their places; the text says since when and for whom."""


def sequence_on(at: datetime) -> int:
    """Give places to all that can have one; returns the number of lines.

    Raises `HeldBack` where a line is older than `HELD_BACK_AFTER` and has none: one transaction that stays open, whoever
    began it and in whatever database of the cluster, keeps back all that is written after it.
    """
    count = sequence_all()
    since = waiting(cluster()).values_list("at", flat=True).first()
    if since is not None and at - since > HELD_BACK_AFTER:
        raise HeldBack(f"without a place since {since.isoformat(timespec='seconds')}: {_holder()}")
    return count


def waiting(epoch: int) -> "QuerySet[AuditEntry]":
    """Lines of a cluster that have no place yet, in their order."""
    rows = AuditEntry.objects.filter(epoch=epoch, transaction_id__gt=up_to(epoch))
    return rows.order_by("transaction_id", "pk")


def _holder() -> str:
    """Which transaction is the oldest of those that write; sessions of other roles and prepared ones are not seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, datname, xact_start FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
            " AND pid <> pg_backend_pid() ORDER BY age(backend_xid) DESC LIMIT 1"
        )
        found = cursor.fetchone()
    if found is None:
        return "a transaction that this role does not see, or more lines than it can take"
    pid, database, begun = found
    return f"a transaction of process {pid} in {database} is open since {begun.isoformat(timespec='seconds')}"


def _what_was_restored(last: JournalBatch | None, here: int, limit: int) -> int:
    """Rows of the cluster of the last batch, then of those that never had one; never of one that is over."""
    if last is not None:
        found = _rows_of(last, last.epoch, last.up_to_transaction, limit)
        if found:
            return found
    for other in epochs():
        if other != here and not JournalBatch.objects.filter(epoch=other).exists():
            return _rows_of(last, other, 0, limit)
    return 0


def _rows_of(
    last: JournalBatch | None, epoch: int, after: int, limit: int, *, below: int | None = None
) -> int:
    entries = AuditEntry.objects.filter(epoch=epoch, transaction_id__gt=after)
    if below is not None:
        entries = entries.filter(transaction_id__lt=below)
    wanted = ("transaction_id", "pk", "digest")
    rows = list(entries.order_by("transaction_id", "pk").values_list(*wanted)[: limit + 1])
    if len(rows) > limit:  # keep a transaction's rows together
        cut = rows[limit][0]
        whole = [row for row in rows if row[0] < cut]
        rows = whole or list(entries.filter(transaction_id=cut).order_by("pk").values_list(*wanted))
    if not rows:
        return 0
    _add(last, epoch, rows[-1][0], [row[1] for row in rows], [bytes.fromhex(row[2]) for row in rows])
    return len(rows)


def _add(
    last: JournalBatch | None, epoch: int, transaction: int, ids: list[int], leaves: list[bytes]
) -> None:
    tree = Growing(last.size, parts(last.peaks)) if last else Growing()
    first = tree.size
    made = [node for leaf in leaves for node in tree.add(leaf)]
    JournalNode.objects.bulk_create(
        JournalNode(level=level, index=index, hash=found) for level, index, found in made
    )
    JournalBatch.objects.create(
        at=clock.now(),
        epoch=epoch,
        up_to_transaction=transaction,
        first=first,
        size=tree.size,
        row_ids=ids,
        leaves=b"".join(leaves),
        peaks=tree.packed,
    )
