"""One-time codes by SMS: who gets one how often, and what a wrong try costs whom.

A code dies after five wrong tries of whoever asked for it, and after five of anybody else who types at it. So a stranger
uses up their own tries and not those of its owner, who is known by the device that asked, by a device on which the
account was signed in before, or by the page for which it was sent. All strangers together have a few tries more, so that
many of them do not make a guess likely: of a million codes, thirty tries find one in 33 000 times.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from accounts import messages
from accounts.errors import CodeTooSoon, TooManyCodes, WrongCode
from accounts.models import Account, Device, OneTimeCode
from accounts.policies import CODE_INTERVAL, CODE_LIFE, CODES_ASKED, CODES_OF_PHONE, WARNINGS, WRONG_CODES
from accounts.selectors import account_by_phone
from core import clock, idempotency, limits, policy, typed
from core.codes import new_digits
from core.limits import NOBODY, Asker, network_of
from core.messages import outbox
from core.privacy import blind_index, phone_index
from core.transactions import joins_transaction

CODE_LENGTH = 6
TRIES, STRANGERS_TRIES = 5, 25
GOOD = 2  # the newest so many: an SMS that was late is typed after the next one was asked for
LONGEST_WAIT = timedelta(hours=1)
# Who is rung up and asked to read a code out sees what it would do; a code for one thing does no other.
COPY, CLOSING, POLICE, PASSKEY = "copy", "closing", "police_code", "passkey"
SAYING = {
    PASSKEY: messages.PasskeyCodeSent,
    COPY: messages.CopyCodeSent,
    CLOSING: messages.ClosingCodeSent,
    POLICE: messages.PoliceCodeSent,
}


def _digest(code: str, phone: str, purpose: str) -> str:
    return blind_index(f"{purpose}:{phone}:{code}", purpose="one-time-code")


def is_device_of(account: Account | None, device: str) -> bool:
    """Whether somebody was signed in to this account on the device with this number before."""
    if not device:
        return False
    # Asked also where there is nobody: it takes as long.
    digest = blind_index(device, purpose="device")
    return Device.objects.filter(account_id=account.pk if account else 0, digest=digest).exists()


def _own(asker: Asker, subject: str) -> str:
    """By what whoever asks for a code is known when it is typed: the page that it is for, or their device."""
    whom = f"page {subject}" if subject else f"device {asker.device}" if asker.device else ""
    return blind_index(whom, purpose="code-party")[:32]


@joins_transaction
def send_code(
    *, phone: str, purpose: str, subject: str = "", asker: Asker = NOBODY, kept_back: bool = False
) -> None:
    """Send a one-time code to a normalised phone number. `subject` is the code of what it proves, where it is no sign-in.

    After each that was not used the next one waits twice as long, up to an hour, whoever asked for it; for a device of
    the phone's owner those count that it asked for itself. With `kept_back` everything is as if one was sent. Raises
    `CodeTooSoon`, and `TooManyCodes`, which is one.
    """
    index, own = phone_index(phone), _own(asker, subject)
    idempotency.alone(f"one-time-code:{index}")  # six at once are one
    asker = asker.owner_if(not subject and is_device_of(account_by_phone(phone), asker.device))
    at = clock.now()
    _check_wait(index, purpose, own if asker.known else "", at)
    with (
        limits.turn(CODES_ASKED, asker, field="phone"),
        limits.turn(CODES_OF_PHONE, asker, target=index, field="phone"),
    ):
        code = new_digits(CODE_LENGTH)
        row = OneTimeCode.objects.create(
            purpose=purpose,
            phone_index=index,
            subject=subject,
            digest=_digest(code, phone, purpose),
            asked_by=own,
            created_at=at,
            expires_at=at + policy.span(CODE_LIFE),
        )
        with _in_vain(kept_back):
            outbox.queue(
                SAYING.get(purpose, messages.OneTimeCodeSent)(code=code),
                key=f"code:{row.pk}",
                to=phone,
                language=get_language() or settings.LANGUAGE_CODE,
            )


@contextmanager
def _in_vain(vain: bool) -> Iterator[None]:
    """Do the same work where it is for nobody, and keep nothing of it: neither an answer nor its time says whose a phone is."""
    with transaction.atomic():
        yield
        if vain:
            transaction.set_rollback(True)


def _check_wait(index: str, purpose: str, own: str, at: datetime) -> None:
    today = OneTimeCode.objects.filter(
        phone_index=index, purpose=purpose, created_at__gt=at - timedelta(days=1)
    ).order_by("pk")
    rows = list(today.filter(asked_by=own) if own else today)
    if not rows:
        return
    unused = guessed = 0
    for row in rows:
        unused = 0 if row.used_at else unused + 1
        tried = row.tries.get(own, 0) if own else row.attempts
        guessed += row.used_at is None and tried >= TRIES
    first = policy.span(CODE_INTERVAL)
    wait = min(first * 2 ** min(max(guessed, unused - 1), 10), LONGEST_WAIT)
    left = rows[-1].created_at + wait - at
    if left > timedelta():
        error = (TooManyCodes if wait > first else CodeTooSoon)("phone")
        error.retry_after = int(left.total_seconds()) + 1
        raise error


def use_code(
    *,
    phone: str,
    purpose: str,
    code: str,
    subject: str = "",
    asker: Asker = NOBODY,
    first: Callable[[], None] = lambda: None,
) -> str:
    """Use one of the two newest codes once; returns its subject. A wrong try is counted and kept.

    `subject` is what the page is about on which it was typed. `first` is asked once the code is known to be right: what
    it raises leaves the code good. Whatever depends on whose phone it is stands there, and says nothing to a stranger.
    Raises `WrongCode`, and `TooManyCodes` where too many wrong ones came from there, for whichever phones.
    """
    account, index = account_by_phone(phone), phone_index(phone)
    known = not subject and is_device_of(account, asker.device)
    own, at = _own(asker, subject), clock.now()
    given = _digest(typed.code.digits(code, CODE_LENGTH), phone, purpose)
    newest = OneTimeCode.objects.filter(phone_index=index, purpose=purpose).order_by("-pk")
    asked = bool(own) and own in newest.values_list("asked_by", flat=True)[:GOOD]
    # A page is as good as a device: whoever has its address is known by it.
    asker = replace(asker, device=own if asked and subject else asker.device, known=known or asked)
    limits.take(WRONG_CODES, asker, field="code")
    with transaction.atomic():
        rows = [
            row
            for row in newest.select_for_update()[:GOOD]
            if row.used_at is None
            and row.expires_at > at
            and _may_try(row, _party(row, asker, own, known), known)
        ]
        found = next((row for row in rows if secrets.compare_digest(row.digest, given)), None)
        if found is None:
            for row in rows:
                _note_wrong(row, _party(row, asker, own, known), account)
        else:
            limits.give_back(WRONG_CODES, asker)
            first()
            # With it those go that were sent for the same.
            newest.filter(subject=found.subject, used_at=None).update(used_at=at)
    if found is None:
        raise WrongCode("code")
    return found.subject


def _party(row: OneTimeCode, asker: Asker, own: str, known: bool) -> str:
    """By whom a try at this code counts: a device or page that it knows, else the address."""
    if own and (known or own == row.asked_by):
        return own
    return blind_index(f"address {network_of(asker.address)}", purpose="code-party")[:32]


def _may_try(row: OneTimeCode, party: str, known: bool) -> bool:
    strangers = sum(count for whose, count in row.tries.items() if whose != row.asked_by)
    own = known or party == row.asked_by
    return row.tries.get(party, 0) < TRIES and (own or strangers < STRANGERS_TRIES)


def _note_wrong(row: OneTimeCode, party: str, account: Account | None) -> None:
    row.attempts += 1
    row.tries = row.tries | {party: row.tries.get(party, 0) + 1}
    row.save(update_fields=["attempts", "tries"])
    if row.attempts == TRIES:
        warn_of_wrong_tries(account, row.phone_index)


@joins_transaction
def warn_of_wrong_tries(account: Account | None, name: str) -> None:
    """Tell whoever an account belongs to that somebody tries wrong codes or passwords, a few times a day at most.

    `name` is what they are tried at, as it is counted; where it is nobody's, the same is done for nobody.
    """
    if limits.beyond(WARNINGS, NOBODY, target=account.code if account else name):
        return
    at = clock.now()
    with _in_vain(account is None):
        outbox.queue(
            messages.WrongTries(at=at, line=settings.SAFETY_LINE),
            key=f"wrong-tries:{account.code if account else name}:{at.timestamp()}",
            to=account.phone if account else "",
            language=account.language if account else settings.LANGUAGE_CODE,
        )
