"""What the police liaison tells other rooms, and what it does behind an answer."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import cases, handover
from core.events import handles
from police import preserving
from police.events import PreservationAsked
from police.selectors import open_requests_about, own_undecided, papers_awaited_by
from police.services import give_awaited_papers, give_own_requests

if TYPE_CHECKING:
    from accounts.models import Account


@cases.register_open_cases
def requests_about(subject: str) -> list[cases.OpenCase]:
    """Whoever answers a request of the police has a case about both sides of the trip that is asked about."""
    return open_requests_about(subject)


@handles(PreservationAsked)
def hold_what_it_names(event: PreservationAsked) -> None:
    preserving.hold_what_exists(code=event.code)


def _own_requests(account: "Account") -> list[handover.Mine]:
    return [
        handover.Mine(row.code, reverse("police_console:request", args=[row.code]), row.asked_at)
        for row in own_undecided(account)
    ]


@handover.held(
    "police_requests",
    _("Police request"),
    column="police.PoliceRequest.owned_by",
    due="police_wait",
    order=30,
    permission="police.answer",
    marks=("police",),
    mine=_own_requests,
)
def hand_over_requests(account: "Account", heir: "Account", _words: str) -> int:
    """What the police asked and nobody answered yet."""
    return give_own_requests(account, heir)


def _awaited_papers(account: "Account") -> list[handover.Mine]:
    return [
        handover.Mine(
            row.code, reverse("police_console:request", args=[row.code]), row.decided_at, row.papers_due_at
        )
        for row in papers_awaited_by(account.code)
    ]


@handover.held(
    "police_papers",
    _("Written request to come"),
    column="police.PoliceRequest.owned_by",
    due="papers_missing",
    order=31,
    permission="police.answer",
    marks=("police",),
    mine=_awaited_papers,
)
def hand_over_papers(account: "Account", heir: "Account", _words: str) -> int:
    """What was asked by telephone and released, and whose written request has not come (P4)."""
    return give_awaited_papers(account, heir)
