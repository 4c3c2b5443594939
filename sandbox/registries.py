"""Stand-ins for the public registries, with invented people, and failures on demand."""

import json
import time
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


def identity(question: dict[str, Any]) -> Answer:
    """Whether name and number belong together; None for a number that nobody has."""
    person = people().get(str(question.get("id_number", "")))
    return None if person is None else {"match": person["name"] == question.get("name")}


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


REGISTRIES = {"identity": identity, "licence": licence, "vehicle": vehicle, "police": police}


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
