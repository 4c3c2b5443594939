"""Pictures of people and papers: encrypted in storage, known by a row, destroyed on time.

Writing to storage comes before the transaction (`write`), the row that makes it count inside it (`keep`). A file
whose row never came is an orphan under a random name, encrypted like the rest.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core import audit, clock, holds, jobs, live
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


@joins_transaction
def is_new(written: Written, known: set[str]) -> bool:
    """Whether nothing with the same content is `known` (digests), to which it belongs from now on.

    What was sent twice is kept once: the second goes from storage again when the transaction stands.
    """
    if written.digest in known:
        transaction.on_commit(partial(_take_back, written.name))
        return False
    known.add(written.digest)
    return True


def _take_back(name: str) -> None:
    try:
        storages["pictures"].delete(name)
    except Exception:  # as in `store`; it stays as an orphan
        log.exception("pictures.not_taken_back")


def digests_of(rows: QuerySet[Any]) -> set[str]:
    """What pictures of `rows`, each of which has a `picture`, are there."""
    return set(rows.filter(picture__destroyed_at=None).values_list("picture__digest", flat=True))


live.looks("core.picture_read")


# A copy of somebody's own data is a file like others, and nobody's but theirs.
OWN = "own_data"


def read(*, actor: Actor, code: str, case: str = "", but: Collection[str] = (), own: bool = False) -> bytes:
    """The picture itself, with the reading recorded (A8); `but` are purposes that are not for this reader.

    What is for one person alone (`OWN`) is read with `own`, by who knows that it is theirs. Raises `NotFound`.
    """
    rows = StoredPicture.objects.filter(code=code, destroyed_at=None).exclude(purpose__in=but)
    row = (rows.filter(purpose=OWN) if own else rows.exclude(purpose=OWN)).first()
    if row is None:
        raise NotFound
    _record_look(actor, row, case)
    try:
        with storages["pictures"].open(row.name) as stored:
            return decrypt(stored.read(), context=row.name)
    except FileNotFoundError:  # destroyed between the two looks
        raise NotFound from None


def read_pieces(*, actor: Actor, codes: Sequence[str], case: str = "") -> Iterator[bytes]:
    """A file that lies in several pieces, in this order: one look, recorded before the first piece is read.

    It ends where a piece is gone. Raises `NotFound` where the first one is.
    """
    rows = {row.code: row for row in StoredPicture.objects.filter(code__in=codes, destroyed_at=None)}
    there = [rows[code] for code in takewhile(rows.__contains__, codes)]
    if not there:
        raise NotFound
    _record_look(actor, there[0], case)
    return _pieces(there)


def _pieces(rows: Iterable[StoredPicture]) -> Iterator[bytes]:
    for row in rows:
        try:
            with storages["pictures"].open(row.name) as stored:
                yield decrypt(stored.read(), context=row.name)
        except FileNotFoundError:  # destroyed meanwhile
            return


@begins_transaction
def _record_look(actor: Actor, row: StoredPicture, case: str) -> None:
    audit.record(actor, "core.picture_read", row.code, case=case or row.subject, purpose=row.purpose)


@joins_transaction
def end_now(codes: Collection[str]) -> None:
    """What nobody needs any more is destroyed next, unless something holds it."""
    at = clock.now()
    StoredPicture.objects.filter(code__in=codes, destroyed_at=None, keep_until__gt=at).update(keep_until=at)


@joins_transaction
def keep_longer(codes: Collection[str], until: datetime) -> None:
    """What is needed longer than was thought is kept until then, where it is there still."""
    rows = StoredPicture.objects.filter(code__in=codes, destroyed_at=None, keep_until__lt=until)
    rows.update(keep_until=until)


def sweep(*, at: datetime) -> int:
    """Destroy pictures whose time is over; returns how many."""
    return DESTRUCTION.run(at=at).total


def _over(at: datetime) -> "QuerySet[StoredPicture]":
    return StoredPicture.objects.filter(destroyed_at=None, keep_until__lte=at).order_by("keep_until", "pk")


def _due(at: datetime, limit: int) -> list[int]:
    """The oldest that nobody holds; what is held stands in nobody's way."""
    found: list[int] = []
    rows, last = _over(at), None
    while len(found) < limit:
        behind = (
            rows
            if last is None
            else rows.filter(Q(keep_until__gt=last[2]) | Q(keep_until=last[2], pk__gt=last[0]))
        )
        part = list(behind.values_list("pk", "subject", "keep_until")[:SWEEP_BATCH])
        held = holds.held({subject for _pk, subject, _until in part})
        found += [pk for pk, subject, _until in part if subject not in held]
        if len(part) < SWEEP_BATCH:
            break
        last = part[-1]
    return found[:limit]


def _destroy(pk: int, at: datetime) -> bool:
    row = _over(at).filter(pk=pk).first()
    if row is None or holds.held([row.subject]):
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
