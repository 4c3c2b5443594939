"""Hitch owners say which way they go."""

from typing import TYPE_CHECKING

from core import clock, idempotency, policy
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import why_not_eligible
from rides import routing, selectors
from rides.errors import LineNotRunning
from rides.geometry import Point, bounds
from rides.models import Itinerary
from rides.policies import DETOUR_LIMIT, DETOUR_MOST, MATCH_REACH
from rides.routing import Route
from rides.services.booking import mark_matched
from rides.services.places import Journey, check_journey
from rides.services.proposals import decline_on, draw_for
from rides.states import Line

if TYPE_CHECKING:
    from drivers.models import Driver


def offer_itinerary(
    *,
    driver: "Driver",
    journey: Journey,
    seats: int,
    client_key: str,
    route: list[Point] | None = None,
    detour_limit: int | None = None,
) -> Itinerary:
    """A hitch owner says which way they go; the same `client_key` says it once.

    `route` is the way that the owner's router drew; without one ours draws it. `detour_limit` is in metres. Requests
    along the way become `matched`. Raises `LineNotRunning`, `PlacesWrong`, `WindowWrong`, `CurfewHours`,
    `InvalidInput`, or why the driver is not eligible.
    """
    ends = [journey.origin.point, journey.destination.point]
    way = routing.of_client(route) if route else routing.route(ends)
    limit = policy.value(DETOUR_LIMIT) if detour_limit is None else detour_limit
    return _offer(driver, journey, way, Itinerary(seats=seats, client_key=client_key, detour_limit=limit))


@begins_transaction
def _offer(driver: "Driver", journey: Journey, way: Route, itinerary: Itinerary) -> Itinerary:
    itinerary.client_key = idempotency.hold("rides.itinerary", str(driver.pk), itinerary.client_key)
    again = Itinerary.objects.filter(client_key=itinerary.client_key).first()
    if again:
        return again
    if not selectors.line_runs(Line.HITCH, journey.city, clock.now()):
        raise LineNotRunning
    refusal = why_not_eligible(driver)
    if refusal:
        raise refusal
    check_journey(journey, Line.HITCH)
    if not 0 <= itinerary.detour_limit <= policy.value(DETOUR_MOST):
        raise InvalidInput("detour_limit")
    itinerary.code, itinerary.driver, itinerary.city = new_code("W"), driver, journey.city
    itinerary.origin_name, itinerary.destination_name = journey.origin.name, journey.destination.name
    itinerary.route, itinerary.route_source = [list(point) for point in way.points], way.source
    itinerary.route_metres, itinerary.route_seconds = way.metres, way.seconds
    itinerary.window_start, itinerary.window_end = journey.start, journey.end
    itinerary.created_at = clock.now()
    itinerary.south, itinerary.west, itinerary.north, itinerary.east = bounds(
        way.points, policy.value(MATCH_REACH)
    )
    itinerary.save(force_insert=True)
    for row in selectors.requests_along(itinerary):
        mark_matched(row.trip, 1)
    draw_for(itinerary)
    return itinerary


@begins_transaction
def close_itinerary(*, driver: "Driver", code: str) -> Itinerary:
    """No more passengers on this way; who is accepted already stays, and a request held out is declined.

    Raises `NotFound`.
    """
    itinerary = Itinerary.objects.select_for_update().filter(driver=driver, code=code).first()
    if itinerary is None:
        raise NotFound
    decline_on(itinerary, driver.account.actor)
    Itinerary.objects.filter(pk=itinerary.pk, closed_at=None).update(closed_at=clock.now())
    itinerary.refresh_from_db()
    return itinerary


@joins_transaction
def close_ways_of(*, driver: "Driver") -> int:
    """All ways of an owner who leaves; how many were open. A request held out is declined."""
    rows = list(Itinerary.objects.select_for_update().filter(driver=driver, closed_at=None).order_by("pk"))
    for way in rows:
        decline_on(way, driver.account.actor)
    Itinerary.objects.filter(pk__in=[way.pk for way in rows]).update(closed_at=clock.now())
    return len(rows)
