"""A finding is stored as figures and told in the reader's language."""

from types import SimpleNamespace

import pytest
from django.utils.translation import override

from drivers.wording import finding_rows


def told(rule, facts, detail=""):
    row = {
        "rule": rule,
        "registry": "licence",
        "verdict": "bar",
        "detail": detail,
        "citation": "",
        "facts": facts,
    }
    return finding_rows(SimpleNamespace(state="answered", findings=[row]))[0].detail


@pytest.mark.parametrize(
    ("rule", "facts", "zh", "en"),
    [
        (
            "years_of_driving",
            {"line": "express", "years": 2, "least": 3},
            "快车：驾龄 2 年，须满 3 年",
            "Express: 2 of 3 years",
        ),
        ("points", {"line": "express", "points": 12}, "快车：累计 12 分", "Express: 12 points"),
        ("licence_status", {"status": "revoked"}, "吊销", "revoked"),
        (
            "vehicle_use",
            {"plate": "川A·H0001", "use": "private"},
            "川A·H0001 · 非营运",
            "川A·H0001 · private",
        ),
        (
            "expired",
            {"plate": "川A·H0001", "until": "2025-03-01"},
            "川A·H0001 · 2025年3月1日",
            "川A·H0001 · 1 Mar 2025",
        ),
        ("differs", {}, "", ""),
    ],
)
def test_figures_in_both_languages(rule, facts, zh, en):
    with override("zh-hans"):
        assert told(rule, facts) == zh
    with override("en"):
        assert told(rule, facts) == en


def test_a_category_in_words():
    with override("en"):
        assert told("record", {}, "drink_driving") == "drink-driving"
