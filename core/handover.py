"""What of the work somebody of the staff can have, and the end of a shift: all that they have goes to one colleague in one
transaction, so that nothing is left behind.

An app says in its `handlers.py` what can be somebody's with it: what they have, and how it goes to a colleague, as a
joining service. *Mine* of the first page, the page of the shift's end and its hand-over read what was said here:

    @handover.held(
        "claims", _("Claims"), column="complaints.Claim.owner", due="claims", order=40, permission="claims.work",
        marks=("claims",), mine=own_claims,
    )
    def hand_over_claims(account: Account, heir: Account, words: str) -> int: ...

A column that names who has something, and is not said here, fails `tests/test_handover.py`.

Who is there to be given anything is known by the roster (`roster`): lists name those on duty first and say of the others
that they are not, and so does the answer where somebody chose one of them all the same.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit, clock, idempotency, live, timeline
from core.errors import DomainError, InvalidInput
from core.models import TimelineEntry
from core.permissions import TABLE, may
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

SHIFT = timedelta(hours=12)  # what was said at a hand-over is shown as long as a shift may last


@dataclass(frozen=True, slots=True)
class Mine:
    """One thing that somebody has: its code, where it is done, since when it is there or until when it is to be done."""

    code: str
    link: str
    since: datetime | None = None
    until: datetime | None = None


Give = Callable[["Account", "Account", str], int]
Rows = Callable[["Account"], Iterable[Mine]]


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of work that can be somebody's.

    `column` names who has it, `APP.Model.field`; `due` is the key of the panel in which the same work stands for all who
    may do it, so that it is not lost when nobody has it; whoever has `permission` may be given it.
    """

    key: str
    title: str | Promise
    column: str
    due: str
    order: int
    permission: str
    marks: tuple[str, ...]
    mine: Rows
    give: Give


_held: dict[str, Held] = {}
Roster = Callable[[datetime], Collection[str]]
_rosters: list[Roster] = []


class HeirMayNot(DomainError):
    code, status, sentence = (
        "heir_may_not",
        400,
        _("%(who)s may not have what you have (%(what)s). Nothing was handed over: choose somebody else."),
    )


@timeline.kinds
class ShiftLine(models.TextChoices):
    HANDED_OVER = (
        "shift.handed_over",
        _("All of %(who)s went to a colleague at the end of a shift: %(count)s"),
    )


timeline.by_staff(ShiftLine.HANDED_OVER)
live.moves("shift", "shift.")


def held(
    key: str,
    title: str | Promise,
    *,
    column: str,
    due: str,
    order: int,
    permission: str,
    marks: tuple[str, ...],
    mine: Rows,
) -> Callable[[Give], Give]:
    """Function decorator: say what can be somebody's, over the service that gives all of it to a colleague and returns how many.

    Raises `ValueError` for a key that is taken and for a permission that does not exist.
    """
    if permission not in TABLE:
        raise ValueError(f"{key}: no permission {permission!r}")

    def offer(service: Give) -> Give:
        if key in _held:
            raise ValueError(f"two apps hand over {key}")
        _held[key] = Held(key, title, column, due, order, permission, marks, mine, service)
        return service

    return offer


def roster(knows: Roster) -> Roster:
    """Function decorator: this says the codes of those who are at a desk at a time.

    Raises `ValueError` for a second one.
    """
    if _rosters:
        raise ValueError("there is a roster already")
    _rosters.append(knows)
    return knows


def _on_duty() -> Collection[str]:
    return {code for knows in _rosters for code in knows(clock.now())}


def choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Colleagues as a list offers them: those on duty first, of each other one it says that nobody is there."""
    there, everybody = _on_duty(), list(codes)
    absent = _("%(who)s (not on duty now)")
    return [
        *((code, code) for code in everybody if code in there),
        *((code, absent % {"who": code}) for code in everybody if code not in there),
    ]


def not_there(code: str) -> str:
    """What is answered to who gave something to somebody; empty where they are on duty."""
    said = _("By the roster %(who)s is not on duty now: make sure that somebody looks at it.")
    return "" if code in _on_duty() else said % {"who": code}


def kinds() -> Mapping[str, Held]:
    """What can be somebody's, by its key."""
    return _held


def may_inherit(account: "Account", heirs: Iterable["Account"]) -> list["Account"]:
    """Who of these may be given all that this person has."""
    needed = {each.permission for each in _held.values() if any(each.mine(account))}
    return [
        each
        for each in heirs
        if each.pk != account.pk and each.is_active and all(may(each, one) for one in needed)
    ]


@begins_transaction
def hand_over_all(*, account: "Account", heir: "Account | None", words: str) -> int:
    """Everything of `account` to `heir`, with what they must know; all of it, or nothing where one part is refused.

    Returns how many cases. Raises `InvalidInput` for nobody, oneself, or nothing said, `HeirMayNot`, and what a part raises.
    """
    if heir is None or heir.pk == account.pk or not heir.is_active:
        raise InvalidInput("to")
    said = words.strip()[:2000]
    if not said:
        raise InvalidInput("words")
    rows = sorted(_held.values(), key=lambda one: one.key)
    for each in rows:
        if not may(heir, each.permission) and any(each.mine(account)):
            raise HeirMayNot("to", who=heir.code, what=each.title)
    count = sum(each.give(account, heir, said) for each in rows)
    idempotency.note_handed_over(account.code, heir.code)
    if count:
        timeline.add(
            ShiftLine.HANDED_OVER, account.actor, case=heir.code, words=said, who=account.code, count=count
        )
    audit.record(account.actor, "shift.handed_over", account.code, to=heir.code, cases=count)
    return count


def said_to(account: "Account", at: datetime) -> list[TimelineEntry]:
    """What colleagues said who handed over to this person within the last shift, the newest last."""
    return [line for line in timeline.of(case=account.code, last=5) if line.at > at - SHIFT]
