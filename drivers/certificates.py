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

from core import typed
from core.typed.day import years_between
from core.typed.document import Kind
from drivers.states import Certificate, Line

_Fault = Callable[[str, str], None]
# Classes that allow a small car; C2 is for automatic gears.
CAR_CLASSES = frozenset({"A1", "A2", "A3", "B1", "B2", "C1", "C2", "C5"})
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
    "id_number_wrong": typed.document.IdNumberWrong.sentence,
    "verify_first": _(
        "No birthday stands in this number. Have your real name verified by this document first, on the page of your real name."
    ),
    "under_age": _("Drivers must be at least %(years)s years old."),
    "licence_number_differs": _(
        "The number of a driving licence is the ID number of its holder. These two differ: use your own licence."
    ),
    "licence_class_wrong": _("This class does not allow a car. C1, C2 or a higher class does."),
    "date_wrong": typed.day.DayUnreadable.sentence,
    "date_in_future": _("This day has not come yet. Compare it with the certificate."),
    "licence_too_early": _("Nobody gets a driving licence before the age of 18. Compare the date with the certificate."),
    "expired": _("This certificate has expired. Renew it first, then photograph the new one."),
    "plate_wrong": typed.plate.InvalidPlate.sentence,
    "vin_wrong": typed.vin.VinWrong.sentence,
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
class Person:
    """Whom a registry has confirmed: number and kind of the document, and the birthday by it."""

    id_number: str
    document: str
    born: date


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


# How a field is kept; a day as it is written, until it is judged.
_KEPT: dict[str, Callable[[str], str]] = {
    "name": typed.name.plain,
    "id_number": typed.document.key,
    "licence_number": typed.document.key,
    "licence_class": typed.document.key,
    "plate": typed.plate.shown,
    "vin": typed.vin.key,
    "owner": typed.name.plain,
}


def tidy(field: str, text: str) -> str:
    """A field as it is kept, whichever way it was written: in the one form of its kind, right or wrong."""
    return _KEPT.get(field, typed.text.flat)(text)[:60]


def check(
    given: Mapping[str, str],
    *,
    line: str,
    today: date,
    least_age: int = LICENCE_AGE,
    verified: Person | None = None,
) -> tuple[Certificates | None, list[Fault]]:
    """What was typed against all rules; the certificates where there is no fault, else every fault at its field.

    `least_age` is what the policy asks of drivers, in years; never less than what the law asks of a licence. `verified` is
    whom the account is known as: without it, only a number in which a birthday stands holds up.
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
    birthday = None
    if not {each.field for each in faults} & {"id_number"}:
        birthday = _birthday(known["id_number"], verified)
        if birthday is None:
            fault("id_number", "verify_first")
    if birthday:
        _cross(known, birthday, {each.field for each in faults}, days, today, least_age, fault)
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
    return text.isdecimal() and len(text) == 1 and 1 <= int(text) <= MOST_SEATS


def allows_car(text: str) -> bool:
    """Classes stand one behind the other, such as C1D for a car and a motorcycle: one of them has to allow a car."""
    held = re.fullmatch(r"(?:[ABC][1-6]|[D-FMNP])+", text)
    return bool(held) and any(each in CAR_CLASSES for each in re.findall(r"[ABC][1-6]", text))


def _on_some_document(text: str) -> bool:
    return any(typed.document.fits(text, kind) for kind in Kind)


FORMATS: dict[str, tuple[Callable[[str], object], str]] = {
    "id_number": (_on_some_document, "id_number_wrong"),
    "licence_class": (allows_car, "licence_class_wrong"),
    "plate": (lambda text: bool(typed.plate.FORM.match(text.replace("·", ""))), "plate_wrong"),
    "vin": (typed.vin.is_vin, "vin_wrong"),
    "seats": (_seats, "seats_wrong"),
}


def _check_day(field: str, text: str, today: date, days: dict[str, date | None], fault: _Fault) -> None:
    days[field] = None
    if field == "licence_until" and typed.day.is_endless(text):
        return
    try:
        day = typed.day.read_until(text) if DAYS[field] == "future" else typed.day.read(text)
    except typed.day.DayUnreadable:
        fault(field, "date_wrong")
        return
    days[field] = day
    if DAYS[field] == "past" and day > today:
        fault(field, "date_in_future")
    elif DAYS[field] == "future" and day < today:
        fault(field, "expired")


def _birthday(number: str, verified: Person | None) -> date | None:
    if typed.document.has_birthday(number):
        return typed.document.born(number)
    return verified.born if verified and verified.id_number == number else None


def _cross(
    known: Mapping[str, str],
    birthday: date,
    wrong: set[str],
    days: dict[str, date | None],
    today: date,
    least_age: int,
    fault: _Fault,
) -> None:
    """One certificate against the other."""
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
