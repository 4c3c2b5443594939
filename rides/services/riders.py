"""Who travels, where somebody else booked: the number that was typed for them, put right."""

from typing import TYPE_CHECKING

from core import clock, live, policy, timeline, typed
from core.errors import NotFound
from core.privacy import phone_index
from core.states import StaleState
from core.transactions import begins_transaction
from rides import selectors
from rides.models import LatePickup, Trip
from rides.policies import PATIENCE
from rides.services.booking import book_same_way, booked_by
from rides.services.ending import cancel, cancel_trip
from rides.services.outcomes import Outcome
from rides.states import BEFORE_BOARDING, WAITING, CancelReason, Line, Party, TripLine

if TYPE_CHECKING:
    from accounts.models import Account


def mend_rider(*, passenger: "Account", trip_code: str, phone: str) -> Trip:
    """The number of who travels as it was meant, before boarding: the ride is booked anew for it, and the first one is
    cancelled.

    Whoever has the wrong number holds a page with car, code and SOS, and no page is taken from anybody: it shows a ride
    that is cancelled. That ride keeps the right number: where its car had arrived, she is asked whether she is well, and
    rung. The same number, and what is sent again, change nothing. Raises `NotFound` where nobody's number was given, `InvalidPhone`, `StaleState`, and as `book_trip` and `cancel_trip`.
    """
    trip, party = selectors.trip_of(passenger, trip_code)
    if party != Party.PASSENGER or not trip.rider_phone:
        raise NotFound
    number = typed.phone.read_mobile(phone, field="rider_phone")
    key = f"rider:{trip.code}:{phone_index(number)}"
    if trip.state not in WAITING | BEFORE_BOARDING and (known := booked_by(passenger, key)):
        return known
    if number == trip.rider_phone:
        return trip
    if trip.state not in WAITING | BEFORE_BOARDING:
        raise StaleState
    at = clock.now()
    new = book_same_way(
        trip=trip,
        passenger=passenger,
        line=Line(trip.line),
        client_key=key,
        start=max(trip.window_start, at),
        end=max(trip.window_end, at + policy.span(PATIENCE)),
        rider_phone=number,
    )
    outcome = _give_way(passenger, trip.code, new)
    if outcome.refusal:  # somebody got in meanwhile: there is one ride, that one
        cancel_trip(account=passenger, trip_code=new.code, reason=CancelReason.CHANGED_PLANS)
        raise outcome.refusal
    return new


@begins_transaction
def _give_way(passenger: "Account", code: str, new: Trip) -> Outcome:
    """Cancel the first one, which has the right number from then on: nobody is asked or rung by the wrong one."""
    outcome = cancel(account=passenger, trip_code=code, reason=CancelReason.CHANGED_PLANS)
    if not outcome.refusal:
        trip = outcome.trip
        trip.rider_phone, trip.rider_phone_index = new.rider_phone, new.rider_phone_index
        trip.save(update_fields=["rider_phone", "rider_phone_index"])
        LatePickup.objects.filter(trip=trip, closed_at=None, replacement=None).update(replacement=new)
        timeline.add(TripLine.RIDER_MENDED, passenger.actor, trip=code, code=new.code)
        live.changed_on_commit(f"trip:{code}")
    return outcome
