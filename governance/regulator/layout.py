"""The layout of the supervision platform, and whether an item can be true, asked before it leaves.

`layout.json` names each field of an interface as the annex of the layout does: name, whether it must be there, how it is
written, and its greatest length. What is sent beside is nothing: a field that the layout does not have is wrong too.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
WGS84 = (
    2  # `Encrypt`: positions are those of the phones' receivers, not moved as on Chinese maps (GCJ-02 is 1)
)
DEGREE = 1_000_000  # positions are whole millionths of a degree
CHINA = (
    (3.0, 54.0),
    (73.0, 136.0),
)  # latitudes and longitudes between which the country lies, its sea included
BEGAN = datetime(2016, 11, 1, tzinfo=UTC)  # the Interim Measures took force: no ride-hailing happened before
AHEAD = timedelta(minutes=2)  # by which a phone's clock may be wrong
EXACT = frozenset({"code", "digit", "moment", "day"})
PLANNED = frozenset({"DepartTime", "BookDepTime"})  # may lie ahead
# What happened before what, in one item: the earlier field, the later one, and whether they may be the same moment.
IN_ORDER = {
    "operatePay": (("DepTime", "DestTime", False), ("DestTime", "PayTime", True)),
    "orderCancel": (("OrderTime", "CancelTime", True),),
    "baseInfoVehicleInsurance": (("InsurEff", "InsurExp", False),),
    "baseInfoCompanyFare": (("FareValidOn", "FareValidOff", False),),
}
LASTS = {"operateArrive": "DriveTime", "operatePay": "DriveTime"}  # no trip of no time
PLACES = (
    ("DepLatitude", "DepLongitude"),
    ("DestLatitude", "DestLongitude"),
    ("Latitude", "Longitude"),
)


_CLOCK = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9]")  # HHmm


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an interface."""

    name: str
    required: bool
    written: str
    length: int


@dataclass(frozen=True, slots=True, order=True)
class Wrong:
    """What is wrong with an item: which field, and why in one word (`governance.regulator.words`)."""

    field: str
    why: str


@lru_cache(maxsize=1)
def layout() -> dict[str, tuple[Field, ...]]:
    """The fields of each interface by its name."""
    found = json.loads((Path(__file__).parent / "layout.json").read_text())
    return {name: tuple(Field(*row) for row in each["fields"]) for name, each in found.items()}


def moment(at: datetime) -> int:
    """A moment as the layout writes it: YYYYMMDDhhmmss, in China."""
    return int(f"{at.astimezone(SHANGHAI):%Y%m%d%H%M%S}")


def day(at: datetime) -> int:
    """A day as the layout writes it: YYYYMMDD, in China."""
    return int(f"{at.astimezone(SHANGHAI):%Y%m%d}")


def today(at: datetime) -> date:
    """The day in China, as papers count it."""
    return at.astimezone(SHANGHAI).date()


def degree(value: float) -> int:
    """Degrees as the layout writes them."""
    return round(value * DEGREE)


def wrong_with(kind: str, item: Mapping[str, Any], at: datetime) -> Wrong | None:
    """The first thing that is wrong with an item of this interface, None where it may leave."""
    fields = layout()[kind]
    if more := sorted(item.keys() - {field.name for field in fields}):
        return Wrong(more[0], "not_asked")
    for field in fields:
        value = item.get(field.name)
        if value is None or value == "":
            if field.required:
                return Wrong(field.name, "missing")
        elif why := _ill_written(field, value, at):
            return Wrong(field.name, why)
    return _implausible(kind, item)


def _ill_written(field: Field, value: Any, at: datetime) -> str:
    match field.written:
        case "text":
            return "" if isinstance(value, str) and len(value) <= field.length else "form"
        case "clock":
            return "" if isinstance(value, str) and _CLOCK.fullmatch(value) else "form"
        case "number":
            whole = isinstance(value, int | float) and not isinstance(value, bool)
            if not whole or len(str(value)) > field.length:
                return "form"
            return "negative" if value < 0 else ""
        case _:
            return _ill_counted(field, value, at)


def _ill_counted(field: Field, value: Any, at: datetime) -> str:
    """Of what is written as a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        return "form"
    if field.written in EXACT and len(str(value)) != field.length:
        return "form"
    match field.written:
        case "degree":
            return "" if len(str(abs(value))) <= field.length else "form"
        case "code" | "digit":
            return "" if value >= 0 else "form"
        case "unix":
            return (
                _time(field.name, datetime.fromtimestamp(value, tz=UTC), at)
                if 0 <= value < 10**11
                else "form"
            )
        case "moment":
            return _read_time(field.name, value, at)
        case "day":
            return "" if _day(value) else "form"
        case _:
            raise ValueError(field.written)


def _day(value: int) -> bool:
    try:
        datetime.strptime(str(value), "%Y%m%d")  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False
    return True


def _read_time(name: str, value: int, at: datetime) -> str:
    try:
        read = datetime.strptime(str(value), "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return "form"
    return _time(name, read, at)


def _time(name: str, read: datetime, at: datetime) -> str:
    if read < BEGAN:
        return "too_early"
    return "in_future" if read > at + AHEAD and name not in PLANNED else ""


def _implausible(kind: str, item: Mapping[str, Any]) -> Wrong | None:
    for latitude, longitude in PLACES:
        if latitude in item:
            (south, north), (west, east) = CHINA
            if not south <= item[latitude] / DEGREE <= north or not west <= item[longitude] / DEGREE <= east:
                return Wrong(latitude, "out_of_country")
    if item.get("Encrypt", WGS84) != WGS84:
        return Wrong("Encrypt", "other_datum")
    for earlier, later, same in IN_ORDER.get(kind, ()):
        before, after = item.get(earlier), item.get(later)
        if before and after and (after < before or (after == before and not same)):
            return Wrong(later, "out_of_order")
    if kind in LASTS and item[LASTS[kind]] <= 0:
        return Wrong(LASTS[kind], "no_time")
    return None
