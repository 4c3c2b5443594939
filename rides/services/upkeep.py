"""Requests whose time is over, closed and said."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core import formats, jobs, live, timeline
from core.actors import SYSTEM
from core.messages import outbox
from core.states import move
from core.transactions import begins_transaction
from rides.models import Trip
from rides.services.offers import withdraw_offers
from rides.states import TRIP_TRANSITIONS, WAITING, CancelReason, Company, TripLine, TripState

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
    withdraw_offers(trip=trip)
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.CANCELLED,
        cancelled_at=at,
        cancelled_by=Company.COMPANY,
        cancel_reason=CancelReason.NO_DRIVER,
    )
    timeline.add(TripLine.CANCELLED, SYSTEM, trip=trip.code, party=Company.COMPANY, reason=trip.cancel_reason)
    with override(trip.passenger.language):
        text = _("Huhang: nobody was free for %(origin)s to %(destination)s. It costs nothing.") % {
            "origin": formats.place(trip.origin_name),
            "destination": formats.place(trip.destination_name),
        }
    outbox.queue_message(
        key=f"unanswered:{trip.code}",
        channel="sms",
        to=trip.passenger.phone,
        text=text,
        subject=trip.code,
    )
    live.changed_on_commit(f"trip:{trip.code}")
    return True


UNANSWERED = jobs.rows(
    "rides.close_unanswered",
    gettext_lazy("closing requests that nobody took"),
    due=_unanswered,
    act=_close,
    key=int,
)
