"""Which code this is: a digest over everything that decides what the platform does. No name that somebody gives, no clock."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

READ = frozenset(
    {
        ".py",
        ".html",
        ".svg",
        ".txt",
        ".js",
        ".css",
        ".json",
        ".po",
        ".mo",
        ".lock",
        ".xml",
        ".csv",
        ".tsv",
        ".tflite",
    }
)
ROOMS = (
    "accounts", "complaints", "config", "core", "drivers", "governance", "locale", "police", "rides", "safety", "static",
    "templates",
)  # fmt: skip


@cache
def digest() -> str:
    """SHA-256, in hexadecimal, of the code as it stood when this process began (`core.apps`); tests are no part of what runs."""
    root = Path(settings.BASE_DIR)
    found = hashlib.sha256()
    files = [root / "requirements.lock", *(each for room in ROOMS for each in (root / room).rglob("*"))]
    for path in sorted(files):
        inside = path.relative_to(root)
        if path.suffix not in READ or "tests" in inside.parts or not path.is_file():
            continue
        found.update(f"{inside}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()
