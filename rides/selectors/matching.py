"""Who could share a way with whom (R2)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import clock, policy
from core.errors import NotFound
from rides import open_requests
from rides.errors import NoLongerAvailable
from rides.matching import Candidate, Way, Wish, fit
from rides.models import Itinerary, Score, Trip
from rides.policies import MATCH_REACH, score_suffices
from rides.selectors.apart import apart_among
from rides.states import Line

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver


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


def request_along(itinerary: Itinerary, code: str) -> Trip:
    """One waiting request along an itinerary; anything else is no longer there. Raises `NoLongerAvailable`."""
    trip = (
        Trip.objects.waiting()
        .filter(code=code, window_end__gt=clock.now())
        .exclude(passenger__driver=itinerary.driver)
        .first()
    )
    if trip is None or itinerary.closed_at or fit_of(trip, itinerary) is None:
        raise NoLongerAvailable
    return trip


def requests_along(itinerary: Itinerary, *, limit: int = 50) -> list[Along]:
    """Waiting requests that lie along an itinerary, by what they cost in time (`rides.matching`)."""
    city, at = itinerary.city, clock.now()
    if itinerary.closed_at or itinerary.window_end <= at:
        return []
    found = open_requests.candidates(city, way_of(itinerary))
    rows = {
        trip.pk: trip
        for trip in Trip.objects.waiting()
        .filter(pk__in=[each.pk for each in found], window_end__gt=at)
        .exclude(passenger__driver=itinerary.driver)
    }
    along = [Along(rows[each.pk], each) for each in found if each.pk in rows][:limit]
    allowed = riders_allowed([row.trip for row in along], itinerary.driver.account)
    return [row for row in along if row.trip.passenger_id in allowed]


def itineraries_along(trip: Trip) -> list[Itinerary]:
    """Open itineraries along which a request lies."""
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
    return [way for way in open_ways.select_related("city").order_by("pk") if fit_of(trip, way)]


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


def riders_allowed(trips: list[Trip], owner: "Account") -> set[int]:
    """Those passengers, by key, with whom an owner may ride by both sides' wishes (R8, R15)."""
    keys = {trip.passenger_id for trip in trips}
    keys -= {passenger for passenger, _owner in apart_among(keys, [owner.pk])}
    rows = {row.account_id: row for row in Score.objects.filter(account__in=[*keys, owner.pk])}
    mine = rows.get(owner.pk)
    return {key for key in keys if _meets(mine, rows.get(key)) and _meets(rows.get(key), mine)}


def _meets(wish: Score | None, other: Score | None) -> bool:
    return score_suffices(wish.least if wish else 0, other.stars if other else 0, other.count if other else 0)
