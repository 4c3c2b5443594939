"""Pure rules of rides: may this be done? Reads policy values, writes nothing."""

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core import policy
from rides.geometry import Point, place_on_route

if TYPE_CHECKING:
    from rides.models import Itinerary, Trip

FAR_SIGN_IN = policy.declare(
    "rides.far_sign_in",
    30_000,
    unit="metres",
    about="A sign-in further than this from the driver's moving phone opens a case (D7).",
)
CURFEW = policy.declare(
    "rides.curfew",
    {"from": "22:00", "to": "06:00"},
    unit="local time",
    about="No hitch order departs from … to … (R4).",
)
MATCH_REACH = policy.declare(
    "rides.match_reach",
    2000,
    unit="metres",
    about="How far pick-up and drop-off may lie from the owner's route.",
)
CITY_TIME = ZoneInfo("Asia/Shanghai")


def in_curfew(at: datetime) -> bool:
    """True from 22:00:00 to 05:59:59 local time, by the policy in force at that moment."""
    hours = policy.value(CURFEW, at=at)
    begin, end = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
    local = at.astimezone(CITY_TIME).time()
    return begin <= local or local < end if begin > end else begin <= local < end


def window_meets_curfew(start: datetime, end: datetime) -> bool:
    """True where a departure window touches the curfew; no window is as long as the day between two curfews."""
    return in_curfew(start) or in_curfew(end)


def lies_along(trip: "Trip", itinerary: "Itinerary") -> bool:
    """True where a request lies along an owner's route: same city, windows overlap, enough seats, both ends within
    reach of the route, pick-up before drop-off. Nothing about the person enters it (R2)."""
    if trip.city_id != itinerary.city_id or trip.seats > itinerary.seats:
        return False
    if trip.window_start > itinerary.window_end or itinerary.window_start > trip.window_end:
        return False
    route: list[Point] = [(lat, lon) for lat, lon in itinerary.route]
    reach = policy.value(MATCH_REACH)
    from_origin, at_origin = place_on_route(trip.origin, route)
    from_destination, at_destination = place_on_route(trip.destination, route)
    return from_origin <= reach and from_destination <= reach and at_origin < at_destination
