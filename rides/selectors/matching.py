"""Who could share a way with whom (R2)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, Sum

from accounts.selectors import account_by_phone, guardian_of, is_ended_by_staff, is_known_child, is_known_teen
from core import clock, policy
from core.errors import NotFound
from rides import open_requests
from rides.curfew import CITY_TIME
from rides.errors import NoLongerAvailable
from rides.geometry import Point, distance
from rides.matching import Candidate, Way, Wish, fit
from rides.models import City, Itinerary, Proposal, Score, Trip
from rides.policies import (
    HITCH_CHOICE,
    HITCH_DECLINES,
    HITCH_NEXT_AFTER,
    MATCH_REACH,
    REMOTE_PICKUP,
    city_day,
    is_late,
    may_drive_teens,
    score_suffices,
    teen_may_ride,
)
from rides.selectors.apart import apart_among
from rides.selectors.cities import places_of
from rides.selectors.trips import ScoreShown, score_of
from rides.states import WAITING, WITH_DRIVER, HitchChoice, Line, OfferState, RiderKind, TripState

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver

# What an owner has taken or declined is not held out to them again, nor what they came too late for.
ANSWERED = frozenset({OfferState.ACCEPTED, OfferState.DECLINED})


def itineraries_of(driver: "Driver", *, limit: int = 10) -> list[Itinerary]:
    """Itineraries whose window is not over, newest first."""
    rows = Itinerary.objects.filter(driver=driver, window_end__gt=clock.now(), closed_at=None)
    return list(rows.select_related("city", "driver__account").order_by("-pk")[:limit])


def itinerary_of(driver: "Driver", code: str) -> Itinerary:
    """Raises `NotFound`."""
    itinerary = (
        Itinerary.objects.select_related("city", "driver__account").filter(driver=driver, code=code).first()
    )
    if itinerary is None:
        raise NotFound("itinerary")
    return itinerary


@dataclass(frozen=True, slots=True)
class Along:
    """A waiting request along a way, and why it is there (R2). Nothing about who asks."""

    trip: Trip
    candidate: Candidate

    @property
    def detour_minutes(self) -> int:
        return round(self.candidate.detour_seconds / 60)

    @property
    def overlap_percent(self) -> int:
        return round(100 * self.candidate.overlap)


def proposal_on(itinerary: Itinerary, code: str = "") -> Along:
    """The request that is held out to an owner on this way now, the one of this code where one is named.

    Anything else is no longer there. Raises `NoLongerAvailable`.
    """
    row = held_out_to(itinerary.driver)
    if row is None or row.itinerary_id != itinerary.pk or (code and row.trip.code != code):
        raise NoLongerAvailable
    candidate = fit_of(row.trip, itinerary)
    if candidate is None:
        raise NoLongerAvailable
    return Along(row.trip, candidate)


def held_out_to(driver: "Driver") -> Proposal | None:
    """The one hitch request that is held out to an owner now, on whichever of their ways."""
    at = clock.now()
    rows = Proposal.objects.filter(
        driver=driver,
        state=OfferState.OPEN,
        trip__state__in=WAITING,
        trip__window_end__gt=at,
        itinerary__closed_at=None,
        itinerary__window_end__gt=at,
    )
    return rows.select_related("trip", "itinerary__city", "driver__account").first()


def declined_today(driver: "Driver") -> int:
    """How many requests an owner has declined today."""
    rows = Proposal.objects.filter(driver=driver, state=OfferState.DECLINED)
    return rows.filter(answered_at__range=city_day(clock.now())).count()


def owners_resting(drivers: Iterable[int]) -> set[int]:
    """Of these owners, by key, those who get no request now: one is held out, or they have declined (too many)."""
    at = clock.now()
    drivers = set(drivers)
    rows = Proposal.objects.filter(driver__in=drivers)
    busy = set(rows.filter(state=OfferState.OPEN).values_list("driver_id", flat=True))
    declined = rows.filter(state=OfferState.DECLINED)
    just = declined.filter(answered_at__gt=at - policy.span(HITCH_NEXT_AFTER))
    many = (
        declined.filter(answered_at__range=city_day(at))
        .values("driver_id")
        .annotate(count=Count("pk"))
        .filter(count__gte=policy.value(HITCH_DECLINES))
    )
    return (
        busy | set(just.values_list("driver_id", flat=True)) | set(many.values_list("driver_id", flat=True))
    )


def seats_left(itineraries: Iterable[Itinerary]) -> dict[int, int]:
    """Free seats of ways, by key."""
    ways = list(itineraries)
    rows = Trip.objects.filter(itinerary__in=ways, state__in=WITH_DRIVER).values_list("itinerary_id")
    taken = dict(rows.annotate(seats=Sum("seats")))
    return {way.pk: way.seats - taken.get(way.pk, 0) for way in ways}


def requests_along(itinerary: Itinerary) -> list[Along]:
    """Waiting requests that may be held out on a way, by what they cost in time (`rides.matching`)."""
    city, at = itinerary.city, clock.now()
    if itinerary.closed_at or itinerary.window_end <= at:
        return []
    left = seats_left([itinerary])[itinerary.pk]
    found = open_requests.candidates(city, replace(way_of(itinerary), seats=left))
    rows = {
        trip.pk: trip
        for trip in Trip.objects.waiting()
        .filter(pk__in=[each.pk for each in found], window_end__gt=at)
        .filter(passenger__is_drill=itinerary.driver.account.is_drill)
        .exclude(passenger__driver=itinerary.driver)
        .exclude(lost_by__driver=itinerary.driver)
        .exclude(
            Exists(Proposal.objects.filter(trip=OuterRef("pk"), driver=itinerary.driver, state__in=ANSWERED))
        )
    }
    along = [Along(rows[each.pk], each) for each in found if each.pk in rows]
    allowed = riders_allowed([row.trip for row in along], itinerary.driver.account)
    remote = remote_pickups(city, [row.trip for row in along if late(row.candidate)])
    return [row for row in along if row.trip.passenger_id in allowed and row.trip.pk not in remote]


def late(candidate: Candidate) -> bool:
    """True where a pick-up would be in the hours in which nobody is sent to a remote one."""
    return is_late(datetime.fromtimestamp(candidate.pickup_at, CITY_TIME))


def remote_pickups(city: City, trips: list[Trip]) -> set[int]:
    """Those trips, by key, whose pick-up is far from every place that is known; all of them where none is known."""
    return {trip.pk for trip in trips if is_remote(city, trip.origin)} if trips else set()


def is_remote(city: City, point: Point) -> bool:
    """True where a point is far from every place of a city that is known."""
    reach = policy.value(REMOTE_PICKUP)
    return not any(distance((row.latitude, row.longitude), point) <= reach for row in places_of(city))


def itineraries_along(trip: Trip) -> list[Itinerary]:
    """Open itineraries along which a request lies, whoever offers them."""
    return [way for way, _candidate in ways_along(trip)]


def ways_along(trip: Trip) -> list[tuple[Itinerary, Candidate]]:
    """Open itineraries along which a request lies, and how it fits each."""
    (lat, lon), (to_lat, to_lon) = trip.origin, trip.destination
    open_ways = Itinerary.objects.filter(
        city=trip.city,
        closed_at=None,
        window_end__gt=clock.now(),
        seats__gte=trip.seats,
        south__lte=min(lat, to_lat),
        north__gte=max(lat, to_lat),
        west__lte=min(lon, to_lon),
        east__gte=max(lon, to_lon),
    ).exclude(driver__account=trip.passenger)
    rows = open_ways.select_related("city", "driver__account").order_by("pk")
    fits = [(way, candidate) for way in rows if (candidate := fit_of(trip, way))]
    if fits and is_remote(trip.city, trip.origin):
        return [(way, candidate) for way, candidate in fits if not late(candidate)]
    return fits


def ways_open_to(trip: Trip) -> list[tuple[Itinerary, Candidate]]:
    """Of the ways along which a request lies, those to whose owners it may be held out now (R2, R8, R15)."""
    fits = ways_along(trip)
    resting = owners_resting({way.driver_id for way, _candidate in fits})
    left = seats_left([way for way, _candidate in fits])
    answered = Proposal.objects.filter(trip=trip, state__in=ANSWERED)
    had = set(answered.values_list("driver_id", flat=True)) | set(
        trip.lost_by.values_list("driver_id", flat=True)
    )
    owners = {way.driver.account_id for way, _candidate in fits}
    apart = {owner for _passenger, owner in apart_among([trip.passenger_id], owners)}
    scores = {row.account_id: row for row in Score.objects.filter(account__in=[*owners, trip.passenger_id])}
    hers = scores.get(trip.passenger_id)
    found = []
    for way, candidate in fits:
        his = scores.get(way.driver.account_id)
        if (
            way.driver.account.is_drill != trip.passenger.is_drill
            or way.driver_id in resting | had
            or way.driver.account_id in apart
            or left[way.pk] < trip.seats
        ):
            continue
        if _meets(hers, his) and _meets(his, hers):
            found.append((way, candidate))
    return found


@dataclass(frozen=True, slots=True)
class OwnerToChoose:
    """A hitch owner as the passenger may choose them: no name, no photo, no car; `way` is the code to choose by."""

    way: str
    trips: int
    months: int
    score: ScoreShown
    pickup_at: datetime


def owners_for(trip: Trip, *, limit: int = 20) -> list[OwnerToChoose]:
    """The owners among whom the passenger of a waiting request may choose, by fit; nobody where policy draws lots."""
    if (
        policy.value(HITCH_CHOICE) != HitchChoice.PASSENGER
        or trip.line != Line.HITCH
        or trip.state not in WAITING
    ):
        return []
    fits = sorted(
        ways_open_to(trip), key=lambda fit: (fit[1].detour_seconds + fit[1].wait_seconds, fit[0].pk)
    )
    fits = fits[:limit]
    counts = Trip.objects.filter(
        line=Line.HITCH, state=TripState.ENDED, driver__in=[way.driver_id for way, _fit in fits]
    ).values_list("driver_id")
    driven = dict(counts.annotate(count=Count("pk")))
    at = clock.now()
    return [
        OwnerToChoose(
            way.code,
            driven.get(way.driver_id, 0),
            (at - (way.driver.vetted_at or at)).days // 30,
            score_of(way.driver.account),
            datetime.fromtimestamp(candidate.pickup_at, CITY_TIME),
        )
        for way, candidate in fits
    ]


def way_of(itinerary: Itinerary) -> Way:
    """An itinerary as the matching sees it."""
    return Way(
        vertices=open_requests.plane_of(itinerary.city).project([(lat, lon) for lat, lon in itinerary.route]),
        seconds=itinerary.route_seconds,
        start=itinerary.window_start.timestamp(),
        end=itinerary.window_end.timestamp(),
        seats=itinerary.seats,
        reach=policy.value(MATCH_REACH),
        detour_limit=itinerary.detour_limit,
    )


def fit_of(trip: Trip, itinerary: Itinerary) -> Candidate | None:
    """How a request fits a way, by the same rule that lists it; None where it does not."""
    if trip.city_id != itinerary.city_id or trip.line != Line.HITCH:
        return None
    start, end = trip.window_start.timestamp(), trip.window_end.timestamp()
    wish = Wish(trip.pk, trip.origin, trip.destination, start, end, trip.seats)
    return fit(open_requests.plane_of(itinerary.city), way_of(itinerary), wish)


def scores_allow(passenger: "Account", owner: "Account") -> bool:
    """True where neither wishes for a higher score than the other has (R8)."""
    rows = {row.account_id: row for row in Score.objects.filter(account__in=[passenger, owner])}
    mine, theirs = rows.get(owner.pk), rows.get(passenger.pk)
    return _meets(mine, theirs) and _meets(theirs, mine)


def teens_drivers(drivers: Iterable["Driver"], at: datetime) -> set[int]:
    """Those drivers, by key, who may drive somebody of 14 to 17 (A9)."""
    known = list(drivers)
    scores = {
        row.account_id: row for row in Score.objects.filter(account__in=[each.account_id for each in known])
    }

    def may(driver: "Driver") -> bool:
        score = scores.get(driver.account_id)
        return may_drive_teens(driver.vetted_at, score.stars if score else 0, score.count if score else 0, at)

    return {driver.pk for driver in known if may(driver)}


def suits_teen(trip: Trip, driver: "Driver") -> bool:
    """Whether this driver, setting out now, may drive somebody of 14 to 17 on this trip."""
    at = clock.now()
    by_day = teen_may_ride(max(trip.window_start, at), trip.route_seconds)
    return by_day and driver.pk in teens_drivers([driver], at)


def is_guarded(trip: Trip) -> bool:
    """Whether a guardian stands now for who travels on an order, if they are not of age as far as is known (A6, A9).

    Of who is 14 to 17 theirs, where they ordered it themselves, and otherwise the one who did; of a child whoever says so
    in the order. Asked of each order: somebody's age may have become known after it was placed.
    """
    at, own = clock.now(), trip.rider_kind == RiderKind.SELF
    person = trip.passenger if own else account_by_phone(trip.rider_phone) if trip.rider_phone else None
    if person is None:
        return True
    if is_known_child(person, at):
        return trip.rider_kind == RiderKind.CHILD
    if not is_known_teen(person, at):
        return True
    guardian = guardian_of(person, at)
    return guardian is not None if own else guardian == trip.passenger


def is_shut_out(trip: Trip) -> bool:
    """Whether our staff ended that whoever ordered is the guardian of who travels: they follow nothing of it any more (A9)."""
    if not (trip.for_teen and trip.for_another):
        return False
    person = account_by_phone(trip.rider_phone)
    return person is not None and is_ended_by_staff(person, trip.passenger)


def waiting_orders_for(minor: "Account") -> list[Trip]:
    """Orders without a driver on which somebody who is not of age is to travel, whoever ordered; locked."""
    theirs = Q(passenger=minor, rider_kind=RiderKind.SELF) | Q(rider_phone_index=minor.phone_index)
    rows = Trip.objects.filter(theirs, state__in=WAITING)
    return list(rows.select_for_update(of=("self",)).select_related("passenger").order_by("pk"))


def riders_allowed(trips: list[Trip], owner: "Account") -> set[int]:
    """Those passengers, by key, with whom an owner may ride by both sides' wishes (R8, R15)."""
    keys = {trip.passenger_id for trip in trips}
    keys -= {passenger for passenger, _owner in apart_among(keys, [owner.pk])}
    rows = {row.account_id: row for row in Score.objects.filter(account__in=[*keys, owner.pk])}
    mine = rows.get(owner.pk)
    return {key for key in keys if _meets(mine, rows.get(key)) and _meets(rows.get(key), mine)}


def _meets(wish: Score | None, other: Score | None) -> bool:
    return score_suffices(wish.least if wish else 0, other.stars if other else 0, other.count if other else 0)
