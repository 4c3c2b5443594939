"""The hours in which no hitch order departs (R4), and how a trip meets them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy

if TYPE_CHECKING:
    from rides.models import Trip

CITY_TIME = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Hours:
    """From one local time to another, over midnight where the first is the later one."""

    from_: time
    to: time

    def hold(self, local: time) -> bool:
        """True within these hours; their end is outside of them."""
        if self.from_ > self.to:
            return local >= self.from_ or local < self.to
        return self.from_ <= local < self.to


HOURS = policy.Record(
    Hours,
    {"from_": policy.TimeOfDay(), "to": policy.TimeOfDay()},
    labels={"from_": pgettext_lazy("hours", "from"), "to": pgettext_lazy("hours", "to")},
)


CURFEW = policy.declare(
    "rides.curfew",  # R4
    HOURS,
    Hours(time(22), time(6)),
    name=pgettext_lazy("policy name", "Curfew of hitch"),
    about=_("No hitch order departs in these hours."),
)


def in_curfew(at: datetime) -> bool:
    """True from 22:00:00 to 05:59:59 local time, by the policy in force at that moment."""
    return policy.value(CURFEW, at=at).hold(at.astimezone(CITY_TIME).time())


def curfew_after(at: datetime) -> float | None:
    """When the next curfew begins, in Unix seconds; None where one is in force at that moment."""
    if in_curfew(at):
        return None
    begin = policy.value(CURFEW, at=at).from_
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
