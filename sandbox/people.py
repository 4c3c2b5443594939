"""The invented people whom the sandbox's registries know: their certificates, cars and records, by ID number.

Numbers and VINs have right check digits (GB 11643, GB 16735); nobody real is meant. `face` is who sits before the
sandbox's camera for them.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def people() -> dict[str, dict[str, Any]]:
    """ID number → everything that a registry could say."""
    found: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "people.json").read_text())
    return found


def by_face(face: str) -> tuple[str, dict[str, Any]]:
    """(ID number, person) of who sits before the camera. Raises `KeyError`."""
    for number, person in people().items():
        if person["face"] == face:
            return number, person
    raise KeyError(face)
