"""A rule that says less than was promised turns its measure red, whatever happened by it."""

import pytest
from django.utils.translation import override

from core import policy
from core.tests.factories import set_policy
from governance import promised
from governance.measures import check_measure, measure_of
from safety.states import SignalKind

WEIGHTS = dict.fromkeys(SignalKind, 100)
BARS = (
    "traffic_crime",
    "dangerous_driving",
    "drugs",
    "drink_driving",
    "serious_accident",
    "copyright",
    "other",
)
LESS = {
    "M07": {
        "drivers.screened_within": 730 * 86_400,
        "drivers.offence_rules": {**dict.fromkeys(BARS, "refuse"), "drugs": "admit"},
    },
    "M09": {"drivers.plate_marks": 4},
    "M13": {"safety.called_back_within": 600},
    "M26": {
        "safety.stop_seconds": 7_200,
        "safety.police_limit": 7_200,
        "safety.incident_threshold": 100,
        "safety.weights": {**WEIGHTS, SignalKind.LONG_STOP: 0},
    },
    "M27": {"safety.weights": {**WEIGHTS, SignalKind.WELFARE_CHECK: 1}},
    "M28": {"police.form_within": 3_600},
    "M29": {
        "core.danger_words": {"severe": ["zzzz"], "raised": ["zzzz"], "harmless": ["zzzz"]},
        "core.danger_sureness": {"severe": 1.0, "raised": 1.0},
    },
    "P7+": {"police.preserved_for": 1},
    "P10": {"police.unusual_times": 20},
    "P3a": {"police.identity_within": 3_600},
    "M30": {"drivers.plate_certainty": 0.5},
    "P12": {"safety.pushed_to_110": []},
}
CASES = [(measure, key, value) for measure, rules in LESS.items() for key, value in rules.items()]


def rules_said(name):
    measure = measure_of(name)
    assert measure is not None
    found = check_measure(measure).found
    less = [each["rules"] for each in found.facts if each["rule"] == "board.less_than_promised"]
    assert not less or found.status == "fail"
    return less


@pytest.mark.parametrize(("name", "key", "value"), CASES, ids=lambda each: str(each)[:30])
def test_a_rule_that_says_less_turns_its_measure_red(world, name, key, value):
    assert rules_said(name) == []
    set_policy(key, value)
    assert rules_said(name) == [f"{key} v1"]


def test_harmless_phrases_do_not_hide_a_cry_for_help(world):
    rule = policy.of_key("core.danger_words")
    set_policy(rule, {**rule.default, "harmless": ["救命"]})
    assert rules_said("M29") == ["core.danger_words v1"]


def test_what_is_stricter_or_tuned_a_little_is_no_fault(world):
    set_policy("police.form_within", 30)
    set_policy("safety.stop_seconds", 420)
    set_policy("core.danger_words", mended())
    assert [rules_said(name) for name in ("M28", "M26", "M29")] == [[], [], []]


def mended():
    held = policy.of_key("core.danger_words").default
    return {**held, "severe": [*held["severe"], "新的话"], "harmless": held["harmless"][1:]}


def test_the_rule_is_named_in_both_languages(world):
    set_policy("police.form_within", 3_600)
    measure = measure_of("M28")
    assert measure is not None
    said = check_measure(measure).found
    with override("zh-hans"):
        assert "现行规则低于承诺" in said.public
    with override("en"):
        assert "Answer to an emergency by the form, version 1" in said.public


def test_a_measure_that_rests_on_no_rule_of_ours_stops_the_start(monkeypatch):
    monkeypatch.setitem(promised._RESTS, "M28", {"police.gone": promised.at_most(1)})
    with pytest.raises(ValueError, match=r"police\.gone"):
        promised.refuse_less()
    monkeypatch.setitem(promised._RESTS, "M28", {"police.form_within": promised.at_most(1)})
    with pytest.raises(ValueError, match="declared to say less"):
        promised.refuse_less()
