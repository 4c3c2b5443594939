"""The messages that a provider was given, kept in a file, the newest last. A repeated key is one message."""

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

from django.conf import settings

from sandbox.city.people import quiet_phones

_lock = threading.Lock()
# To those who live in the city, whom nobody reads: they would bury what somebody looks for, and never stop.
_of_the_city: deque[dict[str, Any]] = deque(maxlen=200)


def _path() -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "messages.jsonl"


def all_messages() -> list[dict[str, Any]]:
    """Every message, with how often it was handed over."""
    path = _path()
    found: dict[str, dict[str, Any]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        message = json.loads(line)
        known = found.setdefault(message["key"], message | {"times": 0})
        known["times"] += 1
    return list(found.values())


def to_the_city() -> list[dict[str, Any]]:
    """The last that went to people of the city, since this process began."""
    return [message | {"times": 1} for message in list(_of_the_city)]


def keep(message: dict[str, Any]) -> None:
    """Write one message down; one to somebody of the city is kept apart, and for a while."""
    if message["to"] in quiet_phones():
        _of_the_city.append(message)
        return
    with _lock, _path().open("a") as written:
        written.write(json.dumps(message, ensure_ascii=False) + "\n")
