"""How many specialists an hour needs (C10): by what S3 and S6 brought in that hour of the week, and at least two."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.calendars import ZONE
from core import policy
from core.policy import Unit

LEAST = policy.declare(
    "complaints.roster_least",  # C10
    policy.Whole(1, 100),
    2,
    name=pgettext_lazy("policy name", "Specialists on duty"),
    about=_("So many specialists at least are on duty at any hour."),
)
HANDLING = policy.declare(
    "complaints.roster_handling",  # C10
    policy.Span(1, 480, Unit.MINUTES),
    30,
    name=pgettext_lazy("policy name", "Time for a call for help"),
    about=_("How long one SOS or welfare check keeps a specialist, for the roster."),
)
BUSY = policy.declare(
    "complaints.roster_busy",  # C10
    policy.Real(0.1, 0.95, Unit.SHARE),
    0.6,
    name=pgettext_lazy("policy name", "Busy specialists"),
    about=_("How much of their time specialists may be busy, so that one is free within seconds."),
)
AHEAD = policy.declare(
    "complaints.roster_ahead",  # C10
    policy.Span(1, 72, Unit.HOURS),
    12,
    name=pgettext_lazy("policy name", "Gap in the roster"),
    about=_("An hour with too few specialists alarms this long ahead."),
)
WEEKS = 4  # of history that the volume is taken from
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the roster."""

    at: datetime
    needed: int
    have: int

    @property
    def short(self) -> bool:
        return self.have < self.needed


def needed_for(busiest: int) -> int:
    """Specialists for an hour whose busiest of the last weeks had so many calls for help."""
    by_volume = math.ceil(busiest * policy.value(HANDLING) / 60 / policy.value(BUSY))
    return max(policy.value(LEAST), by_volume)


def hour_of_week(at: datetime) -> int:
    """0 is Monday 00:00 in Asia/Shanghai, 167 the last hour of Sunday."""
    local = at.astimezone(ZONE)
    return local.weekday() * 24 + local.hour


def busiest_hours(counted: Mapping[datetime, int]) -> dict[int, int]:
    """The most calls for help that one hour had, by hour of the week, from the count of each hour."""
    busiest: dict[int, int] = {}
    for hour, count in counted.items():
        key = hour_of_week(hour)
        busiest[key] = max(busiest.get(key, 0), count)
    return busiest


def hours_of(
    start: datetime, spans: Iterable[tuple[datetime, datetime]], busiest: dict[int, int], *, hours: int
) -> list[Hour]:
    """Each of the next `hours` from `start` with how many it needs and how many are there for all of it."""
    known = list(spans)
    found = []
    for step in range(hours):
        at = start + step * HOUR
        have = sum(begins <= at and ends >= at + HOUR for begins, ends in known)
        found.append(Hour(at, needed_for(busiest.get(hour_of_week(at), 0)), have))
    return found
