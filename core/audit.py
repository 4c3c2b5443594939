"""The journal: append-only, sealed in hash-chained batches.

Each row carries the SHA-256 of its own content. A periodic job seals the rows of finished transactions: it keeps
their ids and digests and an HMAC-SHA256, under a key that is not in the database, over them and the seal before.
So a changed row, a missing one and one put in afterwards are each found and named; to hide one, all later seals
would have to be made again with the key. The platform's database role may not UPDATE, DELETE or TRUNCATE here.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from core import clock
from core.actors import Actor
from core.models import AuditEntry, AuditSeal
from core.transactions import begins_transaction, joins_transaction

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
    entry.save()


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


def _seal_value(previous: str, up_to: int, ids: list[int], digests: list[str]) -> str:
    text = json.dumps([previous, up_to, ids, digests], separators=(",", ":"))
    return hmac.new(base64.b64decode(settings.AUDIT_KEY), text.encode(), hashlib.sha256).hexdigest()


@begins_transaction
def seal(*, limit: int = 5000) -> int:
    """Seal what finished transactions wrote since the last seal; returns the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon = cursor.fetchone()[0]
    last = AuditSeal.objects.order_by("-pk").first()
    after = last.up_to_transaction if last else 0
    rows = list(
        AuditEntry.objects.filter(transaction_id__gt=after, transaction_id__lt=horizon)
        .order_by("transaction_id", "pk")
        .values_list("transaction_id", "pk", "digest")[:limit]
    )
    if len(rows) == limit:  # keep a transaction's rows together
        rows = [row for row in rows if row[0] < rows[-1][0]] or rows
    if not rows:
        return 0
    up_to, ids, digests = rows[-1][0], [row[1] for row in rows], [row[2] for row in rows]
    previous = last.seal if last else ""
    AuditSeal.objects.create(
        at=clock.now(),
        up_to_transaction=up_to,
        row_ids=ids,
        row_digests=digests,
        previous=previous,
        seal=_seal_value(previous, up_to, ids, digests),
    )
    return len(rows)


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
    previous, after = "", 0
    for batch in AuditSeal.objects.order_by("pk").iterator(chunk_size=100):
        if batch.previous != previous or batch.seal != _seal_value(
            previous, batch.up_to_transaction, batch.row_ids, batch.row_digests
        ):
            yield f"seal {batch.pk}: changed, removed or out of its chain"
        found = {
            entry.pk: entry
            for entry in AuditEntry.objects.filter(
                transaction_id__gt=after, transaction_id__lte=batch.up_to_transaction
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
        previous, after = batch.seal, batch.up_to_transaction
    for entry in AuditEntry.objects.filter(transaction_id__gt=after).iterator():
        if digest_of(entry) != entry.digest:
            yield f"row {entry.pk}: changed before it was sealed"
