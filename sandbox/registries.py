"""Stand-ins for the public registries, with invented people, and failures on demand."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from sandbox.people import people

BEHAVIOURS = ("ok", "down", "slow", "contradict")
SLOW_SECONDS = 5.0
PEOPLE = {number: person["name"] for number, person in people().items()}
Answer = dict[str, Any] | None


def _path() -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "registries.json"


def behaviour(name: str) -> str:
    """How a registry behaves now."""
    path = _path()
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found.get(name, "ok")


def behave(wanted: dict[str, str]) -> None:
    """Make registries behave; raises `ValueError` for a behaviour that does not exist."""
    if not set(wanted.values()) <= set(BEHAVIOURS):
        raise ValueError(f"one of {', '.join(BEHAVIOURS)}")
    path = _path()
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(kept | wanted))


def _plain_name(name: Any) -> str:
    """Latin names stand on documents in capitals; people write them in others."""
    return " ".join(str(name).casefold().split())


def _of_document(kind: str) -> Callable[[dict[str, Any]], Answer]:
    """Whether name and number belong together; None for a number that is on no document of this kind. A number without
    a birthday is answered with it, that of a passport with its country, and who has several documents by one name."""

    def registry(question: dict[str, Any]) -> Answer:
        person = people().get(str(question.get("id_number", "")))
        if person is None or person.get("document", "resident_id") != kind:
            return None
        said: dict[str, Any] = {key: person[key] for key in ("born", "country", "person") if key in person}
        return {"match": _plain_name(person["name"]) == _plain_name(question.get("name")), **said}

    return registry


def licence(question: dict[str, Any]) -> Answer:
    """A driving licence by its number: class, dates, status, points of the last three periods."""
    person = people().get(str(question.get("licence_number", "")))
    if person is None or "licence" not in person:
        return None
    return {"match": person["name"] == question.get("name"), **person["licence"]}


def _plain(plate: Any) -> str:
    return str(plate).replace("·", "").upper()


def vehicle(question: dict[str, Any]) -> Answer:
    """A car by its plate: whether plate and VIN belong together, and what is registered."""
    for person in people().values():
        for car in person.get("vehicles", []):
            if _plain(car["plate"]) == _plain(question.get("plate")):
                said = {key: value for key, value in car.items() if key not in {"plate", "vin"}}
                return {"match": car["vin"] == question.get("vin"), **said}
    return None


def police(question: dict[str, Any]) -> Answer:
    """Records by category and year; an empty list is a clean record, None somebody unknown."""
    person = people().get(str(question.get("id_number", "")))
    if person is None or person["name"] != question.get("name"):
        return None
    return {"records": person.get("records", [])}


REGISTRIES: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "identity": _of_document("resident_id"),
    "home-permits": _of_document("home_permit"),
    "taiwan-permits": _of_document("taiwan_permit"),
    "permanent-residents": _of_document("permanent_resident"),
    "passports": _of_document("passport"),
    "licence": licence,
    "vehicle": vehicle,
    "police": police,
}


def _contradicted(found: dict[str, Any]) -> dict[str, Any]:
    """The opposite of the truth: a match that is none, a record where there was none."""
    turned = {key: not value if isinstance(value, bool) else value for key, value in found.items()}
    if "records" in found:
        turned["records"] = [] if found["records"] else [{"category": "persons", "year": 2012}]
    return turned


def answer(name: str, question: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """(status, body) of a registry's answer."""
    how = behaviour(name)
    if how == "down":
        return 503, {}
    if how == "slow":
        time.sleep(SLOW_SECONDS)
    found = REGISTRIES[name](question)
    if found is None:
        return 404, {}
    return 200, _contradicted(found) if how == "contradict" else found
