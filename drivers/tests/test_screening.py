"""What the rules make of the registries' answers (D2), as pure functions of answers and policy."""

from datetime import date, timedelta

import msgspec
import pytest

from core import clock, policy
from core.models import PolicyVersion
from core.tests.factories import set_policy
from drivers.policies import OFFENCE_RULES
from drivers.screening import NEVER, Car, Subject, judge, proves_certificates, understand, worst
from drivers.states import Finding, Line, Offence, Registry
from drivers.tests.factories import clean_answers

TODAY = date(2026, 3, 2)
pytestmark = pytest.mark.django_db


def subject(*lines):
    return Subject("钟大勇", "510112199106150034", "510112199106150034", (Car("川A·H0001", "x"),), lines or (Line.HITCH,))  # fmt: skip


def judged(*lines, **changed):
    whom = subject(*lines)
    answers = clean_answers(whom)
    for key, value in changed.items():
        name = "vehicle:川A·H0001" if key == "vehicle" else key
        answers[name] = None if value is None else answers[name] | value
    return judge(whom, answers, TODAY)


def rules(found):
    return {(row.rule, row.verdict) for row in found if row.rule != "holds"}


def test_a_clean_person_is_clear_and_proven():
    found = judged()
    assert worst(found) == Finding.CLEAR
    assert proves_certificates(found)
    assert {row.registry for row in found} == set(Registry)


@pytest.mark.parametrize(
    ("registry", "answer", "rule", "verdict"),
    [
        ("identity", None, "unknown", "review"),
        ("identity", {"match": False}, "differs", "bar"),
        ("licence", None, "unknown", "bar"),
        ("licence", {"match": False}, "differs", "bar"),
        ("licence", {"status": "revoked"}, "licence_status", "bar"),
        ("licence", {"status": "suspended"}, "licence_status", "bar"),
        ("licence", {"class": "D"}, "licence_class", "bar"),
        ("licence", {"valid_until": "2026-03-01"}, "expired", "bar"),
        ("licence", {"first_issued": "2025-03-03"}, "years_of_driving", "bar"),
        ("vehicle", None, "unknown", "bar"),
        ("vehicle", {"match": False}, "plate_and_vin_differ", "bar"),
        ("vehicle", {"valid_until": "2026-03-01"}, "expired", "bar"),
        ("police", None, "unknown", "review"),
    ],
)
def test_each_answer_that_speaks_against_somebody(registry, answer, rule, verdict):
    found = judged(**{registry: answer})
    assert (rule, verdict) in rules(found)
    assert worst(found) == verdict


@pytest.mark.parametrize("category", sorted(NEVER))
def test_no_policy_lifts_what_bars_for_ever(category):
    with pytest.raises(policy.PolicyValueRefused):  # no service writes it
        set_policy(OFFENCE_RULES, dict.fromkeys(Offence.values, "admit"))
    PolicyVersion.objects.create(  # and nobody who writes to the database is heard
        key="drivers.offence_rules", number=1, value=dict.fromkeys(Offence.values, "admit"),
        effective_from=clock.now() - timedelta(days=1), proposed_by="a", approved_by="b",
    )  # fmt: skip
    found = judged(police={"records": [{"category": category, "year": 2001}]})
    assert worst(found) == Finding.BAR


@pytest.mark.parametrize(("rule", "verdict"), [("refuse", "bar"), ("review", "review"), ("admit", "clear")])
def test_the_open_question_is_answered_by_policy_and_cited(rule, verdict):
    for _version in range(3):
        set_policy(OFFENCE_RULES, policy.value(OFFENCE_RULES) | {"copyright": rule})
    found = judged(police={"records": [{"category": "copyright", "year": 2014}]})
    record = next(row for row in found if row.rule == "record")
    assert (record.verdict, record.citation) == (verdict, "drivers.offence_rules v3")


def test_an_unknown_category_is_looked_at_by_a_person():
    record = next(row for row in judged(police={"records": [{"category": "new", "year": 1}]}) if row.rule == "record")  # fmt: skip
    assert (record.verdict, record.detail) == ("review", "other")


def test_each_line_has_its_conditions():
    assert rules(judged(Line.HITCH, licence={"first_issued": "2024-01-01"})) == set()
    assert ("years_of_driving", "bar") in rules(judged(Line.EXPRESS, licence={"first_issued": "2024-01-01"}))
    assert rules(judged(Line.HITCH, licence={"points": [0, 12, 0]})) == set()
    assert ("points", "bar") in rules(judged(Line.LUXURY, licence={"points": [0, 12, 0]}))
    assert rules(judged(Line.EXPRESS, licence={"points": [11, 11, 11]})) == set()
    assert ("vehicle_use", "bar") in rules(judged(Line.PREMIER, vehicle={"use": "private"}))
    assert rules(judged(Line.HITCH, vehicle={"use": "private"})) == set()


def test_another_owner_is_looked_at_and_proves_all_the_same():
    whom = Subject("钟大勇", "1", "1", (Car("川A·H0001", "x", "钟大勇"),), (Line.HITCH,))
    answers = clean_answers(whom)
    answers["vehicle:川A·H0001"] = answers["vehicle:川A·H0001"] | {"owner": "钟母"}
    found = judge(whom, answers, TODAY)
    assert rules(found) == {("owner_differs", "review")}
    assert proves_certificates(found)


@pytest.mark.parametrize(
    ("registry", "answer"),
    [("identity", {"match": False}), ("licence", None), ("vehicle", {"match": False}), ("vehicle", None)],
)
def test_what_is_not_confirmed_is_not_proven(registry, answer):
    assert not proves_certificates(judged(**{registry: answer}))


@pytest.mark.parametrize(
    ("registry", "answer"),
    [
        (Registry.IDENTITY, {}),
        (Registry.IDENTITY, {"match": "maybe"}),
        (Registry.LICENCE, {"match": True}),
        (Registry.VEHICLE, {"match": True, "seats": "many"}),
        (Registry.POLICE, {"records": [{"year": 1}]}),
        (Registry.POLICE, {"records": None}),
    ],
)
def test_what_is_not_the_contract_is_no_answer(registry, answer):
    with pytest.raises(msgspec.ValidationError):
        understand(registry, answer)
