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
    from accounts.models import Account

SHOWN = 200
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
    """The newest first."""
    found = audit_selectors.lines_about(account.code, told_until=_told_until(account), limit=SHOWN)
    return [
        Line(
            each.pk,
            each.at,
            timeline.word("role", each.role),
            each.action,
            OWN if each.actor == account.code else _FIELDS.get(each.facts.get("field", ""), OTHER),
            each.actor == account.code,
        )
        for each in found
    ]


def _told_until(account: "Account") -> datetime:
    at = clock.now()
    if any(not each.said for each in own_data.kept_of(account, at)):
        return datetime.min.replace(tzinfo=at.tzinfo)
    return at - policy.span(LOOKS_TOLD_AFTER)


def proof(account: "Account", pk: int, *, saved: int | None) -> dict[str, Any]:
    """What proves one of the lines (`core.journal.checkpoints.proof_of`). Raises `NotFound` for what is not theirs."""
    entry = audit_selectors.line_by_pk(pk)
    theirs = entry is not None and entry.subject == account.code
    if entry is None or not theirs or entry.pk not in {each.pk for each in lines(account)}:
        raise NotFound
    return checkpoints.proof_of(entry, saved=saved)
