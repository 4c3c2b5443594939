"""Working time (C3): limits that run around the clock, and limits that run on working days from one hour to another.

Working days are those of the State Council's yearly notice (调休 included), from the package `chinesecalendar`. In a year
whose notice it does not know yet, they are Monday to Friday but for the days off that stand in the law (全国年节及纪念日放假办法
of 2024, lunar ones included), from the package `holidays`. Times are in Asia/Shanghai, which has no daylight saving time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
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


def works(day: date) -> bool:
    """True for a working day."""
    said = _as_published(day)
    return said if said is not None else day.weekday() < 5 and day not in _days_off(day.year)


def is_published(day: date) -> bool:
    """Whether the notice for this day's year is known."""
    return _as_published(day) is not None


def _as_published(day: date) -> bool | None:
    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return None


@lru_cache(maxsize=8)
def _days_off(year: int) -> frozenset[date]:
    from holidays import (
        country_holidays,
    )  # a third of a second, which no start needs: most years are published

    return frozenset(country_holidays("CN", years=year))


def end_of_next_working_day(at: datetime) -> datetime:
    """Midnight after the first working day that begins after this time."""
    day = at.astimezone(ZONE).date() + timedelta(days=1)
    while not works(day):
        day += timedelta(days=1)
    return datetime.combine(day + timedelta(days=1), time(), ZONE)


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
