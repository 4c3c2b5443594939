"""The journal: append-only, sealed in hash-chained batches.

Each row carries the SHA-256 of its own content. A periodic job seals the rows of finished transactions: it keeps
their ids and digests and an HMAC-SHA256, under a key that is not in the database, over them and the seal before.
So a changed row, a missing one and one put in afterwards are each found and named; to hide one, all later seals
would have to be made again with the key. The platform's database role may not UPDATE, DELETE or TRUNCATE here.

Transactions are counted by a database cluster, and a dump that is restored goes on in another one, which counts anew.
So each row names its cluster (the system identifier of `pg_control_system()`), order holds inside one of them, and the
first seal in a new one closes the one before.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q

from core import clock, inserts, live
from core.actors import Actor
from core.models import AuditEntry, AuditSeal
from core.transactions import begins_transaction, joins_transaction

SEAL_BATCH = 5_000
SEAL_SECONDS = 4.0
HELD_BACK_AFTER = timedelta(minutes=2)
SEAL_LOCK = 0x48554155  # one sealer at a time; writers never wait for it


@joins_transaction
def record(
    actor: Actor,
    action: str,
    subject: str = "",
    *,
    case: str = "",
    reason: str = "",
    at: datetime | None = None,
    **facts: Any,
) -> None:
    """Write one line with the caller's rows. `facts` hold codes and figures, no personal data."""
    entry = AuditEntry(
        at=at or clock.now(),
        actor=actor.code,
        role=actor.role,
        action=action,
        subject=subject,
        case=case,
        reason=reason,
        facts=facts,
    )
    entry.digest = digest_of(entry)
    inserts.keep(entry)
    live.wrote(action)


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over the canonical JSON of everything the row says."""
    said = [
        entry.at.isoformat(),
        entry.actor,
        entry.role,
        entry.action,
        entry.subject,
        entry.case,
        entry.reason,
        entry.facts,
    ]
    return hashlib.sha256(
        json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def _seal_value(previous: str, epoch: int, up_to: int, ids: list[int], digests: list[str]) -> str:
    text = json.dumps([previous, epoch, up_to, ids, digests], separators=(",", ":"))
    return hmac.new(base64.b64decode(settings.AUDIT_KEY), text.encode(), hashlib.sha256).hexdigest()


def _cluster() -> int:
    """Which cluster this is: transactions are counted anew in another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_control_system()).system_identifier")
        return int(cursor.fetchone()[0])


@begins_transaction
def seal(*, limit: int = SEAL_BATCH) -> int:
    """Seal what finished transactions wrote since the last seal; returns the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
    here = _cluster()
    last = AuditSeal.objects.order_by("-pk").first()
    if last is None or last.epoch != here:
        # A dump was restored here. What was written before it and not sealed comes first: all of it is finished.
        found = _seal_what_was_restored(last, here, limit)
        if found:
            return found
        if last is not None:
            # From this seal on, what claims to be of the cluster before was put in by hand.
            last = _add_seal(last, here, _sealed_up_to(here), [])
    return _seal_rows(last, here, _sealed_up_to(here), limit, below=horizon)


def seal_all(*, limit: int = SEAL_BATCH, seconds: float = SEAL_SECONDS) -> int:
    """Seal until less than a batch came, or the time is up; returns the number of rows."""
    until, count = time.monotonic() + seconds, 0
    while True:
        found = seal(limit=limit)
        count += found
        # A batch that keeps a transaction's rows together may be a little shorter than its limit.
        if found < limit // 2 or time.monotonic() >= until:
            return count


class HeldBack(Exception):
    """Rows of the journal have waited too long for their seal; the text says since when and for whom."""


def seal_on(at: datetime) -> int:
    """Seal what can be sealed; returns the number of rows.

    Raises `HeldBack` where a row is older than `HELD_BACK_AFTER` and still not sealed: one transaction that stays open,
    whoever began it and in whatever database of the cluster, keeps all that is written after it from being sealed.
    """
    count = seal_all()
    here = _cluster()
    waiting = AuditEntry.objects.filter(epoch=here, transaction_id__gt=_sealed_up_to(here))
    since = waiting.order_by("transaction_id", "pk").values_list("at", flat=True).first()
    if since is not None and at - since > HELD_BACK_AFTER:
        raise HeldBack(f"not sealed since {since.isoformat(timespec='seconds')}: {_holder()}")
    return count


def _holder() -> str:
    """Which transaction is the oldest of those that write; sessions of other roles and prepared ones are not seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, datname, xact_start FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
            " AND pid <> pg_backend_pid() ORDER BY age(backend_xid) DESC LIMIT 1"
        )
        found = cursor.fetchone()
    if found is None:
        return "a transaction that this role does not see, or more rows than it can seal"
    pid, database, begun = found
    return f"a transaction of process {pid} in {database} is open since {begun.isoformat(timespec='seconds')}"


def _sealed_up_to(epoch: int) -> int:
    found = AuditSeal.objects.filter(epoch=epoch).order_by("-pk").values_list("up_to_transaction", flat=True)
    return found.first() or 0


def _seal_what_was_restored(last: AuditSeal | None, here: int, limit: int) -> int:
    """Rows of the cluster of the last seal, then of those that never sealed anything; never of one that is over."""
    if last is not None:
        found = _seal_rows(last, last.epoch, last.up_to_transaction, limit)
        if found:
            return found
    known = set(AuditSeal.objects.values_list("epoch", flat=True).distinct()) | {here}
    other = AuditEntry.objects.exclude(epoch__in=known).order_by("pk").values_list("epoch", flat=True).first()
    return 0 if other is None else _seal_rows(last, other, 0, limit)


def _seal_rows(
    last: AuditSeal | None, epoch: int, after: int, limit: int, *, below: int | None = None
) -> int:
    entries = AuditEntry.objects.filter(epoch=epoch, transaction_id__gt=after)
    if below is not None:
        entries = entries.filter(transaction_id__lt=below)
    rows = list(
        entries.order_by("transaction_id", "pk").values_list("transaction_id", "pk", "digest")[: limit + 1]
    )
    if len(rows) > limit:  # keep a transaction's rows together
        cut = rows[limit][0]
        whole = [row for row in rows if row[0] < cut]
        rows = whole or list(
            entries.filter(transaction_id=cut).order_by("pk").values_list("transaction_id", "pk", "digest")
        )
    if not rows:
        return 0
    _add_seal(last, epoch, rows[-1][0], [(row[1], row[2]) for row in rows])
    return len(rows)


def _add_seal(last: AuditSeal | None, epoch: int, up_to: int, rows: list[tuple[int, str]]) -> AuditSeal:
    previous = last.seal if last else ""
    ids, digests = [row[0] for row in rows], [row[1] for row in rows]
    return AuditSeal.objects.create(
        at=clock.now(),
        epoch=epoch,
        up_to_transaction=up_to,
        row_ids=ids,
        row_digests=digests,
        previous=previous,
        seal=_seal_value(previous, epoch, up_to, ids, digests),
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """`first_bad` names the first row or seal that is not what was sealed, with what is wrong; empty when all is well."""

    ok: bool
    rows: int
    seals: int
    first_bad: str


def verify() -> Verification:
    """Read the whole journal against its seals."""
    rows = AuditEntry.objects.count()
    seals = AuditSeal.objects.count()
    bad = next(_faults(), "")
    return Verification(ok=not bad, rows=rows, seals=seals, first_bad=bad)


def _faults() -> Iterator[str]:
    previous, epoch = "", None
    sealed: dict[int, int] = {}  # how far each cluster's transactions are sealed
    for batch in AuditSeal.objects.order_by("pk").iterator(chunk_size=100):
        if batch.previous != previous or batch.seal != _seal_value(
            previous, batch.epoch, batch.up_to_transaction, batch.row_ids, batch.row_digests
        ):
            yield f"seal {batch.pk}: changed, removed or out of its chain"
        found = {
            entry.pk: entry
            for entry in AuditEntry.objects.filter(
                epoch=batch.epoch,
                transaction_id__gt=sealed.get(batch.epoch, 0),
                transaction_id__lte=batch.up_to_transaction,
            )
        }
        for row_id, digest in zip(batch.row_ids, batch.row_digests, strict=True):
            entry = found.pop(row_id, None)
            if entry is None:
                yield f"row {row_id}: removed"
            elif entry.digest != digest or digest_of(entry) != digest:
                yield f"row {row_id}: changed"
        for row_id in sorted(found):
            yield f"row {row_id}: inserted after its time was sealed"
        previous, epoch = batch.seal, batch.epoch
        sealed[batch.epoch] = max(batch.up_to_transaction, sealed.get(batch.epoch, 0))
    unsealed = Q()
    for cluster, up_to in sealed.items():
        unsealed &= ~Q(epoch=cluster) | Q(transaction_id__gt=up_to)
    # Clusters that were followed by another one are over; and one that is unknown could have written only before the
    # first seal after a restore.
    here = _cluster()
    over = sealed.keys() - {here, epoch}
    for entry in AuditEntry.objects.filter(unsealed).order_by("pk").iterator():
        if entry.epoch in over or (epoch == here and entry.epoch != here):
            yield f"row {entry.pk}: inserted after its time was sealed"
        elif digest_of(entry) != entry.digest:
            yield f"row {entry.pk}: changed before it was sealed"
