"""What is released by people takes two of them, with its papers, and is looked at by others."""

import pytest
from django.db import IntegrityError, transaction

from core import clock, four_eyes
from core.actions import NotNow
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from police import services
from police.errors import PapersMissing
from police.models import Officer, PoliceRequest, Release, ReleaseReview
from police.selectors import request_by_code
from police.states import ENDED_BY, REQUEST_TRANSITIONS, Query
from police.tests.factories import notice_sent, urgent


@pytest.fixture
def ordinary(rides, people):
    """A question of a letter, with all its papers or as if they were not there."""

    def make(*, papers=True):
        asked = notice_sent(people("officer"), rides.under_way().code)
        if not papers:
            PoliceRequest.objects.update(letter_number="", certificates="", papers_at=None, legal_basis="")
        return asked

    return make


def file_papers(people, asked, **changes):
    given = {"letter_number": "2018-1", "certificates": ["331001", "331002"]} | changes
    return services.file_papers(account=people("officer"), code=asked.code, **given)


def test_an_ordinary_request_is_released_by_two_people_on_its_papers(ordinary, people):
    asked = ordinary()
    with pytest.raises(NotNow):
        services.confirm_release(account=people("specialist"), code=asked.code)
    services.propose_release(account=people("specialist"), code=asked.code)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_release(account=people("specialist"), code=asked.code)
    with pytest.raises(Forbidden):
        services.confirm_release(account=people("agent"), code=asked.code)
    assert not Release.objects.exists()
    services.confirm_release(account=people("supervisor"), code=asked.code)
    assert (request_by_code(asked.code).proposed_by, request_by_code(asked.code).decided_by) == (
        "specialist",
        "supervisor",
    )


@pytest.mark.parametrize("step", ["propose_release", "confirm_release"])
def test_what_is_missing_is_said(ordinary, people, signed_in, step):
    asked = ordinary(papers=False)
    if step == "confirm_release":  # as if it had been proposed while the papers were there
        PoliceRequest.objects.update(proposed_by="agent")
    with pytest.raises(PapersMissing) as refusal:
        getattr(services, step)(account=people("specialist"), code=asked.code)
    assert refusal.value.papers == ["letter_number", "certificates", "legal_basis"]
    hers = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    assert "Number of the letter of introduction, certificates of two officers, the legal basis" in hers
    assert signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/").json()["missing"] == [
        "letter_number",
        "certificates",
        "legal_basis",
    ]


def test_a_letters_question_stands_on_the_papers_that_it_came_with(ordinary, people, signed_in):
    asked = ordinary()
    services.propose_release(account=people("agent"), code=asked.code)
    with pytest.raises(NotNow):
        file_papers(people, asked, letter_number="2018-2")
    page = signed_in("officer").post(
        f"/police/requests/{asked.code}/papers/",
        {"letter_number": "2018-2", "certificate_1": "331001", "certificate_2": "331002"},
    )
    assert page.status_code == 409
    assert request_by_code(asked.code).letter_number == asked.letter_number
    services.confirm_release(account=people("specialist"), code=asked.code)


def test_who_found_the_trip_does_not_confirm_it(rides, people):
    trip = rides.under_way()
    asked = services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="1",
        question=urgent(Query.PLATE, "沪A00000"),
        submission="s",
    ).request
    services.record_call_back(account=people("agent"), code=asked.code)
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=trip.code)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_release(account=people("specialist"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)


def test_an_emergency_that_led_nowhere_takes_who_finds_the_trip_and_who_confirms(rides, people):
    trip = rides.under_way()
    question = urgent(Query.PLATE, "沪A00000")
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=trip.code)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_release(account=people("specialist"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)


@pytest.mark.parametrize(
    ("changes", "law"),
    [
        ({"proposed_by": "specialist"}, "police_release_takes_two_people"),
        ({"proposed_by": ""}, "police_release_takes_two_people"),
        ({"proposed_by": "agent", "papers_at": None}, "request_ordinary_released_on_its_papers"),
        ({"proposed_by": "agent", "legal_basis": ""}, "request_ordinary_released_on_its_papers"),
        ({"proposed_by": "agent", "trip_found_by": "specialist"}, "request_trip_found_by_somebody_else"),
        ({"by_rule": True}, "request_by_rule_is_an_emergency_by_the_form"),
    ],
)
def test_the_database_holds_it(ordinary, changes, law):
    asked = ordinary()
    with pytest.raises(IntegrityError, match=law), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(
            state="released", decided_at=clock.now(), decided_by="specialist", **changes
        )


@pytest.mark.parametrize("end", sorted(REQUEST_TRANSITIONS.ends))
@pytest.mark.parametrize("first", ["", "specialist"], ids=["nobody proposed it", "who proposed it decides"])
def test_no_end_of_a_letters_question_is_given_by_one(ordinary, end, first):
    """Whatever the end is called: of one that is added, the law of its pair has to name it."""
    asked, pair = ordinary(), four_eyes.PAIRS[ENDED_BY[end]]
    with pytest.raises(IntegrityError, match=pair.law), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(
            **{"state": end, "decided_at": clock.now(), pair.first: first, pair.second: "specialist"},
            refused_for="incomplete",
        )


def test_an_end_that_nobody_says_takes_two_stops_the_start():
    for pair in ("", "police.withdrawal", "police.identity"):
        with pytest.raises(ValueError, match="would end as withdrawn by one person"):
            four_eyes.ended_by("police.PoliceRequest", {"withdrawn": pair})


def test_a_release_is_reviewed_by_people_who_had_no_part(ordinary, people, signed_in):
    asked = ordinary()
    services.propose_release(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("specialist"), code=asked.code)
    for who in ("agent", "specialist"):
        with pytest.raises(SecondPersonNeeded):
            services.review_release(account=people(who), code=asked.code, proper=True)
    services.review_release(account=people("supervisor"), code=asked.code, proper=True)
    with pytest.raises(SecondPersonNeeded):
        services.review_release(account=people("supervisor"), code=asked.code, proper=False)
    assert list(ReleaseReview.objects.values_list("reviewer", "proper")) == [("supervisor", True)]
    assert Officer.objects.get(account__code="officer").state == "active"


@pytest.mark.parametrize("old", ["review", "confirm", "refuse", "escalate", "trip", "call-back"])
def test_an_empty_request_changes_nothing(rides, people, signed_in, old):
    question = urgent(Query.TRIP, rides.under_way().code)
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    signed_in("specialist").post(f"/admin/police-line/{asked.code}/{old}/")
    signed_in("specialist").post(f"/admin/police-line/{asked.code}/do/{old}/")
    for action in ("proper", "improper"):
        answer = signed_in("specialist").post(f"/admin/police-line/{asked.code}/do/{action}/")
        assert answer.status_code == 400
    assert not ReleaseReview.objects.exists()
    assert Officer.objects.get(account__code="officer").state == "active"


@pytest.fixture
def suspended(rides, people):
    """A request whose release one person found improper, which suspended the officer."""
    question = urgent(Query.TRIP, rides.under_way().code)
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    services.review_release(account=people("specialist"), code=asked.code, proper=False)
    return asked


def officer():
    return Officer.objects.get(account__code="officer")


def test_an_officer_is_let_in_again_by_two(suspended, people):
    code = suspended.code
    with pytest.raises(NotNow):
        services.decide_reinstatement(account=people("supervisor"), code=code, agrees=True)
    with pytest.raises(InvalidInput):
        services.propose_reinstatement(account=people("specialist"), code=code, reason=" ")
    services.propose_reinstatement(account=people("specialist"), code=code, reason="it was his colleague")
    with pytest.raises(SecondPersonNeeded):
        services.decide_reinstatement(account=people("specialist"), code=code, agrees=True)
    with pytest.raises(Forbidden):
        services.decide_reinstatement(account=people("agent"), code=code, agrees=True)
    assert officer().state == "suspended"
    services.decide_reinstatement(account=people("supervisor"), code=code, agrees=True)
    assert (officer().state, officer().reinstate_by, officer().reinstated_by) == (
        "active", "specialist", "supervisor",
    )  # fmt: skip
    with pytest.raises(NotNow):  # repeated
        services.propose_reinstatement(account=people("specialist"), code=code, reason="x")


def test_another_does_not_agree_and_the_officer_stays_suspended(suspended, people, signed_in):
    at = f"/admin/police-line/{suspended.code}/"
    signed_in("specialist").post(at + "do/reinstate/", {"reason": "it was his colleague"})
    page = signed_in("supervisor").get(at).content.decode()
    assert "it was his colleague" in page and "/do/reinstate_agree/" in page
    signed_in("supervisor").post(at + "do/reinstate_refuse/", {"do": "1"})
    assert (officer().state, officer().reinstate_by) == ("suspended", "")


def test_nobody_is_let_in_again_by_a_request_that_suspended_nobody(rides, people):
    question = urgent(Query.TRIP, rides.under_way().code)
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    with pytest.raises(NotNow):
        services.propose_reinstatement(account=people("specialist"), code=asked.code, reason="x")


def test_an_officer_suspended_once_more_is_let_in_by_two_once_more(suspended, people, rides):
    services.propose_reinstatement(account=people("specialist"), code=suspended.code, reason="x")
    services.decide_reinstatement(account=people("supervisor"), code=suspended.code, agrees=True)
    services.review_release(account=people("supervisor2"), code=suspended.code, proper=False)
    assert (officer().state, officer().reinstate_by, officer().reinstated_by) == ("suspended", "", "")


def test_the_database_knows_no_reinstatement_by_one(suspended):
    for two in ({"reinstated_by": "a"}, {"reinstate_by": "a", "reinstated_by": "a"}):
        with pytest.raises(IntegrityError, match="officer_reinstated_by_two"), transaction.atomic():
            Officer.objects.update(**two)


def test_a_refusal_keeps_the_page_and_what_was_typed(rides, people, signed_in):
    question = urgent(Query.PLATE, "沪A00000")
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    page = signed_in("specialist").post(f"/admin/police-line/{asked.code}/do/trip/", {"trip": "T-NOTHERE"})
    text = page.content.decode()
    assert (page.status_code, asked.code in text, 'value="T-NOTHERE"' in text) == (404, True, True)
    assert "must lead to one trip" in text
