"""Reads about trips. What a person may see of a trip is decided here, by side (A3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from core import clock
from core.errors import NotFound
from drivers.selectors import VehicleCard, card_of, plate_key
from rides.errors import NoLongerAvailable
from rides.geometry import Point, distance
from rides.models import (
    City,
    Itinerary,
    KnownPlace,
    LatestPosition,
    LineInCity,
    TrailMinute,
    Trip,
    TripQuerySet,
)
from rides.policies import lies_along
from rides.states import WITH_DRIVER, Line, LineState, Party, PlateCheck, TripState
from rides.tokens import TripKey, make_key
from rides.trails import Fix, PackedMinute, unpack

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver

# How long a trip's people are watched after it was cancelled or ended.
WATCH_AFTER = timedelta(minutes=30)
# Until a day after the trip the passenger sees car and driver (A3).
CARD_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DriverCard:
    """What the passenger sees of driver and car from acceptance until a day after the trip (A3)."""

    name: str
    badge: str
    car: VehicleCard


def cities() -> list[City]:
    return list(City.objects.order_by("pk"))


def places_of(city: City) -> list[KnownPlace]:
    return list(city.places.order_by("pk"))


def city_by_code(code: str) -> City:
    """Raises `NotFound`."""
    city = City.objects.filter(code=code).first()
    if city is None:
        raise NotFound("city")
    return city


def line_in_city(line: str, city: City) -> LineInCity | None:
    return LineInCity.objects.filter(line=line, city=city).first()


def all_lines() -> list[LineInCity]:
    """Every line in every city, for the console and the board."""
    return list(LineInCity.objects.select_related("city").order_by("pk"))


def line_runs(line: str, city: City, at: datetime) -> bool:
    """True where the line is running in the city and the company's permit is valid that day."""
    row = line_in_city(line, city)
    return row is not None and row.state == LineState.RUNNING and row.permit_until >= at.date()


def running_hitch_cities() -> list[City]:
    return list(City.objects.filter(lines__line=Line.HITCH, lines__state=LineState.RUNNING).order_by("pk"))


def _trips() -> TripQuerySet:
    return Trip.objects.select_related("passenger", "driver__account", "vehicle", "city", "itinerary")


def trip_by_code(code: str) -> Trip:
    """Any trip, for staff services and handlers. Raises `NotFound`."""
    trip = _trips().filter(code=code).first()
    if trip is None:
        raise NotFound
    return trip


def trip_of(account: "Account", code: str) -> tuple[Trip, Party]:
    """A trip and the side that the account has in it; another's trip is not found. Raises `NotFound`."""
    trip = _trips().filter(Q(passenger=account) | Q(driver__account=account), code=code).first()
    if trip is None:
        raise NotFound
    return trip, Party.PASSENGER if trip.passenger_id == account.pk else Party.DRIVER


def trips_as_passenger(account: "Account", *, limit: int = 20) -> list[Trip]:
    return list(_trips().filter(passenger=account).order_by("-pk")[:limit])


def trips_as_driver(driver: "Driver", *, limit: int = 20) -> list[Trip]:
    return list(_trips().filter(driver=driver).order_by("-pk")[:limit])


def itineraries_of(driver: "Driver", *, limit: int = 10) -> list[Itinerary]:
    """Itineraries whose window is not over, newest first."""
    return list(Itinerary.objects.filter(driver=driver, window_end__gt=clock.now()).order_by("-pk")[:limit])


def itinerary_of(driver: "Driver", code: str) -> Itinerary:
    """Raises `NotFound`."""
    itinerary = Itinerary.objects.select_related("city").filter(driver=driver, code=code).first()
    if itinerary is None:
        raise NotFound("itinerary")
    return itinerary


def request_along(itinerary: Itinerary, code: str) -> Trip:
    """One waiting request along an itinerary; anything else is no longer there. Raises `NoLongerAvailable`."""
    found = next((trip for trip in requests_along(itinerary) if trip.code == code), None)
    if found is None:
        raise NoLongerAvailable
    return found


def requests_along(itinerary: Itinerary) -> list[Trip]:
    """Waiting requests that lie along an itinerary, by their place on the way."""
    waiting = Trip.objects.waiting().filter(city=itinerary.city, line=Line.HITCH, window_end__gt=clock.now())
    along = [
        trip
        for trip in waiting.exclude(passenger__driver=itinerary.driver).order_by("pk")
        if lies_along(trip, itinerary)
    ]
    return sorted(along, key=lambda trip: (distance(trip.origin, itinerary.route[0]), trip.pk))


def itineraries_along(trip: Trip) -> list[Itinerary]:
    """Open itineraries along which a request lies."""
    open_ways = Itinerary.objects.filter(city=trip.city, window_end__gt=clock.now()).exclude(
        driver__account=trip.passenger
    )
    return [way for way in open_ways.order_by("pk") if lies_along(trip, way)]


def driver_card(trip: Trip) -> DriverCard | None:
    """Driver and car as the passenger may see them now; None outside the time in which she may."""
    if trip.driver is None or trip.vehicle is None:
        return None
    over = trip.ended_at or trip.cancelled_at
    if over and clock.now() > over + CARD_AFTER:
        return None
    return DriverCard(
        trip.driver.account.real_name, trip.driver.account.code[-4:].upper(), card_of(trip.vehicle)
    )


def position_key(trip: Trip, party: Party) -> str:
    """The key with which this side's phone posts positions and calls for help."""
    return make_key(TripKey(trip.code, party, trip.city.code))


def aboard(account_code: str, *, other_than: str = "") -> Trip | None:
    """The trip in which a driver may have somebody in the car, if any (S11)."""
    rows = (
        Trip.objects.filter(driver__account__code=account_code, state__in=WITH_DRIVER)
        .exclude(code=other_than)
        .order_by("-pk")
    )
    return next((trip for trip in rows if trip.somebody_may_be_aboard), None)


def trip_meant(account: "Account", at: datetime) -> Trip | None:
    """The passenger's trip that a worried friend most likely means: one under way, else the newest within a day."""
    mine = _trips().filter(passenger=account)
    under_way = mine.filter(state__in=WITH_DRIVER).order_by("-pk").first()
    if under_way:
        return under_way
    return (
        mine.filter(requested_at__lte=at)
        .filter(Q(ended_at__gte=at - timedelta(days=1)) | Q(cancelled_at__gte=at - timedelta(days=1)))
        .order_by("-pk")
        .first()
    )


def latest_positions(trip: Trip) -> dict[str, LatestPosition]:
    """The newest position of each side."""
    return latest_positions_by_id(trip.pk)


def latest_positions_by_id(trip_id: int) -> dict[str, LatestPosition]:
    """The same, for the monitor."""
    return {row.party: row for row in LatestPosition.objects.filter(trip=trip_id)}


def trail_of(trip: Trip, party: Party) -> list[Fix]:
    """The whole trail of one side, by time."""
    rows = TrailMinute.objects.filter(trip=trip, party=party).order_by("minute")
    return [
        fix
        for row in rows
        for fix in unpack(PackedMinute(row.minute, row.latitude, row.longitude, row.packed))
    ]


# --- What the monitor watches -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WatchedTrip:
    """What the monitor needs of a trip."""

    pk: int
    code: str
    state: str
    driver_state_since: datetime
    route: list[Point]
    route_source: str
    destination: Point
    met: bool
    cancelled_at: datetime | None


def watched_trips() -> list[WatchedTrip]:
    """Trips whose phones are watched now: with a driver, or over since less than half an hour."""
    since = clock.now() - WATCH_AFTER
    rows = Trip.objects.filter(Q(state__in=WITH_DRIVER) | Q(cancelled_at__gt=since, driver__isnull=False))
    return [
        WatchedTrip(
            pk=trip.pk,
            code=trip.code,
            state=trip.state,
            driver_state_since=trip.departed_at
            or trip.boarded_at
            or trip.arrived_at
            or trip.accepted_at
            or trip.requested_at,
            route=[(lat, lon) for lat, lon in trip.planned_route],
            route_source=trip.route_source,
            destination=trip.destination,
            met=trip.phones_met_at is not None,
            cancelled_at=trip.cancelled_at,
        )
        for trip in rows.order_by("pk")
    ]


# --- What the police ask by ---------------------------------------------------------------------------


def _recent(at: datetime) -> Q:
    """Trips with a driver that were under way at a time, with an hour of leeway on either side."""
    leeway = timedelta(hours=1)
    still = (
        Q(ended_at=None, cancelled_at=None) | Q(ended_at__gte=at - leeway) | Q(cancelled_at__gte=at - leeway)
    )
    return Q(accepted_at__lte=at + leeway, driver__isnull=False) & still


def trips_by_plate(plate: str, at: datetime) -> list[Trip]:
    """Trips under way at a time whose registered or seen plate is this one."""
    wanted = plate_key(plate)
    rows = (
        _trips()
        .filter(_recent(at))
        .filter(Q(plate_registered__endswith=plate[-4:]) | Q(plate_seen__endswith=plate[-4:]))
    )
    return [
        trip
        for trip in rows.order_by("-pk")
        if wanted in {plate_key(trip.plate_registered), plate_key(trip.plate_seen)}
    ]


def trips_by_person(account: "Account", at: datetime) -> list[Trip]:
    """Trips under way at a time in which somebody was passenger or driver."""
    return list(
        _trips().filter(_recent(at)).filter(Q(passenger=account) | Q(driver__account=account)).order_by("-pk")
    )


def trips_near(place: Point, at: datetime, *, metres: float = 1000, minutes: int = 10) -> list[Trip]:
    """Trips of which a phone was within `metres` of a place within `minutes` of a time."""
    span = timedelta(minutes=minutes)
    degrees = 0.05
    rows = TrailMinute.objects.filter(
        minute__range=(at - span, at + span),
        latitude__range=(place[0] - degrees, place[0] + degrees),
        longitude__range=(place[1] - degrees, place[1] + degrees),
    )
    near = {
        row.trip_id
        for row in rows
        for fix in unpack(PackedMinute(row.minute, row.latitude, row.longitude, row.packed))
        if distance((fix.latitude, fix.longitude), place) <= metres
    }
    return list(_trips().filter(pk__in=near).order_by("-pk"))


# --- What the board asks --------------------------------------------------------------------------------


def boarded_since(at: datetime) -> tuple[int, int]:
    """(trips boarded since, of which without the plate compared and not presumed boarded)."""
    rows = Trip.objects.filter(boarded_at__gte=at)
    return rows.count(), rows.exclude(plate_check="same").exclude(presumed_boarded=True).count()


def cancelled_after_boarding() -> int:
    """Trips that are cancelled although somebody had boarded: the law says none."""
    return Trip.objects.filter(state=TripState.CANCELLED, boarded_at__isnull=False).count()


def hitch_accepted_since(at: datetime) -> list[Trip]:
    return list(Trip.objects.filter(line=Line.HITCH, accepted_at__gte=at).order_by("pk"))


def mismatches_since(at: datetime) -> list[tuple[str, TripState, datetime]]:
    """(trip code, state now, reported at) of every 'not this car' and 'not this driver' since a time."""
    rows = Trip.objects.filter(
        plate_check__in=[PlateCheck.DIFFERS, PlateCheck.OTHER_DRIVER], cancelled_at__gte=at
    ).order_by("pk")
    return [
        (code, TripState(state), when)
        for code, state, when in rows.values_list("code", "state", "cancelled_at")
        if when
    ]


def accepted_since(at: datetime) -> list[tuple[str, str, datetime]]:
    """(trip, driver's account code, accepted at) of every acceptance since a time."""
    rows = Trip.objects.filter(accepted_at__gte=at, driver__isnull=False).order_by("pk")
    return [
        (code, driver, when)
        for code, driver, when in rows.values_list("code", "driver__account__code", "accepted_at")
        if when
    ]
