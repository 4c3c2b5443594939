"""Days as they stand on certificates and as people write them."""

import calendar
import re
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat, simple

NO_END = "长期"
_DAY = re.compile(r"([0-9]{4})\D{0,3}?([0-9]{1,2})\D{1,3}?([0-9]{1,2})\D?|([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})\s*[年./\-]\s*([0-9]{1,2})\s*月?")
_FOREVER = re.compile(r"长期(?:有效)?|永久(?:有效)?|long[ -]?term|permanent", re.IGNORECASE)
_FROM_TO = re.compile(r"\s*(?:至|到|~|—|–|\bto\b|(?<=\d)-(?=\d{4}))\s*")
FIRST, LAST = 1880, 2199


class DayUnreadable(InvalidInput):
    code, sentence = "date_wrong", _("This is not a date. Write it like 2026-05-31.")


class MomentUnreadable(InvalidInput):
    code, sentence = "time_wrong", _("This is not a time that can be meant. Write it like 2026-05-31 14:30.")


def _date(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if FIRST <= found.year <= LAST else None


def read(text: str, *, field: str = "") -> date:
    """`2026-05-31`, `2026/5/31`, `20260531` or `2026年5月31日`. Raises `DayUnreadable`."""
    found = _DAY.fullmatch(re.sub(r"\s", "", flat(text)))
    day = _date(*(part for part in found.groups() if part)) if found else None
    if day is None:
        raise DayUnreadable(field)
    return day


def _end(text: str) -> str:
    """What stands behind 'until', of a span the second."""
    return _FROM_TO.split(simple(flat(text)))[-1].removesuffix("止").removeprefix("有效期")


def is_endless(text: str) -> bool:
    """Whether something is valid without an end: 长期, 长期有效."""
    return bool(_FOREVER.fullmatch(_end(text)))


def read_until(text: str, *, field: str = "") -> date:
    """The last day of what is valid until then; a month is valid until its last day. Of a span the second day counts.

    Raises `DayUnreadable`, also for what is valid without an end.
    """
    said = _end(text)
    month = _month(said)
    return month[1] if month else read(said, field=field)


def read_span(text: str, *, field: str = "") -> tuple[date, date]:
    """The first and the last day of a month (`2026-03`, `2026年3月`) or a year (`2026`). Raises `DayUnreadable`."""
    said = flat(text)
    year = re.fullmatch(r"[0-9]{4}", said.removesuffix("年"))
    first, last = _month(f"{year[0]}-1" if year else said), _month(f"{year[0]}-12" if year else said)
    if first is None or last is None:
        raise DayUnreadable(field)
    return first[0], last[1]


def _month(said: str) -> tuple[date, date] | None:
    found = _MONTH.fullmatch(said)
    if not (found and 1 <= int(found[2]) <= 12 and FIRST <= int(found[1]) <= LAST):
        return None
    year, number = int(found[1]), int(found[2])
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def years_between(day: date, today: date) -> int:
    """Whole years from one day to another, as ages are counted."""
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def guess(text: str) -> date | None:
    """The day that a text says, or is valid until; None for any other text."""
    try:
        return read_until(text)
    except DayUnreadable:
        return None


def meant(moment: datetime, *, field: str = "") -> datetime:
    """A moment that somebody may mean: no calendar's end, from which nothing can be counted on. Raises `MomentUnreadable`."""
    if not FIRST <= moment.year <= LAST:
        raise MomentUnreadable(field)
    return moment


def guess_span(text: str) -> tuple[date, date] | None:
    """The first and the last of the days that a text means, one day twice; None for any other text."""
    one = guess(text)
    if one is not None:
        return one, one
    try:
        return read_span(text)
    except DayUnreadable:
        return None
