"""Speak up: staff and drivers report a danger in confidence, and read the answer without being known (G9).

Nothing that is written while somebody reports says who, from where, or more of when than the hour: no line of the journal
or of a timeline, no message. The rows lie unseen until that hour is over; then a job takes them in, in the name of the
platform. The journal names no report: its readers are those of whom some must not learn of one. Who it was is sealed (`governance.sealing`), and opened by two of the staff, by name, of whom none is concerned.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.selectors import account_by_code, codes_who_may
from core import audit, cases, clock, danger, four_eyes, idempotency, jobs, limits, live, policy
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, Forbidden, InvalidInput, NotFound
from core.links import digest_of
from core.models import Gravity
from core.permissions import may, require
from core.states import move
from core.transactions import begins_transaction
from drivers.selectors import is_driver
from governance import sealing
from governance.errors import (
    ConcernAnswered,
    ConcernLookedAt,
    ConcernNotLookedAt,
    NotAskedBack,
    NotOpened,
    OpeningAsked,
    OpeningOver,
    TooFewLeft,
)
from governance.models import Concern, ConcernLine, ConcernOpening
from governance.policies import (
    ANSWER_WITHIN,
    CONCERN_WORDS,
    CONCERNS,
    CONCERNS_ANSWER,
    CONCERNS_OPEN,
    KEPT,
    LOOK_WITHIN,
)
from governance.states import CONCERN_TRANSITIONS, ConcernState, ConcernWord

if TYPE_CHECKING:
    from accounts.models import Account
    from core.limits import Asker

LONGEST_WORDS, LONGEST_ABOUT = 4_000, 200
HOUR = timedelta(hours=1)
OPEN_FOR = timedelta(hours=24)
LEAST_READERS = 2
BY_REPORTER = (ConcernWord.REPORT, ConcernWord.MORE)
live.moves("concerns", "governance.concern_")
live.looks("governance.concern_read")


def may_speak_up(account: "Account") -> bool:
    """One of the staff, whatever they do here, or a driver."""
    return may(account, "console.open") or is_driver(account)


def readers() -> list[str]:
    """Codes of those of the staff who read reports, unless they are kept from them."""
    return codes_who_may(CONCERNS_ANSWER)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


_CODES = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![A-Za-z0-9-])")
MOST_CASES = 20  # of which one text is asked about


def _concerned(*texts: str) -> set[str]:
    """Of those who read reports, whom these texts concern: by their own code, or by that of a case or trip that is, or
    was, theirs."""
    found = {each.casefold() for text in texts for each in _CODES.findall(text)}
    staff = readers()
    concerned = {code for code in staff if code.casefold() in found}
    named = sorted({each.upper() for each in found if "-" in each})[:MOST_CASES]
    owners = {owner for each in named for owner in cases.owners_of(each)}
    return concerned | (owners & set(staff))


def _bar(row: Concern, at: datetime) -> None:
    """Keep it from whom its words concern by now: a case may be somebody's since, and words came to it."""
    words = [line.words for line in lines_for_staff(row, at) if line.kind in BY_REPORTER]
    if more := _concerned(row.about, *words) - set(row.barred):
        row.barred = sorted({*row.barred, *more})
        row.save(update_fields=["barred"])


# --- Whoever reports ---------------------------------------------------------------------------------------


def report(
    *,
    account: "Account",
    words: str,
    about: str,
    asks_back: bool,
    barred: Collection[str],
    submission: str,
    asker: "Asker",
) -> Concern:
    """Keep a report of this person, who is sealed before anything is written; the same `submission` is the same report.

    Whoever is concerned by what was named does not see it, besides those `barred`. Raises `Forbidden`, `InvalidInput`,
    `KeyTooShort`, `TooFewLeft`, `WhoAway`, and what the limit raises.
    """
    if not may_speak_up(account):
        raise Forbidden
    words, about = words.strip(), about.strip()
    if not 0 < len(words) <= LONGEST_WORDS:
        raise InvalidInput("words")
    if len(about) > LONGEST_ABOUT:
        raise InvalidInput("about")
    submission = idempotency.check(submission, danger=False)
    who_reads = set(readers())
    if set(barred) - who_reads:
        raise InvalidInput("barred")
    kept_from = {*barred, *_concerned(about, words)}
    if len(who_reads - kept_from) < LEAST_READERS:
        raise TooFewLeft("about" if len(who_reads - set(barred)) >= LEAST_READERS else "barred")
    key = idempotency.key_of("governance.concern", account.code, submission)
    if again := Concern.objects.filter(submission=key).first():
        return again
    with limits.turn(CONCERNS, asker):
        code, (name, sealing_key) = new_code("SU"), sealing.new_key()
        row = Concern(
            code=code,
            about=about,
            asks_back=asks_back,
            barred=sorted(kept_from),
            sealed_who=sealing.seal(account.code, sealing_key, code=code),
            key_name=name,
            submission=key,
        )
        kept = _keep(account=account, submission=submission, row=row, words=words)
    if kept.key_name != name:  # the same came in the same moment, and was quicker
        sealing.destroy(name)
    return kept


@begins_transaction
def _keep(*, account: "Account", submission: str, row: Concern, words: str) -> Concern:
    key = idempotency.hold("governance.concern", account.code, submission)
    if again := Concern.objects.filter(submission=key).first():
        return again
    hour = _hour(clock.now())
    row.shown_from = hour + HOUR
    row.look_by, row.answer_by = hour + policy.span(LOOK_WITHIN), hour + policy.span(ANSWER_WITHIN)
    row.save(force_insert=True)
    _write(row, ConcernWord.REPORT, words, hour, read=f"{row.about}\n{words}")
    return row


def _write(
    row: Concern, kind: ConcernWord, words: str, at: datetime, *, author: str = "", read: str = ""
) -> ConcernLine:
    return ConcernLine.objects.create(
        concern=row,
        kind=kind,
        words=words,
        written_by=author,
        at=at,
        taken_in=kind not in BY_REPORTER,
        **danger.read(read or words).columns(),
    )


def by_secret(secret: str) -> Concern:
    """The report whose link this is. Raises `NotFound`."""
    row = Concern.objects.filter(secret_digest=digest_of(secret)).first()
    if row is None or not row.opens_to(secret):
        raise NotFound
    return row


@begins_transaction
def write_more(*, secret: str, words: str) -> Concern:
    """Whoever reported writes more; staff read it from the next full hour on.

    Raises `NotFound`, `InvalidInput`, and what the limit raises.
    """
    words = words.strip()
    if not 0 < len(words) <= LONGEST_WORDS:
        raise InvalidInput("words")
    row = by_secret(secret)
    limits.take(CONCERN_WORDS, limits.NOBODY, target=row.code)
    Concern.objects.select_for_update().get(pk=row.pk)
    _write(row, ConcernWord.MORE, words, _hour(clock.now()))
    return row


# --- What the hour brings ----------------------------------------------------------------------------------


def _unseen(at: datetime) -> QuerySet[ConcernLine]:
    """Words that nobody was told of yet, of hours that are over."""
    return ConcernLine.objects.filter(taken_in=False, at__lte=at - HOUR).order_by("at", "pk")


@begins_transaction
def take_in(pk: int, at: datetime) -> None:
    """Words of an hour that is over: written down in the platform's name, and their clocks run from that hour."""
    found = _unseen(at).filter(pk=pk).values_list("concern_id", flat=True).first()
    if found is None:
        return
    row = Concern.objects.select_for_update().get(pk=found)
    line = ConcernLine.objects.get(pk=pk)
    if line.taken_in:
        return
    ConcernLine.objects.filter(pk=pk).update(taken_in=True)
    # A row says in which transaction it was written; this one is a job's.
    Concern.objects.filter(pk=row.pk).update(code=row.code)
    _bar(row, at)
    if line.kind == ConcernWord.REPORT:
        audit.record(SYSTEM, "governance.concern_received")
        return
    if row.state != ConcernState.RECEIVED:
        changes = {"look_by": line.at + policy.span(LOOK_WITHIN)}
        if row.state == ConcernState.ANSWERED:
            changes["answer_by"] = line.at + policy.span(ANSWER_WITHIN)
        move(row, CONCERN_TRANSITIONS, ConcernState.RECEIVED, answered_at=None, **changes)
    audit.record(SYSTEM, "governance.concern_added")


HOURS = jobs.rows(
    "governance.concerns",
    _("taking in what was reported in confidence"),
    due=lambda at, limit: list(_unseen(at).values_list("pk", flat=True)[:limit]),
    act=take_in,
    key=int,
)


def _over(at: datetime) -> QuerySet[Concern]:
    return Concern.objects.filter(answered_at__lte=at - policy.span(KEPT)).order_by("answered_at")


@begins_transaction
def _destroy(pk: int, at: datetime) -> None:
    row = _over(at).select_for_update().filter(pk=pk).first()
    if row is not None:
        audit.record(SYSTEM, "governance.concern_destroyed")
        row.delete()


def forget(pk: int, at: datetime) -> None:
    """The key first: whatever stays of the row after that, in a backup too, names nobody."""
    row = _over(at).filter(pk=pk).first()
    if row is not None:
        sealing.destroy(row.key_name)
        _destroy(pk, at)


OVER = jobs.rows(
    "governance.concerns_over",
    _("destroying reports in confidence that are over"),
    due=lambda at, limit: list(_over(at).values_list("pk", flat=True)[:limit]),
    act=forget,
    key=int,
)


# --- Those who read ----------------------------------------------------------------------------------------


def _seen_by(person: "Account", at: datetime) -> QuerySet[Concern]:
    """What this person may see now: of hours that are over, and not kept from them."""
    require(person, CONCERNS_ANSWER)
    return Concern.objects.filter(shown_from__lte=at).exclude(barred__contains=person.code)


def concern_for(code: str, person: "Account") -> Concern:
    """Raises `NotFound`, also where it is kept from this person, and `Forbidden`. It is asked anew whom it concerns."""
    at = clock.now()
    row = _seen_by(person, at).filter(code=code).first()
    if row is None:
        raise NotFound
    _bar(row, at)
    if person.code in row.barred:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report that waits: `due` is the clock that runs, `grave` whether its words tell of danger to somebody."""

    row: Concern
    due: datetime
    grave: bool
    opening: bool


def waiting_for(person: "Account", at: datetime) -> list[Waiting]:
    """What this person may see and nobody has answered, the most urgent first."""
    return _waiting(_seen_by(person, at), at)


def waiting(at: datetime) -> list[Waiting]:
    """All that nobody has answered, of hours that are over."""
    return _waiting(Concern.objects.filter(shown_from__lte=at), at)


def _waiting(rows: QuerySet[Concern], at: datetime) -> list[Waiting]:
    words = ConcernLine.objects.filter(concern=OuterRef("pk"), danger=Gravity.SEVERE, at__lte=at - HOUR)
    asked = ConcernOpening.objects.filter(concern=OuterRef("pk"), ended_at=None)
    open_ = rows.annotate(
        grave=Exists(words), opening=Exists(asked), more=Exists(_unseen(at).filter(concern=OuterRef("pk")))
    )
    open_ = open_.exclude(state=ConcernState.ANSWERED, opening=False, more=False)
    found = [Waiting(row, due_of(row), row.grave, row.opening) for row in open_]
    return sorted(found, key=lambda each: (not each.grave, each.due))


def due_of(row: Concern) -> datetime:
    """The clock that runs: until it is looked at the nearer one, then the answer's."""
    return min(row.look_by, row.answer_by) if row.state == ConcernState.RECEIVED else row.answer_by


def answered_lately(person: "Account", at: datetime, *, most: int = 50) -> list[Concern]:
    """What was answered, newest first."""
    return list(_seen_by(person, at).filter(state=ConcernState.ANSWERED).order_by("-answered_at")[:most])


def lines_for_staff(row: Concern, at: datetime) -> list[ConcernLine]:
    """Words of hours that are over, in their order."""
    return [
        line
        for line in row.lines.order_by("at", "pk")
        if line.kind not in BY_REPORTER or line.at + HOUR <= at
    ]


def opening_asked(row: Concern) -> ConcernOpening | None:
    """What waits for a second person."""
    return row.openings.filter(ended_at=None).first()


def openings_of(row: Concern) -> list[ConcernOpening]:
    """By which two it was opened, and when: staff and whoever reported read it."""
    return list(row.openings.exclude(agreed_by="").order_by("pk"))


def is_open_to(row: Concern, person: "Account", at: datetime) -> bool:
    """Whether this person is one of the two who opened it within a day."""
    return any(
        person.code in {each.asked_by, each.agreed_by} and each.ended_at and at < each.ended_at + OPEN_FOR
        for each in openings_of(row)
    )


def why_not(row: Concern, person: "Account", key: str) -> DomainError | None:
    """The rule of each thing that may be done with a report."""
    asked = opening_asked(row)
    match key:
        case "look":
            if row.state != ConcernState.RECEIVED:
                return ConcernLookedAt() if row.state == ConcernState.LOOKED else ConcernAnswered()
        case "ask" | "answer":
            if row.state == ConcernState.RECEIVED:
                return ConcernNotLookedAt()
            if row.state == ConcernState.ANSWERED:
                return ConcernAnswered()
            if key == "ask" and not row.asks_back:
                return NotAskedBack()
        case "open":
            return OpeningAsked() if asked else None
        case "agree" | "refuse":
            return None if asked else OpeningOver()
        case _:
            raise ValueError(key)
    return None


def _for_action(account: "Account", code: str, key: str, permission: str = CONCERNS_ANSWER) -> Concern:
    require(account, permission)
    Concern.objects.select_for_update().filter(code=code).first()
    row = concern_for(code, account)
    if against := why_not(row, account, key):
        raise against
    return row


@begins_transaction
def note_read(*, account: "Account", code: str) -> None:
    """One of the staff read it: that is in the journal, which names no report. Raises `NotFound`, `Forbidden`."""
    concern_for(code, account)
    audit.record(account.actor, "governance.concern_read")


@begins_transaction
def look(*, account: "Account", code: str) -> None:
    """Somebody looks into it. Raises `NotFound`, `Forbidden`, `ConcernLookedAt`, `ConcernAnswered`."""
    row, at = _for_action(account, code, "look"), clock.now()
    move(
        row,
        CONCERN_TRANSITIONS,
        ConcernState.LOOKED,
        looked_by=account.code,
        was_late=row.was_late or at > row.look_by,
    )
    audit.record(account.actor, "governance.concern_looked_at")


@begins_transaction
def ask(*, account: "Account", code: str, words: str) -> None:
    """A question to whoever reported, where they want to be asked.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `ConcernNotLookedAt`, `ConcernAnswered`, `NotAskedBack`.
    """
    row = _for_action(account, code, "ask")
    _say(account, row, ConcernWord.QUESTION, words)


@begins_transaction
def answer(*, account: "Account", code: str, words: str) -> None:
    """What was found and is done: whoever reported reads it.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `ConcernNotLookedAt`, `ConcernAnswered`.
    """
    row, at = _for_action(account, code, "answer"), clock.now()
    move(
        row,
        CONCERN_TRANSITIONS,
        ConcernState.ANSWERED,
        answered_at=at,
        was_late=row.was_late or at > row.answer_by,
    )
    _say(account, row, ConcernWord.ANSWER, words)


def _say(account: "Account", row: Concern, kind: ConcernWord, words: str) -> None:
    if not 0 < len(words.strip()) <= LONGEST_WORDS:
        raise InvalidInput("words")
    _write(row, kind, words.strip(), clock.now(), author=account.code)
    action = "governance.concern_asked" if kind == ConcernWord.QUESTION else "governance.concern_answered"
    audit.record(account.actor, action)


# --- Who it was --------------------------------------------------------------------------------------------


@begins_transaction
def ask_to_open(*, account: "Account", code: str, reason: str) -> None:
    """One asks that it be opened who reported; whoever did reads the reason once it is.

    Raises `NotFound`, `Forbidden`, `InvalidInput`, `OpeningAsked`.
    """
    row = _for_action(account, code, "open", CONCERNS_OPEN)
    if not 0 < len(reason.strip()) <= 300:
        raise InvalidInput("reason")
    ConcernOpening.objects.create(
        concern=row, asked_by=account.code, asked_at=clock.now(), reason=reason.strip()
    )
    audit.record(account.actor, "governance.concern_opening_asked")


@begins_transaction
def decide_opening(*, account: "Account", code: str, agrees: bool) -> None:
    """Another agrees, and these two can read for a day who it was; or somebody refuses, or who asked withdraws it.

    Raises `NotFound`, `Forbidden`, `OpeningOver`, `SecondPersonNeeded`.
    """
    row = _for_action(account, code, "agree" if agrees else "refuse", CONCERNS_OPEN)
    opening = row.openings.select_for_update().get(ended_at=None)
    if not agrees:
        opening.ended_at = clock.now()
        opening.save(update_fields=["ended_at"])
        audit.record(account.actor, "governance.concern_opening_refused", by=opening.asked_by)
        return
    four_eyes.another(account.code, opening.asked_by)
    asked = account_by_code(opening.asked_by)
    # Who asked may have left, or become concerned, since.
    if asked is None or not asked.is_active or not may(asked, CONCERNS_OPEN) or asked.code in row.barred:
        raise OpeningOver
    opening.agreed_by, opening.ended_at = account.code, clock.now()
    opening.save(update_fields=["agreed_by", "ended_at"])
    audit.record(account.actor, "governance.concern_opened", by=opening.asked_by)


@begins_transaction
def _note_shown(*, account: "Account", code: str) -> Concern:
    require(account, CONCERNS_OPEN)
    row = concern_for(code, account)
    if not is_open_to(row, account, clock.now()):
        raise NotOpened
    audit.record(account.actor, "governance.concern_who_read")
    return row


def who(*, account: "Account", code: str) -> str:
    """The code of the account that reported, for one of the two who opened it; it is in the journal before it is read.

    Raises `NotFound`, `Forbidden`, `NotOpened`, `WhoAway`.
    """
    row = _note_shown(account=account, code=code)
    return sealing.unseal(bytes(row.sealed_who), row.key_name, code=row.code)


def too_few_left(at: datetime) -> int:
    """How many reports that nobody has answered fewer than two people can read: they left, or are kept from them."""
    who_reads = set(readers())
    rows = Concern.objects.filter(shown_from__lte=at).exclude(state=ConcernState.ANSWERED)
    return sum(
        len(who_reads - set(barred)) < LEAST_READERS for barred in rows.values_list("barred", flat=True)
    )


def words_waiting(at: datetime) -> int:
    """How many words no job took in although their hour is long over: no clock runs for them."""
    return _unseen(at - HOUR).count()


# --- Figures -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """Reports since a time: how many, how many answered, of how many a clock was broken, which are late now."""

    every: int
    answered: int
    broken: int
    late: tuple[str, ...]


def counted(since: datetime, at: datetime) -> Counted:
    """What board, console and report say in figures; one that is late counts however old it is."""
    every = answered = broken = 0
    late = []
    for row in Concern.objects.filter(shown_from__lte=at).order_by("pk"):
        is_late = row.state != ConcernState.ANSWERED and due_of(row) < at
        if is_late:
            late.append(row.code)
        if row.shown_from >= since or is_late:
            every += 1
            answered += row.state == ConcernState.ANSWERED
            broken += row.was_late or is_late
    return Counted(every, answered, broken, tuple(late))
