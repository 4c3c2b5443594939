"""Who looked at my data: lines of the journal about oneself, each with a proof that needs no trust in the platform.

A line names the role of whoever looked, what was looked at and when. It names no colleague, no case and no reason: those
may be another person's. All looks are told late, on the first day of a month, by their day alone, and no more of them
while something about the person is examined of which they may not know (S11): the time of a look must not say who
complained. What was told stays told, so that a line that vanishes says nothing either. What somebody did themselves is
there at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.looks import day_of
from accounts.models import Account
from accounts.policies import LOOKS_TOLD_AFTER
from accounts.states import PersonalField
from core import audit_selectors, jobs, own_data, policy, timeline
from core.errors import NotFound
from core.journal import checkpoints
from core.transactions import begins_transaction

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


def lines(account: Account) -> list[Line]:
    """Looks at them, and the last of what they did themselves; the newest first."""
    found = [*_looks(account)[:LOOKS_SHOWN], *audit_selectors.own_lines(account.code)[:OWN_SHOWN]]
    return [_line(each, account) for each in sorted(found, key=lambda each: -each.pk)]


def _line(entry: Any, account: Account) -> Line:
    own = entry.actor == account.code
    said = own_data.said_of(entry.action) or OWN
    what = said if own else _FIELDS.get(entry.facts.get("field", ""), OTHER)
    return Line(entry.pk, entry.at, timeline.word("role", entry.role), entry.action, what, own)


def _looks(account: Account) -> "QuerySet[Any]":
    return audit_selectors.looks_at(account.code, until=account.looks_told_until)


def proof(account: Account, pk: int, *, saved: int | None) -> dict[str, Any]:
    """What proves one of the lines (`core.journal.checkpoints.proof_of`). Raises `NotFound` for what is not theirs."""
    entry = audit_selectors.own_lines(account.code).filter(pk=pk).first()
    entry = entry or _looks(account).filter(pk=pk).first()
    if entry is None:
        raise NotFound
    return checkpoints.proof_of(entry, saved=saved)


# --- Telling more ----------------------------------------------------------------------------------------------------


def _month_of(at: datetime) -> datetime:
    return day_of(at).replace(day=1)


def _told_by(at: datetime) -> datetime:
    """Looks before that are told at `at`: those before the last whole month, or longer ago where the policy says so."""
    return _month_of(_month_of(at) - policy.span(LOOKS_TOLD_AFTER))


def _behind(at: datetime, last: int | None, limit: int) -> list[int]:
    if day_of(at) != _month_of(at):
        return []  # no day on which something ended is said by what is told on it
    rows = Account.objects.filter(pk__gt=last or 0, closed_at=None)
    rows = rows.filter(audit_selectors.is_looked_at("code", "looks_told_until", until=_told_by(at)))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _tell(pk: int, at: datetime) -> bool:
    """Tell somebody of the looks at them that are old enough, unless something silent is open."""
    row = Account.objects.select_for_update().get(pk=pk)
    until = _told_by(at)
    known = row.looks_told_until
    if (known is not None and known >= until) or any(not each.said for each in own_data.kept_of(row, at)):
        return False
    row.looks_told_until = until
    row.save(update_fields=["looks_told_until"])
    return True


TELLING = jobs.walk(
    "accounts.tell_looks",
    _("telling people who looked at their data"),
    behind=_behind,
    act=_tell,
    key=int,
)
