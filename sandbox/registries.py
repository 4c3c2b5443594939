"""Stand-ins for the public registries, with invented people, and failures on demand."""

import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings

BEHAVIOURS = ("ok", "down", "slow", "contradict")
SLOW_SECONDS = 5.0
# Invented; their numbers have a right check digit (GB 11643).
PEOPLE = {
    "330382199803120021": "林小雨",
    "33010619900101123X": "陈新",
    "410105199205052344": "张帆",
    "44030519881212345X": "刘洋",
}


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


def identity(question: dict[str, Any]) -> dict[str, Any] | None:
    """Whether name and number belong together; None for a number that nobody has."""
    name = PEOPLE.get(str(question.get("id_number", "")))
    return None if name is None else {"match": name == question.get("name")}


REGISTRIES = {"identity": identity}


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
    return 200, {key: not value if how == "contradict" else value for key, value in found.items()}
