"""What the monitor needs of trips."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from core import clock, policy
from rides.geometry import Point
from rides.models import KnownPlace, LineInCity, Trip
from rides.policies import WATCH_AFTER
from rides.states import WITH_DRIVER, LineState


@dataclass(frozen=True, slots=True)
class WatchedTrip:
    """What the monitor needs of a trip."""

    pk: int
    code: str
    city: str
    line: str
    state: str
    driver_state_since: datetime
    route: list[Point]
    route_source: str
    destination: Point
    met: bool
    cancelled_at: datetime | None
    # The line was suspended after this trip had begun: it is finished under closer watch (R1).
    closer: bool = False
    planned_seconds: float = 0.0
    # Known places around the way: whoever is near one of them is not in a remote area.
    places: tuple[Point, ...] = ()


def watched_trips() -> list[WatchedTrip]:
    """Trips whose phones are watched now: with a driver, or over since less than half an hour."""
    since = clock.now() - policy.span(WATCH_AFTER)
    rows = Trip.objects.filter(Q(state__in=WITH_DRIVER) | Q(cancelled_at__gt=since, driver__isnull=False))
    now = clock.now()
    places: dict[int, list[Point]] = defaultdict(list)
    for place in KnownPlace.objects.order_by("pk"):
        places[place.city_id].append((place.latitude, place.longitude))
    stopped = {
        (row.line, row.city_id)
        for row in LineInCity.objects.all()
        if row.state != LineState.RUNNING or (row.suspends_at is not None and row.suspends_at <= now)
    }
    return [
        WatchedTrip(
            pk=trip.pk,
            code=trip.code,
            city=trip.city.code,
            line=trip.line,
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
            closer=(trip.line, trip.city_id) in stopped,
            planned_seconds=trip.route_seconds,
            places=(trip.origin, trip.destination, *places[trip.city_id]),
        )
        for trip in rows.select_related("city").order_by("pk")
    ]
