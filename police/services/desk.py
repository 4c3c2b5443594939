"""The door of what staff do with a request: who may, the row under its lock, the rule asked again."""

from typing import TYPE_CHECKING

from core import audit
from core.actions import NotNow
from core.errors import NotFound
from core.permissions import require
from core.transactions import joins_transaction
from police import selectors
from police.errors import (
    PapersMissing,
)
from police.models import PoliceRequest
from police.policies import (
    missing_papers,
    why_not,
)

if TYPE_CHECKING:
    from accounts.models import Account


def check_responder(account: "Account") -> None:
    """Raises `Forbidden`."""
    require(account, "police.answer")


def locked(code: str) -> PoliceRequest:
    """The request, its row locked until the transaction ends. Raises `NotFound`."""
    if not PoliceRequest.objects.select_for_update().filter(code=code).exists():
        raise NotFound
    return selectors.request_by_code(code)


def for_action(account: "Account", code: str, key: str) -> PoliceRequest:
    """The request, locked, where the rule lets this person do this now. Raises `Forbidden`, `NotFound`, `NotNow`."""
    check_responder(account)
    request = locked(code)
    if reason := why_not(request, account, key):
        raise NotNow(why=str(reason))
    return request


def check_papers(request: PoliceRequest) -> None:
    """Raises `PapersMissing` where an ordinary request lacks any."""
    if missing := missing_papers(request):
        raise PapersMissing(missing)


@joins_transaction
def give_own_requests(account: "Account", heir: "Account") -> int:
    """Every request without an answer that somebody has to a colleague, at the end of a shift. Returns how many.

    Who proposed a release stays the first of its two people, whoever has the request.
    """
    return _give(selectors.own_undecided(account), account, heir)


@joins_transaction
def give_awaited_papers(account: "Account", heir: "Account") -> int:
    """The same of what was asked by telephone and released, until its written request is here. Returns how many."""
    return _give(selectors.papers_awaited_by(account.code), account, heir)


def _give(own: "list[PoliceRequest]", account: "Account", heir: "Account") -> int:
    for each in sorted(own, key=lambda row: row.pk):
        row = locked(each.code)
        if row.owned_by != account.code:
            continue  # somebody was faster
        PoliceRequest.objects.filter(pk=row.pk).update(owned_by=heir.code)
        audit.record(account.actor, "police.handed", row.code, case=row.code, to=heir.code)
    return len(own)
