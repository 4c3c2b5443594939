"""What the registries' answers mean for somebody who drives (D2, D6). Pure: asks nobody, writes nothing.

The answers' shapes are the contract of `docs/registries.md`. `bar` stops a driver until two people have decided;
`review` asks for a person's look; the worst finding is the screening's.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

import msgspec

from core import policy, registries, typed
from core.registries import IdentityAnswer
from core.typed.document import Kind
from drivers.certificates import allows_car
from drivers.policies import LINE_CONDITIONS, NEVER, NEVER_RULE, OFFENCE_RULES
from drivers.states import Finding, Line, Offence, Registry

RULES = {"refuse": Finding.BAR, "review": Finding.REVIEW, "admit": Finding.CLEAR}
WORST_FIRST = (Finding.BAR, Finding.REVIEW, Finding.CLEAR)


class LicenceAnswer(msgspec.Struct):
    """`points` are those of the last three periods of twelve months, the newest last; dates are ISO."""

    match: bool
    class_: str = msgspec.field(name="class")
    first_issued: date
    valid_until: date | None
    status: Literal["normal", "suspended", "revoked"]
    points: list[int]


class VehicleAnswer(msgspec.Struct):
    """`match` says that plate and VIN belong together."""

    match: bool
    owner: str
    model: str
    colour: str
    seats: int
    registered_on: date
    valid_until: date
    use: Literal["private", "ride_hailing"]


class Record(msgspec.Struct):
    category: str
    year: int


class PoliceAnswer(msgspec.Struct):
    records: list[Record]


SHAPES: dict[Registry, type[msgspec.Struct]] = {
    Registry.IDENTITY: IdentityAnswer,
    Registry.LICENCE: LicenceAnswer,
    Registry.VEHICLE: VehicleAnswer,
    Registry.POLICE: PoliceAnswer,
}
Answer = IdentityAnswer | LicenceAnswer | VehicleAnswer | PoliceAnswer


@dataclass(frozen=True, slots=True)
class Car:
    plate: str
    vin: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the registries are asked about, and for which lines."""

    name: str
    id_number: str
    licence_number: str
    cars: tuple[Car, ...]
    lines: tuple[str, ...]
    document: str = Kind.RESIDENT_ID


@dataclass(frozen=True, slots=True)
class Question:
    """`key` names the answer: the registry, with the plate where it is about a car. `asked` is who is asked: each kind of
    document has a registry of its own."""

    key: str
    registry: Registry
    body: dict[str, str]
    asked: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule makes of one answer: `detail` is a category, `facts` the figures; nothing personal."""

    rule: str
    registry: str
    verdict: str
    detail: str = ""
    citation: str = ""
    facts: dict[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def questions(subject: Subject) -> list[Question]:
    """What to ask, in a stable order."""
    person = {"name": subject.name, "id_number": subject.id_number}
    licence = {"name": subject.name, "licence_number": subject.licence_number}
    asked = [
        Question("identity", Registry.IDENTITY, person, registries.IDENTITY[Kind(subject.document)]),
        Question("licence", Registry.LICENCE, licence, Registry.LICENCE),
        Question("police", Registry.POLICE, person, Registry.POLICE),
    ]
    return asked + [
        Question(
            f"vehicle:{car.plate}",
            Registry.VEHICLE,
            {"plate": car.plate, "vin": car.vin},
            Registry.VEHICLE,
        )
        for car in subject.cars
    ]


def understand(registry: Registry, answer: Mapping[str, Any] | None) -> Answer | None:
    """An answer in its shape; None for 'not known'. Raises `msgspec.ValidationError` for what is not the contract."""
    if answer is None:
        return None
    understood: Answer = msgspec.convert(dict(answer), SHAPES[registry], strict=False)  # type: ignore[assignment]
    return understood


def judge(subject: Subject, answers: Mapping[str, Mapping[str, Any] | None], today: date) -> list[Found]:
    """Every finding, one at least for each registry that was asked."""
    found: list[Found] = []
    for question in questions(subject):
        answer = understand(question.registry, answers[question.key])
        if answer is None:
            found.append(_unknown(question.registry))
            continue
        match answer:
            case IdentityAnswer():
                rows = _identity(answer)
            case LicenceAnswer():
                rows = _licence(answer, subject, today)
            case VehicleAnswer():
                car = next(car for car in subject.cars if question.key == f"vehicle:{car.plate}")
                rows = _vehicle(answer, car, subject, today)
            case PoliceAnswer():
                rows = _police(answer)
        found += rows or [Found("holds", question.registry, Finding.CLEAR)]
    return found


def worst(found: list[Found]) -> Finding:
    """The heaviest verdict."""
    verdicts = {row.verdict for row in found}
    return next(level for level in WORST_FIRST if level in verdicts)


def proves_certificates(found: list[Found]) -> bool:
    """True where identity, licence and at least one vehicle were confirmed at their source."""
    asked = {row.registry for row in found}
    doubts = {"unknown", "differs", "plate_and_vin_differ"}
    return {Registry.IDENTITY, Registry.LICENCE, Registry.VEHICLE} <= asked and not any(
        row.rule in doubts and row.registry != Registry.POLICE for row in found
    )


def _unknown(registry: Registry) -> Found:
    """A person or paper that its registry does not know. Identity may lag after a move; licence and car may not."""
    lagging = registry in {Registry.IDENTITY, Registry.POLICE}
    return Found("unknown", registry, Finding.REVIEW if lagging else Finding.BAR)


def _identity(answer: IdentityAnswer) -> list[Found]:
    return [] if answer.match else [Found("differs", Registry.IDENTITY, Finding.BAR)]


def _licence(answer: LicenceAnswer, subject: Subject, today: date) -> list[Found]:
    at, found = Registry.LICENCE, []
    if not answer.match:
        found.append(Found("differs", at, Finding.BAR))
    if answer.status != "normal":
        found.append(Found("licence_status", at, Finding.BAR, facts={"status": answer.status}))
    if not allows_car(answer.class_):
        found.append(Found("licence_class", at, Finding.BAR, facts={"class": answer.class_}))
    if answer.valid_until and answer.valid_until < today:
        found.append(Found("expired", at, Finding.BAR, facts={"until": answer.valid_until.isoformat()}))
    in_force = policy.in_force(LINE_CONDITIONS)
    for line in subject.lines:
        terms = in_force.value[line]
        years = typed.day.years_between(answer.first_issued, today)
        if years < terms.years:
            found.append(
                Found(
                    "years_of_driving",
                    at,
                    Finding.BAR,
                    citation=in_force.citation,
                    facts={"line": line, "years": years, "least": terms.years},
                )
            )
        most = max(answer.points[-3:], default=0)
        if terms.points and most >= terms.points:
            found.append(
                Found(
                    "points",
                    at,
                    Finding.BAR,
                    citation=in_force.citation,
                    facts={"line": line, "points": most},
                )
            )
    return found


def _vehicle(answer: VehicleAnswer, car: Car, subject: Subject, today: date) -> list[Found]:
    at, found = Registry.VEHICLE, []
    if not answer.match:
        found.append(Found("plate_and_vin_differ", at, Finding.BAR, facts={"plate": car.plate}))
    if answer.valid_until < today:
        found.append(
            Found(
                "expired",
                at,
                Finding.BAR,
                facts={"plate": car.plate, "until": answer.valid_until.isoformat()},
            )
        )
    if answer.use != "ride_hailing" and set(subject.lines) - {Line.HITCH}:
        found.append(Found("vehicle_use", at, Finding.BAR, facts={"plate": car.plate, "use": answer.use}))
    if car.owner and typed.name.plain(answer.owner) != typed.name.plain(car.owner):
        found.append(Found("owner_differs", at, Finding.REVIEW, facts={"plate": car.plate}))
    return found


def _police(answer: PoliceAnswer) -> list[Found]:
    in_force = policy.in_force(OFFENCE_RULES)
    found = []
    for record in answer.records:
        category = record.category if record.category in Offence.values else Offence.OTHER
        if category in NEVER:
            verdict, citation = Finding.BAR, NEVER_RULE
        else:
            verdict, citation = RULES[in_force.value[category]], in_force.citation
        found.append(Found("record", Registry.POLICE, verdict, category, citation))
    return found
