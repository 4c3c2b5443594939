"""Who lives in the demo's cities. The demo world of the platform reads the same file for its accounts."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "city_people.json"


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody with an account. `stage` keeps them for the director's scenes; `plate` is empty for who only rides."""

    code: str
    phone: str
    city: str
    stage: bool
    plate: str


def rows() -> list[dict[str, Any]]:
    """Everything that is known of them, as the registries and the platform's demo world have it."""
    found: list[dict[str, Any]] = json.loads(FILE.read_text())
    return found


@lru_cache(maxsize=1)
def citizens() -> tuple[Citizen, ...]:
    """All of them, in the order of the file."""
    return tuple(
        Citizen(
            row["code"],
            row["phone"],
            row["city"],
            row["stage"],
            row["vehicles"][0]["plate"] if "vehicles" in row else "",
        )
        for row in rows()
    )


@lru_cache(maxsize=1)
def quiet_phones() -> frozenset[str]:
    """Whose messages nobody reads: those who live in the city, not those whom the director lets act."""
    return frozenset(each.phone for each in citizens() if not each.stage)
