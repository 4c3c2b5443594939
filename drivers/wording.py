"""The reviewer's page of one application: typed beside photo beside registry, differences marked (screens.md)."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core import formats, typed
from drivers import certificates
from drivers.forms import LABELS
from drivers.models import Application, Screening
from drivers.selectors import screening_of
from drivers.services.applications import check_application, given_of, read_of
from drivers.states import Certificate, Finding, Offence, Registry, ScreeningState
from drivers.states import Line as ServiceLine
from drivers.vision.documents import says_the_same

# Field → (registry, the answer's member); those of the ID card are only confirmed or not.
AT_SOURCE = {
    "licence_class": ("licence", "class"),
    "licence_first": ("licence", "first_issued"),
    "licence_until": ("licence", "valid_until"),
    "owner": ("vehicle", "owner"),
    "model": ("vehicle", "model"),
    "colour": ("vehicle", "colour"),
    "seats": ("vehicle", "seats"),
    "registered_on": ("vehicle", "registered_on"),
    "vehicle_until": ("vehicle", "valid_until"),
}
CONFIRMED = {"name": "identity", "id_number": "identity", "licence_number": "licence", "plate": "vehicle", "vin": "vehicle"}  # fmt: skip
RULES: dict[str, str | Promise] = {
    "holds": gettext_lazy("nothing against it"),
    "unknown": gettext_lazy("the registry does not know it"),
    "differs": gettext_lazy("name and number do not belong together"),
    "licence_status": gettext_lazy("the licence is not in force"),
    "licence_class": gettext_lazy("the class does not allow a car"),
    "expired": gettext_lazy("expired"),
    "years_of_driving": gettext_lazy("too few years of driving"),
    "points": gettext_lazy("too many penalty points"),
    "plate_and_vin_differ": gettext_lazy("plate and VIN do not belong together"),
    "vehicle_use": gettext_lazy("the car is not registered for this use"),
    "owner_differs": gettext_lazy("another owner is registered"),
    "record": gettext_lazy("a record"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One field: typed, read from the photo, said by the registry; `differs` where they do not agree."""

    label: str
    typed: str
    read: str
    source: str
    read_differs: bool
    source_differs: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One certificate."""

    title: str
    picture: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding in the reader's words."""

    registry: str
    words: str
    detail: str
    verdict: str
    level: str
    citation: str


def columns(application: Application) -> list[Column]:
    """The three certificates side by side."""
    given, read, answers = given_of(application), read_of(application), _answers(application)
    found = []
    for kind in Certificate:
        picture = getattr(application, kind.value)
        shown = "" if picture is None or picture.destroyed_at else picture.code
        lines = [
            _line(field, given.get(field, ""), read.get(kind, {}).get(field, ""), answers)
            for field in certificates.FIELDS[kind]
        ]
        found.append(Column(str(kind.label), shown, lines))
    permits = [name for name in certificates.fields_of(application.line) if name in certificates.PERMITS]
    if permits:
        found.append(
            Column(
                _("Permits for this line"),
                "",
                [_line(name, given.get(name, ""), "", answers) for name in permits],
            )
        )
    return found


# In groups, for a person who compares them mark by mark.
_GROUPED = {"id_number": typed.document.shown, "licence_number": typed.document.shown, "vin": typed.vin.shown}


def _line(field: str, given: str, read: str, answers: dict[str, Any]) -> Line:
    source, wrong = "", False
    if field in CONFIRMED and CONFIRMED[field] in answers:
        answer = answers[CONFIRMED[field]]
        wrong = answer is None or not answer.get("match")
        source = _("not known") if answer is None else _("differs") if wrong else _("confirmed")
    elif field in AT_SOURCE:
        registry, member = AT_SOURCE[field]
        answer = answers.get(registry)
        value = answer.get(member) if answer else None
        source = "" if value is None else str(value)
        wrong = bool(source) and not says_the_same(given, source)
    shown = _GROUPED.get(field, str)
    return Line(
        str(LABELS[field]),
        shown(given),
        shown(read),
        source,
        bool(read) and not says_the_same(given, read),
        wrong,
    )


def _answers(application: Application) -> dict[str, Any]:
    row = screening_of(application)
    found = json.loads(row.answers) if row and row.answers else {}
    return {key.partition(":")[0]: answer for key, answer in found.items()}


LEVELS = {Finding.CLEAR: "good", Finding.REVIEW: "warn", Finding.BAR: "bad"}


# Values that registries give, in the reader's words.
SAID: dict[str, dict[str, str | Promise]] = {
    "status": {
        "suspended": pgettext_lazy("licence", "suspended"),
        "revoked": pgettext_lazy("licence", "revoked"),
    },
    "use": {
        "private": pgettext_lazy("use of a car", "private"),
        "ride_hailing": pgettext_lazy("use of a car", "ride-hailing"),
    },
}


def _detail(row: dict[str, Any]) -> str:
    """The category or the figures of a finding."""
    if row["detail"]:
        return str(Offence(row["detail"]).label)
    facts = row["facts"]
    told: dict[str, Any] = {**facts, "line": ServiceLine(facts["line"]).label if "line" in facts else ""}
    if row["rule"] == "years_of_driving":
        return _("%(line)s: %(years)s of %(least)s years") % told
    if row["rule"] == "points":
        return _("%(line)s: %(points)s points") % told
    parts = [facts.get("plate"), facts.get("class"), formats.moment(facts.get("until", ""), "date")]
    parts += [str(SAID[name].get(facts[name], facts[name])) for name in SAID if name in facts]
    return " · ".join(part for part in parts if part)


def finding_rows(screening: Screening | None) -> list[FindingRow]:
    """What the registries said, in the reader's words, the worst first."""
    if screening is None or screening.state != ScreeningState.ANSWERED:
        return []
    order = list(LEVELS)
    rows = sorted(screening.findings, key=lambda row: -order.index(row["verdict"]))
    return [
        FindingRow(
            str(Registry(row["registry"]).label),
            str(RULES.get(row["rule"], row["rule"])),
            _detail(row),
            str(Finding(row["verdict"]).label),
            LEVELS[Finding(row["verdict"])],
            row["citation"],
        )
        for row in rows
    ]


def still_holds(application: Application) -> list[str]:
    """What no longer holds up since it was sent, such as a certificate that expired meanwhile."""
    _found, faults = check_application(application)
    return [f"{LABELS.get(fault.field, fault.field)}: {fault.sentence}" for fault in faults]


def is_barred(application: Application) -> bool:
    """The newest answers of the registries bar this applicant."""
    screening = screening_of(application)
    return screening is not None and screening.verdict == Finding.BAR
