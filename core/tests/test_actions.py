"""One registry of actions, one door: what is not registered, not meant or not allowed changes nothing."""

import pytest
from django.urls import get_resolver

from core import actions, four_eyes
from core.actions import ACTION_SETS, Action, ActionForm, ActionSet, calls
from core.errors import NotFound
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos

get_resolver().url_patterns  # noqa: B018 - the fronts register their desks


def _desk(kind: str) -> ActionSet[object]:
    return ActionSet(kind=kind, find=lambda code, _person: code, route="x", back=lambda _row: "/")


def test_an_action_that_an_empty_request_would_do_is_refused_at_import() -> None:
    desk = _desk("test-empty")
    try:
        with pytest.raises(ValueError, match="empty request"):
            desk.add(Action(key="go", label="go", permission="ride", run=calls(print), form=ActionForm))
        assert desk.actions == {}
    finally:
        del ACTION_SETS["test-empty"]


@pytest.mark.parametrize("wrong", [{"permission": "claims.decide_all"}, {"two": "nothing.of_the_kind"}])
def test_a_half_wired_action_is_refused_at_import(wrong: dict[str, str]) -> None:
    desk = _desk("test-wired")
    try:
        with pytest.raises(ValueError, match=r"no (permission|pair)"):
            desk.add(
                Action(**{"key": "go", "label": "go", "permission": "ride", "run": calls(print)} | wrong)
            )
    finally:
        del ACTION_SETS["test-wired"]


def test_an_unknown_action_is_nothing() -> None:
    for desk in ACTION_SETS.values():
        with pytest.raises(NotFound):
            desk.action("nothing-of-the-kind")


def test_every_desk_has_a_page_for_what_it_refuses() -> None:
    assert [kind for kind, desk in ACTION_SETS.items() if not hasattr(desk, "show")] == []


def test_every_choice_of_an_action_must_be_made() -> None:
    """Absent is never 'no': a decision has no default."""
    found = [
        f"{desk.kind}.{action.key}.{name}"
        for desk in ACTION_SETS.values()
        for action in desk.actions.values()
        for name, field in action.form.base_fields.items()
        if isinstance(field, actions.forms.ChoiceField)
        and (not field.required or (field.initial not in {None, ""} and not field.widget.is_hidden))
    ]
    assert found == []


def test_each_pair_of_people_is_held_by_the_database() -> None:
    for pair in four_eyes.PAIRS.values():
        laws = {law.name: law for law in pair.model._meta.constraints}
        assert pair.law in laws, pair.key
        assert pair.first in str(laws[pair.law].condition)
        assert pair.second in str(laws[pair.law].condition)


def test_whoever_may_not_act_sees_nothing_of_the_row(rides, signed_in):
    """The page that a refusal is drawn on is for those who may do it at all."""
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    for who in ("vetting", "admin"):
        answer = signed_in(who).post(f"/admin/incidents/{incident.code}/do/take/", {"do": "1"})
        assert answer.status_code == 403
        assert trip.code not in answer.content.decode()
        assert "138****0001" not in answer.content.decode()


def test_a_refusal_is_said_also_where_the_page_has_no_place_for_it(rides, signed_in):
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    answer = signed_in("specialist").post(f"/admin/incidents/{incident.code}/do/plea/", {"do": "1"})
    assert (answer.status_code, "Nobody appealed against it." in answer.content.decode()) == (409, True)
