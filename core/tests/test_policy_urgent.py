"""Urgent versions: one person alone, stricter alone, and over after a day; which way is stricter is said by the policy."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock, policy
from core.actors import Actor
from core.models import AuditEntry, PolicyVersion
from core.policy.declared import Policy
from core.policy.safety import _ways
from rides.curfew import CURFEW, Hours

ONE, OTHER = Actor("one", "supervisor"), Actor("other", "executive")


@pytest.fixture
def scratch():
    made = Policy("tests.urgent", policy.Whole(1, 99), 50, "Scratch", "A policy of a test.")
    policy.safer(policy.LOWER, made)
    yield made
    del _ways[made.key]


def alone(rule, value, hours=12):
    with transaction.atomic():
        return policy.adopt_alone(rule, value, by=ONE, reason="x", lasts=timedelta(hours=hours))


def adopt(rule, value, **changes):
    with transaction.atomic():
        return policy.adopt(
            rule, value, **({"proposed_by": ONE, "approved_by": OTHER, "reason": "x"} | changes)
        )


def test_it_stands_above_the_others_until_it_lapses(db, noon, scratch):
    adopt(scratch, 40)
    begins = clock.now()
    alone(scratch, 20)
    adopt(scratch, 60, effective_from=begins + timedelta(hours=6))
    hours = (0, 5, 7, 11.99, 12, 13)
    wanted = [20, 20, 20, 20, 60, 60]
    found = [policy.value(scratch, at=begins + timedelta(hours=hour)) for hour in hours]
    with policy.read_once():
        once = [policy.value(scratch, at=begins + timedelta(hours=hour)) for hour in hours]
    assert found == once == wanted
    noon.shift(timedelta(hours=13))
    assert policy.value(scratch) == 60
    with policy.read_once():
        back = [policy.value(scratch, at=begins + timedelta(hours=hour)) for hour in (-1, *hours)]
    assert back == [50, *wanted], "what lapsed held all the same"
    assert policy.in_force(scratch, at=begins).citation == "tests.urgent v2"


def test_it_holds_at_once_also_where_the_clock_goes_on(db, scratch):
    """No clock stands while a rule is compared with what holds: here none is stopped."""
    row = alone(scratch, 20)
    assert policy.value(scratch) == 20
    assert row.lapses_at - row.effective_from == timedelta(hours=12)
    adopt(scratch, 30)
    assert policy.value(scratch) == 20


def test_somebody_ends_it_and_what_two_agreed_to_holds_again(db, noon, scratch):
    row = alone(scratch, 20)
    noon.shift(timedelta(hours=1))
    with transaction.atomic():
        policy.end(scratch, row.number, by=OTHER)
        assert policy.value(scratch) == 50
    with pytest.raises(policy.NothingUrgent), transaction.atomic():
        policy.end(scratch, row.number, by=OTHER)
    assert policy.value(scratch, at=clock.now() - timedelta(minutes=30)) == 20
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {
        "core.policy_adopted_alone",
        "core.policy_ended",
    }


@pytest.mark.parametrize("value", [50, 51, 99, "x", 0])
def test_one_person_loosens_nothing(db, scratch, value):
    with pytest.raises((policy.NotSafer, policy.PolicyValueRefused)):
        alone(scratch, value)
    assert not PolicyVersion.objects.exists()


def test_a_rule_without_a_safer_way_takes_two(db):
    from rides.policies import TARIFF

    with pytest.raises(policy.NotSafer):
        alone(TARIFF, policy.value(TARIFF) | {"hitch": policy.value(TARIFF)["express"]})


@pytest.mark.parametrize(
    ("hours", "safer"),
    [
        (Hours(time(21), time(6)), True),
        (Hours(time(22), time(7)), True),
        (Hours(time(23), time(7)), False),
        (Hours(time(22), time(6)), False),
        (Hours(time(20), time(8)), True),
        (Hours(time(20), time(9)), False),  # a line is shut by two people, by no rule for its hours
        (Hours(time(0), time(23, 59)), False),
    ],
)
def test_hours_are_stricter_where_they_hold_what_they_held(hours, safer):
    assert policy.is_safer(CURFEW, Hours(time(22), time(6)), hours) is safer


def test_words_are_only_added(db):
    from core.danger import DANGER_WORDS

    old = policy.value(DANGER_WORDS)
    assert policy.is_safer(DANGER_WORDS, old, old | {"severe": [*old["severe"], "x"]})
    assert not policy.is_safer(DANGER_WORDS, old, old | {"severe": old["severe"][1:]})
    assert not policy.is_safer(DANGER_WORDS, old, old | {"harmless": [*old["harmless"], "x"]})
    assert policy.is_safer(DANGER_WORDS, old, old | {"harmless": old["harmless"][1:]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"approved_by": ""},  # one person, and it never lapses
        {"approved_by": "a", "lapses": 1},
        {"approved_by": "", "lapses": 25},
        {"approved_by": "", "lapses": 0},
        {"proposed_by": "", "approved_by": "", "lapses": 1},
        {"ended": 1},
        {"approved_by": "", "lapses": 1, "ended": 2},
    ],
)
def test_the_database_holds_that_what_one_person_did_lapses(db, wrong):
    at = clock.now()
    lapses, ended = wrong.pop("lapses", None), wrong.pop("ended", None)
    with pytest.raises(IntegrityError, match="policy_version_"), transaction.atomic():
        PolicyVersion.objects.create(
            key="x", number=1, value=1, effective_from=at,
            lapses_at=None if lapses is None else at + timedelta(hours=lapses),
            ended_at=None if ended is None else at + timedelta(hours=ended),
            **({"proposed_by": "a", "approved_by": "b"} | wrong),
        )  # fmt: skip


def test_two_versions_do_not_begin_at_one_moment(db, scratch):
    at = clock.now() + timedelta(hours=1)
    adopt(scratch, 2, effective_from=at)
    with pytest.raises(policy.PolicyMomentTaken):
        adopt(scratch, 3, effective_from=at)
    adopt(scratch, 3, effective_from=at + timedelta(seconds=1))
