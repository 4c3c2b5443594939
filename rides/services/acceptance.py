"""A hitch owner accepts a request (R5)."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from core import audit, clock, events, live, policy, timeline
from core.errors import DomainError, NotFound
from core.transactions import begins_transaction
from drivers import services as driver_services
from drivers.errors import FaceRequired
from drivers.selectors import why_not_eligible
from drivers.states import FacePurpose
from rides import routing, selectors
from rides.curfew import CURFEW, in_curfew, window_meets_curfew
from rides.errors import (
    CurfewHours,
    DailyLimit,
    LineNotRunning,
    NoLongerAvailable,
    NoSeat,
    NotAlongTheWay,
    OwnRequest,
    ScoreTooLow,
)
from rides.events import TripAccepted
from rides.models import Itinerary, Trip
from rides.policies import DAILY_TRIPS, city_day
from rides.services.booking import mark_matched
from rides.services.coming import tell_found
from rides.services.night import remind
from rides.services.outcomes import Outcome
from rides.services.proposals import open_proposal, settle
from rides.services.taking import lose, take
from rides.states import WITH_DRIVER, TripLine, TripState

if TYPE_CHECKING:
    from drivers.models import Driver


@begins_transaction
def accept_trip(*, driver: "Driver", trip_code: str, itinerary_code: str, face_token: str = "") -> Outcome:
    """A hitch owner accepts the request that is held out to them (R5): line, driver, curfew, face, seat, then the trip,
    in one transaction.

    `face_token` is that of a passed check for this order; it is used up only by an acceptance that succeeds.

    Who has accepted it on this way already is told so again, whatever the token. A refusal is committed to the timeline
    and returned. Raises `NotFound` for an itinerary that is not the driver's.
    """
    itinerary = (
        Itinerary.objects.select_for_update(of=("self",))
        .select_related("city", "driver__account")
        .filter(driver=driver, code=itinerary_code)
        .first()
    )
    if itinerary is None:
        raise NotFound("itinerary")
    trip = (
        Trip.objects.select_for_update(of=("self",))
        .select_related("city", "passenger")
        .filter(code=trip_code)
        .first()
    )
    if trip is None:
        raise NotFound
    if trip.driver_id == driver.pk and trip.itinerary_id == itinerary.pk and trip.went_past("accepted_at"):
        return Outcome(trip)
    actor = driver.account.actor
    try:
        with transaction.atomic():
            # What is refused here takes its steps back with it, so that a lost race uses up no face check.
            _check(driver, trip, itinerary, face_token)
            _take(driver, trip, itinerary)
    except DomainError as refusal:
        if isinstance(refusal, NoLongerAvailable):
            lose(driver, trip)
        timeline.add(TripLine.ACCEPT_REFUSED, actor, trip=trip.code, code=refusal.code)
        audit.record(
            actor,
            "rides.acceptance_refused",
            trip.code,
            code=refusal.code,
            curfew=policy.in_force(CURFEW).citation,
        )
        settle(itinerary, trip, refusal)
        return Outcome(trip, refusal)
    settle(itinerary, trip, None)
    timeline.add(TripLine.ACCEPTED, actor, trip=trip.code, plate=trip.plate_registered)
    audit.record(actor, "rides.accepted", trip.code, itinerary=itinerary.code)
    remind(trip)
    tell_found(trip)
    events.publish(TripAccepted(trip=trip.code))
    live.changed_on_commit(f"trip:{trip.code}")
    return Outcome(trip)


def _check(driver: "Driver", trip: Trip, itinerary: Itinerary, face_token: str) -> None:
    """Raises the first reason against an acceptance, in the order of R5: line, driver, curfew, face, seat."""
    at = clock.now()
    if not selectors.line_runs(trip.line, trip.city, at):
        raise LineNotRunning
    not_eligible = why_not_eligible(driver)
    if not_eligible:
        raise not_eligible
    if trips_today(driver) >= policy.value(DAILY_TRIPS):
        raise DailyLimit(count=policy.value(DAILY_TRIPS))
    if in_curfew(at) or window_meets_curfew(trip.window_start, trip.window_end):
        raise CurfewHours
    if trip.passenger_id == driver.account_id:
        raise OwnRequest
    if not driver_services.consume_face_token(
        driver=driver, purpose=FacePurpose.ACCEPT, subject=trip.code, token=face_token
    ):
        raise FaceRequired
    candidate = selectors.fit_of(trip, itinerary)
    if candidate is None or (selectors.late(candidate) and selectors.is_remote(trip.city, trip.origin)):
        raise NotAlongTheWay
    if not selectors.scores_allow(trip.passenger, driver.account):
        raise ScoreTooLow
    taken = (
        Trip.objects.filter(itinerary=itinerary, state__in=WITH_DRIVER)
        .exclude(pk=trip.pk)
        .aggregate(seats=Sum("seats"))["seats"]
        or 0
    )
    if taken + trip.seats > itinerary.seats:
        raise NoSeat
    # Last, as `take` says it: whatever else is against it is said to everybody alike (S11).
    if itinerary.closed_at or open_proposal(itinerary, trip) is None:
        raise NoLongerAvailable


def _take(driver: "Driver", trip: Trip, itinerary: Itinerary) -> None:
    if trip.state == TripState.REQUESTED:
        mark_matched(trip, 1)
    way = {}
    if not routing.is_drawn(trip.route_source) and routing.is_drawn(itinerary.route_source):
        way = {"planned_route": itinerary.route, "route_source": itinerary.route_source}
    take(trip, driver, itinerary=itinerary, **way)


def trips_today(driver: "Driver") -> int:
    """Hitch trips that an owner has taken today and that were not cancelled (R2: cost sharing, not a trade)."""
    begin, end = city_day(clock.now())
    return (
        Trip.objects.filter(driver=driver, itinerary__isnull=False, accepted_at__range=(begin, end))
        .exclude(state=TripState.CANCELLED)
        .count()
    )
