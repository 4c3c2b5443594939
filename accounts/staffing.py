"""Who belongs to the staff, and as what: two people add somebody, change a role or let in again; one suspends at once."""

from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import messages
from accounts.enrolment import give_set_up_code
from accounts.errors import (
    AdministratorExists,
    AlreadySo,
    NotStaff,
    NumberInUse,
    OwnAccount,
    TooFewLeft,
)
from accounts.models import Account
from accounts.selectors import people_who_may
from accounts.services import end_sessions, enrol
from core import audit, clock, idempotency, motions, typed
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.messages import outbox
from core.models import Motion
from core.permissions import FOUNDER, Role, is_still, may, needs_second_factor, require, roles_who
from core.privacy import mask_name, mask_phone, phone_index
from core.recipients import write_to_each
from core.transactions import begins_transaction, joins_transaction

APPOINT, SUSPEND = "staff.appoint", "staff.suspend"
WORKS = "console.open"
ROLES = sorted(roles_who(WORKS))
LEFT = 2  # who may add staff, beside whoever is suspended: one alone could not let anybody in again
NAME = pgettext_lazy("staff", "name")
PHONE = pgettext_lazy("staff", "phone")
ROLE = pgettext_lazy("staff", "role")
REASON = pgettext_lazy("staff", "reason")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to belong to the staff. `phone` as `core.typed.phone` reads it."""

    name: str
    phone: str
    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class AnotherRole:
    """What one of the staff is to be from now on."""

    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class Because:
    """A reason alone."""

    reason: str


# --- Somebody new ------------------------------------------------------------------------------------------------


def check_number(phone: str) -> None:
    """Nobody has the number yet: staff and officers are no passengers by the same account. Raises `NumberInUse`."""
    if Account.objects.filter(phone_index=phone_index(phone), closed_at=None).exists():
        raise NumberInUse("phone")


def _check_newcomer(_subject: str, given: Newcomer) -> None:
    if not may(given, WORKS):
        raise InvalidInput("role")
    if not given.reason.strip():
        raise InvalidInput("reason")
    typed.phone.read_mobile(given.phone)
    check_number(given.phone)


@joins_transaction
def take_on(*, actor: Actor, name: str, phone: str, role: Role) -> tuple[Account, str]:
    """A new account of staff or police, and its set-up code, which is shown this once. Raises `NumberInUse`."""
    try:
        with transaction.atomic():
            account = enrol(
                code=new_code("A"),
                role=role,
                phone=phone,
                real_name=name,
                id_number="",
                password_hash="!",  # noqa: S106 - none that could be typed
                verified_at=None,
            )
    except IntegrityError:
        raise NumberInUse("phone") from None
    audit.record(actor, "accounts.taken_on", account.code, role=role)
    return account, give_set_up_code(actor=actor, account=account)


def set_up_said(account: Account, code: str) -> str:
    """What the second person is told."""
    said = gettext(
        "Account %(account)s. Set-up code: %(code)s. Hand it over in person: it is shown this once. They sign in by a code to their phone and type it."
    )
    return said % {"account": account.code, "code": code}


def _take_on(_motion: Motion, given: Newcomer, person: Account) -> str:
    return set_up_said(
        *take_on(actor=person.actor, name=given.name, phone=given.phone, role=Role(given.role))
    )


NEWCOMER = motions.declare(
    motions.Kind(
        key="accounts.newcomer",
        label=_("Somebody new on the staff"),
        permission=APPOINT,
        page="accounts_console:staff",
        shape=Newcomer,
        check=_check_newcomer,
        carry=_take_on,
        says=lambda given: [
            (NAME, mask_name(given.name)),
            (PHONE, mask_phone(given.phone)),
            (ROLE, str(Role(given.role).label)),
            (REASON, given.reason),
        ],
    )
)

# --- Somebody who is there ---------------------------------------------------------------------------------------


def staff() -> QuerySet[Account]:
    """All staff and officers, suspended ones too, oldest first."""
    return Account.objects.exclude(role__in=roles_who("ride")).order_by("pk")


def staff_by_code(code: str) -> Account:
    """One of the staff or an officer, suspended or not. Raises `NotFound`."""
    found = staff().filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _locked(code: str) -> Account:
    """Raises `NotStaff`."""
    found = Account.objects.select_for_update().filter(code=code).first()
    if found is None or not needs_second_factor(found):
        raise NotStaff
    return found


def _check_enough_left(account: Account) -> None:
    """The way back stays open. Raises `TooFewLeft`."""
    others = Account.objects.select_for_update().filter(role__in=roles_who(APPOINT), is_active=True)
    if may(account, APPOINT) and len(others.exclude(pk=account.pk).order_by("pk")) < LEFT:
        raise TooFewLeft


def _check_role(subject: str, given: AnotherRole) -> None:
    account = _locked(subject)
    if not given.reason.strip():
        raise InvalidInput("reason")
    if not (may(given, WORKS) and may(account, WORKS)):  # an officer is one by the register of the police
        raise InvalidInput("role")
    if is_still(account, given.role):
        raise AlreadySo("role")
    if not may(given, APPOINT):
        _check_enough_left(account)


def _change_role(motion: Motion, given: AnotherRole, person: Account) -> None:
    account = _locked(motion.subject)
    before, account.role = account.role, Role(given.role)
    account.save(update_fields=["role"])
    audit.record(
        person.actor,
        "accounts.role_changed",
        account.code,
        reason=given.reason,
        before=before,
        after=account.role,
    )
    end_sessions(actor=person.actor, account=account, reason=given.reason)


ANOTHER_ROLE = motions.declare(
    motions.Kind(
        key="accounts.role",
        label=_("Another role"),
        permission=APPOINT,
        page="accounts_console:staff",
        shape=AnotherRole,
        check=_check_role,
        carry=_change_role,
        says=lambda given: [(ROLE, str(Role(given.role).label)), (REASON, given.reason)],
    )
)


@begins_transaction
def suspend(*, account: Account, code: str, reason: str) -> None:
    """Stop one of the staff or an officer at once; all their sessions end. Two people let them in again.

    Raises `Forbidden`, `NotStaff`, `OwnAccount`, `AlreadySo`, `TooFewLeft`, `InvalidInput`.
    """
    require(account, SUSPEND)
    if not reason.strip():
        raise InvalidInput("reason")
    person = _locked(code)
    if person.pk == account.pk:
        raise OwnAccount
    if not person.is_active:
        raise AlreadySo
    _check_enough_left(person)
    Account.objects.filter(pk=person.pk).update(is_active=False)
    audit.record(account.actor, "accounts.suspended", code, reason=reason.strip()[:400])
    end_sessions(actor=account.actor, account=person, reason=reason.strip()[:400])


def _check_suspended(subject: str, given: Because) -> None:
    if not given.reason.strip():
        raise InvalidInput("reason")
    if _locked(subject).is_active:
        raise AlreadySo


def _let_in(motion: Motion, given: Because, person: Account) -> None:
    Account.objects.filter(pk=_locked(motion.subject).pk).update(is_active=True)
    audit.record(person.actor, "accounts.let_in_again", motion.subject, reason=given.reason)


LET_IN = motions.declare(
    motions.Kind(
        key="accounts.let_in",
        label=_("Let in again"),
        permission=APPOINT,
        page="accounts_console:staff",
        shape=Because,
        check=_check_suspended,
        carry=_let_in,
        says=lambda given: [(REASON, given.reason)],
    )
)


def _check_active(subject: str, given: Because) -> None:
    if not given.reason.strip():
        raise InvalidInput("reason")
    if not _locked(subject).is_active:
        raise NotStaff


def _set_up_anew(motion: Motion, given: Because, person: Account) -> str:
    account = _locked(motion.subject)
    audit.record(person.actor, "accounts.second_factor_removed", account.code, reason=given.reason)
    end_sessions(actor=person.actor, account=account, reason=given.reason)
    return set_up_said(account, give_set_up_code(actor=person.actor, account=account))


SET_UP_ANEW = motions.declare(
    motions.Kind(
        key="accounts.set_up_anew",
        label=_("A new second factor: device and recovery codes are lost"),
        permission=APPOINT,
        page="accounts_console:staff",
        shape=Because,
        check=_check_active,
        carry=_set_up_anew,
        says=lambda given: [(REASON, given.reason)],
    )
)

KINDS = frozenset({NEWCOMER.key, ANOTHER_ROLE.key, LET_IN.key, SET_UP_ANEW.key})

# --- The first of all --------------------------------------------------------------------------------------------


@begins_transaction
def make_administrator(*, name: str, phone: str, another: str = "") -> tuple[Account, str]:
    """An administrator made at the command line, where nobody could agree yet; returns it with its set-up code.

    `another` is the reason to make one although there is one: it stands in the journal, and whoever may add staff is
    told. Raises `AdministratorExists`, `NumberInUse`, `InvalidPhone`, `NoMobile`, `NameUnreadable`.
    """
    number, name = typed.phone.read_mobile(phone), typed.name.read(name)
    idempotency.alone("accounts.administrator")
    there = Account.objects.filter(role=FOUNDER, is_active=True).exists()
    if there and not another.strip():
        raise AdministratorExists
    known = people_who_may(APPOINT)
    account, code = take_on(actor=SYSTEM, name=name[:40], phone=number, role=FOUNDER)
    audit.record(
        SYSTEM, "accounts.administrator_made", account.code, reason=another.strip()[:400], forced=there
    )
    at = clock.now()

    def tell(person: Account) -> None:
        outbox.queue(
            messages.AdministratorMade(account=account.code, at=at, line=settings.SAFETY_LINE),
            key=f"administrator:{account.code}:{person.code}",
            to=person.phone,
            language=person.language,
        )

    write_to_each(known, tell, about=f"administrator:{account.code}")
    return account, code
