"""Pictures of people and papers: encrypted in storage, known by a row, destroyed on time.

Writing to storage comes before the transaction (`write`), the row that makes it count inside it (`keep`). A file
whose row never came is an orphan under a random name, encrypted like the rest.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _

from core import audit, clock, jobs, live
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import NotFound
from core.models import StoredPicture
from core.privacy import decrypt, encrypt
from core.reader.errors import FileNotKept
from core.transactions import begins_transaction, joins_transaction

SWEEP_BATCH = 500
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Written:
    """An encrypted picture that lies in storage and belongs to no row yet. `digest` is the SHA-256 of its content."""

    name: str
    digest: str
    size: int


def store(content: bytes) -> Written:
    """Encrypt a picture under a random name into storage. Raises `FileNotKept` where that is full or away."""
    name = f"{secrets.token_hex(1)}/{secrets.token_hex(20)}"
    hidden = ContentFile(encrypt(content, context=name))
    try:
        storages["pictures"].save(name, hidden)
    except Exception as error:  # a disk and a bucket fail in different words
        log.exception("pictures.not_kept")
        raise FileNotKept from error
    return Written(name, hashlib.sha256(content).hexdigest(), len(content))


@joins_transaction
def attach(written: Written, *, purpose: str, subject: str, keep_for: timedelta) -> StoredPicture:
    """Make a written picture count, until a time. `purpose` is a short word such as `face_check`."""
    at = clock.now()
    return StoredPicture.objects.create(
        code=new_code("F"),
        purpose=purpose,
        subject=subject,
        name=written.name,
        digest=written.digest,
        size=written.size,
        kept_at=at,
        keep_until=at + keep_for,
    )


live.looks("core.picture_read")


def read(*, actor: Actor, code: str, case: str = "", but: Collection[str] = ()) -> bytes:
    """The picture itself, with the reading recorded (A8); `but` are purposes that are not for this reader.

    Raises `NotFound`.
    """
    row = StoredPicture.objects.filter(code=code, destroyed_at=None).exclude(purpose__in=but).first()
    if row is None:
        raise NotFound
    _record_look(actor, row, case)
    try:
        with storages["pictures"].open(row.name) as stored:
            return decrypt(stored.read(), context=row.name)
    except FileNotFoundError:  # destroyed between the two looks
        raise NotFound from None


@begins_transaction
def _record_look(actor: Actor, row: StoredPicture, case: str) -> None:
    audit.record(actor, "core.picture_read", row.code, case=case or row.subject, purpose=row.purpose)


def sweep(*, at: datetime) -> int:
    """Destroy pictures whose time is over; returns how many."""
    return DESTRUCTION.run(at=at).total


def _due(at: datetime, limit: int) -> list[int]:
    rows = StoredPicture.objects.filter(destroyed_at=None, keep_until__lte=at).order_by("keep_until")
    return list(rows.values_list("pk", flat=True)[:limit])


def _destroy(pk: int, at: datetime) -> bool:
    row = StoredPicture.objects.filter(pk=pk, destroyed_at=None, keep_until__lte=at).first()
    if row is None:
        return False
    storages["pictures"].delete(row.name)
    _record_destroyed(row, at)
    return True


DESTRUCTION = jobs.rows(
    "core.pictures",
    _("destroying pictures whose time is over"),
    due=_due,
    act=_destroy,
    key=int,
    batch=SWEEP_BATCH,
)


@begins_transaction
def _record_destroyed(row: StoredPicture, at: datetime) -> None:
    if StoredPicture.objects.filter(pk=row.pk, destroyed_at=None).update(destroyed_at=at):
        audit.record(SYSTEM, "core.picture_destroyed", row.code, case=row.subject, purpose=row.purpose)
