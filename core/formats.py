"""How moments, spans, distances, sums and places are written, in the reader's language.

One function each, for pages, PDFs, messages and the console. What machines read (`<time datetime>`, forms, JSON,
CSV, names of files) stays ISO 8601 and whole units.
"""

import re
from datetime import date, datetime, timedelta
from typing import Literal

from django.utils import dateformat, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from core import clock

Moment = Literal["minute", "second", "full", "date", "time", "clock", "hour"]
_CLOCKS = {
    "minute": "%H:%M",
    "second": "%H:%M:%S",
    "full": "%H:%M:%S",
    "time": "%H:%M",
    "clock": "%H:%M:%S",
    "hour": "%H",
}
_DAYS = {"minute", "second", "full", "date"}
DAY, HOUR, MINUTE = 86_400, 3_600, 60
# A deadline in three days is still told in hours, as the rules tell it.
HOURS_UNTIL = 4 * DAY


def moment(at: datetime | date | str | None, form: Moment = "minute") -> str:
    """A moment in the platform's time zone, or a day: `11月26日 14:03`, `26 Nov 14:03`; the year where it is another.

    Forms: `minute`; `second` (`11月26日 14:03:05`); `full` (always with year and seconds, for what is filed);
    `date`; `time` (`14:03`), `clock` (`14:03:05`) and `hour` (`14`) without the day. A text is a moment in ISO 8601, as
    documents hold it. Nothing for `None`. Raises KeyError for another form.
    """
    if not at:
        return ""
    if isinstance(at, str):
        at = date.fromisoformat(at) if len(at) == len("2026-11-26") else datetime.fromisoformat(at)
    if isinstance(at, datetime):
        at = timezone.localtime(at)
        day = at.date()
    else:
        day, form = at, "date"
    parts = []
    if form in _DAYS:
        this_year = day.year == timezone.localtime(clock.now()).year
        if this_year and form != "full":
            # Translators: a day of this year, in the letters of Django's date format.
            shape = pgettext("date format", "j M")
        else:
            # Translators: a day of another year, in the letters of Django's date format.
            shape = pgettext("date format", "j M Y")
        parts.append(dateformat.format(day, shape))
    if form != "date":
        parts.append(at.strftime(_CLOCKS[form]))
    return " ".join(parts)


def span(value: float | timedelta, form: Literal["words", "clock"] = "words") -> str:
    """A time as long as this, in seconds or a timedelta; less than none is none.

    `words`: `45 秒`, `12 分 30 秒`, `3 小时 05 分`, `12 天 4 小时` (`45 s`, `12 min 30 s`, `3 h 05 min`, `12 d 4 h`), and
    whole minutes, hours and days by themselves: `24 小时`. `clock`: the same, but as a clock that runs: `0:07`, `12:30`,
    `3 小时 00 分`.
    """
    whole = max(0, int(value.total_seconds() if isinstance(value, timedelta) else value))
    days, hours, minutes, rest = whole // DAY, whole // HOUR, whole // MINUTE, whole % MINUTE
    if form == "words" and whole >= HOURS_UNTIL and not hours % 24:
        return _("%(days)s d") % {"days": days}
    if whole >= HOURS_UNTIL:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours % 24}
    if form == "words" and hours and not minutes % 60:
        return _("%(hours)s h") % {"hours": hours}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": f"{minutes % 60:02d}"}
    if form == "clock":
        return f"{minutes}:{rest:02d}"
    if not minutes:
        return _("%(seconds)s s") % {"seconds": rest}
    if not rest:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": f"{rest:02d}"}


def minutes(seconds: float) -> str:
    """The same where a second says nothing, as of a way by car: whole minutes, one at least."""
    return span(max(1, round(seconds / MINUTE)) * MINUTE)


def seconds(value: float) -> str:
    """Seconds to a tenth, as something measured: `2.5 秒` (`2.5 s`)."""
    return _("%(seconds)s s") % {"seconds": f"{value:,.1f}"}


def distance(metres: float) -> str:
    """`350 米`, `1.2 公里` (`350 m`, `1.2 km`)."""
    if metres < 1_000:
        return _("%(metres)s m") % {"metres": f"{metres:.0f}"}
    return _("%(kilometres)s km") % {"kilometres": f"{metres / 1_000:,.1f}"}


def speed(kmh: float) -> str:
    """`50 公里/小时` (`50 km/h`)."""
    return _("%(kmh)s km/h") % {"kmh": f"{kmh:.0f}"}


def money(fen: int) -> str:
    """Whole fen (分, 1/100 CNY): `30000` is `300.00 元` (`¥300.00`)."""
    if fen < 0:
        return f"-{money(-fen)}"
    return _("¥%(yuan)s") % {"yuan": f"{fen / 100:,.2f}"}


_PLACE = re.compile(
    r"(?P<name>.+?)(?:, (?P<compass_zh>[东南西北]+) (?P<compass_en>[NESW]{1,2}) (?P<far>[\d.]+) (?P<unit>k?m))?"
)
_BOTH = re.compile(r"(?P<zh>.*[^\x00-\x7f]) (?P<en>[\x20-\x7e]+)")


def place(name: object) -> str:
    """A place in the reader's language.

    Rows hold both names of a place, as the map gives them: `虹桥镇 Hongqiao`, and of a point beside it
    `虹桥镇 Hongqiao, 东北 NE 1.2 km`; nobody can write words of their own there. What is no such pair, such as two
    coordinates, stays as it is.
    """
    found = _PLACE.fullmatch(str(name))
    if found is None:
        return str(name)
    both = _BOTH.fullmatch(found["name"])
    zh = (get_language() or "").startswith("zh")
    called = found["name"] if both is None else both["zh" if zh else "en"]
    if not found["far"]:
        return called
    return _("%(place)s, %(distance)s %(direction)s") % {
        "place": called,
        "distance": distance(float(found["far"]) * (1_000 if found["unit"] == "km" else 1)),
        "direction": found["compass_zh" if zh else "compass_en"],
    }
