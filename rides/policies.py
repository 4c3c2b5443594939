"""Pure rules of rides: may this be done? Reads policy values, writes nothing."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core import policy

if TYPE_CHECKING:
    from rides.models import Trip

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
DETOUR_LIMIT = policy.declare(
    "rides.detour_limit",
    4000,
    unit="metres",
    about="The detour that an owner takes on for one party, where they name none (R2).",
)
DETOUR_MOST = policy.declare(
    "rides.detour_most", 10_000, unit="metres", about="The longest detour that an owner may offer (R2)."
)
DAILY_TRIPS = policy.declare(
    "rides.hitch_daily_trips",
    8,
    unit="trips",
    about="Hitch shares costs and is no trade: one owner takes at most so many parties a day (R2).",
)
LEAST_RATINGS = policy.declare(
    "rides.least_ratings", 5, unit="ratings", about="A score with fewer ratings keeps nobody away (R8)."
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


def curfew_after(at: datetime) -> float | None:
    """When the next curfew begins, in Unix seconds; None where one is in force at that moment."""
    if in_curfew(at):
        return None
    begin = time.fromisoformat(policy.value(CURFEW, at=at)["from"])
    local = at.astimezone(CITY_TIME)
    start = datetime.combine(local.date(), begin, CITY_TIME)
    return (start if start > local else start + timedelta(days=1)).timestamp()


def window_meets_curfew(start: datetime, end: datetime) -> bool:
    """True where a departure window touches the curfew; no window is as long as the day between two curfews."""
    return in_curfew(start) or in_curfew(end)


def runs_into_curfew(trip: "Trip") -> bool:
    """True where a trip's latest departure and driving time end inside the curfew or reach over it (R4)."""
    end = trip.window_end + timedelta(seconds=trip.route_seconds)
    return in_curfew(end) or in_curfew(trip.window_end)


def city_day(at: datetime) -> tuple[datetime, datetime]:
    """First and last moment of the local day of a time."""
    first = at.astimezone(CITY_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    return first, first + timedelta(days=1) - timedelta(microseconds=1)


def score_suffices(least: int, stars: int, count: int) -> bool:
    """True where a score meets a wish in tenths; who has few ratings yet is kept from nobody (R8)."""
    return least == 0 or count < policy.value(LEAST_RATINGS) or stars * 10 >= least * count
