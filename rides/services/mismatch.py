"""Not this car, not this driver (D5), and trips that go to others."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from core import audit, clock, events, live, policy, timeline, typed
from core.actors import Actor
from core.errors import NotFound
from core.messages import outbox
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from drivers import services as driver_services
from drivers.selectors import (
    has_covert_hold,
    mismatch_reported,
    visible_holds,
)
from drivers.states import ReportSource
from rides import messages, selectors
from rides.events import MismatchReported
from rides.models import Trip
from rides.policies import MISMATCH_REPORT_AFTER, PATIENCE, TAKE_AWAY_BEFORE
from rides.services.booking import book_same_way, mark_matched
from rides.services.night import forget_reminders
from rides.services.pickup import passengers_trip
from rides.services.proposals import hold_out_to_ways
from rides.services.taking import lose
from rides.states import (
    ABOARD,
    BEFORE_BOARDING,
    TRIP_TRANSITIONS,
    WAITING,
    CancelReason,
    Line,
    Party,
    PlateCheck,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver


@begins_transaction
def report_mismatch(*, passenger: "Account", trip_code: str, what: PlateCheck, plate_seen: str = "") -> Trip:
    """'Not this car' or 'not this driver' (D5), once for each trip.

    Before boarding the trip stops here. Aboard nothing changes on the driver's phone, and the hold acts when she is
    safe (S11). Afterwards, for a while, it can be said too. `plate_seen` is kept beside the registered one, and the
    driver's other trips that have not begun go to others. Raises `NotFound`, `StaleState`.
    """
    trip = passengers_trip(passenger, trip_code)
    if mismatch_reported(trip.code):
        return trip
    if trip.driver is None or trip.state in WAITING:
        raise StaleState
    source = _report_source(trip)
    at, driver = clock.now(), trip.driver
    seen = typed.plate.shown(plate_seen)[:10]
    if source == ReportSource.BEFORE:
        move(
            trip,
            TRIP_TRANSITIONS,
            TripState.CANCELLED,
            plate_check=what,
            plate_seen=seen,
            cancelled_at=at,
            cancelled_by=Party.PASSENGER,
            cancel_reason=CancelReason.MISMATCH,
        )
    elif seen:
        Trip.objects.filter(pk=trip.pk).update(plate_seen=seen)
        trip.plate_seen = seen
    actor = passenger.actor
    timeline.add(TripLine.MISMATCH, actor, trip=trip.code, registered=trip.plate_registered, seen=seen or "—")
    audit.record(
        actor,
        "rides.mismatch_reported",
        trip.code,
        what=what,
        seen=seen,
        registered=trip.plate_registered,
        source=source,
    )
    driver_services.report_mismatch(
        actor=actor,
        driver=driver,
        source=source,
        seen=driver_services.Seen(str(what), seen, "", trip.code),
        submission=f"trip:{trip.code}",
        covert=True,
        reporter=passenger.code,
    )
    # She, or another passenger, may be in this car: then nothing changes on its driver's list (S11).
    if source == ReportSource.BEFORE and selectors.aboard(driver.account.code) is None:
        give_to_others(actor=actor, driver=driver)
    if source != ReportSource.AFTER:
        events.publish(MismatchReported(trip=trip.code, what=what))
    if source == ReportSource.BEFORE:
        live.changed_on_commit(f"trip:{trip.code}")
    return trip


def ask_again(*, passenger: "Account", trip_code: str) -> Trip:
    """After 'not this car' the passenger wants another ride: the same way on the same line from now on, asked for once.

    Raises `NotFound` where it was not stopped for that, and as `book_trip`.
    """
    trip, party = selectors.trip_of(passenger, trip_code)
    if party != Party.PASSENGER or trip.cancel_reason != CancelReason.MISMATCH:
        raise NotFound
    known = selectors.asked_instead_of(trip)
    if known:
        return known
    at = clock.now()
    new = book_same_way(
        trip=trip,
        passenger=passenger,
        line=Line(trip.line),
        client_key=selectors.instead_of(trip),
        start=at,
        end=max(trip.window_end, at + policy.span(PATIENCE)),
    )
    _note_asked(passenger, trip, new)
    return new


@begins_transaction
def _note_asked(passenger: "Account", trip: Trip, new: Trip) -> None:
    timeline.add(TripLine.ASKED_AGAIN, passenger.actor, trip=trip.code, code=new.code)
    live.changed_on_commit(f"side:{trip.code}/{Party.PASSENGER}")


def _report_source(trip: Trip) -> ReportSource:
    if trip.state in BEFORE_BOARDING:
        return ReportSource.BEFORE
    if trip.state in ABOARD:
        return ReportSource.DURING
    over = trip.ended_at or trip.cancelled_at
    if over is None or clock.now() - over > policy.span(MISMATCH_REPORT_AFTER):
        raise StaleState
    return ReportSource.AFTER


@joins_transaction
def give_to_others(*, actor: Actor, driver: "Driver", unproved: bool = False) -> int:
    """Trips of this driver that have not begun look for another driver; returns how many. Where it is `unproved` that it
    is this driver, who travels is told not to get in, by a message and on their page until they are in another car.

    For this driver each stands as cancelled by its passenger from now on. While the driver's orders are stopped without
    a sign, those of which no pick-up is near stay: asked again later, they go then (S11).
    """
    given = 0
    trips = Trip.objects.select_for_update().filter(driver=driver, state__in=BEFORE_BOARDING)
    if has_covert_hold(driver) and not visible_holds(driver):
        near = Q(window_start__lte=clock.now() + policy.span(TAKE_AWAY_BEFORE))
        trips = trips.filter(near | ~Q(state=TripState.ACCEPTED) | Q(near_at__isnull=False))
    for trip in trips.order_by("pk"):
        if unproved:
            _warn_of_driver(trip)
        lose(driver, trip)
        move(
            trip,
            TRIP_TRANSITIONS,
            TripState.REQUESTED,
            driver=None,
            vehicle=None,
            itinerary=None,
            plate_registered="",
            plate_to_avoid=trip.plate_registered if unproved else trip.plate_to_avoid,
            plate_seen="",
            plate_check="",
            # Whoever waits again gets time to be found, also where the first window is nearly over.
            window_end=max(trip.window_end, clock.now() + policy.span(PATIENCE)),
            accepted_at=None,
            arrived_at=None,
            near_at=None,
            phones_met_at=None,
        )
        timeline.add(TripLine.GIVEN_TO_OTHERS, actor, trip=trip.code)
        forget_reminders(trip)
        if trip.line == Line.HITCH:
            others = [way for way in selectors.itineraries_along(trip) if way.driver_id != driver.pk]
            mark_matched(trip, len(others))
            hold_out_to_ways(trip)
        live.changed_on_commit(f"trip:{trip.code}")
        given += 1
    return given


def _warn_of_driver(trip: Trip) -> None:
    """Whoever may stand before the car hears it now, and not from an empty page."""
    passenger = trip.passenger
    outbox.queue(
        messages.DriverUnproved(plate=trip.plate_registered, line=settings.SAFETY_LINE),
        key=f"unproved:{trip.code}:{trip.driver_id}",
        to=trip.rider_phone or passenger.phone,
        language=passenger.language,
        subject=trip.code,
    )
