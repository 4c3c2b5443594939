"""Outcomes of a decision: each is one class, registered once, and nothing else knows its rule."""

import pytest

from complaints.services.outcomes import CONSEQUENCES, Consequence
from complaints.states import Outcome


def test_every_outcome_has_one_class_and_every_class_an_outcome():
    assert set(CONSEQUENCES) == set(Outcome)
    assert len({type(each) for each in CONSEQUENCES.values()}) == len(Outcome)
    for outcome, consequence in CONSEQUENCES.items():
        own = vars(type(consequence))
        assert consequence.outcome == outcome
        assert {"do", "undo"} <= own.keys(), outcome


def test_a_second_class_for_an_outcome_is_refused_at_import():
    with pytest.raises(ValueError, match="ban"):
        type("Again", (Consequence,), {}, outcome=Outcome.BAN)
