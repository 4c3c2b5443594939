"""Units of policies, as a person reads them in their language."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, npgettext

from core import formats


class Unit(StrEnum):
    """What a number counts. `PLAIN` is for what the policy's name already says, such as people or tries."""

    PLAIN = "plain"
    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    YEARS = "years"
    METRES = "metres"
    SPEED = "metres_per_second"
    FEN = "fen"
    POINTS = "points"
    SHARE = "share"
    TIMES = "times"


SPANS = {
    Unit.SECONDS: timedelta(seconds=1),
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
}
# Longest first; one is left for the next where fewer than two of it would be said: '24 hours', not '1 day'.
_SAID_AS = ((86_400, 2, Unit.DAYS), (3_600, 1, Unit.HOURS), (60, 1, Unit.MINUTES), (1, 0, Unit.SECONDS))


def number(value: float) -> str:
    """`1,234` or `0.45`: nobody counts zeros, and no rounding hides what holds."""
    return f"{value:,}"


def _span(unit: Unit, value: float) -> str:
    seconds = value * SPANS[unit].total_seconds()
    for length, least, said in _SAID_AS:
        if seconds % length == 0 and seconds >= least * length:
            return _counted(said, seconds / length)
    return _counted(unit, value)


def _counted(unit: Unit, value: float) -> str:
    whole = int(value) if value == int(value) else 2  # a part of one has the plural
    sentence = {
        Unit.SECONDS: ngettext("%(count)s second", "%(count)s seconds", whole),
        Unit.MINUTES: ngettext("%(count)s minute", "%(count)s minutes", whole),
        Unit.HOURS: ngettext("%(count)s hour", "%(count)s hours", whole),
        Unit.DAYS: ngettext("%(count)s day", "%(count)s days", whole),
        Unit.YEARS: ngettext("%(count)s year", "%(count)s years", whole),
        Unit.METRES: ngettext("%(count)s metre", "%(count)s metres", whole),
        Unit.POINTS: npgettext("risk", "%(count)s point", "%(count)s points", whole),
        Unit.TIMES: gettext("%(count)s times"),
        Unit.SPEED: gettext("%(count)s m/s"),
    }[unit]
    return sentence % {"count": number(int(value) if value == int(value) else value)}


def said(unit: Unit, value: float) -> str:
    """A number with its unit in the language of now: `24 hours`, `¥300.00`, `75%`."""
    if unit in SPANS:
        return _span(unit, value)
    match unit:
        case Unit.PLAIN:
            return number(value)
        case Unit.FEN:
            return formats.money(int(value))
        case Unit.SHARE:
            return f"{value * 100:g}%"
        case _:
            return _counted(unit, value)


class Later(Promise):
    """A text that is made when it is read, in the language of that moment."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make

    def __str__(self) -> str:
        return self._make()
