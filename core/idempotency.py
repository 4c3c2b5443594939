"""What is created once, however often and however fast it is sent: keys that belong to whoever sent them.

A service that creates asks first, in its own transaction:

    key = idempotency.hold("police.request", account.code, submission)
    again = PoliceRequest.objects.filter(submission=key).first()
    if again: return again

`hold` lets one at a time through for the same key, until its transaction is over: whoever comes second finds the row of
the first. The column keeps a digest of owner and key, with a unique constraint as the last word: another person's same
key is another key, which neither fails nor finds anything of theirs.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import InvalidInput
from core.models import LastAct
from core.transactions import joins_transaction

# Of what was done last. Whoever waits longer for an answer looks first; and what a job changed meanwhile is not hidden
# from somebody who says the same again.
REMEMBERED = timedelta(minutes=10)
LEAST = 16  # characters of a key that opens something to whoever has no account
MOST = 64


class KeyTooShort(InvalidInput):
    code, sentence = (
        "key_too_short",
        _("The key with which this is sent has to be random, and at least 16 characters long."),
    )


def new_key() -> str:
    """A random key for a form of ours: 128 bits."""
    return secrets.token_urlsafe(16)


def check(key: str, *, danger: bool, field: str = "submission") -> str:
    """The key of somebody without an account, long enough that nobody else chooses the same.

    What tells of `danger` is taken whatever key it has: in the place of a short one comes one of ours, and who sends it
    again has told it twice. Raises `KeyTooShort` otherwise.
    """
    if len(key) >= LEAST:
        return key
    if not danger:
        raise KeyTooShort(field)
    return new_key()


def key_of(what: str, owner: str, key: str, *told: str) -> str:
    """As it is kept, 64 letters: of this kind of row, of this owner, and, where anybody can name the owner, of these words."""
    digest = hashlib.sha256()
    for part in (what, owner, key, *told):
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


@joins_transaction
def hold(what: str, owner: str, key: str, *told: str) -> str:
    """`key_of`, once nobody else is at it: whoever has the same key waits until this transaction is over."""
    kept = key_of(what, owner, key, *told)
    alone(kept)
    return kept


def number_of(name: str) -> int:
    """By which number the database locks a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


@joins_transaction
def alone(name: str) -> None:
    """Whoever comes with the same name waits until this transaction is over. To be asked before any row is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number_of(name)])


@joins_transaction
def is_alone(name: str) -> bool:
    """`alone` without waiting: false where somebody else is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number_of(name)])
        return bool(cursor.fetchone()[0])


# --- What was done last ----------------------------------------------------------------------------------


def act_of(action: str, owner: str, row: str, given: Mapping[str, object]) -> str:
    """One thing that somebody does with a row, and the words with which they do it."""
    told = json.dumps(dict(given), default=str, sort_keys=True, ensure_ascii=False)
    return key_of("act", owner, action, row, told)


@joins_transaction
def remember(kind: str, row: str, act: str) -> int:
    """Keep with the act itself, in its transaction, that it is what was done last; the number of this turn."""
    turn = secrets.randbits(62)
    LastAct.objects.bulk_create(
        [LastAct(kind=kind, row=row, act_digest=act, turn=turn, at=clock.now())],
        update_conflicts=True,
        unique_fields=["kind", "row"],
        update_fields=["act_digest", "turn", "at"],
    )
    return turn


def done_last(kind: str, row: str, act: str) -> int | None:
    """The turn in which exactly this was done last with a row; None where something else was, or nothing."""
    rows = LastAct.objects.filter(kind=kind, row=row, act_digest=act, at__gte=clock.now() - REMEMBERED)
    return rows.values_list("turn", flat=True).first()


def forget(kind: str, row: str, act: str) -> None:
    """It was refused after all, by a service whose refusal is kept."""
    LastAct.objects.filter(kind=kind, row=row, act_digest=act).delete()


def forget_old(*, at: datetime) -> int:
    """Forget what was done too long ago to be said again; how many."""
    return LastAct.objects.filter(at__lt=at - REMEMBERED).delete()[0]
