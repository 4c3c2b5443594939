"""Passkeys, which no false page can ask for: a second factor of staff and police, and a way in of its own for members.

A ceremony begins with options for the browser and a challenge; its answer is taken once, within five minutes, from a
page of the host for which it was made (WebAuthn level 3 §7.1 and §7.2, by Yubico's library). The challenge stays in the
session of whoever is known, and is sealed into the page of whoever is not: a visit to it keeps nothing.
"""

import hashlib
import json
import time
from ipaddress import ip_address
from typing import Any

import structlog
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django_otp import login as otp_login
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts import messages
from accounts.codes import PASSKEY
from accounts.errors import PasskeyRefused, PasskeyTaken, TooManyPasskeys
from accounts.exports import prove
from accounts.models import Account, Passkey
from accounts.policies import WRONG_CODES
from accounts.services import check_second_factor, enter, note_failure
from core import audit, clock, limits
from core.errors import NotFound
from core.limits import asker_of
from core.messages import outbox
from core.permissions import needs_second_factor
from core.privacy import mask_phone
from core.transactions import begins_transaction

log = structlog.get_logger()
ADD, SHOW = "passkey-add", "passkey-show"  # of the session: what a ceremony that is under way was begun with
ENTER = "passkey-enter"  # the salt under which the same is sealed into a page of whoever is not signed in
LIFE = 300  # seconds
MOST, LONGEST = 10, 20_000  # passkeys of one person; characters of an answer


def of(account: Account) -> list[Passkey]:
    """Somebody's passkeys, the oldest first."""
    return list(Passkey.objects.filter(user=account, confirmed=True).order_by("pk"))


def works_at(request: HttpRequest) -> bool:
    """Passkeys belong to a name: browsers make none for a page at a bare address."""
    try:
        ip_address(_host(request).strip("[]"))
    except ValueError:
        return True
    return False


def _host(request: HttpRequest) -> str:
    """The host of this page, one of `ALLOWED_HOSTS`, without its port."""
    host, colon, port = request.get_host().rpartition(":")
    return host if colon and port.isdigit() else request.get_host()


def _server(request: HttpRequest) -> Fido2Server:
    here = f"{request.scheme}://{request.get_host()}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(name="Huhang", id=_host(request)),
        verify_origin=lambda origin: origin == here,
    )


def _begin(request: HttpRequest, ceremony: str, state: dict[str, Any]) -> None:
    request.session[ceremony] = {**state, "at": time.time()}


def _state(request: HttpRequest, ceremony: str) -> dict[str, Any]:
    """What the ceremony was begun with: it is over whatever comes. Raises `PasskeyRefused`."""
    state: dict[str, Any] | None = request.session.pop(ceremony, None)
    if state is None or not 0 <= time.time() - state["at"] <= LIFE:
        raise PasskeyRefused
    return state


def _data(row: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(row.credential))


def _digest(credential: AttestedCredentialData) -> str:
    return hashlib.sha256(credential.credential_id).hexdigest()


# --- Adding and removing one -------------------------------------------------------------------------------------


def options_to_add(request: HttpRequest, *, account: Account) -> str:
    """Begin to add a passkey; returns what the browser is asked, as JSON. Empty where it could make none.

    A member's has to be found without a name, and to ask its owner for a finger, a face or a PIN, since it opens alone.
    """
    if not works_at(request):
        return ""
    second = needs_second_factor(account)
    called = account.code if second else mask_phone(account.phone)
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(id=account.code.encode(), name=called, display_name=called),
        credentials=[_data(row) for row in of(account)],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED
        if second
        else ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.PREFERRED
        if second
        else UserVerificationRequirement.REQUIRED,
    )
    _begin(request, ADD, state)
    return json.dumps(dict(options.public_key))


def add(
    request: HttpRequest, *, account: Account, name: str, passkey: str, token: str = "", code: str = ""
) -> Passkey:
    """Keep a new passkey, which the browser made. An open session is not enough for it: staff and police type the digits
    of the authenticator once more (`token`), a member a fresh code to the phone (`code`).

    Its owner is told. Raises `PasskeyRefused`, `WrongCode`, `TooManyCodes`, `PasskeyTaken`, `TooManyPasskeys`.
    """
    made = _made(request, _state(request, ADD), passkey)
    found = made.credential_data
    if found is None:
        raise PasskeyRefused
    if needs_second_factor(account):
        check_second_factor(account=account, token=token)
    else:
        prove(account=account, purpose=PASSKEY, code=code, asker=asker_of(request))
    return _keep(account=account, name=name.strip()[:40], credential=found, counter=made.counter)


def _made(request: HttpRequest, state: dict[str, Any], answer: str) -> AuthenticatorData:
    try:
        return _server(request).register_complete(state, json.loads(answer[:LONGEST]))
    except Exception as why:  # whatever a made-up answer makes the library meet
        log.warning("passkeys.refused", error=type(why).__name__)
        raise PasskeyRefused from why


@begins_transaction
def _keep(*, account: Account, name: str, credential: AttestedCredentialData, counter: int) -> Passkey:
    at = clock.now()
    Account.objects.select_for_update().get(pk=account.pk)  # two at once must not make eleven
    if len(of(account)) >= MOST:
        raise TooManyPasskeys
    try:
        with transaction.atomic():
            row: Passkey = Passkey.objects.create(
                user=account,
                name=name,
                digest=_digest(credential),
                credential=bytes(credential),
                counter=counter,
                added_at=at,
            )
    except IntegrityError:
        raise PasskeyTaken from None
    audit.record(account.actor, "accounts.passkey_added", account.code, passkey=row.pk)
    outbox.queue(
        messages.PasskeyAdded(at=at, line=settings.SAFETY_LINE),
        key=f"passkey:{row.pk}",
        to=account.phone,
        language=account.language,
    )
    return row


@begins_transaction
def remove(*, account: Account, pk: int) -> None:
    """Forget a passkey of one's own; sessions in which it was shown ask for the second factor anew. Its owner is told.

    Raises `NotFound`.
    """
    if not Passkey.objects.filter(user=account, pk=pk).delete()[0]:
        raise NotFound
    at = clock.now()
    audit.record(account.actor, "accounts.passkey_removed", account.code, passkey=pk)
    outbox.queue(
        messages.PasskeyRemoved(at=at, line=settings.SAFETY_LINE),
        key=f"passkey-removed:{pk}",
        to=account.phone,
        language=account.language,
    )


# --- A second factor -----------------------------------------------------------------------------------------------


def options_to_show(request: HttpRequest, *, account: Account) -> str:
    """Begin to show a passkey; returns what the browser is asked, as JSON. Empty where there is none to show."""
    known = of(account) if works_at(request) else []
    if not known:
        return ""
    options, state = _server(request).authenticate_begin(
        [_data(row) for row in known], user_verification=UserVerificationRequirement.PREFERRED
    )
    _begin(request, SHOW, state)
    return json.dumps(dict(options.public_key))


def is_another(request: Any) -> bool:
    """Whether the second factor of this session was shown, and is no passkey."""
    return request.user.is_verified() and not isinstance(request.user.otp_device, Passkey)


def show(request: HttpRequest, *, account: Account, passkey: str) -> None:
    """Let a passkey be the second factor of this session. Raises `PasskeyRefused`."""
    state = _state(request, SHOW)
    row, counter = _shown(request, state, account, passkey)
    device = _count(account=account, row=row, counter=counter) if row is not None else None
    if device is None:
        raise PasskeyRefused
    otp_login(request, device)
    request.session.cycle_key()  # as after the digits


def _shown(
    request: HttpRequest, state: dict[str, Any], account: Account, answer: str
) -> tuple[Passkey | None, int]:
    """The passkey that signed the challenge, with its counter."""
    known = {_digest(_data(row)): row for row in of(account)}
    try:
        found = AuthenticationResponse.from_dict(json.loads(answer[:LONGEST]))
        used = _server(request).authenticate_complete(state, [_data(row) for row in known.values()], found)
    except Exception as why:  # whatever a made-up answer makes the library meet
        log.warning("passkeys.refused", error=type(why).__name__)
        _failed(account=account)
        return None, 0
    return known[_digest(used)], found.response.authenticator_data.counter


@begins_transaction
def _failed(*, account: Account) -> None:
    audit.record(account.actor, "accounts.second_factor_failed", account.code, by="passkey")


@begins_transaction
def _count(*, account: Account, row: Passkey, counter: int, begun: float | None = None) -> Passkey | None:
    """The passkey, used now; None where its counter did not go on: then it is a copy, or this is one.

    So it is where it was used since the ceremony was `begun` (POSIX seconds, of one that no session remembers).
    """
    now: Passkey | None = Passkey.objects.select_for_update().filter(pk=row.pk).first()
    behind = now is None or ((now.counter or counter) and counter <= now.counter)
    again = (
        now is not None and begun is not None and now.used_at is not None and begun <= now.used_at.timestamp()
    )
    action = "accounts.sign_in_failed" if begun is not None else "accounts.second_factor_failed"
    if now is None or behind or again:
        audit.record(account.actor, action, account.code, by="passkey", copied=True)
        return None
    now.counter, now.used_at = counter, clock.now()
    now.save(update_fields=["counter", "used_at"])
    if begun is None:
        audit.record(account.actor, "accounts.second_factor_passed", account.code, by="passkey")
    return now


# --- Signing in by one ---------------------------------------------------------------------------------------------


def options_to_enter(request: HttpRequest) -> tuple[str, str]:
    """(what the browser of whoever is not signed in is asked, as JSON; the seal to be sent with its answer).

    Both are empty where there are no passkeys.
    """
    if not works_at(request):
        return "", ""
    options, state = _server(request).authenticate_begin(
        user_verification=UserVerificationRequirement.REQUIRED
    )
    sealed = signing.dumps({**state, "at": clock.now().timestamp()}, salt=ENTER)
    return json.dumps(dict(options.public_key)), sealed


def sign_in(request: HttpRequest, *, passkey: str, sealed: str) -> Account:
    """Sign a member in by a passkey alone, which found its owner by a finger, a face or a PIN.

    Staff and police are refused: theirs stay a second factor. An answer is good for one sign-in: a challenge that is older
    than the passkey's last use is over. Raises `PasskeyRefused`, `TooManyCodes`.
    """
    asker = asker_of(request)
    limits.take(WRONG_CODES, asker, field="passkey")
    account = _owner(request, passkey, sealed)
    if account is None:
        note_failure("passkey", "passkey")
        raise PasskeyRefused
    limits.give_back(WRONG_CODES, asker)
    return enter(request, account, "passkey")


def _owner(request: HttpRequest, answer: str, sealed: str) -> Account | None:
    """Whose passkey signed the challenge of this page, where it may sign in alone."""
    try:
        state = signing.loads(sealed, salt=ENTER, max_age=LIFE)
        found = AuthenticationResponse.from_dict(json.loads(answer[:LONGEST]))
        digest = hashlib.sha256(found.raw_id).hexdigest()
        row = Passkey.objects.select_related("user").get(
            digest=digest, user__closed_at=None, user__is_active=True
        )
        _server(request).authenticate_complete(state, [_data(row)], found)
    except Exception as why:  # whatever a made-up answer makes the library meet
        log.warning("passkeys.refused", error=type(why).__name__)
        return None
    account: Account = row.user
    if found.response.user_handle != account.code.encode() or needs_second_factor(account):
        return None
    device = _count(
        account=account, row=row, counter=found.response.authenticator_data.counter, begun=state["at"]
    )
    return account if device is not None else None
