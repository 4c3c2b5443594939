"""One law for work that fails: it is tried again, later and later; then a person is asked.

Each kind of work is declared once, with its law and the way to try it again by hand. What fails is a row of
`FailedWork`: it is counted in `/metrics`, stands on the console's first page once it needs a person, and closes by
itself when the work succeeds. One bad row never stops the rows beside it: `each()` is the loop for that.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.db.utils import InterfaceError, OperationalError
from django.utils.functional import Promise

from core import clock
from core.models import FailedWork

log = structlog.get_logger()
T = TypeVar("T")
ERROR_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Law:
    """How often and how long. The delay doubles from `first` up to `ceiling`, with a tenth of jitter.

    A person is asked once it has failed for `patience`. `gives_up` says whether it rests from then on; work on which
    a life may depend never rests (pass `life_safety` to `failed`).
    """

    first: timedelta = timedelta(seconds=1)
    ceiling: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(hours=24)
    gives_up: bool = True

    def delay(self, attempts: int) -> timedelta:
        """How long to wait after so many failures, one at least."""
        plain = min(self.first * 2 ** min(max(attempts, 1) - 1, 30), self.ceiling)
        return plain * (1 + secrets.randbelow(100) / 1000)


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work that can fail. `again` tries one piece of it now, by its key; None where nobody can."""

    kind: str
    label: str | Promise
    law: Law
    again: Callable[[str], object] | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a loop did: how many it finished, how many failed now, how many rested because they failed before."""

    done: int
    failed: int
    resting: int


_declared: dict[str, Work] = {}


def declare(
    kind: str, label: str | Promise, *, law: Law | None = None, again: Callable[[str], object] | None = None
) -> Work:
    """Declare a kind of work at import time, such as `core.messages`; `label` names it to staff."""
    work = _declared[kind] = Work(kind, label, law or Law(), again)
    return work


def declared() -> list[Work]:
    """All kinds of work, by name."""
    return sorted(_declared.values(), key=lambda work: work.kind)


def of_kind(kind: str) -> Work | None:
    """The declared kind, or None for one of another release."""
    return _declared.get(kind)


def failed(
    work: Work, key: str, why: "Exception | str", *, life_safety: bool = False, needs_person: bool = False
) -> FailedWork:
    """Write down that a piece of work failed; the row says when it is due again (`next_at`).

    Works inside and outside of a transaction. `needs_person` asks a person at once: nothing but a change of data or
    code can help, such as an entry that cannot be read.
    """
    at = clock.now()
    error = why if isinstance(why, str) else f"{type(why).__name__}: {why}"
    with transaction.atomic():
        row, _new = FailedWork.objects.select_for_update().get_or_create(
            kind=work.kind,
            key=key,
            closed_at=None,
            defaults={"first_at": at, "last_at": at, "next_at": at, "life_safety": life_safety},
        )
        row.attempts += 1
        row.last_at, row.error = at, error[:ERROR_LENGTH]
        row.life_safety = row.life_safety or life_safety
        row.next_at = at + work.law.delay(row.attempts)
        if row.needs_person_at is None and (needs_person or at - row.first_at >= work.law.patience):
            row.needs_person_at = at
            log.error("retry.needs_person", kind=work.kind, key=key, error=row.error)
        row.save(update_fields=["attempts", "last_at", "error", "life_safety", "next_at", "needs_person_at"])
    return row


def rests(work: Work, row: FailedWork) -> bool:
    """True where a piece of work is not tried by itself any more: a person was asked, and no life depends on it."""
    return row.needs_person_at is not None and work.law.gives_up and not row.life_safety


def done(work: Work, key: str) -> None:
    """The piece of work succeeded: its row, if it has one, is closed."""
    FailedWork.objects.filter(kind=work.kind, key=key, closed_at=None).update(closed_at=clock.now())


def resting(work: Work, keys: Iterable[str]) -> set[str]:
    """Which of these are not due: they failed, and wait for their time or for a person."""
    at = clock.now()
    rows = FailedWork.objects.filter(kind=work.kind, key__in=list(keys), closed_at=None)
    return {row.key for row in rows if row.next_at > at or rests(work, row)}


def each(
    work: Work,
    items: Iterable[T],
    act: Callable[[T], object],
    *,
    key: Callable[[T], str] = str,
    life_safety: bool = False,
    begins: bool = False,
) -> Tally:
    """Do `act` for each item; one that fails is set aside, written down, and tried again by the law of its kind.

    `begins` says that `act` begins a transaction of its own where it needs one.

    What keeps all of them from working, a database that is away, is raised.
    """
    rows = list(items)
    known = {
        row.key: row
        for row in FailedWork.objects.filter(
            kind=work.kind, key__in=[key(item) for item in rows], closed_at=None
        )
    }
    at, finished, bad, waiting = clock.now(), 0, 0, 0
    for item in rows:
        name = key(item)
        before = known.get(name)
        if before is not None and (before.next_at > at or rests(work, before)):
            waiting += 1
            continue
        try:
            if begins:
                act(item)
            else:
                _apart(act, item)
        except Exception as why:  # whatever is wrong with one row is not the next one's fault
            if isinstance(why, (OperationalError, InterfaceError)) and not _usable():
                raise
            log.exception("retry.set_aside", kind=work.kind, key=name)
            failed(work, name, why, life_safety=life_safety)
            bad += 1
        else:
            finished += 1
            if before is not None:
                done(work, name)
    return Tally(finished, bad, waiting)


def _apart(act: Callable[[T], object], item: T) -> None:
    """Inside a transaction each item has a savepoint: what one of them wrote before it failed is undone."""
    if connection.in_atomic_block:
        with transaction.atomic():
            act(item)
    else:
        act(item)


def _usable() -> bool:
    return connection.connection is not None and connection.is_usable()


def needing_person() -> "QuerySet[FailedWork]":
    """What waits for a person, what a life may depend on first, then the oldest."""
    rows = FailedWork.objects.filter(closed_at=None, needs_person_at__isnull=False)
    return rows.order_by("-life_safety", "first_at", "pk")


def counts() -> dict[str, tuple[int, int]]:
    """By kind: how many wait for another try, how many for a person."""
    rows = (
        FailedWork.objects.filter(closed_at=None)
        .values("kind")
        .annotate(people=Count("pk", filter=Q(needs_person_at__isnull=False)), all=Count("pk"))
    )
    return {row["kind"]: (row["all"] - row["people"], row["people"]) for row in rows}


def due(work: Work, at: datetime, limit: int) -> list[str]:
    """Keys of failed pieces of this kind whose next try has come, the longest waiting first."""
    rows = FailedWork.objects.filter(kind=work.kind, closed_at=None, next_at__lte=at).order_by("next_at")
    return [row.key for row in rows[:limit] if not rests(work, row)]


def open_keys(work: Work) -> set[str]:
    """The keys of all pieces of this kind that failed and are not done yet."""
    return set(FailedWork.objects.filter(kind=work.kind, closed_at=None).values_list("key", flat=True))


def open_count(work: Work) -> int:
    """How many pieces of this kind failed and are not done yet."""
    return FailedWork.objects.filter(kind=work.kind, closed_at=None).count()


def since(work: Work, key: str) -> datetime | None:
    """When this piece of work began to fail; None where it does not."""
    row = FailedWork.objects.filter(kind=work.kind, key=key, closed_at=None).only("first_at").first()
    return row.first_at if row else None
