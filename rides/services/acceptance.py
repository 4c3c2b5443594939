"""A driver accepts a request (R5)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Sum

from core import audit, clock, events, policy, timeline
from core.errors import DomainError, NotFound
from core.states import move
from core.transactions import begins_transaction
from drivers import services as driver_services
from drivers.errors import FaceRequired
from drivers.selectors import (
    drivers_vehicle,
    has_covert_hold,
    why_not_eligible,
)
from drivers.states import FacePurpose
from rides import selectors
from rides.errors import (
    CurfewHours,
    LineNotRunning,
    NoLongerAvailable,
    NoSeat,
    NotAlongTheWay,
    OwnRequest,
)
from rides.events import TripAccepted
from rides.models import Itinerary, Trip
from rides.policies import CURFEW, in_curfew, lies_along, window_meets_curfew
from rides.services.booking import mark_matched
from rides.states import (
    TRIP_TRANSITIONS,
    WAITING,
    WITH_DRIVER,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from drivers.models import Driver


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt whose refusal must be remembered: committed, then said by the front."""

    trip: Trip
    refusal: DomainError | None = None


@begins_transaction
def accept_trip(*, driver: "Driver", trip_code: str, itinerary_code: str, face_token: str = "") -> Outcome:
    """A hitch owner accepts a request (R5): line, driver, curfew, face, seat, then the trip, in one transaction.

    `face_token` is that of a passed check for this order; it is used up only by an acceptance that succeeds.

    A refusal is committed to the timeline and returned. Raises `NotFound` for an itinerary that is not the driver's.
    """
    itinerary = (
        Itinerary.objects.select_for_update()
        .select_related("city")
        .filter(driver=driver, code=itinerary_code)
        .first()
    )
    if itinerary is None:
        raise NotFound("itinerary")
    trip = Trip.objects.select_for_update().select_related("city", "passenger").filter(code=trip_code).first()
    if trip is None:
        raise NotFound
    refusal = _why_not_accept(driver, trip, itinerary)
    if refusal is None and not driver_services.consume_face_token(
        driver=driver, purpose=FacePurpose.ACCEPT, subject=trip.code, token=face_token
    ):
        refusal = FaceRequired()
    actor = driver.account.actor
    if refusal:
        timeline.add(TripLine.ACCEPT_REFUSED, actor, trip=trip.code, code=refusal.code)
        audit.record(
            actor,
            "rides.acceptance_refused",
            trip.code,
            code=refusal.code,
            curfew=policy.in_force(CURFEW).citation,
        )
        return Outcome(trip, refusal)
    vehicle = drivers_vehicle(driver)
    assert vehicle is not None  # noqa: S101 - why_not_eligible has just said so
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.ACCEPTED,
        itinerary=itinerary,
        driver=driver,
        vehicle=vehicle,
        plate_registered=vehicle.plate,
        planned_route=itinerary.route,
        route_source=itinerary.route_source,
        accepted_at=clock.now(),
    )
    timeline.add(TripLine.ACCEPTED, actor, trip=trip.code, plate=vehicle.plate)
    audit.record(actor, "rides.accepted", trip.code, itinerary=itinerary.code)
    events.publish(TripAccepted(trip=trip.code))
    return Outcome(trip)


def _why_not_accept(driver: "Driver", trip: Trip, itinerary: Itinerary) -> DomainError | None:
    """The first reason against an acceptance, in the order of R5."""
    at = clock.now()
    if not selectors.line_runs(trip.line, trip.city, at):
        return LineNotRunning()
    if has_covert_hold(driver):
        # Somebody may be in the car: the answer is the one that losing a race gives, and tells nothing (S11).
        return NoLongerAvailable()
    not_eligible = why_not_eligible(driver)
    if not_eligible:
        return not_eligible
    if in_curfew(at) or window_meets_curfew(trip.window_start, trip.window_end):
        return CurfewHours()
    if trip.passenger_id == driver.account_id:
        return OwnRequest()
    if trip.state not in WAITING:
        return NoLongerAvailable()
    if not lies_along(trip, itinerary):
        return NotAlongTheWay()
    taken = (
        Trip.objects.filter(itinerary=itinerary, state__in=WITH_DRIVER).aggregate(seats=Sum("seats"))["seats"]
        or 0
    )
    if taken + trip.seats > itinerary.seats:
        return NoSeat()
    if trip.state == TripState.REQUESTED:
        mark_matched(trip, 1)
    return None
