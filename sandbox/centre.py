"""The emergency centre of the police in small: cases by their key, their trace, and words of its own to the platform.

It signs as the contract in `core/centre.py` of the platform says, and can be told to misbehave: to hang, to answer with a
status, to sign wrongly, to answer what is no JSON, and what it says of each case by itself.
"""

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings

PLATFORM = os.environ.get("HUHANG_PUBLIC_URL", "http://127.0.0.1:8000")
HEADER = "Huhang-Signature"
FRESH = 300
WRONG = ("", "signature", "body")
WORDS = ("received", "dispatched", "on_scene", "over", "refused")
# `says` follows a new case by itself, a word each `after` seconds.
DEFAULTS: dict[str, Any] = {"hang": 0.0, "status": 200, "wrong": "", "says": [], "after": 20.0}
_lock = threading.Lock()


def _path(name: str) -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _read(name: str) -> dict[str, Any]:
    path = _path(name)
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def behave(wanted: dict[str, Any]) -> None:
    """From now on; what is not named is as at first. Raises `ValueError` for another name, word or kind of wrong."""
    if unknown := set(wanted) - set(DEFAULTS):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    if wanted.get("wrong", "") not in WRONG or set(wanted.get("says", ())) - set(WORDS):
        raise ValueError("wrong or says: no such")
    _path("centre_behaviour.json").write_text(json.dumps(wanted))


def _seal(before: str, raw: bytes) -> str:
    key = os.environ.get("HUHANG_CENTRE_KEY", "")
    return hmac.new(key.encode(), before.encode() + raw, hashlib.sha256).hexdigest()


def answer(door: str, raw: bytes, header: str) -> tuple[int, bytes, str]:
    """(status, body, signature of the body) of what the platform asks at one of our doors."""
    manner = DEFAULTS | _read("centre_behaviour.json")
    time.sleep(float(manner["hang"]))
    if manner["status"] != 200:
        return int(manner["status"]), b"{}", ""
    at, _dot, theirs = header.partition(".")
    mine = _seal(f"{at}\n{door}\n", raw)
    if not at.isdigit() or abs(time.time() - int(at)) > FRESH or not hmac.compare_digest(theirs, mine):
        return 401, b'{"error": "signature"}', ""
    try:
        body = dict(json.loads(raw))
        said, new = _act(door, body)
    except (ValueError, TypeError, KeyError):
        return 400, b'{"error": "an object with a key that we have is expected"}', ""
    if new and manner["says"]:
        threading.Thread(
            target=_say_on, args=(body["key"], list(manner["says"]), float(manner["after"])), daemon=True
        ).start()
    told = b"received" if manner["wrong"] == "body" else json.dumps(said).encode()
    sealed = secrets.token_hex(32) if manner["wrong"] == "signature" else _seal(f"answer\n{mine}\n", told)
    return 200, told, sealed


def _act(door: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What is answered, and whether a case is new."""
    key = str(body["key"])
    with _lock:
        known = _read("centre.json")
        new = door == "cases" and key not in known
        if new:
            number = f"110-{len(known) + 1:06d}"
            known[key] = {"case": number, "opened": body, "at": time.time(), "trace": [], "closed": False}
        row = known.get(key)
        match door:
            case "cases":
                said: dict[str, Any] = {"case": known[key]["case"]}
            case "cases/trace":
                known[key]["trace"] = [*known[key]["trace"], body][-100:]
                said = {"taken": True}
            case _:
                if row is not None:
                    row["closed"] = True
                said = {"closed": True}
        _path("centre.json").write_text(json.dumps(known, ensure_ascii=False))
    return said, new


def cases() -> dict[str, Any]:
    """Every case by its key, the oldest first."""
    return _read("centre.json")


def _say_on(key: str, words: list[str], after: float) -> None:
    for word in words:
        time.sleep(after)
        row = cases().get(key)
        if row is None or row["closed"]:
            return
        say(key, word)


def say(key: str, word: str) -> str:
    """Tell the platform what we do; what came of it, for the person who looks: empty where all went well."""
    row = cases().get(key)
    if row is None or word not in WORDS:
        return "no such case or word"
    raw = json.dumps({"key": key, "case": row["case"], "said": word}).encode()
    at = int(time.time())
    sealed = _seal(f"{at}\nsaid\n", raw)
    request = urllib.request.Request(  # noqa: S310 - the platform's own address
        f"{PLATFORM}/api/v1/centre/",
        data=raw,
        headers={"Content-Type": "application/json", HEADER: f"{at}.{sealed}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - as above
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code}: {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return str(error)
