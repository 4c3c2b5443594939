"""What is created once, however often and however fast it is sent: keys that belong to whoever sent them.

A service that creates asks first, in its own transaction:

    key = idempotency.hold("police.request", account.code, submission)
    again = PoliceRequest.objects.filter(submission=key).first()
    if again: return again

`hold` lets one at a time through for the same key, until its transaction is over: whoever comes second finds the row of
the first. The column keeps a digest of owner and key, with a unique constraint as the last word: another person's same
key is another key, which neither fails nor finds anything of theirs.
"""

import enum
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import InvalidInput
from core.models import DoneAct
from core.transactions import joins_transaction

# Of what was done: as long as a phone may be away that sends late what it could not.
REMEMBERED = timedelta(days=1)
# Sent again so soon, it was pressed twice, or the answer was lost: whoever did it still knows what they did.
AT_ONCE = timedelta(minutes=2)
_HANDED_OVER = "shift"
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


# --- What was done ---------------------------------------------------------------------------------------


def act_of(action: str, owner: str, row: str, given: Mapping[str, object]) -> str:
    """One thing that somebody does with a row, and the words with which they do it."""
    told = json.dumps(dict(given), default=str, sort_keys=True, ensure_ascii=False)
    return key_of("act", owner, action, row, told)


@joins_transaction
def remember(kind: str, row: str, act: str) -> int:
    """Keep with the act itself, in its transaction, that it was done; the number of this time."""
    return DoneAct.objects.create(kind=kind, row=row, act_digest=act, at=clock.now()).pk


@joins_transaction
def note_handed_over(*people: str) -> None:
    """What these had changed hands: none of their acts was the last one with its row from here on."""
    at = clock.now()
    DoneAct.objects.bulk_create(DoneAct(kind=_HANDED_OVER, row=each, act_digest="", at=at) for each in people)


class Done(enum.Enum):
    """When exactly this was done with a row: a moment ago and nothing came after it, or longer ago, or before something
    else, which may be what no act here is kept of."""

    LAST, BEFORE = "last", "before"


def done(kind: str, row: str, act: str, owner: str) -> Done | None:
    """Whether exactly this was done with a row by `owner`, whatever was done with it since; None where it was not."""
    at = clock.now()
    rows = DoneAct.objects.filter(
        Q(kind=kind, row=row) | Q(kind=_HANDED_OVER, row=owner), at__gte=at - REMEMBERED
    )
    acts = list(rows.order_by("-pk").values_list("act_digest", "at"))
    when = next((time for digest, time in acts if digest == act), None)
    if when is None:
        return None
    return Done.LAST if acts[0][0] == act and when > at - AT_ONCE else Done.BEFORE


def forget(time: int) -> None:
    """It was refused after all, by a service whose refusal is kept."""
    DoneAct.objects.filter(pk=time).delete()


def forget_old(*, at: datetime) -> int:
    """Forget what was done too long ago to be said again; how many."""
    return DoneAct.objects.filter(at__lt=at - REMEMBERED).delete()[0]
