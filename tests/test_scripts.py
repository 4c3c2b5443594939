"""Unit tests of `static/js`, run by the Node.js that comes with playwright; each file of `tests/scripts` is one test."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import playwright
import pytest
from django.conf import settings

from rides.states import Party
from rides.tokens import TripKey
from safety.packets import Packet, encode, secret_for_page

NODE = Path(playwright.__file__).parent / "driver" / "node"
FOLDER = settings.BASE_DIR / "tests" / "scripts"
AT = datetime(2026, 3, 2, 4, 0, 7, tzinfo=UTC)
PLACES = [(28.2127, 121.026), (-33.918861, 18.4233), (0.0, 0.0), (89.999999, -179.999999)]


def vectors() -> list[dict[str, object]]:
    """Packets of both sides, at places of all signs, as our own side writes them."""
    found: list[dict[str, object]] = []
    for number, place in enumerate(PLACES):
        for party in (Party.PASSENGER, Party.DRIVER):
            trip, silent = f"T-{'A' * number}2345", bool(number % 2)
            found.append(
                {
                    "trip": trip,
                    "party": party.value,
                    "silent": silent,
                    "at": AT.timestamp() * 1000 + 900,
                    "latitude": place[0],
                    "longitude": place[1],
                    "secret": secret_for_page(TripKey(trip=trip, party=party, city="wenzhou")),
                    "text": encode(Packet(trip, party, AT, place, silent)),
                }
            )
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.test.js")))
def test_script(name):
    done = subprocess.run(
        [NODE, "--test", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", FOLDER / name],
        env={"PATH": os.environ["PATH"], "PACKET_VECTORS": json.dumps(vectors())},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ℹ fail 0" in done.stdout
    assert "ℹ pass 0" not in done.stdout
