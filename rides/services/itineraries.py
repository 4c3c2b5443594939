"""Hitch owners say which way they go."""

from datetime import datetime
from typing import TYPE_CHECKING

from core import clock
from core.codes import new_code
from core.transactions import begins_transaction
from drivers.selectors import (
    has_covert_hold,
    why_not_eligible,
)
from rides import selectors
from rides.errors import (
    LineNotRunning,
)
from rides.geometry import Point
from rides.models import City, Itinerary
from rides.services.booking import mark_matched
from rides.services.places import Place, check_way
from rides.states import (
    Line,
)

if TYPE_CHECKING:
    from drivers.models import Driver


@begins_transaction
def offer_itinerary(
    *,
    driver: "Driver",
    city: City,
    origin: Place,
    destination: Place,
    window_start: datetime,
    window_end: datetime,
    seats: int,
    client_key: str,
    route: list[Point] | None = None,
) -> Itinerary:
    """A hitch owner says which way they go; the same `client_key` says it once.

    `route` is the way that the owner's router drew; without one the straight line stands for it. Requests along the
    way become `matched`. Raises `LineNotRunning`, `PlacesWrong`, `WindowWrong`, `CurfewHours`, or why the driver is not eligible.
    """
    again = Itinerary.objects.filter(client_key=client_key, driver=driver).first()
    if again:
        return again
    if not selectors.line_runs(Line.HITCH, city, clock.now()):
        raise LineNotRunning
    refusal = None if has_covert_hold(driver) else why_not_eligible(driver)
    if refusal:
        raise refusal
    check_way(city, origin, destination, window_start, window_end)
    itinerary = Itinerary.objects.create(
        code=new_code("W"),
        driver=driver,
        city=city,
        origin_name=origin.name,
        destination_name=destination.name,
        route=[list(point) for point in route or [origin.point, destination.point]],
        route_source="router" if route else "straight",
        window_start=window_start,
        window_end=window_end,
        seats=seats,
        client_key=client_key,
        created_at=clock.now(),
    )
    for trip in selectors.requests_along(itinerary):
        mark_matched(trip, 1)
    return itinerary
