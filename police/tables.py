"""A table of stations as one file: read line by line, each line by itself, seen by two people before it counts (P1)."""

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import audit, motions
from core.errors import InvalidInput
from core.models import Motion
from police.errors import TableUnreadable
from police.models import Agency
from police.register import REGISTER, Station, change_station, check_entry, plain_of
from police.states import AgencyKind

if TYPE_CHECKING:
    from accounts.models import Account

NEEDED = ("code", "name_zh", "name_en", "published_phone", "registered_email")
_LONGEST = {"code": 30, "name_zh": 80, "name_en": 80, "published_phone": 20, "registered_email": 254}
MOST = 60_000  # lines of one file: all stations of the country
LINES_A_PAGE = 200
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that stops itself: its number in the file, and the column that cannot be; `again` where its code came before."""

    line: int
    column: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What a file says: stations that can be, and lines that cannot."""

    stations: list[Station]
    bad: list[Bad]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table would do now. `changed` are (entry in force, entry of the table); `again` are left out, because another
    station has their name."""

    new: list[Station]
    changed: list[tuple[Agency, Station]]
    again: list[Station]
    same: int
    bad: list[Bad]


def read_table(content: bytes) -> Table:
    """The stations of a file. Raises `TableUnreadable` where it is no table of stations at all."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableUnreadable("table") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if not set(NEEDED) <= set(reader.fieldnames or ()):
            raise TableUnreadable("table")
        return _lines(reader)
    except csv.Error:
        raise TableUnreadable("table") from None


def _lines(reader: "csv.DictReader[str]") -> Table:
    stations: list[Station] = []
    bad: list[Bad] = []
    seen: set[str] = set()
    for row in reader:
        if len(stations) + len(bad) >= MOST:
            raise TableUnreadable("table")
        try:
            station = _station(row)
        except InvalidInput as wrong:
            bad.append(Bad(reader.line_num, wrong.field))
            continue
        if station.code in seen:
            bad.append(Bad(reader.line_num, "code", again=True))
            continue
        seen.add(station.code)
        stations.append(station)
    return Table(stations, bad)


def _station(row: dict[str, str]) -> Station:
    """One line. Raises `InvalidInput` with its column."""
    given = {name: (row.get(name) or "").strip() for name in NEEDED}
    for name, value in given.items():
        if not value or len(value) > _LONGEST[name]:
            raise InvalidInput(name)
    for name, holds in (("code", validate_slug), ("registered_email", validate_email)):
        try:
            holds(given[name])
        except ValidationError:
            raise InvalidInput(name) from None
    station = Station(
        **given,
        country=(row.get("country") or "CN").strip().upper(),
        kind=(row.get("kind") or AgencyKind.POLICE).strip(),
    )
    check_entry(station)
    return station


def preview(table: Table) -> Preview:
    """What it would do as the register stands now."""
    there = {row.code: row for row in Agency.objects.filter(code__in=[each.code for each in table.stations])}
    names = [each.name_zh for each in table.stations]
    named = dict(Agency.objects.filter(name_zh__in=names).values_list("name_zh", "code"))
    # Two stations of one name could not be told apart by whoever calls one of them back.
    taken: list[Station] = []
    again: list[Station] = []
    for each in table.stations:
        (taken if named.setdefault(each.name_zh, each.code) == each.code else again).append(each)
    new = [each for each in taken if each.code not in there]
    changed = [
        (there[each.code], each) for each in taken if each.code in there and _differs(there[each.code], each)
    ]
    same = len(table.stations) - len(new) - len(again) - len(changed)
    return Preview(new, changed, again, same, table.bad)


def _differs(there: Agency, given: Station) -> bool:
    names = ("name_zh", "name_en", "published_phone", "registered_email", "country", "kind")
    return any(getattr(there, name) != getattr(given, name) for name in names)


def _check(_subject: str, given: Table) -> None:
    if not given.stations:
        raise TableUnreadable("table")


def _carry(motion: Motion, given: Table, person: "Account") -> None:
    found = preview(given)
    for first in range(0, len(found.new), BATCH):
        # Whoever has entered one of these codes meanwhile keeps it: that line stops itself alone.
        Agency.objects.bulk_create(
            [
                Agency(
                    code=each.code,
                    published_phone=each.published_phone,
                    registered_email=each.registered_email,
                    **plain_of(each),
                )
                for each in found.new[first : first + BATCH]
            ],
            ignore_conflicts=True,
        )
    for there, each in found.changed:
        change_station(there, each, person, motion.code)
    audit.record(
        person.actor,
        "police.stations_registered",
        motion.code,
        new=len(found.new),
        changed=len(found.changed),
        bad=len(found.bad),
    )


STATIONS = motions.declare(
    motions.Kind(
        key="police.stations",
        label=_("A table of police stations"),
        permission=REGISTER,
        page="police_console:stations",
        shape=Table,
        check=_check,
        carry=_carry,
        says=lambda given: [
            (pgettext_lazy("table of stations", "stations"), str(len(given.stations))),
            (pgettext_lazy("table of stations", "lines left out"), str(len(given.bad))),
        ],
    )
)
