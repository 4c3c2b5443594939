"""What a drill's report says, and what it does not count."""

import json

import pytest
from django.core.management import CommandError, call_command

from governance.drills.report import Step, play_branches


def step(*, ok):
    return Step("now", "what", "expected", "seen", ok, 0.0)


def holds(report):
    report.add(step(ok=True))


def fails(report):
    report.add(step(ok=False))


def breaks(report):
    raise RuntimeError("why")


def test_what_is_reported_apart_is_in_the_report_and_not_counted():
    report = play_branches("drill", [holds], [(fails, "not yet")])
    told = json.loads(report.as_json())
    assert (told["passed"], len(told["steps"])) == (True, 1)
    assert (told["apart"]["fails"]["passed"], told["apart"]["fails"]["why"]) == (False, "not yet")
    assert told["verdict"] == "PASSED; 'fails' is reported apart, is not counted as passed, and DID NOT HOLD"
    assert report.as_text().splitlines()[-1] == told["verdict"]


def test_what_is_reported_apart_makes_no_drill_pass():
    assert not play_branches("drill", [fails], [(holds, "not yet")]).passed
    assert not play_branches("drill", [], [(holds, "not yet")]).passed


@pytest.mark.parametrize("apart", [False, True])
def test_a_branch_that_breaks_is_a_failed_step_and_the_others_are_played(apart):
    report = (
        play_branches("drill", [holds], [(breaks, "x")]) if apart else play_branches("drill", [breaks, holds])
    )
    found = report.apart["breaks"].report if apart else report
    assert "RuntimeError: why" in found.steps[0].seen
    assert report.passed is apart
    assert any(each.ok for each in report.steps)


def test_one_branch_alone():
    assert len(play_branches("drill", [holds, fails], only="holds").steps) == 1


def test_a_branch_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(CommandError, match="complaint_known"):
        call_command("drill", "yueqing", "--branch", "nothing")
