"""`python -m sandbox.city`: let the city live until the process is told to end. `HUHANG_CITY=off` lets it rest.

On the stage `local` alone: drills and tests have a world of their own, and production has people.
"""

import json
import logging
import logging.config
import os
import signal
import sys
import threading
from pathlib import Path

from governance.drills.world import House
from sandbox.city.life import TIMEOUT, City

# As the lines of everybody else are written.
LOGS = Path(__file__).resolve().parents[2] / "config/granian.json"


def why_not() -> str:
    """Why the city does not live here, empty where it does."""
    stage = os.environ.get("HUHANG_STAGE", "production")
    if stage != "local":
        return f"there is no city on the stage {stage}"
    if os.environ.get("HUHANG_CITY", "on") == "off":
        return "HUHANG_CITY is off"
    return ""


def main() -> int:
    """Live until SIGTERM. On a stage that has no city it says so, and on `production` it fails."""
    if reason := why_not():
        sys.stderr.write(f"{reason}\n")
        return 0 if os.environ.get("HUHANG_STAGE") in {"local", "scratch"} else 1
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            **json.loads(LOGS.read_text()),
            "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "generic"}},
            "root": {"handlers": ["lines"], "level": "WARNING"},
        }
    )
    state = Path(os.environ["HUHANG_STATE"]) / "sandbox"
    state.mkdir(parents=True, exist_ok=True)
    house = House(
        url=os.environ["HUHANG_PUBLIC_URL"],
        sandbox=os.environ["HUHANG_SANDBOX_URL"],
        password=os.environ["HUHANG_DEMO_PASSWORD"],
        patience=TIMEOUT,
    )
    city = City(house, state / "city.json")
    city.open()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: city.clockwork.end())
    threading.excepthook = lambda args: logging.warning("thread: %s", args.exc_value)
    city.clockwork.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
