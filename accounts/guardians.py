"""Guardians (A9): who is 14 to 17 travels once a grown-up has confirmed the account, and cannot take that back.

No registry says whose guardian somebody is: a grown-up who is known by their real name answers for it, and writes the
name of who named them, which nobody is told: a wrong number is not another one's ward.
"""

from django.conf import settings
from django.urls import reverse

from accounts import messages
from accounts.errors import GuardianNamed, NotATeen, NotGrownUp, NotTheirName, OwnNumber
from accounts.models import Account, EmergencyContact, Guardianship
from accounts.policies import GUARDIAN_NAMES, INVITATIONS
from accounts.selectors import is_grown_up, is_known_teen
from accounts.services import secret_of_contact
from accounts.states import GUARDED, GUARDIAN_TRANSITIONS, ContactState, GuardianState
from core import audit, clock, limits, typed
from core.errors import NotFound
from core.limits import Asker
from core.links import digest_of
from core.messages import outbox
from core.privacy import phone_index
from core.states import move
from core.transactions import begins_transaction


@begins_transaction
def ask_guardian(*, account: Account, phone: str) -> None:
    """Name a grown-up by phone, who gets a message; the answer is the same whether that phone has an account or not.

    Raises `NotATeen`, `GuardianNamed`, `OwnNumber`, `InvalidPhone`, `NoMobile`, `TooMany`.
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

    Whoever confirms knows how the teen is `named`. Raises `NotFound`, `NotGrownUp`, `NotTheirName`, `TooMany`,
    `IllegalTransition`, `StaleState`.
    """
    rows = Guardianship.objects.select_for_update(of=("self",)).select_related("teen")
    row = rows.filter(pk=number, phone_index=account.phone_index).first()
    if row is None:
        raise NotFound
    at = clock.now()
    if accepts:
        if not is_grown_up(account, at):
            raise NotGrownUp
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
    else:
        asked = row.state == GuardianState.ASKED
        end = GuardianState.REFUSED if asked else GuardianState.ENDED
        move(row, GUARDIAN_TRANSITIONS, end, answered_at=at)
    audit.record(account.actor, "accounts.guardian_answered", row.teen.code, state=row.state)
    return row


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
    move(row, GUARDIAN_TRANSITIONS, GuardianState.ENDED, answered_at=clock.now())
    audit.record(account.actor, "accounts.guardian_answered", account.code, state=row.state)


def _follow(teen: Account, guardian: Account) -> None:
    """A guardian is a contact who agreed: help and the trips of each day reach them."""
    secret = secret_of_contact(teen, guardian.phone_index)
    EmergencyContact.objects.update_or_create(
        account=teen,
        phone_index=guardian.phone_index,
        defaults={"state": ContactState.CONFIRMED},
        create_defaults={
            "name": guardian.real_name,
            "phone": guardian.phone,
            "answer_digest": digest_of(secret),
            "state": ContactState.CONFIRMED,
            "created_at": clock.now(),
        },
    )
