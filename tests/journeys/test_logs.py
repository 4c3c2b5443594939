"""What the processes of a running stack have written: one JSON object a line, nothing within another."""

import json
import time
from pathlib import Path

import pytest

from config.stack import DJANGO_PROCESSES

WORKERS = ("worker-life", "worker-messages", "worker-centre", "worker")
pytestmark = pytest.mark.journey


def test_each_process_of_ours_writes_lines_and_nothing_else(stack):
    logs = {name: Path(stack.env["HUHANG_STATE"]) / "log" / f"{name}.log" for name in DJANGO_PROCESSES}
    until = time.monotonic() + 120
    while not all(" ready." in logs[name].read_text() for name in WORKERS):
        assert time.monotonic() < until
        time.sleep(0.5)
    wrong = []
    for name, log in logs.items():
        for line in log.read_text().splitlines():
            try:
                row = json.loads(line)
                whole = {"event", "level", "timestamp"} <= row.keys() and not row["event"].startswith("{")
            except (ValueError, AttributeError):
                whole = False
            if not whole:
                wrong.append(f"{name}: {line[:200]}")
    assert wrong == [], "\n".join(wrong)
