"""Checkpoints: the size and root of the journal, signed each minute, published, and kept outside the database.

A signed note (C2SP signed-note) that is a checkpoint (C2SP tlog-checkpoint): the origin, the size, the root in base64,
and the time on a line of its own. The signature is Ed25519, by a key made of the journal's secret, which is not in the
database. A witness's signature is a cosignature/v1 (C2SP tlog-cosignature).
"""

import base64
import hashlib
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db.models import QuerySet

from core import clock, jobs
from core.journal import anchor, sequence, tree
from core.journal.offline import COSIGNATURE, ED25519, Checkpoint, NotProven, read, signed_by
from core.journal.rows import key_for
from core.models import JournalCheckpoint, JournalRefusal
from core.transactions import begins_transaction

KEPT_AT_ONCE = 100


def signing_key() -> Ed25519PrivateKey:
    """The key of the journal's checkpoints."""
    return Ed25519PrivateKey.from_private_bytes(key_for(settings.AUDIT_KEY, "checkpoint"))


def encoded(name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> str:
    """The public half of a key as signed notes name it: NAME+ID+BASE64."""
    raw = bytes([kind]) + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    mark = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return f"{name}+{mark.hex()}+{base64.b64encode(raw).decode()}"


def public_key() -> str:
    """By which anybody checks our checkpoints."""
    return encoded(settings.JOURNAL_ORIGIN, signing_key())


def signature(name: str, key: Ed25519PrivateKey, body: str, *, at: int = 0) -> str:
    """The line under a note of which `body` is the text; with `at`, Unix seconds, that of a witness."""
    kind, said = ED25519, body
    if at:
        kind, said = COSIGNATURE, f"cosignature/v1\ntime {at}\n{body}"
    mark = bytes.fromhex(encoded(name, key, kind).split("+")[1])
    stamp = at.to_bytes(8, "big") if at else b""
    return f"\u2014 {name} {base64.b64encode(mark + stamp + key.sign(said.encode())).decode()}\n"


def body_of(note: str) -> str:
    """What is signed of a note."""
    return note.partition("\n\n")[0] + "\n"


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
    for each in JournalCheckpoint.objects.filter(anchored_at=None).order_by("pk")[:KEPT_AT_ONCE]:
        anchor.keep(each.pk, each.note, bytes(each.stamp))
        each.anchored_at = clock.now()
        each.save(update_fields=["anchored_at"])
        kept += 1
        if not jobs.go_on():
            break
    return kept


def _stamp(row: JournalCheckpoint) -> None:
    """The authority's time of a note, where it answers; the next checkpoint contains this one and asks again."""
    from core import stamps  # pyHanko loads slowly, and of all processes one stamps

    try:
        row.stamp = stamps.token(hashlib.sha256(row.note.encode()).digest())
    except stamps.NotStamped:
        return
    row.save(update_fields=["stamp"])


# --- What the witness says --------------------------------------------------------------------------------------------


@begins_transaction
def cosigned(note: str) -> None:
    """The witness signed one of our checkpoints. Raises `NotProven` where that is not so."""
    said = ours(note)
    at = signed_by(note, settings.WITNESS_KEY, COSIGNATURE)
    mine = f"{body_of(note)}\n"
    rows = JournalCheckpoint.objects.select_for_update().filter(size=said.size, note__startswith=mine)
    row = rows.order_by("-pk").first()
    if row is None:
        raise NotProven("this checkpoint was never published")
    name = settings.WITNESS_KEY.split("+", 1)[0]
    (line,) = [each for each in note.partition("\n\n")[2].split("\n") if each.startswith(f"\u2014 {name} ")]
    row.cosignature, row.cosigned_at = f"{line}\n", datetime.fromtimestamp(at, UTC)
    row.save(update_fields=["cosignature", "cosigned_at"])


@begins_transaction
def refused(note: str) -> JournalRefusal:
    """The witness did not sign, and says why. Raises `NotProven` where the note is not the witness's."""
    signed_by(note, settings.WITNESS_KEY, COSIGNATURE)
    row, _new = JournalRefusal.objects.get_or_create(note=note, defaults={"at": clock.now()})
    return row
