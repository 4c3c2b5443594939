"""Passengers ask for a ride."""

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.errors import RealNameRequired
from core import clock, timeline
from core.actors import MONITOR
from core.codes import new_code, new_digits
from core.states import StaleState, move
from core.transactions import begins_transaction
from rides import selectors
from rides.errors import (
    LineNotRunning,
)
from rides.models import City, Trip
from rides.services.places import Place, check_way
from rides.states import (
    TRIP_TRANSITIONS,
    Line,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def book_trip(
    *,
    passenger: "Account",
    city: City,
    origin: Place,
    destination: Place,
    window_start: datetime,
    window_end: datetime,
    seats: int,
    client_key: str,
) -> Trip:
    """Ask for a hitch ride; the same `client_key` asks once.

    Raises `RealNameRequired`, `LineNotRunning`, `PlacesWrong`, `WindowWrong`, `CurfewHours`.
    """
    again = Trip.objects.filter(client_key=client_key, passenger=passenger).first()
    if again:
        return again
    if passenger.verified_at is None:
        raise RealNameRequired
    if not selectors.line_runs(Line.HITCH, city, clock.now()):
        raise LineNotRunning
    check_way(city, origin, destination, window_start, window_end)
    trip = Trip.objects.create(
        code=new_code("T"),
        line=Line.HITCH,
        city=city,
        passenger=passenger,
        client_key=client_key,
        origin_name=origin.name,
        origin_latitude=origin.latitude,
        origin_longitude=origin.longitude,
        destination_name=destination.name,
        destination_latitude=destination.latitude,
        destination_longitude=destination.longitude,
        window_start=window_start,
        window_end=window_end,
        seats=seats,
        boarding_code=new_digits(4),
        requested_at=clock.now(),
    )
    timeline.add(
        TripLine.BOOKED,
        passenger.actor,
        trip=trip.code,
        position=origin.point,
        origin=origin.name,
        destination=destination.name,
    )
    mark_matched(trip, len(selectors.itineraries_along(trip)))
    return trip


def mark_matched(trip: Trip, count: int) -> None:
    if trip.state == TripState.REQUESTED and count:
        try:
            move(trip, TRIP_TRANSITIONS, TripState.MATCHED)
        except StaleState:
            return  # somebody was faster; there is nothing left to do
        timeline.add(TripLine.MATCHED, MONITOR, trip=trip.code, count=count)
