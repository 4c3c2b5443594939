"""Who looked at my data: lines of the journal about oneself, each with a proof that needs no trust in the platform.

A line names the role of whoever looked, what was looked at and when. It names no colleague, no case and no reason: those
may be another person's. Looks are told late, and not while something about the person is examined of which they may not
know (S11): the time of a look must not say who complained. What somebody did themselves is there at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.policies import LOOKS_TOLD_AFTER
from accounts.states import PersonalField
from core import audit_selectors, clock, own_data, policy, timeline
from core.errors import NotFound
from core.journal import checkpoints

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import Account

LOOKS_SHOWN, OWN_SHOWN = 200, 50
_FIELDS = {
    PersonalField.PHONE: _("Your phone number was shown in the clear."),
    PersonalField.REAL_NAME: _("Your name was shown in the clear."),
    PersonalField.ID_NUMBER: _("Your ID number was shown in the clear."),
}
OWN: str | Promise = pgettext_lazy("journal", "You did this yourself.")
OTHER: str | Promise = pgettext_lazy("journal", "Your page was opened.")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as its person reads it."""

    pk: int
    at: datetime
    role: str
    action: str
    what: str | Promise
    own: bool


def lines(account: "Account") -> list[Line]:
    """Looks at them, and the last of what they did themselves; the newest first."""
    found = [*_looks(account)[:LOOKS_SHOWN], *audit_selectors.own_lines(account.code)[:OWN_SHOWN]]
    return [_line(each, account) for each in sorted(found, key=lambda each: -each.pk)]


def _line(entry: Any, account: "Account") -> Line:
    own = entry.actor == account.code
    what = OWN if own else _FIELDS.get(entry.facts.get("field", ""), OTHER)
    return Line(entry.pk, entry.at, timeline.word("role", entry.role), entry.action, what, own)


def _looks(account: "Account") -> "QuerySet[Any]":
    return audit_selectors.looks_at(account.code, until=_told_until(account))


def _told_until(account: "Account") -> datetime:
    at = clock.now()
    if any(not each.said for each in own_data.kept_of(account, at)):
        return datetime.min.replace(tzinfo=at.tzinfo)
    return at - policy.span(LOOKS_TOLD_AFTER)


def proof(account: "Account", pk: int, *, saved: int | None) -> dict[str, Any]:
    """What proves one of the lines (`core.journal.checkpoints.proof_of`). Raises `NotFound` for what is not theirs."""
    entry = audit_selectors.own_lines(account.code).filter(pk=pk).first()
    entry = entry or _looks(account).filter(pk=pk).first()
    if entry is None:
        raise NotFound
    return checkpoints.proof_of(entry, saved=saved)
