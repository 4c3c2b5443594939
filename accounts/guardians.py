"""Guardians (A9): who is 14 to 17 travels once a grown-up has confirmed the account.

No registry says whose guardian somebody is: a grown-up who is known by their real name answers for it, and writes the
name of who named them, which nobody is told: a wrong number is not another one's ward. Whoever knows that name can
answer all the same, so three can end it: the guardian, our staff, and the one who is not of age, from an age on alone and
before that by asking our staff. Staff whom nobody asked there are two, since what ends protects somebody. With it ends that the account may ride; a trip under way is followed to its end. A guardian
who ended is asked again like any other contact before a trip is shared with them; whom our staff ended is none any more.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from accounts import messages
from accounts.errors import (
    GuardianNamed,
    GuardianNotAgain,
    GuardianRefusedByStaff,
    NotATeen,
    NotGrownUp,
    NotTheirName,
    OwnNumber,
)
from accounts.events import GuardianEnded
from accounts.models import Account, EmergencyContact, Guardianship
from accounts.policies import GUARDIAN_NAMES, INVITATIONS, QUESTIONS_UNANSWERED
from accounts.selectors import ends_guardian_alone, is_ended_by_staff, is_grown_up, is_known_teen
from accounts.states import GUARDED, GUARDIAN_TRANSITIONS, ContactState, GuardianEndedBy, GuardianState
from core import audit, clock, four_eyes, limits, policy, typed
from core.errors import NotFound, TooMany
from core.events import publish
from core.limits import Asker
from core.messages import outbox
from core.messages.catalogue import Message
from core.permissions import require
from core.privacy import phone_index
from core.states import IllegalTransition, move
from core.transactions import begins_transaction, joins_transaction

if TYPE_CHECKING:
    from django.db.models import QuerySet

MAY_END = "guardians.end"


@begins_transaction
def ask_guardian(*, account: Account, phone: str) -> None:
    """Name a grown-up by phone, who gets a message; the answer is the same whether that phone has an account or not.

    Raises `NotATeen`, `GuardianNamed`, `OwnNumber`, `GuardianRefusedByStaff`, `InvalidPhone`, `NoMobile`, `TooMany`.
    """
    number, at = typed.phone.read_mobile(phone), clock.now()
    Account.objects.select_for_update().get(pk=account.pk)
    if not is_known_teen(account, at):
        raise NotATeen
    if account.guardianships.filter(state__in=GUARDED).exists():
        raise GuardianNamed
    if number == account.phone:
        raise OwnNumber("phone")
    index = phone_index(number)
    if account.guardianships.filter(phone_index=index, ended_by=GuardianEndedBy.STAFF).exists():
        raise GuardianRefusedByStaff("phone")
    asked = account.guardianships.filter(phone_index=index)
    if asked.filter(guardian=None).count() >= policy.value(QUESTIONS_UNANSWERED):
        raise TooMany("phone")  # whoever has that phone says nothing, or no
    limits.take(INVITATIONS, Asker(person=account.code), target=index, field="phone")
    row = Guardianship.objects.create(teen=account, phone_index=index, asked_at=at)
    outbox.queue(
        messages.GuardianAsked(link=settings.PUBLIC_URL + reverse("accounts:guardian")),
        key=f"guardian:{row.pk}",
        to=number,
        language=account.language,
    )
    audit.record(account.actor, "accounts.guardian_asked", account.code)


@begins_transaction
def answer_as_guardian(*, account: Account, number: int, accepts: bool, named: str = "") -> Guardianship:
    """Whose phone was named confirms, refuses, or ends what was confirmed; with it ends that the account may ride.

    Whoever confirms knows how the teen is `named`; of who came of age meanwhile nobody becomes the guardian. Said again it
    stays as it is. Raises `NotFound`, `NotGrownUp`, `GuardianNotAgain`, `NotTheirName`, `TooMany`, `IllegalTransition`,
    `StaleState`.
    """
    rows = Guardianship.objects.select_for_update(of=("self",)).select_related("teen", "guardian")
    row = rows.filter(pk=number, phone_index=account.phone_index).first()
    if row is None:
        raise NotFound
    if _says_again(row, account, accepts):
        return row
    at = clock.now()
    if accepts:
        if not is_known_teen(row.teen, at):
            raise NotFound
        if not is_grown_up(account, at):
            raise NotGrownUp
        if is_ended_by_staff(row.teen, account):
            raise GuardianNotAgain
        if row.state == GuardianState.ASKED:
            _check_name(account, row.teen, named)
        move(row, GUARDIAN_TRANSITIONS, GuardianState.CONFIRMED, guardian=account, answered_at=at)
        _follow(row.teen, account)
        outbox.queue(
            messages.GuardianConfirmed(line=settings.SAFETY_LINE),
            key=f"guardian-confirmed:{row.pk}",
            to=row.teen.phone,
            language=row.teen.language,
        )
    elif row.state == GuardianState.ASKED:
        move(row, GUARDIAN_TRANSITIONS, GuardianState.REFUSED, answered_at=at)
    else:
        _end(row, GuardianEndedBy.GUARDIAN)
    audit.record(account.actor, "accounts.guardian_answered", row.teen.code, state=row.state)
    return row


def _says_again(row: Guardianship, account: Account, accepts: bool) -> bool:
    """Whether this account said the same of this question last."""
    if accepts:
        return row.state == GuardianState.CONFIRMED and row.guardian_id == account.pk
    ended = row.ended_by == GuardianEndedBy.GUARDIAN and row.guardian_id == account.pk
    return row.state == GuardianState.REFUSED or ended


def _check_name(account: Account, teen: Account, named: str) -> None:
    """Raises `NotTheirName`, `TooMany`."""
    asker = Asker(person=account.code)
    limits.take(GUARDIAN_NAMES, asker, field="name")
    written, known = (typed.text.fold(typed.name.plain(each)) for each in (named, teen.real_name))
    if written != known:
        raise NotTheirName("name")
    limits.give_back(GUARDIAN_NAMES, asker)


@begins_transaction
def take_back_question(*, account: Account) -> None:
    """Who named a guardian that has not answered names nobody; one who confirmed stays. Raises `NotFound`."""
    row = account.guardianships.select_for_update().filter(state=GuardianState.ASKED).first()
    if row is None:
        raise NotFound
    move(row, GUARDIAN_TRANSITIONS, GuardianState.ENDED, ended_at=clock.now(), ended_by=GuardianEndedBy.TEEN)
    audit.record(account.actor, "accounts.guardian_answered", account.code, state=row.state)


@begins_transaction
def end_guardian(*, account: Account) -> Guardianship:
    """Who is old enough ends that their guardian is it; who is younger asks our staff to, and again changes nothing.

    The row says which: it is ended, or `end_asked_at` is set. Raises `NotFound` where nobody has confirmed.
    """
    row = _locked(account.guardianships.filter(state=GuardianState.CONFIRMED))
    at = clock.now()
    if ends_guardian_alone(account, at):
        _end(row, GuardianEndedBy.TEEN)
        audit.record(account.actor, "accounts.guardian_ended", account.code, by=row.ended_by)
    elif row.end_asked_at is None:
        row.end_asked_at = at
        row.save(update_fields=["end_asked_at"])
        audit.record(account.actor, "accounts.guardian_end_asked", account.code)
    return row


@begins_transaction
def propose_end(*, account: Account, number: int, reason: str) -> Guardianship:
    """One of our staff says that this is no guardian, though who is not of age did not ask: another one agrees or does not.

    Raises `Forbidden`, `NotFound`, and `IllegalTransition` where it is over, asked for or proposed.
    """
    require(account, MAY_END)
    row = _locked(Guardianship.objects.filter(pk=number))
    if row.state != GuardianState.CONFIRMED or row.end_waits:
        raise IllegalTransition
    row.end_proposed_by, row.end_proposed_at = account.code, clock.now()
    row.save(update_fields=["end_proposed_by", "end_proposed_at"])
    audit.record(account.actor, "accounts.guardian_end_proposed", row.teen.code, reason=reason, row=row.pk)
    return row


@begins_transaction
def end_for_somebody(*, account: Account, number: int, reason: str) -> Guardianship:
    """Our staff end it, because the one who is not of age asked them to, or a colleague proposed it: the guardian is no
    contact any more, follows no trip, and is not taken as guardian of the same person again, whatever account or phone
    they come with. Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `IllegalTransition`, `StaleState`."""
    require(account, MAY_END)
    row = _locked(Guardianship.objects.filter(pk=number))
    if row.state == GuardianState.CONFIRMED and row.end_asked_at is None:
        four_eyes.another(account.code, row.end_proposed_by or account.code)
        row.end_agreed_by = account.code
        row.save(update_fields=["end_agreed_by"])
    _end(row, GuardianEndedBy.STAFF)
    row.teen.emergency_contacts.filter(phone_index=row.phone_index).delete()
    audit.record(
        account.actor, "accounts.guardian_ended", row.teen.code, reason=reason, by=row.ended_by, row=row.pk
    )
    return row


@begins_transaction
def keep_for_somebody(*, account: Account, number: int, reason: str) -> Guardianship:
    """Our staff looked: it stays. Who is too young to end it alone and had asked is told; what a colleague proposed is over.

    Raises `Forbidden`, and `NotFound` where nobody asks.
    """
    require(account, MAY_END)
    row = _locked(Guardianship.objects.filter(pk=number, state=GuardianState.CONFIRMED))
    if not row.end_waits:
        raise NotFound
    asked, row.end_asked_at, row.end_proposed_by, row.end_proposed_at = row.end_asked_at, None, "", None
    row.save(update_fields=["end_asked_at", "end_proposed_by", "end_proposed_at"])
    if asked:
        outbox.queue(
            messages.GuardianKept(line=settings.SAFETY_LINE),
            key=f"guardian-kept:{row.pk}:{asked}",
            to=row.teen.phone,
            language=row.teen.language,
        )
    audit.record(account.actor, "accounts.guardian_kept", row.teen.code, reason=reason, row=row.pk)
    return row


def _locked(rows: "QuerySet[Guardianship]") -> Guardianship:
    row = rows.select_for_update(of=("self",)).select_related("teen", "guardian").first()
    if row is None:
        raise NotFound
    return row


@joins_transaction
def leave(*, account: Account) -> None:
    """A guardian closes the account: who named them is told that they need another one before the next ride.

    What our staff ended stays, so that a new account does not undo it.
    """
    rows = account.wards.filter(state=GuardianState.CONFIRMED).select_for_update(of=("self",))
    for row in rows.select_related("teen", "guardian").order_by("pk"):
        _end(row, GuardianEndedBy.GUARDIAN)
        audit.record(account.actor, "accounts.guardian_ended", row.teen.code, by=row.ended_by)
    account.wards.exclude(ended_by=GuardianEndedBy.STAFF).delete()


def _end(row: Guardianship, by: GuardianEndedBy) -> None:
    """What was confirmed is over, and both are told, but the guardian who ended it themselves; no trip is shared with them
    by itself from now on, and a call for help still reaches them. Raises `IllegalTransition`, `StaleState`."""
    if row.state != GuardianState.CONFIRMED or row.guardian is None:
        raise IllegalTransition
    who: dict[str, str] = {}
    if by == GuardianEndedBy.STAFF:
        who = {"id_index": row.guardian.id_index or "", "person_index": row.guardian.person_index}
    move(row, GUARDIAN_TRANSITIONS, GuardianState.ENDED, ended_at=clock.now(), ended_by=by, **who)
    contact = row.teen.emergency_contacts.filter(phone_index=row.phone_index, state=ContactState.CONFIRMED)
    contact.update(state=ContactState.ASKED)
    publish(GuardianEnded(guardianship=row.pk, teen=row.teen.code, by=by))
    told: list[tuple[Account, Message]] = [(row.teen, messages.GuardianOver(line=settings.SAFETY_LINE))]
    if by != GuardianEndedBy.GUARDIAN:
        told.append((row.guardian, messages.WardOver(line=settings.SAFETY_LINE)))
    for person, message in told:
        outbox.queue(
            message, key=f"guardian-over:{row.pk}:{person.pk}", to=person.phone, language=person.language
        )


def _follow(teen: Account, guardian: Account) -> None:
    """A guardian is a contact who agreed: help and the trips of each day reach them."""
    EmergencyContact.objects.update_or_create(
        account=teen,
        phone_index=guardian.phone_index,
        defaults={"state": ContactState.CONFIRMED},
        create_defaults={
            "name": guardian.real_name,
            "phone": guardian.phone,
            "state": ContactState.CONFIRMED,
            "created_at": clock.now(),
        },
    )
