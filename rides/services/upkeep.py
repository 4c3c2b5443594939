"""Requests whose time is over, or on which nobody may travel any more, closed and said."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy

from core import clock, jobs, live, timeline
from core.actors import SYSTEM
from core.messages import outbox
from core.messages.catalogue import Message
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides import messages, selectors
from rides.models import LostRequest, Trip
from rides.services.offers import withdraw_offers
from rides.states import TRIP_TRANSITIONS, WAITING, CancelReason, Company, TripLine, TripState

if TYPE_CHECKING:
    from accounts.models import Account

GRACE = timedelta(minutes=1)


def close_unanswered(*, at: datetime) -> int:
    """Cancel requests whose departure window has passed without a driver, and tell who waited; how many."""
    return UNANSWERED.run(at=at).total


def _unanswered(at: datetime, limit: int) -> list[int]:
    rows = Trip.objects.filter(state__in=WAITING, window_end__lt=at - GRACE)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _close(pk: int, at: datetime) -> bool:
    rows = Trip.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=pk, state__in=WAITING, window_end__lt=at - GRACE
    )
    trip = rows.select_related("passenger").first()
    if trip is None:
        return False
    said = messages.NobodyWasFree(origin=trip.origin_name, destination=trip.destination_name)
    _cancel_waiting(trip, at, CancelReason.NO_DRIVER, said, f"unanswered:{trip.code}")
    return True


UNANSWERED = jobs.rows(
    "rides.close_unanswered",
    gettext_lazy("closing requests that nobody took"),
    due=_unanswered,
    act=_close,
    key=int,
)


@joins_transaction
def close_orders_without_guardian(*, minor: "Account") -> int:
    """Whose guardian was ended rides no more until another one has confirmed (A9), nor does who was just found to be under
    age: orders that no driver has taken are cancelled, and who ordered is told; how many. A trip that has its driver goes
    on."""
    closed = 0
    for trip in selectors.waiting_orders_for(minor):
        if selectors.is_guarded(trip):
            continue
        said = messages.OrderWithoutGuardian(
            origin=trip.origin_name, destination=trip.destination_name, line=settings.SAFETY_LINE
        )
        _cancel_waiting(trip, clock.now(), CancelReason.NO_GUARDIAN, said, f"unguarded:{trip.code}")
        closed += 1
    return closed


def _cancel_waiting(trip: Trip, at: datetime, reason: CancelReason, said: Message, key: str) -> None:
    """The company cancels an order, whose row is locked, before a driver has it, and tells who ordered."""
    withdraw_offers(trip=trip)
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.CANCELLED,
        cancelled_at=at,
        cancelled_by=Company.COMPANY,
        cancel_reason=reason,
    )
    timeline.add(TripLine.CANCELLED, SYSTEM, trip=trip.code, party=Company.COMPANY, reason=reason)
    outbox.queue(said, key=key, to=trip.passenger.phone, language=trip.passenger.language, subject=trip.code)
    live.changed_on_commit(f"trip:{trip.code}")


def _forget_lost(_at: datetime) -> int:
    """Nobody asks any more who came too late for a request that is over; what was a driver's stands in a list."""
    over = [TripState.ENDED, TripState.CANCELLED]
    return jobs.delete(LostRequest.objects.filter(accepted_until=None, trip__state__in=over))


LOST = jobs.whole(
    "rides.forget_lost_requests",
    gettext_lazy("forgetting who came too late for a request"),
    _forget_lost,
)
