"""Checkpoints: the size and root of the journal, signed each minute, published, and kept outside the database.

A signed note (C2SP signed-note) that is a checkpoint (C2SP tlog-checkpoint): the origin, the size, the root in base64,
and the time on a line of its own. The signature is Ed25519, by a key made of the journal's secret, which is not in the
database. A witness's signature is a cosignature/v1 (C2SP tlog-cosignature).
"""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import audit, clock, jobs, limits, retry
from core.actors import SYSTEM
from core.errors import NotFound
from core.journal import anchor, proofs, rows, sequence, tree
from core.journal.notes import body_of, encoded, signature
from core.journal.offline import COSIGNATURE, Checkpoint, NotProven, read, signed_by
from core.limits import Per
from core.models import AuditEntry, FailedWork, JournalBatch, JournalCheckpoint, JournalRefusal
from core.transactions import begins_transaction

KEPT_AT_ONCE = 100
# A person deals with it: what the witness saw no repeat makes unseen.
REFUSALS = retry.declare("core.journal_witness", _("the witness did not sign the journal"))
# Not of all together: strangers would use up what is the witness's.
SAID = limits.declare(
    "core.witness_said",
    {Per.ADDRESS: 1_000},
    within=3_600,
    name=pgettext_lazy("policy name", "What is said in the name of the witness"),
    about=_("So often something is said from one address in the name of the journal's witness."),
)
SILENT = "silent:"  # how the key of its silence begins, behind it the first checkpoint without its signature
SILENT_AFTER = timedelta(minutes=5)


def signing_key() -> Ed25519PrivateKey:
    """The key of the journal's checkpoints."""
    return Ed25519PrivateKey.from_private_bytes(rows.key_for(settings.AUDIT_KEY, "checkpoint"))


def public_key() -> str:
    """By which anybody checks our checkpoints."""
    return encoded(settings.JOURNAL_ORIGIN, signing_key())


def made(size: int, root: bytes, at: datetime) -> str:
    """A checkpoint, signed."""
    time = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body = f"{settings.JOURNAL_ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\ntime {time}\n"
    return f"{body}\n{signature(settings.JOURNAL_ORIGIN, signing_key(), body)}"


def ours(note: str) -> Checkpoint:
    """What a checkpoint of our own says. Raises `NotProven`."""
    found = read(note)
    signed_by(note, public_key())
    if found.origin != settings.JOURNAL_ORIGIN:
        raise NotProven("the checkpoint is of another journal")
    return found


def published(row: JournalCheckpoint) -> str:
    """The note with all signatures that are known."""
    return row.note + row.cosignature


def newest() -> JournalCheckpoint | None:
    return JournalCheckpoint.objects.order_by("-pk").first()


def newest_cosigned() -> JournalCheckpoint | None:
    """The newest that the witness signed."""
    return JournalCheckpoint.objects.exclude(cosigned_at=None).order_by("-pk").first()


def first_with(action: str, subject: str) -> str:
    """The first checkpoint, as it is published, that contains the newest line of an action; empty while none does."""
    line = AuditEntry.objects.filter(action=action, subject=subject).order_by("-pk").first()
    if line is None:
        return ""
    batches = JournalBatch.objects.filter(epoch=line.epoch, up_to_transaction__gte=line.transaction_id)
    size = batches.order_by("up_to_transaction").values_list("size", flat=True).first()
    if size is None:
        return ""
    row = JournalCheckpoint.objects.filter(size__gte=size).order_by("size", "pk").first()
    return published(row) if row else ""


def before(pk: int | None) -> "QuerySet[JournalCheckpoint]":
    """The newest first, those before one of them."""
    rows = JournalCheckpoint.objects.order_by("-pk")
    return rows if pk is None else rows.filter(pk__lt=pk)


# --- Making one each minute ----------------------------------------------------------------------------------------


@begins_transaction
def make(at: datetime) -> JournalCheckpoint:
    """Sign how far the tree has grown."""
    last = sequence.last_batch()
    size, peaks = (last.size, tree.parts(last.peaks)) if last else (0, [])
    root = tree.root_of(peaks)
    return JournalCheckpoint.objects.create(at=at, size=size, root=root, note=made(size, root, at))


def publish(at: datetime) -> int:
    """Make a checkpoint and keep it, and all that were not kept yet, outside the database; how many were.

    Raises what keeping raises (`OSError`, `anchor.NotKept`): those are kept with the next one.
    """
    row = make(at)
    if settings.TIME_URL:
        _stamp(row)
    kept = 0
    for each in unkept()[:KEPT_AT_ONCE]:
        anchor.keep(each.pk, each.note, bytes(each.stamp))
        each.anchored_at = clock.now()
        each.save(update_fields=["anchored_at"])
        kept += 1
        if not jobs.go_on():
            break
    _listen(at)
    return kept


def unkept() -> "QuerySet[JournalCheckpoint]":
    """Those that are not kept outside the database, the oldest first."""
    return JournalCheckpoint.objects.filter(anchored_at=None).order_by("pk")


def unsigned_since() -> JournalCheckpoint | None:
    """The first checkpoint behind the last that the witness signed."""
    signed = newest_cosigned()
    rows = JournalCheckpoint.objects.order_by("pk")
    return (rows.filter(pk__gt=signed.pk) if signed else rows).first()


def _listen(at: datetime) -> None:
    """A witness that says nothing is said once to a person: it may be away, or see another journal than we."""
    first = unsigned_since()
    if not settings.WITNESS_KEY or first is None or at - first.at <= SILENT_AFTER:
        return
    key = f"{SILENT}{first.pk}"
    # Also where a person has dealt with it; what a signature ended is over, and may begin again.
    said = FailedWork.objects.filter(kind=REFUSALS.kind, key=key).exclude(
        closed_by="", closed_at__isnull=False
    )
    if not said.exists():
        retry.failed(REFUSALS, key, f"no signature since {first.at.isoformat()}", needs_person=True)


def _stamp(row: JournalCheckpoint) -> None:
    """The authority's time of a note, where it answers; the next checkpoint contains this one and asks again."""
    from core import stamps  # pyHanko loads slowly, and of all processes one stamps

    try:
        row.stamp = stamps.token(hashlib.sha256(row.note.encode()).digest())
    except stamps.NotStamped:
        return
    row.save(update_fields=["stamp"])


# --- What the witness says --------------------------------------------------------------------------------------------

# Anybody may say it, and say it again: only what the witness signed is kept, once.


def _time(seconds: int) -> datetime:
    """Raises `NotProven` where that is no time."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise NotProven("the witness's time is none") from None


@begins_transaction
def cosigned(note: str) -> None:
    """The witness signed one of our checkpoints. Raises `NotProven` where that is not so."""
    said = ours(note)
    line, time = signed_by(note, settings.WITNESS_KEY, COSIGNATURE)
    at = _time(time)
    mine = f"{body_of(note)}\n"
    rows = JournalCheckpoint.objects.select_for_update().filter(size=said.size, note__startswith=mine)
    row = rows.order_by("-pk").first()
    if row is None:
        raise NotProven("this checkpoint was never published")
    if row.cosigned_at is None or row.cosigned_at < at:
        row.cosignature, row.cosigned_at = line, at
        row.save(update_fields=["cosignature", "cosigned_at"])
    for key in retry.open_keys(REFUSALS):
        if key.startswith(SILENT) and int(key.removeprefix(SILENT)) <= row.pk:
            retry.done(REFUSALS, key)


@begins_transaction
def refused(note: str) -> JournalRefusal:
    """The witness did not sign, and says why: a person has to look. Raises `NotProven` where it is not the witness's."""
    body, line = body_of(note), signed_by(note, settings.WITNESS_KEY, COSIGNATURE).line
    if "\0" in body:
        raise NotProven("no text has such bytes")
    row = JournalRefusal.objects.filter(note__startswith=f"{body}\n").first()
    if row is not None:
        return row
    row, new = JournalRefusal.objects.get_or_create(note=f"{body}\n{line}", defaults={"at": clock.now()})
    if new:
        audit.record(SYSTEM, "core.witness_refused", str(row.pk))
        retry.failed(REFUSALS, str(row.pk), body, needs_person=True)
    return row


def refusals() -> "QuerySet[JournalRefusal]":
    """The newest first."""
    return JournalRefusal.objects.order_by("-pk")


# --- What proves one line ---------------------------------------------------------------------------------------------


def proof_of(entry: AuditEntry, *, saved: int | None = None) -> dict[str, Any]:
    """What `core.journal.offline` checks: that a checkpoint holds a line, the newest that the witness signed where it
    does, and that this and an earlier one of `saved` lines are of one journal.

    Raises `NotFound` while no checkpoint holds the line, and where the journal never had so many.
    """
    place, last = proofs.place_of(entry), newest()
    if place is None or last is None or place >= last.size or (saved is not None and saved > last.size):
        raise NotFound
    cosigned_one = newest_cosigned()
    shown = last if cosigned_one is None or place >= cosigned_one.size else cosigned_one
    said = rows.Said(*(getattr(entry, name) for name in rows.COLUMNS))
    found = {}
    if saved is not None:
        old, new = sorted((saved, shown.size))
        found[str(saved)] = encoded_path(proofs.consistency(old, new))
    return {
        "format": "huhang-journal-proof/1",
        "line": rows.content_of(said, entry.seal).decode(),
        "index": place,
        "inclusion": encoded_path(proofs.inclusion(place, shown.size)),
        "checkpoint": published(shown),
        "consistency": found,
        "key": public_key(),
        "witness_key": settings.WITNESS_KEY,
    }


def encoded_path(path: list[bytes]) -> list[str]:
    """Hashes of a proof as they are written."""
    return [base64.b64encode(each).decode() for each in path]
