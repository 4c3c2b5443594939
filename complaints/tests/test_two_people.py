"""What takes two people here, and that no way to undo or to weaken it takes one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from complaints import services
from complaints.errors import CannotMerge, NotNow
from complaints.models import Campaign, Claim, Complaint, Measure
from complaints.policies import Award
from complaints.selectors import visible_decisions
from complaints.states import Audience, Category, Finding, Level, Outcome, Side
from complaints.tests.conftest import BAN, SUSPENSION, WARNING
from core import clock
from core.four_eyes import SecondPersonNeeded
from drivers.models import Hold

TRAINING = Award(Outcome.TRAINING, Side.ACCUSED)


def held():
    return set(Hold.objects.filter(released_at=None).values_list("kind", flat=True))


# --- Decisions ---


def test_a_ban_by_two_is_not_taken_back_by_one_after_it_was_opened_again(cases, people):
    filed = cases.ended(category=Category.DISCRIMINATION)
    filed = cases.decided(cases.heard(filed), Finding.UPHELD, BAN)
    cases.reopened(filed)
    cases.heard(filed)
    cases.decide(filed, "supervisor", Finding.UPHELD, WARNING)  # a warning alone would take one
    filed.refresh_from_db()
    assert (filed.state, held()) == ("proposed", {"sanction"})
    cases.decide(filed, "supervisor2", Finding.UPHELD, WARNING)
    assert held() == set()


def test_what_two_decided_is_opened_again_by_two(cases, people):
    filed = cases.decided(cases.heard(cases.ended(category=Category.DISCRIMINATION)), Finding.UPHELD, BAN)
    before = (filed.state, filed.round, filed.lifted_at)
    services.reopen(account=people("supervisor"), code=filed.code, words="new evidence")
    filed.refresh_from_db()
    assert (filed.state, filed.round, filed.lifted_at) == before
    with pytest.raises(SecondPersonNeeded):
        services.agree_to_reopen(account=people("supervisor"), code=filed.code)
    with pytest.raises(NotNow):  # no judge
        services.agree_to_reopen(account=people("agent"), code=filed.code)
    with pytest.raises(NotNow):  # it is proposed already
        services.reopen(account=people("supervisor2"), code=filed.code, words="x")
    services.agree_to_reopen(account=people("supervisor2"), code=filed.code)
    filed.refresh_from_db()
    assert (filed.state, filed.round) == ("open", 2)
    assert (filed.reopen_by, filed.reopened_by) == ("supervisor", "supervisor2")
    with pytest.raises(NotNow):  # stale: it is open
        services.agree_to_reopen(account=people("supervisor2"), code=filed.code)


def test_another_does_not_agree_to_open_it_again(cases, people):
    filed = cases.decided(cases.heard(cases.ended(category=Category.DISCRIMINATION)), Finding.UPHELD, BAN)
    with pytest.raises(NotNow):
        services.refuse_to_reopen(account=people("supervisor2"), code=filed.code, words="x")
    services.reopen(account=people("supervisor"), code=filed.code, words="x")
    services.refuse_to_reopen(account=people("adjudicator"), code=filed.code, words="nothing new")
    filed.refresh_from_db()
    assert (filed.state, filed.reopen_by) == ("decided", "")
    with pytest.raises(NotNow):
        services.agree_to_reopen(account=people("supervisor2"), code=filed.code)


def test_what_one_decided_one_opens_again(cases, people):
    filed = cases.ended(category=Category.DISCRIMINATION)
    filed = cases.decided(cases.heard(filed), Finding.UPHELD, WARNING)
    services.reopen(account=people("supervisor"), code=filed.code, words="x")
    filed.refresh_from_db()
    assert (filed.state, filed.reopen_by) == ("open", "")


def test_the_database_knows_no_opening_again_by_one(cases, people):
    filed = cases.decided(cases.heard(cases.ended(category=Category.DISCRIMINATION)), Finding.UPHELD, BAN)
    for two in ({"reopened_by": "a"}, {"reopen_by": "a", "reopened_by": "a"}):
        with pytest.raises(IntegrityError, match="opened_again_by_a_second"), transaction.atomic():
            Complaint.objects.filter(pk=filed.pk).update(**two)


def test_nobody_bans_alone_by_deciding_an_appeal(cases, people):
    filed = cases.ended(category=Category.DISCRIMINATION)
    filed = cases.decided(cases.heard(filed), Finding.UPHELD, WARNING)
    assert filed.state == "decided"
    services.appeal(complaint=filed, side=Side.COMPLAINANT, actor=people("passenger").actor, words="too mild")
    cases.decide(filed, "supervisor", Finding.UPHELD, BAN)
    filed.refresh_from_db()
    assert (filed.state, held()) == ("appealed", set())
    cases.decide(filed, "supervisor2", Finding.UPHELD, BAN)
    filed.refresh_from_db()
    assert (filed.state, held()) == ("final", {"sanction"})


def test_an_appeal_against_what_one_decided_takes_one(cases, people):
    filed = cases.ended(category=Category.DISCRIMINATION)
    filed = cases.decided(cases.heard(filed), Finding.UPHELD, WARNING)
    services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")
    cases.decide(filed, "supervisor", Finding.UNPROVEN)
    filed.refresh_from_db()
    assert (filed.state, filed.finding) == ("final", "unproven")


def test_the_second_on_an_appeal_does_not_see_the_first_and_a_third_decides_where_they_differ(
    cases, people, signed_in
):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, SUSPENSION)
    services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")
    cases.decide(filed, "supervisor", Finding.UNPROVEN, reason="UNMISTAKABLE")
    filed.refresh_from_db()
    assert len(visible_decisions(filed, people("supervisor"))) == 3
    assert len(visible_decisions(filed, people("supervisor2"))) == 2
    page = signed_in("supervisor2").get(f"/admin/workspace/{filed.code}/").content.decode()
    assert "You do not see what the first decided" in page
    assert "UNMISTAKABLE" not in page
    cases.decide(filed, "supervisor2", Finding.UPHELD, SUSPENSION)
    filed.refresh_from_db()
    assert (filed.state, held()) == ("appealed", {"sanction"})
    third = people("specialist")
    third.role = "adjudicator"
    third.save(update_fields=["role"])
    cases.decide(filed, "specialist", Finding.UNPROVEN)
    filed.refresh_from_db()
    assert (filed.state, filed.finding, held()) == ("final", "unproven", set())
    assert filed.appeals.get().reversed is True


def test_the_database_knows_no_grave_decision_of_one(cases):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, SUSPENSION)
    assert (filed.proposed_by, filed.decided_by) == ("adjudicator", "adjudicator2")
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint.objects.filter(pk=filed.pk).update(decided_by="adjudicator")


# --- The stop on orders ---


def test_a_stop_is_not_ended_by_joining_the_complaint_to_one_that_stops_nobody(cases, people, rides):
    trip = rides.ended()
    first = cases.filed(trip)
    cases.lifted(first)
    second = cases.filed(trip, category=Category.VIOLENCE)
    assert held() == {"complaint"}
    with pytest.raises(CannotMerge):
        services.merge(account=people("supervisor"), code=second.code, into=first.code, words="the same")
    assert held() == {"complaint"}


def test_a_proposal_to_lift_is_refused_by_keeping(cases, people):
    filed = cases.ended()
    services.propose_lift(account=people("specialist"), code=filed.code, words="x")
    with pytest.raises(NotNow):
        services.propose_lift(account=people("supervisor"), code=filed.code, words="x")
    services.keep_stop(account=people("supervisor"), code=filed.code, words="it stands")
    with pytest.raises(NotNow):
        services.agree_to_lift(account=people("adjudicator"), code=filed.code)
    assert held() == {"complaint"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint.objects.filter(pk=filed.pk).update(lift_by="specialist", lifted_by="specialist")


# --- The class ---


def test_a_lower_class_that_is_proposed_can_be_refused(cases, people):
    filed = cases.ended()
    cases.lifted(filed)
    services.lower_class(account=people("supervisor"), code=filed.code, level=Level.RAISED, words="x")
    services.refuse_to_lower(account=people("adjudicator"), code=filed.code, words="it is severe")
    with pytest.raises(NotNow):
        services.agree_to_lower(account=people("adjudicator"), code=filed.code)
    filed.refresh_from_db()
    assert filed.level == "severe"


def test_what_takes_one_is_lowered_by_one(cases, people):
    filed = cases.ended(category=Category.DISCRIMINATION)
    services.lower_class(account=people("supervisor"), code=filed.code, level=Level.ORDINARY, words="x")
    filed.refresh_from_db()
    assert filed.level == "ordinary"


# --- Training ---


def test_a_training_is_confirmed_by_another_than_who_says_that_it_was_done(cases, people):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, TRAINING)
    assert held() == {"sanction"}
    services.report_training(account=people("adjudicator"), code=filed.code, words="course of 4 June")
    assert held() == {"sanction"}
    with pytest.raises(SecondPersonNeeded):
        services.confirm_training(account=people("adjudicator"), code=filed.code)
    services.refuse_training(account=people("supervisor"), code=filed.code, words="no certificate")
    with pytest.raises(NotNow):
        services.confirm_training(account=people("supervisor"), code=filed.code)
    services.report_training(account=people("adjudicator"), code=filed.code, words="here it is")
    services.confirm_training(account=people("supervisor"), code=filed.code)
    assert held() == set()
    row = Measure.objects.get()
    assert (row.trained_by, row.confirmed_by, row.undone_at) == ("adjudicator", "supervisor", None)
    with pytest.raises(NotNow):
        services.report_training(account=people("adjudicator"), code=filed.code, words="x")


# --- Money and greetings ---


def test_the_database_knows_no_grant_above_the_limit_by_one(people):
    from complaints.tests.test_claims import Help

    safe = Help(people)
    claim = safe.granted(safe.accident())
    for column in ("proposed_by", "decided_by"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.filter(pk=claim.pk).update(**{column: ""})
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(decided_by="agent")


def test_what_two_agreed_to_send_no_one_drops(people):
    row = services.propose_campaign(
        account=people("agent"), title="x", text_zh="x", text_en="x", audience=Audience.DRIVERS,
        send_at=clock.now() + timedelta(1),
    )  # fmt: skip
    services.decide_campaign(account=people("supervisor"), code=row.code, approves=True)
    for who in ("supervisor", "supervisor2"):
        with pytest.raises(Exception, match="illegal_transition"):
            services.decide_campaign(account=people(who), code=row.code, approves=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=row.pk).update(decided_by="agent")
