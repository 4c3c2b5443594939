"""One law for work that fails: it is tried again, later and later; then a person is asked.

Each kind of work is declared once, with its law and the way to try it again by hand. What fails is a row of
`FailedWork`: it is counted in `/metrics`, stands on the console's first page once it needs a person, and closes by
itself when the work succeeds. One bad row never stops the rows beside it: `each()` is the loop for a list, and a
`Queue` that for a table which is its own queue.

Work on which a life may depend has the same law whatever its kind (`LIFE`): it is never given up, its delay stays
short, and a person hears of it soon.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Generic, TypeVar

import structlog
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.utils import InterfaceError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit, broker, clock, live
from core.actors import Actor
from core.errors import DomainError, InvalidInput, NotFound
from core.models import FailedWork
from core.transactions import begins_transaction

log = structlog.get_logger()
T = TypeVar("T")
M = TypeVar("M", bound=models.Model)
ERROR_LENGTH, KEY_LENGTH, SUBJECT_LENGTH, REASON_LENGTH = 300, 120, 80, 200
KEPT = timedelta(days=90)  # how long it is known that something had failed
LEASE = timedelta(seconds=30)  # how long a claimed row is left to whoever claimed it
TURN = 4.0  # seconds for which a queue is worked off before other work has its turn


@dataclass(frozen=True, slots=True)
class Law:
    """How often and how long. The delay doubles from `first` up to `ceiling`, less up to a tenth of jitter.

    A person is asked once it has failed for `patience`. `gives_up` says whether it rests from then on.
    """

    first: timedelta = timedelta(seconds=1)
    ceiling: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(hours=24)
    gives_up: bool = True

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after so many failures, one at least."""
        plain = self.first
        for _failure in range(max(attempts, 1) - 1):
            if plain >= self.ceiling:
                break
            plain *= 2
        return min(plain, self.ceiling) * (1 - secrets.randbelow(100) / 1000)


LIFE = Law(timedelta(seconds=1), timedelta(seconds=10), timedelta(minutes=2), gives_up=False)


class Known(Exception):
    """A failure whose cause is in the log already, or needs none."""


class Hopeless(Known):
    """Raised by work that no repeat can help, such as a number that does not exist: a person is asked at once."""


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work that can fail. `again` tries one piece of it now, by its key; None where nobody can.

    `again` raises, or returns False, where it failed again.
    """

    kind: str
    label: str | Promise
    law: Law
    again: Callable[[str], object] | None
    # The queue in which a piece on which a life may depend is tried again by a person's wish.
    life_queue: str = "life_safety"

    def law_of(self, *, life_safety: bool) -> Law:
        """The law of a piece of it."""
        return LIFE if life_safety else self.law


@dataclass(frozen=True, slots=True)
class Tally:
    """What a loop did: how many it finished, how many failed now, how many rested because they failed before.

    `left` is how many it did not look at, because it was told not to go on.
    """

    done: int
    failed: int
    resting: int
    left: int = 0


_declared: dict[str, Work] = {}


def declare(
    kind: str,
    label: str | Promise,
    *,
    law: Law | None = None,
    again: Callable[[str], object] | None = None,
    life_queue: str = "life_safety",
) -> Work:
    """Declare a kind of work at import time, such as `core.messages`; `label` names it to staff.

    Raises `ValueError` for a kind that is declared already: each would be tried again by the way of the other.
    """
    if kind in _declared:
        raise ValueError(f"two kinds of work are called {kind}")
    work = _declared[kind] = Work(kind, label, law or Law(), again, life_queue)
    return work


def declared() -> list[Work]:
    """All kinds of work, by name."""
    return sorted(_declared.values(), key=lambda work: work.kind)


def of_kind(kind: str) -> Work | None:
    """The declared kind, or None for one of another release."""
    return _declared.get(kind)


# --- Failing, and success ---


def failed(
    work: Work,
    key: str,
    why: "Exception | str",
    *,
    life_safety: bool = False,
    needs_person: bool = False,
    subject: str = "",
    rests: bool = False,
) -> FailedWork:
    """Write down that a piece of work failed; the row says when it is due again (`next_at`).

    Works inside and outside of a transaction. `needs_person` asks a person at once: nothing but a change of data or
    code can help, such as an entry that cannot be read. `rests` says that it is not tried again by itself. `subject`
    is the code of what it is about.
    """
    at, key = clock.now(), _short(key)
    with transaction.atomic():
        row = _open_row(work, key, at)
        row.attempts += 1
        row.last_at, row.error = at, _what_it_said(why)
        row.life_safety = row.life_safety or life_safety
        row.subject = subject[:SUBJECT_LENGTH] or row.subject
        law = work.law_of(life_safety=row.life_safety)
        row.next_at = at + law.pause(row.attempts)
        hopeless = needs_person or rests or isinstance(why, Hopeless)
        if row.needs_person_at is None and (hopeless or at - row.first_at >= law.patience):
            row.needs_person_at = at
            log.error("retry.needs_person", kind=work.kind, key=key, error=row.error)
            live.changed_on_commit("console")
        row.rests = rests or (row.needs_person_at is not None and law.gives_up)
        row.save(
            update_fields=[
                "rests",
                "attempts",
                "last_at",
                "error",
                "life_safety",
                "subject",
                "next_at",
                "needs_person_at",
            ]
        )
    return row


def _open_row(work: Work, key: str, at: datetime) -> FailedWork:
    """The one open row of a piece of work, locked. Two who fail at once share it, also while a third closes it."""
    for _turn in range(3):
        try:
            row, _new = FailedWork.objects.select_for_update().get_or_create(
                kind=work.kind,
                key=key,
                closed_at=None,
                defaults={"first_at": at, "last_at": at, "next_at": at},
            )
        except (IntegrityError, FailedWork.DoesNotExist):
            continue
        return row
    return FailedWork.objects.create(kind=work.kind, key=key, first_at=at, last_at=at, next_at=at)


def _short(key: str) -> str:
    """A key that fits; a long one keeps its beginning, and a digest tells it from its neighbours.

    A zero byte, which PostgreSQL takes in no text, is left out: a key often comes from what could not be read.
    """
    key = key.replace("\0", "")
    if len(key) <= KEY_LENGTH:
        return key
    return f"{key[: KEY_LENGTH - 33]}~{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _what_it_said(why: "Exception | str") -> str:
    """The first line, without what may be a phone or a document's number: staff of every role read it."""
    said = why if isinstance(why, str) else f"{type(why).__name__}: {why}"
    first = said.replace("\0", "").strip().partition("\n")[0]
    return re.sub(r"\d{6,}", "…", first)[:ERROR_LENGTH]


# As it stands, because whatever succeeds ends with it.
_CLOSE = f"""
UPDATE {FailedWork._meta.db_table} SET closed_at = %s WHERE kind = %s AND key = ANY(%s) AND closed_at IS NULL
"""  # noqa: S608 - a table of ours


def done(work: Work, *keys: str) -> None:
    """These pieces of work succeeded: their rows, if they have any, are closed."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [clock.now(), work.kind, [_short(key) for key in keys]])
        closed = cursor.rowcount
    if closed:
        live.changed_on_commit("console")


def resting(work: Work, keys: Iterable[str]) -> set[str]:
    """Which of these are not due: they failed, and wait for their time or for a person."""
    at, names = clock.now(), {_short(key): key for key in keys}
    rows = FailedWork.objects.filter(kind=work.kind, key__in=names, closed_at=None)
    return {names[row.key] for row in rows if row.next_at > at or row.rests}


def each(
    work: Work,
    items: Iterable[T],
    act: Callable[[T], object],
    *,
    key: Callable[[T], str] = str,
    life_safety: bool = False,
    begins: bool = False,
    go_on: Callable[[], bool] | None = None,
) -> Tally:
    """Do `act` for each item; one that fails is set aside, written down, and tried again by the law of its kind.

    `begins` says that `act` begins a transaction of its own where it needs one. `go_on` is asked between two items
    whether there is time for another one.

    What keeps all of them from working, a database that is away, is raised.
    """
    rows = list(items)
    known = {
        row.key: row
        for row in FailedWork.objects.filter(
            kind=work.kind, key__in=[_short(key(item)) for item in rows], closed_at=None
        )
    }
    at, finished, bad, waiting = clock.now(), 0, 0, 0
    for number, item in enumerate(rows):
        if number and go_on is not None and not go_on():
            return Tally(finished, bad, waiting, len(rows) - number)
        name = key(item)
        before = known.get(_short(name))
        if before is not None and (before.next_at > at or before.rests):
            waiting += 1
            continue
        try:
            if begins:
                act(item)
            else:
                _apart(act, item)
        except Exception as why:  # whatever is wrong with one row is not the next one's fault
            if database_away(why):
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


def database_away(why: Exception) -> bool:
    """True where an error means that nothing can be written now, so that no row is to blame."""
    return isinstance(why, (OperationalError, InterfaceError)) and not (
        connection.connection is not None and connection.is_usable()
    )


# --- A table that is its own queue ---


@dataclass(frozen=True)
class Queue(Generic[M]):
    """Rows that wait for their work in their own table, each claimed by one worker at a time; made by `queue`.

    `waiting` are the rows that are not done; `due` is their column that says from when they are tried. `act` does one
    and raises where it failed: then the law says when it is due again, and counts in `attempts`. `key` is the unique
    column that names a row in `FailedWork`; `about` gives the code of what it is about. `batch` rows are claimed
    together for the time of `lease`, in which so many are done by far; after it another worker takes what is left.
    """

    work: Work
    waiting: Callable[[], "QuerySet[M]"]
    act: Callable[[M], object]
    due: str
    key: str
    about: Callable[[M], str]
    life_safety: Callable[[M], bool]
    batch: int = 1
    lease: timedelta = LEASE

    def due_at(self, at: datetime) -> "QuerySet[M]":
        """Rows to try now, those that wait longest first."""
        return self.waiting().filter(**{f"{self.due}__lte": at}).order_by(self.due, "pk")

    def claim(self, **only: object) -> list[M]:
        """The first rows that are due, left alone by others for the time of `lease`."""
        at = clock.now()
        with transaction.atomic():
            found = self.due_at(at).filter(**only).select_for_update(skip_locked=True)
            rows = list(found[: self.batch])
            if rows:
                self.waiting().filter(pk__in=[row.pk for row in rows]).update(**{self.due: at + self.lease})
        return rows

    def attempt(self, pk: int) -> bool:
        """Try one row now; False where it failed, and was written down. A row that is done is left alone."""
        row = self.waiting().filter(pk=pk).first()
        if row is None:
            return True
        succeeded = self._attempt(row)
        if succeeded:
            done(self.work, self.name_of(row))
        return succeeded

    def _attempt(self, row: M) -> bool:
        """As `attempt`; whoever asks closes what failed before."""
        try:
            self.act(row)
        except Exception as why:  # whatever is wrong with one row is not the next one's fault
            if database_away(why):
                raise
            known = isinstance(why, (Known, DomainError))
            log.warning(
                "retry.failed", kind=self.work.kind, row=row.pk, error=type(why).__name__, exc_info=not known
            )
            return self.put_off(row, why) is None
        return True

    def put_off(self, row: M, why: "Exception | str") -> FailedWork | None:
        """A row failed: written down, and due again when the law says; None where somebody else did it meanwhile."""
        with transaction.atomic():
            # By its name too: a row that was renamed meanwhile is another piece of work, which has not failed.
            same = self.waiting().filter(**{"pk": row.pk, self.key: getattr(row, self.key)})
            if not same.select_for_update(of=("self",)).exists():
                return None
            written = failed(
                self.work,
                self.name_of(row),
                why,
                life_safety=self.life_safety(row),
                subject=self.about(row),
            )
            self.waiting().filter(pk=row.pk).update(
                **{self.due: written.next_at, "attempts": F("attempts") + 1}
            )
        return written

    def name_of(self, row: M) -> str:
        """Its key in `FailedWork`."""
        return str(getattr(row, self.key))

    def work_off(self, *, seconds: float = TURN, **only: object) -> bool:
        """Try what is due, row by row, until nothing is or the time is over; True where more may wait."""
        until = monotonic() + seconds
        while rows := self.claim(**only):
            self._attempt_each(rows)
            if monotonic() > until:
                return True
        return False

    def _attempt_each(self, rows: list[M]) -> None:
        """Whose work had failed is closed at once. Few have: that none of the others failed in another worker, whose lease
        had run out, is asked once for all."""
        others = []
        try:
            for row in rows:
                if self._attempt(row):
                    if row.attempts:  # type: ignore[attr-defined]  # each such table has it, see `put_off`
                        done(self.work, self.name_of(row))
                    else:
                        others.append(self.name_of(row))
        finally:
            if others:
                done(self.work, *others)

    def again(self, key: str) -> bool:
        """Try the row of this key now, whatever its time; True also where it is done meanwhile."""
        row = self.waiting().filter(**{self.key: key}).first()
        return row is None or self.attempt(row.pk)


def queue(
    kind: str,
    label: str | Promise,
    *,
    law: Law,
    waiting: Callable[[], "QuerySet[M]"],
    act: Callable[[M], object],
    due: str = "next_at",
    key: str = "pk",
    about: Callable[[M], str] = lambda _row: "",
    life_safety: Callable[[M], bool] = lambda _row: False,
    batch: int = 1,
    lease: timedelta = LEASE,
) -> Queue[M]:
    """Declare a table as a queue of its own, with a way to try one of its rows again; see `Queue`.

    Raises `ValueError` for a kind that is declared already.
    """

    def again(name: str) -> bool:
        return found.again(name)

    work = declare(kind, label, law=law, again=again)
    found = Queue(work, waiting, act, due, key, about, life_safety, batch, lease)
    return found


# --- For people ---


def needing_person() -> "QuerySet[FailedWork]":
    """What waits for a person, what a life may depend on first, then the oldest."""
    rows = FailedWork.objects.filter(closed_at=None, needs_person_at__isnull=False)
    return rows.order_by("-life_safety", "first_at", "pk")


def lives_at_stake() -> int:
    """How much work on which a life may depend needs a person now."""
    return needing_person().filter(life_safety=True).count()


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
    return [row.key for row in rows[:limit] if not row.rests]


def open_keys(work: Work) -> set[str]:
    """The keys of all pieces of this kind that failed and are not done yet."""
    return set(FailedWork.objects.filter(kind=work.kind, closed_at=None).values_list("key", flat=True))


def open_subjects(work: Work) -> dict[str, str]:
    """By key of each piece of this kind that failed and is not done yet, the code of what it is about."""
    return dict(FailedWork.objects.filter(kind=work.kind, closed_at=None).values_list("key", "subject"))


def open_count(work: Work) -> int:
    """How many pieces of this kind failed and are not done yet."""
    return FailedWork.objects.filter(kind=work.kind, closed_at=None).count()


def oldest() -> dict[str, datetime]:
    """By kind: since when the oldest piece of work fails."""
    rows = FailedWork.objects.filter(closed_at=None).values("kind").annotate(since=Min("first_at"))
    return {row["kind"]: row["since"] for row in rows}


def since(work: Work, key: str) -> datetime | None:
    """When this piece of work began to fail; None where it does not."""
    row = FailedWork.objects.filter(kind=work.kind, key=_short(key), closed_at=None).only("first_at").first()
    return row.first_at if row else None


_NEWEST = f"""
SELECT max(needs_person_at), max(needs_person_at) FILTER (WHERE life_safety) FROM {FailedWork._meta.db_table}
WHERE closed_at IS NULL AND needs_person_at IS NOT NULL
"""  # noqa: S608 - a table of ours


@live.mark("failed_work", "lives")
def _newest() -> tuple[int, int]:
    """Open consoles sound when the second one grows."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        newest, of_lives = (int(at.timestamp() * 1000) if at else 0 for at in cursor.fetchone())
    return newest, of_lives


@begins_transaction
def ask_again(*, actor: Actor, failed_work_id: int, reason: str) -> FailedWork:
    """A person wants a piece of work tried again now: a worker does it, and the row says what came of it.

    Raises `NotFound` where it is closed or nobody can try it again, `InvalidInput` without a reason.
    """
    row = FailedWork.objects.select_for_update().filter(pk=failed_work_id, closed_at=None).first()
    work = of_kind(row.kind) if row else None
    if row is None or work is None or work.again is None:
        raise NotFound
    if not reason.strip():
        raise InvalidInput("reason")
    row.next_at = clock.now()
    row.save(update_fields=["next_at"])
    audit.record(
        actor,
        "core.work_tried_again",
        row.subject or row.key[:SUBJECT_LENGTH],
        reason=reason.strip(),
        kind=row.kind,
        key=row.key,
    )
    transaction.on_commit(lambda: _wake(row, work))
    return row


class StillTried(DomainError):
    code, status, sentence = (
        "work_still_tried",
        409,
        _("This work is still tried by itself. It leaves the list when it succeeds."),
    )


def can_be_dealt_with(row: FailedWork) -> bool:
    """True for what nothing tries again by itself, so that only a person can end it.

    What is still tried would stand here again after its next failure, and somebody would believe it done.
    """
    work = of_kind(row.kind)
    return row.needs_person_at is not None and (row.rests or work is None or work.again is None)


@begins_transaction
def deal_with(*, actor: Actor, failed_work_id: int, reason: str) -> FailedWork:
    """A person has done by other means what no repeat can: the row is closed, with who, when and how.

    Raises `NotFound` where it is closed, `InvalidInput` without a reason, `StillTried` where it is tried by itself.
    """
    row = FailedWork.objects.select_for_update().filter(pk=failed_work_id, closed_at=None).first()
    if row is None:
        raise NotFound
    if not reason.strip():
        raise InvalidInput("reason")
    if not can_be_dealt_with(row):
        raise StillTried
    row.closed_at, row.closed_by, row.closed_reason = clock.now(), actor.code, reason.strip()[:REASON_LENGTH]
    row.save(update_fields=["closed_at", "closed_by", "closed_reason"])
    audit.record(
        actor,
        "core.work_dealt_with",
        row.subject or row.key[:SUBJECT_LENGTH],
        reason=reason.strip(),
        kind=row.kind,
        key=row.key,
        life_safety=row.life_safety,
    )
    live.changed_on_commit("console")
    return row


def _wake(row: FailedWork, work: Work) -> None:
    queue = work.life_queue if row.life_safety else "default"
    broker.wake("core.tasks.try_again", row.kind, row.key, queue=queue)


def again(kind: str, key: str) -> FailedWork | None:
    """Try a piece of work now; the row that is still open afterwards, None where it succeeded.

    Call it outside of transactions. Raises `NotFound` for work that does not fail, or that nobody can try again.
    """
    work = of_kind(kind)
    rows = FailedWork.objects.filter(kind=kind, key=_short(key), closed_at=None)
    before = rows.first()
    if work is None or work.again is None or before is None:
        raise NotFound
    try:
        succeeded = work.again(key) is not False
    except Exception as why:  # what it is, the row says
        if database_away(why):
            raise
        log.exception("retry.failed_again", kind=kind, key=key)
        return failed(work, key, why)
    if succeeded:
        done(work, key)
        return None
    return rows.first()


def forget(*, at: datetime) -> int:
    """Delete what was closed long ago."""
    return FailedWork.objects.filter(closed_at__lt=at - KEPT).delete()[0]
