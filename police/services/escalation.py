"""What is escalated, and the executive who is called when nobody decides."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy

from core import audit, clock, jobs, policy, timeline
from core.actors import SYSTEM, Actor
from core.messages import outbox
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from police import messages
from police.models import PoliceRequest
from police.policies import ESCALATE_WITHIN, EXECUTIVE_AGAIN
from police.selectors import OF_PEOPLE
from police.services.desk import for_action
from police.states import (
    REQUEST_TRANSITIONS,
    PoliceLine,
    RequestState,
)

if TYPE_CHECKING:
    from accounts.models import Account

CHANNELS = ("voice", "sms")


@joins_transaction
def escalate(request: PoliceRequest, actor: Actor) -> None:
    move(request, REQUEST_TRANSITIONS, RequestState.ESCALATED, escalated_at=clock.now())
    timeline.add(
        PoliceLine.ESCALATED, actor, trip=request.trip.code if request.trip else "", code=request.code
    )
    audit.record(actor, "police.escalated", request.code, case=request.code, trips=request.trips_found)


@begins_transaction
def escalate_request(*, account: "Account", code: str) -> PoliceRequest:
    """Escalate now: within two minutes somebody decides, or the executive on duty is called.

    Raises `Forbidden`, `NotFound`, `NotNow`.
    """
    request = for_action(account, code, "escalate")
    escalate(request, account.actor)
    return request


def call_executive(*, at: datetime) -> int:
    """Call the named executive about escalations past their limit, again until they are decided; returns how many."""
    return EXECUTIVE.run(at=at).total


def _to_call(at: datetime) -> Q:
    again = Q(executive_called_at=None) | Q(executive_called_at__lte=at - policy.span(EXECUTIVE_AGAIN))
    return again & Q(state=RequestState.ESCALATED, escalated_at__lte=at - policy.span(ESCALATE_WITHIN))


def _past_limit(at: datetime, limit: int) -> list[int]:
    rows = PoliceRequest.objects.filter(OF_PEOPLE, _to_call(at))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _call_executive(pk: int, at: datetime) -> bool:
    """Once by voice, which wakes, and once in writing. The first call of each is in timeline and journal."""
    request = PoliceRequest.objects.select_for_update(skip_locked=True).filter(_to_call(at), pk=pk).first()
    if request is None or request.escalated_at is None:
        return False
    first = request.executive_called_at is None
    PoliceRequest.objects.filter(pk=request.pk).update(executive_called_at=at)
    if first:
        timeline.add(PoliceLine.EXECUTIVE, SYSTEM, code=request.code)
        audit.record(SYSTEM, "police.executive_called", request.code, case=request.code)
    about = f"executive:{request.code}"
    turn = outbox.count_keys(f"{about}:") // len(CHANNELS) + 1
    for channel in CHANNELS:
        outbox.queue(
            messages.RequestEscalated(code=request.code, at=request.escalated_at),
            key=f"{about}:{turn}:{channel}",
            to=settings.EXECUTIVE_PHONE,
            language="zh-hans",
            channel=channel,
            subject=request.code,
        )
    return True


EXECUTIVE = jobs.rows(
    "police.call_executive",
    gettext_lazy("calling the executive about police requests past their limit"),
    due=_past_limit,
    act=_call_executive,
    key=int,
    seconds=4.0,
    life_safety=True,
)
