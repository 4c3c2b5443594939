"""Looking at people's data: the one door through which staff see somebody in the clear, and the list of what was looked
at without a case.

A look needs an open case that is the asker's own, concerns the person, and does not stand on the asker's word alone.
Without one it needs a sentence, and a supervisor answers for it. Colleagues and officers are not shown, whoever asks.
All of it is in the journal.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import AlreadyAnswered, NotRevealable, SentenceNeeded
from accounts.models import Account, Look
from accounts.policies import LOOKS_UNUSUAL, REVEALS_WITHOUT_CASE, says_why
from accounts.selectors import person_by_code
from accounts.states import LookKind, PersonalField
from core import audit, audit_selectors, cases, clock, four_eyes, limits, policy
from core.errors import NotFound
from core.limits import Asker
from core.permissions import may, require
from core.transactions import begins_transaction, joins_transaction

MAY_ANSWER = "looks.answer"
REVEALS = ("accounts.revealed", "complaints.caller_revealed")
_LISTED = "accounts.look_listed"
REASON_LENGTH = 400
STILL_THEIRS = timedelta(days=7)


def is_revealable(person: Account) -> bool:
    """True for members: no colleague and no officer is shown to anybody."""
    return may(person, "ride")


# --- Showing somebody in the clear -----------------------------------------------------------------------------


@begins_transaction
def reveal(*, account: Account, code: str, field: PersonalField, reason: str = "", case: str = "") -> str:
    """One field of a person in the clear.

    Raises `Forbidden`, `NotFound`, `NotRevealable`, `SentenceNeeded`, `TooMany`.
    """
    require(account, "people.reveal")
    person = person_by_code(code)
    if person is None:
        raise NotFound
    if not is_revealable(person):
        raise NotRevealable
    show(
        account=account,
        subject=code,
        seen=LookKind(field),
        action="accounts.revealed",
        reason=reason,
        case=case,
    )
    return str(getattr(person, field))


@joins_transaction
def show(
    *, account: Account, subject: str, seen: LookKind, action: str, reason: str = "", case: str = ""
) -> None:
    """Let somebody of the staff see data in the clear, and write it down as `action`, one of `REVEALS`.

    `subject` is the code of an account, or of the case of somebody without one. Raises `Forbidden`, `SentenceNeeded`,
    and `TooMany` where so much was looked at without a case.
    """
    require(account, "people.reveal")
    said, named = reason.strip()[:REASON_LENGTH], case.strip()[:40]
    own = [each.code for each in cases.open_about(subject) if each.is_ground_for(account.code)]
    if not own and not says_why(said):
        raise SentenceNeeded("reason")
    if not own:
        limits.take(REVEALS_WITHOUT_CASE, Asker(person=account.code), field="reason")
    inside = named if not own or named in own else own[0]
    audit.record(
        account.actor,
        action,
        subject,
        case=inside,
        reason=said,
        field=str(seen),
        basis="case" if own else "reason",
    )
    if not own:
        _list(account, subject, seen, reason=said, case=inside)


# --- Reading pages about people ----------------------------------------------------------------------------------


@joins_transaction
def note_read(
    *,
    account: Account,
    subject: str,
    seen: LookKind,
    action: str,
    people: Collection[str] = (),
    case: str = "",
) -> None:
    """Somebody of the staff opened a page about people: it is in the journal as `action`, and on the list where it was
    not their work.

    `subject` is the code of the account or of the `case`, `people` the codes of those whom the case concerns. It is
    their work where one of the open cases about them is theirs, where the case itself waits for somebody or for
    readers such as them, where they worked on it within a week, and for those who answer for the list. Once a day is
    enough to be listed.
    """
    audit.record(account.actor, action, subject, case=case)
    if may(account, MAY_ANSWER) or _is_work(account, subject, people):
        return
    today = Look.objects.filter(actor=account.code, subject=subject, seen=seen, at__gte=day_of(clock.now()))
    if not today.exists():
        _list(account, subject, seen, case=case)


@begins_transaction
def record_person_read(*, account: Account, person: Account) -> None:
    """Somebody of the staff opened the page of a person, masked as it is."""
    note_read(account=account, subject=person.code, seen=LookKind.PERSON, action="accounts.person_read")


def _is_work(account: Account, subject: str, people: Collection[str]) -> bool:
    for each in cases.open_about(subject):
        waits = each.code == subject and not each.owners
        if account.code in each.owners or waits or (each.code == subject and may(account, each.readers)):
            return True
    if any(account.code in each.owners for person in people for each in cases.open_about(person)):
        return True
    # Whoever closes a case stands on its page the moment after.
    since = clock.now() - STILL_THEIRS
    return audit_selectors.worked_on(account.code, subject, people=people, since=since)


def _list(account: Account, subject: str, seen: LookKind, *, reason: str = "", case: str = "") -> None:
    row = Look.objects.create(
        at=clock.now(), actor=account.code, subject=subject, seen=seen, case=case, reason=reason
    )
    audit.record(
        account.actor,
        "accounts.look_listed",
        str(row.pk),
        basis="reason" if reason else "none",
        seen=str(seen),
    )


# --- The supervisors' list -----------------------------------------------------------------------------------------


def day_of(at: datetime) -> datetime:
    """The midnight with which the day of `at` begins, where we are."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def unanswered() -> "QuerySet[Look]":
    """Looks for which nobody answered yet, the oldest first."""
    return Look.objects.filter(answered_by="").order_by("at", "pk")


def answered_on(day: datetime) -> "QuerySet[Look]":
    """Looks of the day that begins at `day` for which somebody answered, the newest first."""
    return (
        Look.objects.filter(at__gte=day, at__lt=day + timedelta(days=1))
        .exclude(answered_by="")
        .order_by("-pk")
    )


def look_by_pk(pk: int) -> Look:
    """Raises `NotFound`."""
    row = Look.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


@begins_transaction
def answer_look(*, account: Account, pk: int, proper: bool, words: str = "") -> Look:
    """A supervisor says whether a look was justified, of others alone.

    Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `AlreadyAnswered`.
    """
    require(account, MAY_ANSWER)
    row = Look.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound
    four_eyes.another(account.code, row.actor)
    if row.answered_by:
        raise AlreadyAnswered
    row.proper, row.words = proper, words.strip()[:1000]
    row.answered_by, row.answered_at = account.code, clock.now()
    row.save(update_fields=["proper", "words", "answered_by", "answered_at"])
    audit.record(account.actor, "accounts.look_answered", str(pk), about=row.actor, proper=proper)
    return row


# --- Numbers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looks:
    """How often one of the staff looked: in the clear inside cases and with a reason, and at pages without a case."""

    inside: int = 0
    with_reason: int = 0
    pages: int = 0

    @property
    def all(self) -> int:
        return self.inside + self.with_reason + self.pages


def looks_since(since: datetime) -> dict[str, Looks]:
    """The looks of each of the staff since a time, by code."""
    found: dict[str, Looks] = {}
    rows = audit_selectors.count_by_actor((*REVEALS, _LISTED), since, fact="basis")
    for actor, action, basis, count in rows:
        was = found.get(actor, Looks())
        if action == _LISTED:
            # A field that was shown with a reason is listed too; it counts as shown.
            now = Looks(was.inside, was.with_reason, was.pages + (count if basis == "none" else 0))
        elif basis == "case":
            now = Looks(was.inside + count, was.with_reason, was.pages)
        else:
            now = Looks(was.inside, was.with_reason + count, was.pages)
        found[actor] = now
    return found


def unusual(at: datetime) -> dict[str, Looks]:
    """Who looked unusually often today, the most first."""
    today = looks_since(day_of(at))
    limit = policy.value(LOOKS_UNUSUAL) if today else 0
    many = [(actor, looks) for actor, looks in today.items() if looks.all >= limit]
    return dict(sorted(many, key=lambda each: (-each[1].all, each[0])))
