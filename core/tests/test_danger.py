"""The words of danger on wordings as people write them: what is missed, what is found in vain, and how they are hidden."""

import time
from collections import Counter
from pathlib import Path

import pytest

from core import danger
from core.tests.factories import set_policy

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("wordings.tsv").read_text().splitlines()
    if line.strip()
]


def said(text):
    found = danger.found(text.replace("\\r", "\r").replace("\\n", "\n"))
    return found[0][0] if found else "ordinary"


def rates():
    return Counter((meant, said(text)) for meant, text in ROWS)


def test_the_set_is_large_and_each_wording_is_there_once():
    assert len(ROWS) >= 480
    assert len({text for _meant, text in ROWS}) == len(ROWS)
    assert min(Counter(meant for meant, _text in ROWS).values()) >= 50


def test_both_error_rates_stay_within_their_bounds(db):
    found = rates()
    many = Counter(meant for meant, _text in ROWS)
    missed = (
        sum(n for (meant, got), n in found.items() if meant == "severe" and got != "severe") / many["severe"]
    )
    missed_raised = found["raised", "ordinary"] / many["raised"]
    in_vain = sum(n for (meant, got), n in found.items() if meant == "ordinary" and got != "ordinary")
    assert missed <= 0.05, f"{missed:.1%} of the dangers are missed"
    assert missed_raised <= 0.02, f"{missed_raised:.1%} of what is to be raised is missed"
    assert in_vain / many["ordinary"] <= 0.01, f"{in_vain} ordinary wordings are raised"


@pytest.mark.parametrize(
    "text",
    [
        "孩子的玩具手枪忘在车上", "水果刀子落在后备箱", "Could you help me find my umbrella", "killing time", "请打我电话",
        "充电枪", "绑定手机", "行程跟踪不准", "杀价", "打死我也不坐了",
    ],
)  # fmt: skip
def test_harmless_wordings_are_ordinary(db, text):
    assert said(text) == "ordinary"


@pytest.mark.parametrize(
    "text",
    [
        "救命",
        "救 命",
        "救\r\n命",
        "救，命！",
        "ｈｅｌｐ　ｍｅ",
        "HELP ME",
        "司機綁架我",
        "他跟著我回家",
        "他说kill me now",
        "不讓我下車",
    ],
)
def test_nothing_hides_a_word(db, text):
    assert danger.is_severe(text)


def test_a_harmless_phrase_hides_nothing_beside_it(db):
    assert danger.is_severe("他拿水果刀指着我")
    assert danger.is_severe("玩具手枪，可是他打我了")


def test_the_longest_text_is_read_at_once(db):
    began = time.perf_counter()
    danger.found("字" * 4000)
    danger.found("他打我不让" * 800)
    assert time.perf_counter() - began < 2


def test_the_version_in_force_decides(db):
    value = {"severe": ["(香|大)蕉", "ba* split"], "raised": ["橙"], "harmless": ["香蕉皮"]}
    set_policy(danger.DANGER_WORDS, value)
    assert danger.is_severe("香蕉")
    assert danger.is_severe("大 蕉")
    assert danger.is_severe("Banana split")
    assert not danger.is_severe("香蕉皮")
    assert not danger.is_severe("救命")


def test_a_list_whose_brackets_do_not_pair_is_refused():
    value = {"severe": ["(香|大蕉"], "raised": ["橙"], "harmless": ["皮"]}
    _read, faults = danger.DANGER_WORDS.read(value)
    assert [fault.where for fault in faults] == ["severe"]
