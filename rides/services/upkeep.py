"""Requests whose time is over, closed and said."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from core import formats, live, notify, timeline
from core.actors import SYSTEM
from core.states import move
from core.transactions import begins_transaction
from rides.models import Trip
from rides.services.offers import withdraw_offers
from rides.states import TRIP_TRANSITIONS, WAITING, CancelReason, Company, TripLine, TripState

GRACE = timedelta(minutes=1)


@begins_transaction
def close_unanswered(*, at: datetime) -> int:
    """Cancel requests whose departure window has passed without a driver, and tell who waited; how many."""
    rows = Trip.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state__in=WAITING, window_end__lt=at - GRACE
    )
    trips = list(rows.select_related("passenger").order_by("pk")[:200])
    for trip in trips:
        withdraw_offers(trip=trip)
        move(
            trip,
            TRIP_TRANSITIONS,
            TripState.CANCELLED,
            cancelled_at=at,
            cancelled_by=Company.COMPANY,
            cancel_reason=CancelReason.NO_DRIVER,
        )
        timeline.add(
            TripLine.CANCELLED, SYSTEM, trip=trip.code, party=Company.COMPANY, reason=trip.cancel_reason
        )
        with override(trip.passenger.language):
            text = _("Huhang: nobody was free for %(origin)s to %(destination)s. It costs nothing.") % {
                "origin": formats.place(trip.origin_name),
                "destination": formats.place(trip.destination_name),
            }
        notify.queue_message(
            key=f"unanswered:{trip.code}",
            channel="sms",
            to=trip.passenger.phone,
            text=text,
            subject=trip.code,
        )
        live.changed_on_commit(f"trip:{trip.code}")
    return len(trips)
