"""The hourly drill on a running stack: it passes, and nobody who works there sees it or counts it."""

import json
import os
import subprocess
import sys

import pytest

from governance.drills.world import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]


def test_the_drill_passes_and_enters_no_figure(visitor, stack):
    page = visitor("desktop").sign_in("specialist", "/admin/burning/")
    before = page.content()
    done = subprocess.run(
        [sys.executable, "manage.py", "hourly_drill", "--json"],
        cwd=ROOT,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = json.loads(done.stdout)
    assert [step for step in found["steps"] if not step["ok"]] == []
    assert (done.returncode, found["passed"], len(found["steps"])) == (0, True, 7)
    page.reload()
    after = page.content()
    assert before.count("<tr>") == after.count("<tr>")
    assert found["steps"][2]["seen"] not in after
