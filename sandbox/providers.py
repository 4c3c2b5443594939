"""The money provider and the relay provider in small: what they were asked once is kept, and a repeated key changes nothing."""

import json
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings

_lock = threading.Lock()
FIRST_NUMBER = 17_000_000_000
RINGS = 2.0  # seconds


def _path(name: str) -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.json"


def _read(name: str) -> dict[str, Any]:
    path = _path(name)
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def move_money(what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Take a charge or a payout once for each key."""
    key, fen = body.get("key"), body.get("fen")
    if not isinstance(key, str) or not isinstance(fen, int) or fen <= 0:
        return 400, {"error": "key and a positive fen are expected"}
    with _lock:
        known = _read("money")
        row = known.setdefault(key, body | {"what": what, "reference": f"P{len(known) + 1:06d}"})
        _path("money").write_text(json.dumps(known, ensure_ascii=False))
    return 200, {"state": "done", "reference": row["reference"]}


def movements() -> list[dict[str, Any]]:
    """Every charge and payout, the newest last."""
    return list(_read("money").values())


def join_phones(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A number for two phones, the same one for the same key."""
    key, sides = body.get("key"), body.get("sides")
    if not isinstance(key, str) or not isinstance(sides, list) or len(sides) != 2:
        return 400, {"error": "key and two sides are expected"}
    with _lock:
        known = _read("relay")
        row = known.setdefault(key, body | {"number": f"+86{FIRST_NUMBER + len(known) + 1}", "ended": False})
        if row["ended"]:
            return 409, {"error": "this number was ended"}
        row["until"], row["sides"] = body.get("until"), sides
        _path("relay").write_text(json.dumps(known, ensure_ascii=False))
    return 200, {"number": row["number"]}


def end_number(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A number joins nobody from now on; ended again it stays so."""
    with _lock:
        known = _read("relay")
        row = known.get(str(body.get("key")))
        if row is None:
            return 404, {"error": "no such number"}
        row["ended"] = True
        _path("relay").write_text(json.dumps(known, ensure_ascii=False))
    return 200, {"ended": True}


def call_phones(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ring two phones, once for each key."""
    key, sides = body.get("key"), body.get("sides")
    if not isinstance(key, str) or not isinstance(sides, list) or len(sides) != 2:
        return 400, {"error": "key and two sides are expected"}
    with _lock:
        known = _read("calls")
        known.setdefault(key, {"key": key, "sides": sides, "at": time.time()})
        _path("calls").write_text(json.dumps(known, ensure_ascii=False))
    return 200, call_state(body)[1]


def call_state(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A call rings for a moment, then it is taken up."""
    row = _read("calls").get(str(body.get("key")))
    if row is None:
        return 404, {"error": "no such call"}
    return 200, {"state": "ringing" if time.time() - row["at"] < RINGS else "connected"}


def calls() -> list[dict[str, Any]]:
    """Every call with the phones that it joined."""
    return list(_read("calls").values())


def relays() -> list[dict[str, Any]]:
    """Every number with the phones that it joins."""
    return list(_read("relay").values())
