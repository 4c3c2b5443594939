"""The red team on a running stack: each way is tried and refused, and nobody who works there sees it or counts it (P11)."""

import json
import os
import subprocess
import sys

import pytest

from governance.drills.redteam import Way
from governance.drills.world import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]


def test_every_way_is_refused_and_nobody_is_asked_for_anything(visitor, stack):
    page = visitor("desktop").sign_in("specialist", "/admin/burning/")
    before = page.content()
    for _again in range(2):
        done = subprocess.run(
            [sys.executable, "manage.py", "red_team"],
            cwd=ROOT,
            env={**os.environ, **stack.env},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, (done.stdout, done.stderr[-2000:])
        assert json.loads(done.stdout.splitlines()[-1]) == {way.value: [] for way in Way}
    page.reload()
    assert before.count("<tr>") == page.content().count("<tr>")
