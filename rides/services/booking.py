"""Passengers ask for a ride, for themselves or for somebody else (A6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.errors import GuardianBooks, GuardianNeeded, RealNameRequired
from accounts.selectors import account_by_phone, guardian_of, is_known_child, is_known_teen, restriction_on
from core import clock, formats, idempotency, limits, live, policy, timeline, typed
from core.actors import MONITOR
from core.codes import new_code, new_digits
from core.errors import InvalidInput
from core.limits import Asker
from core.messages import outbox
from core.privacy import phone_index
from core.states import StaleState, move
from core.transactions import begins_transaction
from rides import fares, messages, routing, selectors
from rides.errors import (
    AccountRestricted,
    ChildNeedsCompany,
    GrownUpBooks,
    LineInProbation,
    LineNotRunning,
    RiderGuarded,
    TeenHours,
    TeenLine,
)
from rides.models import Trip
from rides.policies import PATIENCE, RIDERS_TOLD, teen_may_ride
from rides.routing import Route
from rides.services.places import Journey, Place, check_journey
from rides.services.proposals import hold_out_to_ways
from rides.states import TRIP_TRANSITIONS, Line, RiderKind, TripLine, TripState

if TYPE_CHECKING:
    from accounts.models import Account


@dataclass(frozen=True, slots=True)
class Rider:
    """Who travels, where it is not the account's own person: name and phone in the clear, encrypted when kept."""

    kind: RiderKind
    name: str
    phone: str


def book_trip(
    *,
    passenger: "Account",
    journey: Journey,
    seats: int,
    client_key: str,
    line: Line = Line.HITCH,
    rider: Rider | None = None,
    anew: bool = False,
) -> Trip:
    """Ask for a ride; the same `client_key` asks once. Express, premier and luxury leave at `journey.start`.

    `anew`: instead of a trip that came to nothing; whoever travels has a page already, so no limit of messages refuses it.
    Raises `RealNameRequired`, `LineNotRunning`, `LineInProbation`, `PlacesWrong`, `WindowWrong`, `CurfewHours`, `InvalidInput`,
    `ChildNeedsCompany`, `AccountRestricted`, `TooMany`, `GuardianBooks`, `GuardianNeeded`, `TeenLine`, `TeenHours`,
    `GrownUpBooks`, `RiderGuarded`.
    """
    return _book(
        passenger,
        journey,
        routing.route([journey.origin.point, journey.destination.point]),
        Trip(line=line, seats=seats, client_key=client_key),
        rider,
        anew,
    )


@begins_transaction
def _book(
    passenger: "Account", journey: Journey, way: Route, trip: Trip, rider: Rider | None, anew: bool
) -> Trip:
    trip.client_key = idempotency.hold("rides.trip", str(passenger.pk), trip.client_key)
    again = Trip.objects.filter(client_key=trip.client_key).first()
    if again:
        return again
    at, line = clock.now(), Line(trip.line)
    restriction = restriction_on(passenger, at)
    if restriction:
        until = formats.moment(restriction.until)
        said = _("until %(time)s") % {"time": until} if until else _("any more")
        raise AccountRestricted(until=said, citation=policy.title(restriction.citation))
    if is_known_child(passenger, at):
        raise GuardianBooks
    if passenger.verified_at is None and needs_real_name(line, max(at, journey.start)):
        raise RealNameRequired
    if is_known_teen(passenger, journey.start):
        _check_teen(passenger, journey, way, line, rider)
        trip.for_teen = True
    in_city = selectors.line_in_city(line, journey.city)
    if in_city is None or not (
        selectors.runs(in_city, at) or selectors.tried_while_suspended(in_city, passenger)
    ):
        raise LineNotRunning("line")
    if not selectors.admits(in_city, passenger):
        raise LineInProbation("line")
    check_journey(journey, line)
    fare = fares.estimate(line, way.metres, way.seconds, seats=trip.seats)
    trip.code, trip.city, trip.passenger = new_code("T"), journey.city, passenger
    trip.origin_name, (trip.origin_latitude, trip.origin_longitude) = (
        journey.origin.name,
        journey.origin.point,
    )
    trip.destination_name = journey.destination.name
    trip.destination_latitude, trip.destination_longitude = journey.destination.point
    trip.window_start = journey.start
    trip.window_end = journey.end if line == Line.HITCH else max(journey.start, at) + policy.span(PATIENCE)
    trip.planned_route, trip.route_source = [list(point) for point in way.points], way.source
    trip.route_metres, trip.route_seconds = way.metres, way.seconds
    trip.fare_estimate, trip.tariff = fare.fen, fare.citation
    trip.boarding_code, trip.requested_at = new_digits(4), at
    if rider and rider.kind != RiderKind.SELF:
        _name_rider(trip, rider)
    if trip.rider_phone_index and not trip.for_teen:
        trip.for_teen = _rides_as_teen(trip, journey, way)
    trip.save(force_insert=True)
    timeline.add(
        TripLine.BOOKED,
        passenger.actor,
        trip=trip.code,
        position=trip.origin,
        origin=trip.origin_name,
        destination=trip.destination_name,
    )
    if trip.rider_phone:
        _tell_rider(trip, anew)
    if line == Line.HITCH:
        mark_matched(trip, len(selectors.itineraries_along(trip)))
        hold_out_to_ways(trip)
    live.changed_on_commit(f"trip:{trip.code}")
    return trip


def _check_teen(passenger: "Account", journey: Journey, way: Route, line: Line, rider: Rider | None) -> None:
    """Who is 14 to 17 rides by themselves, by express, by day, and with a guardian who has confirmed (A9)."""
    if guardian_of(passenger, clock.now()) is None:
        raise GuardianNeeded
    if rider and rider.kind != RiderKind.SELF:
        raise GrownUpBooks("rider_kind")
    _check_line_and_hours(journey, way, line)


def _rides_as_teen(trip: Trip, journey: Journey, way: Route) -> bool:
    """Whether who is booked for is known to be 14 to 17: a booking is no second door around their guardian (A6, A9).

    Their guardian books for them by the same rules as they do; anybody else is refused, without being told why. That is
    asked last, of what would be booked, and counts as a booking does: so often a day at most, and each try at a phone
    that is no minor's sends it a message, so that nobody finds out by trying which phones are minors'.
    """
    person, at, line = account_by_phone(trip.rider_phone), clock.now(), Line(trip.line)
    if person is None:
        return False
    child = is_known_child(person, at) and trip.rider_kind != RiderKind.CHILD
    teen = is_known_teen(person, journey.start)
    if child or (teen and guardian_of(person, at) != trip.passenger):
        asker = Asker(person=trip.passenger.code)
        limits.take(RIDERS_TOLD, asker, target=trip.rider_phone_index, field="rider_phone")
        raise RiderGuarded("rider_phone")
    if teen:
        _check_line_and_hours(journey, way, line)
    return teen


def _check_line_and_hours(journey: Journey, way: Route, line: Line) -> None:
    if line != Line.EXPRESS:
        raise TeenLine("line")
    if not teen_may_ride(max(journey.start, clock.now()), way.seconds):
        raise TeenHours("window_start")


def booked_by(passenger: "Account", client_key: str) -> Trip | None:
    """What somebody booked by this key."""
    key = idempotency.key_of("rides.trip", str(passenger.pk), client_key)
    return Trip.objects.filter(client_key=key).first()


def book_same_way(
    *,
    trip: Trip,
    passenger: "Account",
    line: Line,
    client_key: str,
    start: datetime,
    end: datetime,
    rider_phone: str = "",
) -> Trip:
    """Ask for the way of a trip anew, with the same seats and the same person who travels, by their number or another
    `rider_phone`; raises as `book_trip`."""
    journey = Journey(
        trip.city,
        Place(trip.origin_name, *trip.origin),
        Place(trip.destination_name, *trip.destination),
        start,
        end,
    )
    rider = None
    if trip.rider_name:
        rider = Rider(RiderKind(trip.rider_kind), trip.rider_name, rider_phone or trip.rider_phone)
    return book_trip(
        passenger=passenger,
        journey=journey,
        seats=trip.seats,
        client_key=client_key,
        line=line,
        rider=rider,
        anew=not rider_phone,
    )


def needs_real_name(line: Line, at: datetime) -> bool:
    """Hitch always; the other lines from the day that policy sets (A2), for what leaves then."""
    return line == Line.HITCH or at >= selectors.real_names_from()


def _name_rider(trip: Trip, rider: Rider) -> None:
    if not rider.name.strip():
        raise InvalidInput("rider_name")
    if rider.kind == RiderKind.CHILD and trip.line == Line.HITCH and trip.seats < 2:
        raise ChildNeedsCompany("rider_kind")
    trip.rider_kind, trip.rider_name = rider.kind, rider.name.strip()[:40]
    if rider.phone or rider.kind == RiderKind.OTHER:
        trip.rider_phone = typed.phone.read_mobile(rider.phone, field="rider_phone")
        trip.rider_phone_index = phone_index(trip.rider_phone)


def _tell_rider(trip: Trip, anew: bool) -> None:
    """Who travels gets the trip's page by message: plate, code, SOS, with no account of their own. Raises `TooMany`."""
    asker, phone = Asker(person=trip.passenger.code), trip.rider_phone_index
    if not anew:
        limits.take(RIDERS_TOLD, asker, target=phone, field="rider_phone")
    elif limits.beyond(RIDERS_TOLD, asker, target=phone):
        return
    booked = messages.RideBookedForYou(
        origin=trip.origin_name, destination=trip.destination_name, url=selectors.rider_url(trip)
    )
    outbox.queue(
        booked,
        key=f"rider:{trip.code}",
        to=trip.rider_phone,
        language=trip.passenger.language,
        subject=trip.code,
    )
    timeline.add(TripLine.FOR_ANOTHER, trip.passenger.actor, trip=trip.code)


def uncount_rider_told(trip: Trip) -> None:
    """A ride that took place was no way to send messages to somebody."""
    limits.give_back(RIDERS_TOLD, Asker(person=trip.passenger.code), target=trip.rider_phone_index)


def mark_matched(trip: Trip, count: int) -> None:
    """Say that owners go this way."""
    if trip.state == TripState.REQUESTED and count:
        try:
            move(trip, TRIP_TRANSITIONS, TripState.MATCHED)
        except StaleState:
            return  # somebody was faster; there is nothing left to do
        timeline.add(TripLine.MATCHED, MONITOR, trip=trip.code, count=count)
        live.changed_on_commit(f"trip:{trip.code}")
