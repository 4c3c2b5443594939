"""Working time (C3): limits that run around the clock, and limits that run on working days from one hour to another.

Working days are those of the State Council's yearly notice (调休 included), from the package `chinesecalendar`; a year
that it does not know yet has Monday to Friday without the days that the law on public holidays gives itself. Times are in Asia/Shanghai, which has no daylight saving time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chinese_calendar import is_workday
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy

ZONE = ZoneInfo("Asia/Shanghai")
ALWAYS, BUSINESS = "always", "business"


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Whole hours of a day, the last one not included."""

    from_: int
    to: int


HOURS = policy.declare(
    "complaints.business_hours",  # C3
    policy.Record(
        BusinessHours,
        {"from_": policy.Whole(0, 23), "to": policy.Whole(1, 24)},
        labels={"from_": pgettext_lazy("hours", "from"), "to": pgettext_lazy("hours", "to")},
        fits=lambda hours: hours.from_ < hours.to,
        unfit=_("Business hours end after they begin."),
    ),
    BusinessHours(9, 21),
    name=pgettext_lazy("policy name", "Business hours"),
    about=_("When limits run that run in business hours, on working days; hours of the day."),
)


# The law on public holidays (全国年节及纪念日放假办法) as it is since 2025: January 1, May 1 and 2, October 1 to 3; and by
# the lunar calendar Spring Festival from the eve on for four days, 清明, Dragon Boat and Mid-Autumn, one day each.
_BY_THE_SUN = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_BY_THE_MOON = {
    2025: ("01-29", "04-04", "05-31", "10-06"),
    2026: ("02-17", "04-05", "06-19", "09-25"),
    2027: ("02-06", "04-05", "06-09", "09-15"),
    2028: ("01-26", "04-04", "05-28", "10-03"),
    2029: ("02-13", "04-04", "06-16", "09-22"),
    2030: ("02-03", "04-05", "06-05", "09-12"),
    2031: ("01-23", "04-05", "06-24", "10-01"),
    2032: ("02-11", "04-04", "06-12", "09-19"),
}


def is_by_law(day: date) -> bool:
    """True for a public holiday by the law alone; which days were moved for it, only the notice of its year says."""
    if (day.month, day.day) in _BY_THE_SUN:
        return True
    spring, *others = _BY_THE_MOON.get(day.year, ("",))
    if f"{day:%m-%d}" in others:
        return True
    return bool(spring) and -1 <= (day - date.fromisoformat(f"{day.year}-{spring}")).days <= 2


def works(day: date) -> bool:
    """True for a working day."""
    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and not is_by_law(day)


def _spans(start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Business time from `start` on, a span for each working day."""
    hours, day = policy.value(HOURS), start.astimezone(ZONE).date()
    while True:
        if works(day):
            midnight = datetime.combine(day, time(), ZONE)
            opens = midnight + timedelta(hours=hours.from_)
            closes = midnight + timedelta(hours=hours.to)
            if closes > start:
                yield max(opens, start), closes
        day += timedelta(days=1)


def add(start: datetime, seconds: float, hours: str) -> datetime:
    """When `seconds` of these hours have passed since `start`."""
    if hours == ALWAYS or seconds <= 0:
        return start + timedelta(seconds=max(seconds, 0))
    for begins, ends in _spans(start):
        room = (ends - begins).total_seconds()
        if seconds <= room:
            return (begins + timedelta(seconds=seconds)).astimezone(start.tzinfo)
        seconds -= room
    raise AssertionError("days do not end")


def between(start: datetime, end: datetime, hours: str) -> float:
    """Seconds of these hours between two times; zero where the end is before the start."""
    if hours == ALWAYS or end <= start:
        return max((end - start).total_seconds(), 0.0)
    total = 0.0
    for begins, ends in _spans(start):
        if begins >= end:
            break
        total += (min(ends, end) - begins).total_seconds()
    return total
