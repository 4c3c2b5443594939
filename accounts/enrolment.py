"""The second factor: set up by each person at the first sign-in, with recovery codes for the day its device is lost.

It takes three things: the phone (a sign-in by code), the set-up code that a colleague or the command line gave, and the
authenticator's own digits. So neither a stolen phone number nor whoever saw the code is enough.
"""

import secrets
from base64 import b32encode
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django_otp import login as otp_login

from accounts import messages
from accounts.errors import NotToSetUp, WrongCode
from accounts.models import Account, Authenticator, Passkey, RecoveryCode, SetUpCode
from accounts.policies import SET_UP_LIFE
from core import audit, clock, policy, typed
from core.codes import ALPHABET
from core.messages import outbox
from core.permissions import needs_second_factor
from core.privacy import blind_index
from core.transactions import begins_transaction, joins_transaction

if TYPE_CHECKING:
    from core.actors import Actor

SET_UP_LENGTH, RECOVERY_LENGTH, RECOVERY_CODES, TRIES = 16, 10, 10, 10
SHOWN = "set-up"  # of the session: which set-up code was shown in it
ISSUER = "Huhang"


def grouped(code: str) -> str:
    """As people read and type it: `ABCDE-FGHJK`."""
    size = 5 if len(code) == RECOVERY_LENGTH else 4
    return "-".join(code[at : at + size] for at in range(0, len(code), size))


def _random(length: int) -> str:
    """With a letter in it: nobody takes it for digits."""
    while (found := "".join(secrets.choice(ALPHABET) for _ in range(length))).isdigit():
        pass
    return found


def _digest(account: Account, code: str, purpose: str) -> str:
    return blind_index(f"{account.code}:{code}", purpose=purpose)


def is_to_set_up(account: Account) -> bool:
    """Whether a second factor is asked for and there is none."""
    return needs_second_factor(account) and not _confirmed(account).exists()


def _confirmed(account: Account) -> QuerySet[Authenticator]:
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=account, confirmed=True)
    return found


@joins_transaction
def give_set_up_code(*, actor: "Actor", account: Account) -> str:
    """A new set-up code, shown once to whoever hands it over; an older one is dead, and so is any second factor."""
    code, at = _random(SET_UP_LENGTH), clock.now()
    Authenticator.objects.filter(user=account).delete()
    Passkey.objects.filter(user=account).delete()
    account.recovery_codes.all().delete()
    SetUpCode.objects.update_or_create(
        account=account,
        defaults={
            "digest": _digest(account, code, "set-up"),
            "made_at": at,
            "expires_at": at + policy.span(SET_UP_LIFE),
            "attempts": 0,
            "used_at": None,
        },
    )
    audit.record(actor, "accounts.set_up_code_given", account.code)
    return grouped(code)


def show_set_up_code(request: HttpRequest, *, account: Account, code: str) -> None:
    """Let this session set up the second factor. Raises `NotToSetUp`, `WrongCode`; ten wrong tries use a code up."""
    if not is_to_set_up(account):
        raise NotToSetUp
    shown = _digest(account, typed.code.marks(code), "set-up")
    with transaction.atomic(durable=True):
        open_now = SetUpCode.objects.filter(
            account=account, used_at=None, expires_at__gt=clock.now(), attempts__lt=TRIES
        )
        row = open_now.select_for_update().first()
        right = row is not None and secrets.compare_digest(row.digest, shown)
        open_now.update(attempts=F("attempts") + 1)
        audit.record(account.actor, "accounts.set_up_code_shown", account.code, right=right)
        if right:
            Authenticator.objects.filter(user=account, confirmed=False).delete()
            Authenticator.objects.create(user=account, name="app", confirmed=False)
    if not right:
        raise WrongCode("code")
    request.session[SHOWN] = shown


def pending(request: HttpRequest, *, account: Account) -> Authenticator | None:
    """The authenticator that this session is setting up; None before the set-up code was shown in it."""
    shown = request.session.get(SHOWN, "")
    good = SetUpCode.objects.filter(
        account=account, digest=shown, used_at=None, expires_at__gt=clock.now()
    ).exists()
    if not good or not is_to_set_up(account):
        return None
    found: Authenticator | None = Authenticator.objects.filter(user=account, confirmed=False).first()
    return found


def address_of(device: Authenticator) -> tuple[str, str]:
    """(address that an authenticator reads from the picture, the same secret as people type it)."""
    secret = b32encode(bytes.fromhex(device.key)).decode().rstrip("=")
    query = urlencode({"secret": secret, "issuer": ISSUER, "algorithm": "SHA1", "digits": 6, "period": 30})
    label = quote(f"{ISSUER}:{device.user.code}")
    return f"otpauth://totp/{label}?{query}", " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def finish(request: HttpRequest, *, account: Account, token: str) -> list[str]:
    """Confirm the authenticator by its digits; returns the recovery codes, which are shown this once.

    Raises `NotToSetUp` where the set-up code was not shown or is over, `WrongCode`.
    """
    device = pending(request, account=account)
    if device is None:
        raise NotToSetUp
    if not device.verify_token(token):
        raise WrongCode("token")
    codes = _confirm(account, device)
    del request.session[SHOWN]
    otp_login(request, device)
    request.session.cycle_key()
    return codes


@begins_transaction
def _confirm(account: Account, device: Authenticator) -> list[str]:
    at = clock.now()
    if not SetUpCode.objects.filter(account=account, used_at=None).update(used_at=at):
        raise NotToSetUp  # another browser was quicker
    Authenticator.objects.filter(pk=device.pk).update(confirmed=True)
    audit.record(account.actor, "accounts.second_factor_set", account.code)
    outbox.queue(
        messages.SecondFactorSet(at=at, line=settings.SAFETY_LINE),
        key=f"second-factor:{account.code}:{at.timestamp()}",
        to=account.phone,
        language=account.language,
    )
    return _new_codes(account)


@begins_transaction
def renew_recovery_codes(*, account: Account) -> list[str]:
    """Ten new recovery codes in the place of the old ones, shown this once."""
    return _new_codes(account)


def _new_codes(account: Account) -> list[str]:
    at = clock.now()
    codes = [_random(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    account.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account=account, digest=_digest(account, code, "recovery"), made_at=at) for code in codes
    )
    audit.record(account.actor, "accounts.recovery_codes_made", account.code)
    return [grouped(code) for code in codes]


def codes_left(account: Account) -> int:
    return account.recovery_codes.filter(used_at=None).count()


def use_recovery_code(*, account: Account, code: str) -> Authenticator | None:
    """The authenticator for which a recovery code stands this once, or None; its owner is told."""
    marks = typed.code.marks(code)
    device = _confirmed(account).first()
    if device is None or len(marks) != RECOVERY_LENGTH:
        return None
    at = clock.now()
    with transaction.atomic(durable=True):
        used = account.recovery_codes.filter(digest=_digest(account, marks, "recovery"), used_at=None)
        if not used.update(used_at=at):
            return None
        audit.record(account.actor, "accounts.recovery_code_used", account.code, left=codes_left(account))
        outbox.queue(
            messages.RecoveryCodeUsed(at=at, line=settings.SAFETY_LINE),
            key=f"recovery:{account.code}:{at.timestamp()}",
            to=account.phone,
            language=account.language,
        )
    return device
