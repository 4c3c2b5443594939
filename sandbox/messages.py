"""The messages that a provider was given, kept in a file, the newest last. A repeated key is one message."""

import json
import threading
from pathlib import Path
from typing import Any

from django.conf import settings

_lock = threading.Lock()


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


def keep(message: dict[str, Any]) -> None:
    """Write one message down."""
    with _lock, _path().open("a") as written:
        written.write(json.dumps(message, ensure_ascii=False) + "\n")
