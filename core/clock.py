"""The platform's one clock.

Everything that decides by time asks `now()`. On the scratch stack of a drill a file shifts it:
`{"real": 0.0, "shown": 0.0, "rate": 1.0}` in Unix seconds. Other stages refuse the file (settings).
"""

import json
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.fromtimestamp(timestamp(), tz=UTC)


def timestamp() -> float:
    """The current time in Unix seconds."""
    return shown(time.time())


def shown(real: float) -> float:
    """What this clock shows at a moment of the machine's own, in Unix seconds: the same but on a drill's stack."""
    if not settings.CLOCK_FILE:
        return real
    try:
        changed = Path(settings.CLOCK_FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return real
    began, shown, rate = _shift(changed)
    return shown + (real - began) * rate


@lru_cache(maxsize=1)
def _shift(_changed: int) -> tuple[float, float, float]:
    found = json.loads(Path(settings.CLOCK_FILE).read_text())
    return found["real"], found["shown"], found["rate"]
