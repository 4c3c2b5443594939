"""Motions: what one of the staff moves is done once another agrees; the same way for whoever adds people, lines or stations.

An app declares a kind with the shape of what is filled in (a frozen dataclass), `check`, which is asked when it is moved
and again when it is carried, and `carry`, which does it. Nothing of an app's own remembers who proposed what: the row of
the motion does, and the database holds that two people carried it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit, clock, four_eyes, idempotency, live
from core.codes import new_code
from core.errors import DomainError, NotFound
from core.models import MOTION_TRANSITIONS, Motion, MotionState
from core.permissions import may, require
from core.states import move
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

Text = str | Promise
G = TypeVar("G")

live.moves("motions", "core.moved", "core.motion")
PAIR = four_eyes.declare(
    "core.motion",
    _("What staff move in the console: who belongs to the staff, lines, stations and officers"),
    table="core.Motion",
    first="moved_by",
    second="agreed_by",
    law="motion_carried_by_two_people",
)


class MovedAlready(DomainError):
    code, sentence = "moved_already", _("This is proposed already: somebody else agrees or withdraws it.")


class MotionOver(DomainError):
    code, sentence = "motion_over", _("It is decided already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[G]):
    """`page` is the name of the address at which they are decided; `says(given)` is what the second person reads: pairs of a label and a value, personal data masked.

    `carry(motion, given, person)` joins the transaction and may return a sentence for the second person.
    """

    key: str
    label: Text
    permission: str
    page: str
    shape: type[G]
    check: Callable[[str, G], None]
    carry: Callable[[Motion, G, "Account"], Text | None]
    says: Callable[[G], Sequence[tuple[Text, str]]]

    def given(self, motion: Motion) -> G:
        """What was filled in."""
        return msgspec.json.decode(motion.given, type=self.shape)


KINDS: dict[str, Kind[Any]] = {}


def declare(kind: Kind[G]) -> Kind[G]:
    """Raises `ValueError` where the key is taken."""
    if kind.key in KINDS:
        raise ValueError(f"two kinds of motions are called {kind.key}")
    KINDS[kind.key] = kind
    return kind


@begins_transaction
def propose(*, account: "Account", kind: Kind[G], given: G, subject: str = "") -> Motion:
    """Move something. Raises `Forbidden`, `MovedAlready`, and what the kind's `check` raises."""
    require(account, kind.permission)
    if subject:
        idempotency.alone(
            f"motion:{kind.key}:{subject}"
        )  # of several at once one is moved, and the others are told
    kind.check(subject, given)
    if subject and Motion.objects.filter(kind=kind.key, subject=subject, state=MotionState.MOVED).exists():
        raise MovedAlready
    row = Motion.objects.create(
        code=new_code("M"),
        kind=kind.key,
        subject=subject,
        given=msgspec.json.encode(given).decode(),
        moved_by=account.code,
        moved_at=clock.now(),
    )
    audit.record(account.actor, "core.moved", row.code, kind=kind.key, about=subject)
    return row


@begins_transaction
def decide(*, account: "Account", code: str, agrees: bool) -> Text | None:
    """The second person agrees and it is done, or either withdraws it.

    Raises `NotFound`, `Forbidden`, `MotionOver`, `SecondPersonNeeded`, and what `check` and `carry` raise.
    """
    row = Motion.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound
    kind = KINDS[row.kind]
    require(account, kind.permission)
    if row.state != MotionState.MOVED:
        raise MotionOver
    at = clock.now()
    if not agrees:
        move(row, MOTION_TRANSITIONS, MotionState.DROPPED, decided_at=at)
        audit.record(account.actor, "core.motion_dropped", row.code, kind=row.kind, about=row.subject)
        return None
    four_eyes.another(account.code, row.moved_by)
    given = kind.given(row)
    kind.check(row.subject, given)
    move(row, MOTION_TRANSITIONS, MotionState.CARRIED, agreed_by=account.code, decided_at=at)
    audit.record(
        account.actor, "core.motion_carried", row.code, kind=row.kind, about=row.subject, by=row.moved_by
    )
    return kind.carry(row, given, account)


def waiting(kinds: Collection[str]) -> list[Motion]:
    """Motions of these kinds that wait for a second person, oldest first."""
    return list(Motion.objects.filter(kind__in=kinds, state=MotionState.MOVED).order_by("pk"))


def waiting_for(person: "Account") -> list[Motion]:
    """What somebody may agree to: of kinds that are theirs, moved by others; oldest first."""
    kinds = [key for key, kind in KINDS.items() if may(person, kind.permission)]
    return [row for row in waiting(kinds) if row.moved_by != person.code]


def by_code(code: str, kinds: Collection[str]) -> Motion:
    """Raises `NotFound`."""
    row = Motion.objects.filter(code=code, kind__in=kinds).first()
    if row is None:
        raise NotFound
    return row


def against(motion: Motion, account: "Account", key: str) -> DomainError | None:
    """What is against `agree` or `withdraw`. Raises `KeyError` for no action."""
    if motion.state != MotionState.MOVED:
        return MotionOver()
    own = four_eyes.SecondPersonNeeded() if motion.moved_by == account.code else None
    return {"agree": own, "withdraw": None}[key]
