"""The three certificates (三证) as typed: formats, dates, and one against the other. Pure: asks nobody, writes nothing.

Sources: GB 11643 (ID number), GB 16735 and ISO 3779 (VIN), GA 36 (plates), the classes and dates of the Ministry of
Public Security's Order 162 (driving licences), Interim Measures for online ride-hailing art. 12 and 14 (express,
premier, luxury).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric

from drivers.states import Certificate, Line

_Fault = Callable[[str, str], None]
# Classes that allow a small car; C2 is for automatic gears.
CAR_CLASSES = frozenset({"A1", "A2", "A3", "B1", "B2", "C1", "C2", "C5"})
NO_END = "长期"
# GA 36: a province, the letter of the place, five marks without I and O; new-energy cars have six, with D or F.
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MARK = "[A-HJ-NP-Z0-9]"
PLATE = re.compile(rf"^[{_PROVINCES}][A-HJ-Z](?:{_MARK}{{5}}|[A-HJK]{_MARK}[0-9]{{4}}|[0-9]{{5}}[A-HJK])$")
VIN = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")  # without I, O, Q
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
LICENCE_AGE = 18  # the age before which nobody gets a driving licence (Order 162)
MOST_SEATS = 6  # beside the driver's: seven in all (Interim Measures, art. 12)

FIELDS: dict[str, tuple[str, ...]] = {
    Certificate.ID_CARD: ("name", "id_number"),
    Certificate.DRIVING_LICENCE: ("licence_number", "licence_class", "licence_first", "licence_until"),
    Certificate.VEHICLE_LICENCE: (
        "plate",
        "vin",
        "owner",
        "model",
        "colour",
        "seats",
        "registered_on",
        "vehicle_until",
    ),
}
PERMITS = (
    "driver_permit",
    "driver_permit_until",
    "transport_permit",
    "transport_permit_until",
    "alarm_device",
)

SENTENCES: dict[str, str | Promise] = {
    "missing": _("Please fill this in, as it stands on the certificate."),
    "photo_missing": _("Please photograph this certificate, flat and close, in good light."),
    "id_number_wrong": _(
        "This is not a resident ID number: 18 marks, the last one may be X. Compare it with the card."
    ),
    "under_age": _("Drivers must be at least %(years)s years old."),
    "licence_number_differs": _(
        "The number of a driving licence is the ID number of its holder. These two differ: use your own licence."
    ),
    "licence_class_wrong": _("This class does not allow a car. C1, C2 or a higher class does."),
    "date_wrong": _("This is not a date. Write it like 2026-05-31."),
    "date_in_future": _("This day has not come yet. Compare it with the certificate."),
    "licence_too_early": _("Nobody gets a driving licence before the age of 18. Compare the date with the certificate."),
    "expired": _("This certificate has expired. Renew it first, then photograph the new one."),
    "plate_wrong": _(
        "This is not a plate: a province, a letter and five marks, or six for a new-energy car. Example: 浙C·A6789"
    ),
    "vin_wrong": _(
        "This is not a VIN (车辆识别代号): 17 marks without I, O and Q, and its ninth mark is a check digit. Compare it with the licence."
    ),
    "seats_wrong": _("A car for passengers has 1 to 6 seats beside the driver's."),
    "alarm_device_missing": _(
        "Cars on this line have a positioning and alarm device (Interim Measures, art. 12). Have it built in first."
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: a stable code, and what to do in the reader's language."""

    field: str
    code: str
    years: int = 0  # of the age that a driver must have

    @property
    def sentence(self) -> str:
        sentence = str(SENTENCES[self.code])
        return sentence % {"years": self.years} if self.code == "under_age" else sentence


@dataclass(frozen=True, slots=True)
class Certificates:
    """What holds up. Dates are days in Asia/Shanghai; `until` None is a licence without an end (长期)."""

    name: str
    id_number: str
    licence_number: str
    licence_class: str
    licence_first: date
    licence_until: date | None
    plate: str
    vin: str
    owner: str
    model: str
    colour: str
    seats: int
    registered_on: date
    vehicle_until: date
    driver_permit: str = ""
    driver_permit_until: date | None = None
    transport_permit: str = ""
    transport_permit_until: date | None = None


def fields_of(line: str) -> tuple[str, ...]:
    """Every field that a line asks for."""
    asked = tuple(field for fields in FIELDS.values() for field in fields)
    return asked if line == Line.HITCH else asked + PERMITS


def vin_is_valid(vin: str) -> bool:
    """Format and check digit of GB 16735: the weighted sum modulo 11 stands in the ninth place, X for 10."""
    if not VIN.match(vin):
        return False
    total = sum(
        weight * int(VIN_VALUES.get(mark, mark)) for mark, weight in zip(vin, VIN_WEIGHTS, strict=True)
    )
    return vin[8] == "0123456789X"[total % 11]


def tidy(field: str, text: str) -> str:
    """A field as it is kept: without outer spaces, marks of numbers in capitals."""
    text = text.strip()[:60]
    if field in {"id_number", "licence_number", "vin", "licence_class"}:
        return re.sub(r"\s", "", text).upper()
    if field == "plate":
        marks = re.sub(r"[\s·•.\-　]", "", text).upper()
        return f"{marks[:2]}·{marks[2:]}" if len(marks) > 2 else marks
    return text


def read_day(text: str) -> date | None:
    """`2026-05-31`, `2026/5/31` or `2026年5月31日`."""
    found = re.fullmatch(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})\D?", text.strip())
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def check(
    given: Mapping[str, str], *, line: str, today: date, least_age: int = LICENCE_AGE
) -> tuple[Certificates | None, list[Fault]]:
    """What was typed against all rules; the certificates where there is no fault, else every fault at its field.

    `least_age` is what the policy asks of drivers, in years; never less than what the law asks of a licence.
    """
    faults: list[Fault] = []
    days: dict[str, date | None] = {}

    def fault(field: str, code: str) -> None:
        faults.append(Fault(field, code, least_age if code == "under_age" else 0))

    known = {field: given.get(field, "") for field in fields_of(line)}
    for field, text in known.items():
        if not text:
            fault(field, "alarm_device_missing" if field == "alarm_device" else "missing")
        elif field in DAYS:
            _check_day(field, text, today, days, fault)
    wrong = {each.field for each in faults}
    for field, (holds, code) in FORMATS.items():
        if field in known and field not in wrong and not holds(known[field]):
            fault(field, code)
    _cross(known, {each.field for each in faults}, days, today, least_age, fault)
    if faults:
        return None, faults
    return _built(known, days), []


DAYS = {
    "licence_first": "past",
    "registered_on": "past",
    "licence_until": "future",
    "vehicle_until": "future",
    "driver_permit_until": "future",
    "transport_permit_until": "future",
}


def _seats(text: str) -> bool:
    return text.isdecimal() and 1 <= int(text) <= MOST_SEATS


FORMATS = {
    "id_number": (ric.is_valid, "id_number_wrong"),
    "licence_class": (CAR_CLASSES.__contains__, "licence_class_wrong"),
    "plate": (lambda text: bool(PLATE.match(text.replace("·", ""))), "plate_wrong"),
    "vin": (vin_is_valid, "vin_wrong"),
    "seats": (_seats, "seats_wrong"),
}


def _check_day(field: str, text: str, today: date, days: dict[str, date | None], fault: _Fault) -> None:
    if field == "licence_until" and text == NO_END:
        days[field] = None
        return
    day = read_day(text)
    days[field] = day
    if day is None:
        fault(field, "date_wrong")
    elif DAYS[field] == "past" and day > today:
        fault(field, "date_in_future")
    elif DAYS[field] == "future" and day < today:
        fault(field, "expired")


def born(id_number: str) -> date:
    """The birthday in a valid resident ID number."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def years_between(day: date, today: date) -> int:
    """Whole years from one day to another."""
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def _cross(
    known: Mapping[str, str],
    wrong: set[str],
    days: dict[str, date | None],
    today: date,
    least_age: int,
    fault: _Fault,
) -> None:
    """One certificate against the other."""
    if "id_number" in wrong:
        return
    birthday = born(known["id_number"])
    if years_between(birthday, today) < max(least_age, LICENCE_AGE):
        fault("id_number", "under_age")
    if "licence_number" not in wrong and known["licence_number"] != known["id_number"]:
        fault("licence_number", "licence_number_differs")
    first = days.get("licence_first")
    if first and "licence_first" not in wrong and years_between(birthday, first) < LICENCE_AGE:
        fault("licence_first", "licence_too_early")


def _built(known: Mapping[str, str], days: dict[str, date | None]) -> Certificates:
    first, registered, vehicle_until = days["licence_first"], days["registered_on"], days["vehicle_until"]
    assert first and registered and vehicle_until  # noqa: S101 - each was read without a fault
    return Certificates(
        name=known["name"],
        id_number=known["id_number"],
        licence_number=known["licence_number"],
        licence_class=known["licence_class"],
        licence_first=first,
        licence_until=days["licence_until"],
        plate=known["plate"],
        vin=known["vin"],
        owner=known["owner"],
        model=known["model"],
        colour=known["colour"],
        seats=int(known["seats"]),
        registered_on=registered,
        vehicle_until=vehicle_until,
        driver_permit=known.get("driver_permit", ""),
        driver_permit_until=days.get("driver_permit_until"),
        transport_permit=known.get("transport_permit", ""),
        transport_permit_until=days.get("transport_permit_until"),
    )
