"""The only writer of people."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django_otp import login as otp_login
from django_otp import match_token

from accounts import messages
from accounts.codes import is_device_of, send_code, use_code, warn_of_wrong_tries
from accounts.devices import browser_of, device_of, note_came, note_left
from accounts.enrolment import use_recovery_code
from accounts.errors import (
    DocumentTaken,
    GuardianBooks,
    GuardianStays,
    LockedOut,
    OwnNumber,
    PasswordWeak,
    PasswordWrong,
    RealNameOpen,
    RealNameVerified,
    SignInAgain,
    SignInFailed,
    TooManyContacts,
    WrongCode,
)
from accounts.events import DeviceShared, FoundUnderAge, SignedInSomewhere
from accounts.models import (
    Account,
    Authenticator,
    ContactQuestion,
    Device,
    EmergencyContact,
    RealNameCheck,
    Restriction,
    Session,
    SignInPlace,
)
from accounts.policies import (
    ADULT_FROM,
    INVITATIONS,
    QUESTIONS_UNANSWERED,
    REAL_NAMES,
    SIGNED_IN_LATELY,
    WRONG_PASSWORDS,
    age_at,
    is_child,
)
from accounts.selectors import (
    account_by_code,
    account_by_phone,
    contact_who_stays,
    has_other_account,
    is_known_child,
)
from accounts.sessions import BROWSER, NETWORK, begin_anew, begun_at, digest
from accounts.states import REAL_NAME_TRANSITIONS, TOO_YOUNG, ContactState, RealNameState
from core import audit, clock, events, jobs, limits, policy, registries, retry, typed
from core.actors import NOBODY, SYSTEM, Actor
from core.codes import new_code
from core.errors import Forbidden, InvalidInput, NotFound
from core.limits import Asker, address_of, asker_of, roughly
from core.links import digest_of
from core.messages import outbox
from core.permissions import MEMBER, Role, may, needs_second_factor, require, roles_who
from core.privacy import blind_index, phone_index
from core.registries import IdentityAnswer
from core.states import StaleState, move
from core.transactions import before_asking, begins_transaction, joins_transaction
from core.typed.document import Kind

Place = tuple[float, float]  # latitude and longitude in degrees, WGS-84
MAX_CONTACTS = 5
WRONG_DIGITS = 3  # in a row, of which the owner is told


@begins_transaction
def request_sign_in_code(*, phone: str, asker: Asker = limits.NOBODY) -> None:
    """Send a sign-in code; the answer is the same for a known and an unknown phone.

    Raises `InvalidPhone`, `NoMobile`, `CodeTooSoon`, `TooManyCodes`.
    """
    send_code(phone=typed.phone.read_mobile(phone), purpose="sign_in", asker=asker)


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a name means, and under which opaque name wrong tries at it count.

    That is one of what was typed, the account's code or a phone, each for itself: counted together, the lock of one
    would tell a stranger that the other is the same person's.
    """

    account: Account | None
    counted: str

    @property
    def username(self) -> str:
        """What the account is called; of nobody, what was typed."""
        return self.account.code if self.account else self.counted


def _find(name: str) -> _Named:
    """The account meant by a phone number or an account's code."""
    found = account_by_code(name.strip()) or account_by_code(typed.code.read(name))
    if found:
        return _Named(found, found.code)
    try:
        phone = typed.phone.read(name)
    except typed.phone.InvalidPhone:
        return _Named(None, blind_index(name.strip(), purpose="name")[:20])
    return _Named(account_by_phone(phone), phone_index(phone)[:20])


@contextmanager
def _counting_wrong_passwords(
    request: HttpRequest, account: Account | None, name: str
) -> Iterator[Callable[[], None]]:
    """A try counts as a wrong one until what is given is called. Its owner's devices count apart from strangers'.

    Raises `LockedOut`.
    """
    asker = asker_of(request)
    asker = asker.owner_if(is_device_of(account, asker.device))
    try:
        limits.take(WRONG_PASSWORDS, asker, target=name)
    except LockedOut:
        with transaction.atomic(durable=True):
            warn_of_wrong_tries(account, name)
        raise
    yield lambda: limits.give_back(WRONG_PASSWORDS, asker, target=name)


def sign_in_by_password(
    request: HttpRequest, *, name: str, password: str, here: Place | None = None
) -> Account:
    """Sign in; repeated failures lock what was typed for a while, where they came from. Raises `SignInFailed`, `LockedOut`."""
    named = _find(name)
    with _counting_wrong_passwords(request, named.account, named.counted) as right:
        user = authenticate(request, username=named.username, password=password)
        if not isinstance(user, Account):
            note_failure(named.username, "password")
            raise SignInFailed
        right()
    return enter(request, user, "password", here)


def sign_in_by_code(request: HttpRequest, *, phone: str, code: str, here: Place | None = None) -> Account:
    """Sign in by a one-time code; a new phone becomes a new member. Raises `WrongCode`, `TooManyCodes`, `InvalidPhone`."""
    number = typed.phone.read(phone)
    try:
        use_code(phone=number, purpose="sign_in", code=code, asker=asker_of(request))
    except WrongCode:
        note_failure(phone_index(number)[:20], "code")
        raise
    return enter(request, account_by_phone(number) or _register(number), "code", here)


@begins_transaction
def _register(phone: str) -> Account:
    account, _new = Account.objects.get_or_create(
        phone_index=phone_index(phone),
        closed_at=None,
        defaults={"code": new_code("A"), "phone": phone, "created_at": clock.now(), "password": "!"},
    )
    return account


@begins_transaction
def note_failure(subject: str, how: str) -> None:
    """Keep that somebody did not get in: at what (an account's code, or what was typed as an index), and by what way."""
    audit.record(NOBODY, "accounts.sign_in_failed", subject, how=how)


def enter(request: HttpRequest, account: Account, how: str, here: Place | None = None) -> Account:
    """Begin a session of whoever has proved to be this account; `how` they did goes into the journal."""
    again = request.session.get(SESSION_KEY) == str(account.pk)
    login(request, account)
    if again:  # of which Django makes no new one
        begin_anew(request.session, account)
    note_came(request, account.code)
    request.session[BROWSER] = browser_of(request)
    request.session[NETWORK] = roughly(address_of(request))
    device = blind_index(device_of(request), purpose="device")
    with transaction.atomic(durable=True):
        audit.record(account.actor, "accounts.signed_in", account.code, how=how)
        if _note_device(account, device) and how == "password":
            _tell_of_entry(account)
        if here:
            row = SignInPlace.objects.create(
                account=account, at=clock.now(), place=f"{here[0]:.5f},{here[1]:.5f}"
            )
            events.publish(SignedInSomewhere(account=account.code, place=row.pk))
    return account


def _tell_of_entry(account: Account) -> None:
    """A password that was used where its owner never was may be a stranger's; a code tells its owner by itself."""
    at = clock.now()
    outbox.queue(
        messages.SignedInElsewhere(at=at, line=settings.SAFETY_LINE),
        key=f"signed-in:{account.code}:{at.timestamp()}",
        to=account.phone,
        language=account.language,
    )


def _note_device(account: Account, digest: str) -> bool:
    """Know the device again; who shares it is told upward once for each new pair (D7).

    True where it is a further one of this account.
    """
    at = clock.now()
    _row, new = Device.objects.update_or_create(
        account=account,
        digest=digest,
        defaults={"last_seen_at": at},
        create_defaults={"first_seen_at": at, "last_seen_at": at},
    )
    others = Device.objects.filter(digest=digest).exclude(account=account)
    codes = sorted(others.filter(account__role__in=roles_who("ride")).values_list("account__code", flat=True))
    if new and codes and may(account, "ride"):
        events.publish(DeviceShared(account=account.code, others=codes))
    return new and account.devices.exclude(digest=digest).exists()


@begins_transaction
def forget_places(*, at: datetime) -> int:
    """Destroy positions of sign-ins older than a day; returns how many."""
    return jobs.delete(SignInPlace.objects.filter(at__lt=at - timedelta(days=1)))


def _shows_second_factor(account: Account, token: str) -> Any:
    """The authenticator that shows these digits now, or None; a wrong try is in the journal.

    Whoever gets this far knows the password. So the owner is told of digits that were used already, which somebody else
    must have seen, and of several wrong ones in a row.
    """
    shown = typed.code.token(token)
    device = (
        match_token(account, shown) if shown.isdigit() else use_recovery_code(account=account, code=shown)
    )
    if device is None:
        with transaction.atomic(durable=True):
            devices = list(Authenticator.objects.filter(user=account, confirmed=True))
            again = any(each.is_shown_again(shown) for each in devices)
            audit.record(account.actor, "accounts.second_factor_failed", account.code, again=again)
            if again or any(each.throttling_failure_count >= WRONG_DIGITS for each in devices):
                warn_of_wrong_tries(account, account.code)
    return device


def verify_second_factor(request: HttpRequest, *, account: Account, token: str) -> None:
    """Check the six digits of the authenticator. Raises `WrongCode`; the library slows repeated failures down."""
    device = _shows_second_factor(account, token)
    if device is None:
        raise WrongCode("token")
    otp_login(request, device)
    request.session.cycle_key()  # what was known before the second factor opens nothing behind it
    with transaction.atomic(durable=True):
        audit.record(account.actor, "accounts.second_factor_passed", account.code)


def check_second_factor(*, account: Account, token: str) -> None:
    """Ask for the digits once more, before something that a session left open should not do. Raises `WrongCode`."""
    with before_asking():
        device = _shows_second_factor(account, token)
    if device is None:
        raise WrongCode("token")


def prove_at_terminal(*, name: str, password: str, token: str) -> Account:
    """Who somebody at a terminal of ours is, by password and second factor, while no page is there (P14). No session begins.

    Raises `SignInFailed`, `WrongCode`, `LockedOut`.
    """
    named = _find(name)
    asker = Asker(person=named.counted)
    limits.take(WRONG_PASSWORDS, asker, target=named.counted)
    user = authenticate(None, username=named.username, password=password)
    if not isinstance(user, Account):
        note_failure(named.username, "password")
        raise SignInFailed
    check_second_factor(account=user, token=token)
    limits.give_back(WRONG_PASSWORDS, asker, target=named.counted)
    return user


def sign_out(request: HttpRequest) -> None:
    """End the session, because who has it wants to."""
    logout(request)
    note_left(request)


@begins_transaction
def end_session(*, account: Account, name: str, here: str | None) -> None:
    """End one of one's own sessions, by the name that the list gives it; `here` is the key of the one that asks.

    Raises `NotFound`, `SignInAgain` where it is another one and the sign-in here is long ago.
    """
    if not digest(here or "").startswith(name):
        _check_fresh(here)
    found = Session.objects.filter(account=account, session_key__startswith=name) if len(name) == 16 else None
    if found is None or not found.delete()[0]:
        raise NotFound
    audit.record(account.actor, "accounts.session_ended", account.code, count=1)


@begins_transaction
def end_own_sessions(*, account: Account, here: str | None) -> int:
    """Sign out everywhere, here as well; `here` is the key of the session that asks. Returns how many sessions ended.

    Raises `SignInAgain` where the sign-in here is long ago.
    """
    _check_fresh(here)
    return end_sessions(actor=account.actor, account=account)


def _check_fresh(here: str | None) -> None:
    begun = begun_at(here)
    if begun is None or clock.now() - begun > policy.span(SIGNED_IN_LATELY):
        raise SignInAgain


@begins_transaction
def end_sessions_of(*, account: Account, code: str, reason: str) -> int:
    """Staff sign somebody out everywhere, with a reason; who it was is told. Raises `Forbidden`, `NotFound`, `InvalidInput`."""
    require(account, "sessions.end")
    if not reason.strip():
        raise InvalidInput("reason")
    person = Account.objects.filter(code=code).first()
    if person is None:
        raise NotFound
    ended = end_sessions(actor=account.actor, account=person, reason=reason.strip()[:400])
    if ended:
        at = clock.now()
        outbox.queue(
            messages.SignedOut(at=at, line=settings.SAFETY_LINE),
            key=f"signed-out:{person.code}:{at.timestamp()}",
            to=person.phone,
            language=person.language,
        )
    return ended


@joins_transaction
def end_sessions(*, actor: Actor, account: Account, reason: str = "", keep: str = "") -> int:
    """End every session of somebody, but the one with the key `keep`. Open streams end with them, within seconds."""
    rows = Session.objects.filter(account=account)
    ended, _by_model = (rows.exclude(session_key=digest(keep)) if keep else rows).delete()
    audit.record(actor, "accounts.session_ended", account.code, reason=reason, count=ended)
    return ended


# --- Passwords -------------------------------------------------------------------------------------------------


def change_password(request: HttpRequest, *, account: Account, current: str, new: str) -> None:
    """Change one's own password; all other sessions end, and the owner is told.

    Wrong tries count as those of a sign-in do. Raises `PasswordWrong`, `PasswordWeak`, `LockedOut`.
    """
    _check_strength(new, account)
    with _counting_wrong_passwords(request, account, account.code) as right:
        if authenticate(request, username=account.code, password=current) != account:
            note_failure(account.code, "password")
            raise PasswordWrong("current")
        right()
    _set_password(account=account, new=new, how="current", keep=request.session.session_key or "")
    update_session_auth_hash(request, account)


@begins_transaction
def request_password_code(*, phone: str, asker: Asker = limits.NOBODY) -> None:
    """Send a code that resets a password. A phone without an account gets none, and the answer is the same.

    Raises `InvalidPhone`, `NoMobile`, `CodeTooSoon`, `TooManyCodes`.
    """
    number = typed.phone.read_mobile(phone)
    send_code(phone=number, purpose="password", asker=asker, kept_back=account_by_phone(number) is None)


def reset_password(
    *, phone: str, code: str, new: str, token: str = "", asker: Asker = limits.NOBODY
) -> Account:
    """Set a new password by a code sent to the phone, for staff and police with their second factor as well.

    All sessions end, and the owner is told. The code is used up also where the second factor is wrong, so that nobody
    tries through its digits. Raises `PasswordWeak`, `WrongCode`, `TooManyCodes`, `InvalidPhone`.
    """
    number = typed.phone.read(phone)
    account = account_by_phone(number)
    _check_strength(new, None)
    try:
        use_code(
            phone=number,
            purpose="password",
            code=code,
            asker=asker,
            # Asked of a stranger's phone it would say who that is: a password with the right name in it is weak.
            first=lambda: _check_strength(new, account),
        )
    except WrongCode:
        note_failure(phone_index(number)[:20], "password_code")
        raise
    if account is None:
        raise WrongCode("code")
    if needs_second_factor(account) and not _shows_second_factor(account, token):
        raise WrongCode("token")
    _set_password(account=account, new=new, how="code")
    return account


def _check_strength(new: str, account: Account | None) -> None:
    try:
        validate_password(new, account)
    except ValidationError as weak:
        raise PasswordWeak("new") from weak


@begins_transaction
def _set_password(*, account: Account, new: str, how: str, keep: str = "") -> None:
    at = clock.now()
    account.set_password(new)
    account.save(update_fields=["password"])
    audit.record(account.actor, "accounts.password_changed", account.code, how=how)
    end_sessions(actor=account.actor, account=account, keep=keep)
    outbox.queue(
        messages.PasswordChanged(at=at, line=settings.SAFETY_LINE),
        key=f"password:{account.code}:{at.timestamp()}",
        to=account.phone,
        language=account.language,
    )


@begins_transaction
def mark_drill_account(
    *,
    code: str,
    phone: str,
    password: str,
    role: Role = MEMBER,
    real_name: str = "演练 drill",
    id_number: str = "",
    seed: str = "",
) -> Account:
    """Somebody of the hourly drill (G3) or of the red team (P11): marked, so that what they do enters no figure; a new
    password each time, and with a `seed` a new second factor. Without a phone they have none that anybody could ring.

    Raises `Forbidden`.
    """
    account, _new = Account.objects.get_or_create(
        code=code,
        defaults={
            "role": role,
            "phone": phone,
            "phone_index": phone_index(phone) if phone else blind_index(code, purpose="drill_phone"),
            "real_name": real_name,
            "id_number": id_number,
            "id_index": blind_index(code, purpose="drill"),
            "verified_at": clock.now(),
            "created_at": clock.now(),
            "is_drill": True,
        },
    )
    if not account.is_drill:
        raise Forbidden
    account.role = role
    account.set_password(password)
    account.save(update_fields=["role", "password"])
    if seed:
        Authenticator.objects.filter(user=account).delete()
        Authenticator.objects.create(user=account, name="drill", confirmed=True, key=seed)
    return account


@begins_transaction
def end_drill_account(*, code: str) -> None:
    """Nobody is signed in with it any more, nor can be before it is marked anew; nothing happens to a real one."""
    account = Account.objects.filter(code=code, is_drill=True).first()
    if account is None:
        return
    account.set_unusable_password()
    account.save(update_fields=["password"])
    Authenticator.objects.filter(user=account).delete()
    end_sessions(actor=SYSTEM, account=account, reason="drill")


@joins_transaction
def restrict(
    *, actor: Actor, account: Account, source: str, citation: str, until: datetime | None
) -> Restriction:
    """Keep a person from ordering rides, until a time or for good; the same `source` restricts once."""
    row, new = Restriction.objects.get_or_create(
        source=source,
        defaults={
            "account": account,
            "id_index": account.id_index or "",
            "person_index": account.person_index,
            "phone_index": account.phone_index,
            "citation": citation,
            "since": clock.now(),
            "until": until,
        },
    )
    if new:
        audit.record(actor, "accounts.restricted", account.code, case=source, citation=citation)
    return row


@joins_transaction
def lift_restriction(*, actor: Actor, source: str) -> None:
    """End what a decision's measure restricted; nothing happens where it restricted nobody."""
    for row in Restriction.objects.filter(source=source, lifted_at=None).select_related("account"):
        Restriction.objects.filter(pk=row.pk).update(lifted_at=clock.now())
        audit.record(actor, "accounts.restriction_lifted", row.account.code, case=source)


@begins_transaction
def set_trip_sharing(*, account: Account, on: bool) -> None:
    """Whether trips are shared with the contacts who agreed, without being asked each time (S4). Raises `GuardianBooks`:
    who is under 14 agrees to nothing here."""
    if on and is_known_child(account, clock.now()):
        raise GuardianBooks
    Account.objects.filter(pk=account.pk).update(shares_trips=on)
    audit.record(account.actor, "accounts.trip_sharing", account.code, on=on)


@begins_transaction
def add_emergency_contact(*, account: Account, name: str, phone: str) -> EmergencyContact:
    """Keep a contact and ask them; the message says who asks and how to refuse.

    Whoever was asked a moment ago, by the same person or by several, is kept without a further message: `asked_at` is
    null then, and the link of the first message answers. So is who was asked so often without an answer, and who refused
    this person before: they stay refused, until they say otherwise by their link. Raises `TooManyContacts`, `InvalidPhone`, `NoMobile`, `OwnNumber`.
    """
    number = typed.phone.read_mobile(phone)
    if number == account.phone:
        raise OwnNumber("phone")
    Account.objects.select_for_update().get(pk=account.pk)  # two at once must not make six
    if account.emergency_contacts.count() >= MAX_CONTACTS:
        raise TooManyContacts
    index, at = phone_index(number), clock.now()
    question, _first = account.contact_questions.get_or_create(phone_index=index)
    contact, new = EmergencyContact.objects.get_or_create(
        account=account,
        phone_index=index,
        defaults={
            "name": typed.name.plain(name),
            "phone": number,
            "state": ContactState.REFUSED if question.refused_at else ContactState.ASKED,
            "created_at": at,
        },
    )
    if new:
        asks = not question.refused_at and question.asked < policy.value(QUESTIONS_UNANSWERED)
        if asks and not limits.beyond(INVITATIONS, Asker(person=account.code), target=index):
            link = settings.PUBLIC_URL + reverse("accounts:contact_answer", args=[question.secret])
            outbox.queue(
                messages.ContactAsked(link=link),
                key=f"contact:{contact.pk}",
                to=number,
                language=account.language,
            )
            contact.asked_at = at
            contact.save(update_fields=["asked_at"])
            question.asked += 1
            question.save(update_fields=["asked"])
        audit.record(account.actor, "accounts.contact_added", account.code)
    return contact


def contact_by_secret(secret: str) -> EmergencyContact:
    """The contact whom a link addresses. Raises `NotFound`, also where they are named no more."""
    question = ContactQuestion.objects.filter(secret_digest=digest_of(secret)).first()
    if question is None:
        raise NotFound
    contact = EmergencyContact.objects.filter(
        account_id=question.account_id, phone_index=question.phone_index
    ).first()
    if contact is None:
        raise NotFound
    return contact


@begins_transaction
def answer_as_contact(*, secret: str, accepts: bool) -> EmergencyContact:
    """Somebody confirms or refuses to be an emergency contact; they may change their mind. Raises `NotFound`."""
    contact = contact_by_secret(secret)
    contact.state = ContactState.CONFIRMED if accepts else ContactState.REFUSED
    contact.save(update_fields=["state"])
    # It holds also where they are taken away and named anew.
    ContactQuestion.objects.filter(account=contact.account, phone_index=contact.phone_index).update(
        refused_at=None if accepts else clock.now(), asked=0
    )
    audit.record(NOBODY, "accounts.contact_answered", contact.account.code, accepts=accepts)
    return contact


@begins_transaction
def remove_emergency_contact(*, account: Account, contact_id: int) -> None:
    """Forget a contact of one's own. Raises `NotFound`, `GuardianStays`."""
    guardian = contact_who_stays(account, clock.now())
    if guardian and guardian.pk == contact_id:
        raise GuardianStays
    deleted, _by_model = EmergencyContact.objects.filter(account=account, pk=contact_id).delete()
    if not deleted:
        raise NotFound
    audit.record(account.actor, "accounts.contact_removed", account.code)


@begins_transaction
def ask_real_name(*, account: Account, real_name: str, id_number: str, document: str = "") -> RealNameCheck:
    """Ask for one's real name to be verified (A2): the number is looked at, then the registry of its document asked.

    `document` is a `core.typed.document.Kind`; without it, the number tells. Of a child nothing is kept.
    Raises `RealNameVerified`, `RealNameOpen`, `IdNumberWrong`, `NameUnreadable`, `TooMany`.
    """
    name, number = typed.name.read(real_name), typed.document.read(id_number, document)
    kind = document or str(typed.document.kind_of(number))
    Account.objects.select_for_update().get(pk=account.pk)
    if account.verified_at:
        raise RealNameVerified
    if account.real_name_checks.filter(state=RealNameState.ASKED).exists():
        raise RealNameOpen
    limits.take(REAL_NAMES, Asker(person=account.code), field="id_number")
    at = clock.now()
    check = RealNameCheck(account=account, document=kind, asked_at=at, next_at=at)
    if typed.document.has_birthday(number) and is_child(typed.document.born(number), at):
        check.state, check.why, check.decided_at = RealNameState.REFUSED, TOO_YOUNG, at
    else:
        check.real_name, check.id_number = name[: typed.name.LONGEST], number
    check.save(force_insert=True)
    audit.record(account.actor, "accounts.real_name_asked", account.code, document=kind)
    return check


def id_index(number: str, kind: str, country: str = "") -> str:
    """The blind index of a document, however often it is issued anew; of passports with their country."""
    return blind_index(typed.document.lasting(number, kind, country) if number else "", purpose="id-number")


def settle_real_name(check_id: int) -> None:
    """Ask the registry and decide; where it is silent, or says what it should not, the question stays open."""
    REAL_NAME_QUEUE.attempt(check_id)


def _ask_registry(check: RealNameCheck) -> None:
    _settle(check, registries.identity(check.document, name=check.real_name, number=check.id_number))


def _open_checks() -> "QuerySet[RealNameCheck]":
    return RealNameCheck.objects.filter(state=RealNameState.ASKED)


REAL_NAME_QUEUE = retry.queue(
    "accounts.real_names",
    gettext_lazy("Asking the registry about a real name"),
    law=registries.LAW,
    waiting=_open_checks,
    act=_ask_registry,
    about=lambda check: check.account.code,
)


@begins_transaction
def _settle(check: RealNameCheck, answer: IdentityAnswer | None) -> None:
    account = Account.objects.select_for_update().get(pk=check.account_id)
    at = clock.now()
    name = (answer.name if answer and answer.match else "") or check.real_name
    person = _verified(name, check.id_number, check.document, answer)
    why = _why_not_verified(account, person, answer, at)
    changes: dict[str, Any] = {"decided_at": at, "why": why, "real_name": name}
    if why == TOO_YOUNG:
        changes |= {"real_name": "", "id_number": ""}
    try:
        move(
            check,
            REAL_NAME_TRANSITIONS,
            RealNameState.REFUSED if why else RealNameState.VERIFIED,
            **changes,
        )
    except StaleState:
        return  # another worker was faster
    if not why:
        Account.objects.filter(pk=account.pk).update(**person, verified_at=at)
    born = person["born_on"]
    if why in {"", TOO_YOUNG} and born and age_at(date.fromisoformat(born), at) < ADULT_FROM:
        events.publish(FoundUnderAge(account=account.code))
    audit.record(SYSTEM, "accounts.real_name_settled", account.code, verified=not why, why=why)


def _verified(name: str, number: str, kind: str, answer: IdentityAnswer | None) -> dict[str, str]:
    """The columns of an account whose person this is."""
    country = answer.country if answer else ""
    birthday = answer.born if answer else None
    if typed.document.has_birthday(number):
        birthday = typed.document.born(number)
    return {
        "real_name": name,
        "id_number": number,
        "document": kind,
        "born_on": birthday.isoformat() if birthday else "",
        "id_index": id_index(number, kind, country),
        "person_index": blind_index(answer.person if answer else "", purpose="person"),
    }


def _why_not_verified(
    account: Account, person: dict[str, str], answer: IdentityAnswer | None, at: datetime
) -> str:
    if answer is None:
        return "unknown"
    if not answer.match:
        return "differs"
    if is_child(date.fromisoformat(person["born_on"]), at):
        return TOO_YOUNG
    # One person, one account, whatever their documents: the second is told so, and the first is not touched.
    taken = has_other_account(account, id_index=person["id_index"], person_index=person["person_index"])
    return "taken" if taken else ""


@joins_transaction
def verify_by_vetting(
    *, actor: Actor, account: Account, real_name: str, id_number: str, person: str = ""
) -> None:
    """A vetting, in which the identity registry was asked, verifies the real name too, by a number with a birthday.

    `person` is the registry's own name for whoever it is, where it said one. Raises `DocumentTaken`, `RealNameVerified`,
    `IdNumberWrong`.
    """
    if account.verified_at:
        if account.id_number != id_number:
            raise RealNameVerified
        return
    kind = typed.document.kind_of(id_number)
    if kind is None or not typed.document.has_birthday(id_number):
        raise typed.document.IdNumberWrong
    columns = _verified(real_name, id_number, kind, IdentityAnswer(match=True, person=person))
    if has_other_account(account, id_index=columns["id_index"], person_index=columns["person_index"]):
        raise DocumentTaken("id_number")
    Account.objects.filter(pk=account.pk).update(**columns, verified_at=clock.now())
    account.refresh_from_db()
    audit.record(actor, "accounts.real_name_settled", account.code, verified=True, why="vetting")


def due_real_names(*, at: datetime, limit: int = 100) -> list[int]:
    """Questions that the registry is to be asked now, oldest first."""
    return list(REAL_NAME_QUEUE.due_at(at).values_list("pk", flat=True)[:limit])


FORGETTING = jobs.whole(
    "accounts.forget_places",
    gettext_lazy("forgetting places of sign-ins"),
    lambda at: forget_places(at=at),
)


@begins_transaction
def forget_sessions(*, at: datetime) -> int:
    """Delete sessions that are over; returns how many."""
    return jobs.delete(Session.objects.filter(expire_date__lte=at))


SESSIONS_OVER = jobs.whole(
    "accounts.forget_sessions",
    gettext_lazy("forgetting sessions that are over"),
    lambda at: forget_sessions(at=at),
)


@joins_transaction
def enrol(
    *,
    code: str,
    role: Role,
    phone: str,
    real_name: str,
    id_number: str,
    password_hash: str,
    verified_at: datetime | None,
    language: str = "zh-hans",
    is_drill: bool = False,
) -> Account:
    """Make an account whose person was checked elsewhere: staff by the company, the cast by the demo.

    `is_drill` marks those who are nobody, so that what they do enters no figure.
    """
    kind = typed.document.kind_of(id_number) or Kind.RESIDENT_ID
    account = Account(
        code=code,
        role=role,
        phone=typed.phone.read(phone),
        phone_index=phone_index(typed.phone.read(phone)),
        real_name=real_name,
        id_number=id_number,
        document=kind if id_number else "",
        born_on=typed.document.born(id_number).isoformat() if typed.document.has_birthday(id_number) else "",
        id_index=id_index(id_number, kind) or None,
        verified_at=verified_at,
        language=language,
        is_drill=is_drill,
        created_at=clock.now(),
        password=password_hash,
    )
    account.save(force_insert=True)
    return account
