"""The invented people whom the sandbox's registries know: their certificates, cars and records, by ID number.

Numbers and VINs have right check digits (GB 11643, GB 16735); nobody real is meant. `face` is who sits before the
sandbox's camera for them. `papers.json` has people with other documents, of other ages and with rarer names: `document`,
`born` and `country` are what the registry of their document says of them.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox.city import people as city


@lru_cache(maxsize=1)
def people() -> dict[str, dict[str, Any]]:
    """ID number → everything that a registry could say."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("people.json", "papers.json"):
        found |= json.loads((Path(__file__).parent / name).read_text())
    found |= {row["id_number"]: {"face": row["code"]} | row for row in city.rows()}
    return found


def by_face(face: str) -> tuple[str, dict[str, Any]]:
    """(ID number, person) of who sits before the camera, or has this number. Raises `KeyError`."""
    if face in people():
        return face, people()[face]
    for number, person in people().items():
        if person["face"] == face:
            return number, person
    raise KeyError(face)
