"""The end of a trip, and cancels before boarding (R6)."""

from typing import TYPE_CHECKING

from core import audit, clock, events, live, timeline
from core.errors import NotFound
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides import selectors
from rides.errors import (
    CannotCancelAboard,
    TripStopped,
)
from rides.events import CancelAttempted, TripCancelled, TripEnded
from rides.geometry import distance
from rides.models import LatestPosition, Trip
from rides.services.booking import uncount_rider_told
from rides.services.offers import withdraw_offers
from rides.services.outcomes import Outcome
from rides.services.payments import fare_of, owe_fare
from rides.services.pickup import drivers_trip
from rides.states import (
    ABOARD,
    TRIP_TRANSITIONS,
    CancelReason,
    Party,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver


@begins_transaction
def end_trip(*, driver: "Driver", trip_code: str) -> Trip:
    """The driver ends the trip. How far from the destination that is goes to the safety desk, not to the driver.

    Said again it stays as it is. Raises `NotFound`, `IllegalTransition`, `StaleState`.
    """
    trip = drivers_trip(driver, trip_code)
    if trip.went_past("ended_at"):
        return trip
    here = LatestPosition.objects.filter(trip=trip, party=Party.DRIVER).first()
    metres = round(distance((here.latitude, here.longitude), trip.destination)) if here else -1
    fare = fare_of(trip, selectors.precise_trail_of(trip, Party.DRIVER))
    move(trip, TRIP_TRANSITIONS, TripState.ENDED, ended_at=clock.now(), fare=fare.fen)
    owe_fare(trip)
    if trip.rider_phone:
        uncount_rider_told(trip)
    actor = driver.account.actor
    timeline.add(TripLine.ENDED, actor, trip=trip.code, metres=metres if here else None)
    audit.record(actor, "rides.ended", trip.code, metres=metres)
    events.publish(TripEnded(trip=trip.code, metres=metres))
    live.changed_on_commit(f"trip:{trip.code}")
    return trip


@begins_transaction
def cancel_trip(*, account: "Account", trip_code: str, reason: CancelReason) -> Outcome:
    """As `cancel`, for a front. Raises `NotFound`."""
    return cancel(account=account, trip_code=trip_code, reason=reason)


@joins_transaction
def cancel(*, account: "Account", trip_code: str, reason: CancelReason) -> Outcome:
    """Cancel before boarding. After it nobody can (R6): the attempt is kept, raises an alert, and is refused.

    `reason` is what somebody said, not what was true. Said again by the same side it stays as it is.

    Raises `NotFound`.
    """
    trip = (
        Trip.objects.select_for_update(of=("self",)).select_related("driver").filter(code=trip_code).first()
    )
    if trip and (gone := selectors.taken_away(account, code=trip_code)):
        return Outcome(gone[0], TripStopped())
    if trip is None or account.pk not in (trip.passenger_id, trip.driver.account_id if trip.driver else None):
        raise NotFound
    party = Party.PASSENGER if trip.passenger_id == account.pk else Party.DRIVER
    if trip.state in ABOARD:
        timeline.add(TripLine.CANCEL_REFUSED, account.actor, trip=trip.code, party=party, reason=reason)
        audit.record(account.actor, "rides.cancel_refused", trip.code, said=reason)
        events.publish(CancelAttempted(trip=trip.code, party=party, reason=reason))
        return Outcome(trip, CannotCancelAboard())
    if trip.state == TripState.CANCELLED and trip.cancelled_by == party:
        return Outcome(trip)
    if trip.state in {TripState.ENDED, TripState.CANCELLED}:
        return Outcome(trip, TripStopped())
    withdraw_offers(trip=trip)
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.CANCELLED,
        cancelled_at=clock.now(),
        cancelled_by=party,
        cancel_reason=reason,
    )
    timeline.add(TripLine.CANCELLED, account.actor, trip=trip.code, party=party, reason=reason)
    audit.record(account.actor, "rides.cancelled", trip.code, said=reason)
    events.publish(TripCancelled(trip=trip.code, party=party, reason=reason, doubted=trip.cancel_is_doubted))
    live.changed_on_commit(f"trip:{trip.code}")
    return Outcome(trip)
