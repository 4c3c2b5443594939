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


def ask_phone(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ring one phone with a question, once for each key; and how far it is."""
    key, keys, seconds = body.get("key"), body.get("keys"), body.get("seconds")
    texts = (key, body.get("to"), body.get("says"))
    if not all(isinstance(each, str) and each for each in texts) or not isinstance(keys, list):
        return 400, {"error": "key, to, says and keys are expected"}
    if not isinstance(seconds, int) or seconds <= 0:
        return 400, {"error": "positive seconds are expected"}
    with _lock:
        known = _read("asks")
        known.setdefault(str(key), body | {"at": time.time(), "state": "ringing", "pressed": ""})
        _path("asks").write_text(json.dumps(known, ensure_ascii=False))
    return _asked(str(key))


def _asked(key: str) -> tuple[int, dict[str, Any]]:
    row = _read("asks").get(key)
    if row is None:
        return 404, {"error": "no such call"}
    rang_out = row["state"] == "ringing" and time.time() - row["at"] >= row["seconds"]
    return 200, {"state": "missed" if rang_out else row["state"], "pressed": row["pressed"]}


def stop_asking(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A phone rings no more; what was pressed on it stays."""
    key = str(body.get("key"))
    _change(key, "missed", "")
    return _asked(key)


def press(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Whoever holds the phone presses a key, or takes it up and presses none: `key` or `to` says which phone, the newest call
    of it."""
    pressed = body.get("pressed", "")
    named = [
        key
        for key, row in _read("asks").items()
        if row["state"] == "ringing" and (key == body.get("key") or row["to"] == body.get("to"))
    ]
    if not named or _asked(named[-1])[1]["state"] != "ringing":
        return 404, {"error": "that phone does not ring"}
    if pressed and pressed not in _read("asks")[named[-1]]["keys"]:
        return 400, {"error": "no such key"}
    _change(named[-1], "pressed" if pressed else "silent", pressed)
    return _asked(named[-1])


def _change(key: str, state: str, pressed: str) -> None:
    with _lock:
        known = _read("asks")
        if key in known and known[key]["state"] == "ringing":
            known[key] |= {"state": state, "pressed": pressed}
            _path("asks").write_text(json.dumps(known, ensure_ascii=False))


def asks() -> list[dict[str, Any]]:
    """Every automated call and how far it is, the newest last."""
    return [row | _asked(key)[1] for key, row in _read("asks").items()]


def calls() -> list[dict[str, Any]]:
    """Every call with the phones that it joined."""
    return list(_read("calls").values())


def relays() -> list[dict[str, Any]]:
    """Every number with the phones that it joins."""
    return list(_read("relay").values())
