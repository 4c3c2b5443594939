"""Adjudication (C5): both sides, two people who do not know of each other, sanctions that act, appeals."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Restriction
from complaints import services
from complaints.errors import (
    AppealClosed,
    AwardClosed,
    CitesNothing,
    CitesUnknown,
    NotNow,
    ReasonNeeded,
    StatementOver,
)
from complaints.models import Complaint, Decision, Measure
from complaints.policies import Award
from complaints.selectors import visible_decisions
from complaints.states import Category, Finding, Outcome, Side
from complaints.tests.conftest import BAN, SUSPENSION, WARNING
from core import clock, ledger, timeline
from core.errors import NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, DataHold, LedgerEntry, Notification
from core.tests.factories import PDF
from drivers.errors import BannedThing
from drivers.models import Bar, Hold, Vehicle
from drivers.selectors import driver_of
from drivers.services import bind_vehicle
from drivers.tests.factories import face_token
from rides.errors import AccountRestricted
from rides.services import accept_trip, end_trip


def held(source=None):
    return set(Hold.objects.filter(released_at=None).values_list("kind", flat=True))


def test_the_other_side_is_heard_before_a_grave_decision(cases):
    filed = cases.ended()
    with pytest.raises(NotNow, match="action_closed"):
        cases.decide(filed, "adjudicator")
    cases.heard(filed)
    cases.decide(filed, "adjudicator")


def test_a_second_adjudicator_decides_without_seeing_the_first(cases, people):
    filed = cases.heard(cases.ended())
    cases.decide(filed, "adjudicator", Finding.UPHELD, SUSPENSION, reason="secret reason")
    filed.refresh_from_db()
    assert filed.state == "proposed"
    assert held() == {"complaint"}  # nothing acts yet
    assert visible_decisions(filed, people("adjudicator2")) == []
    assert len(visible_decisions(filed, people("adjudicator"))) == 1
    told = [f"{line.kind} {line.facts} {line.words}" for line in timeline.of(case=filed.code)]
    assert "upheld" not in str(told)
    assert "secret reason" not in str(told)
    journal = AuditEntry.objects.filter(case=filed.code, action="complaints.decision_given").get()
    assert "finding" not in journal.facts
    with pytest.raises(SecondPersonNeeded):
        cases.decide(filed, "adjudicator", Finding.UPHELD, SUSPENSION)
    cases.decide(filed, "adjudicator2", Finding.UPHELD, SUSPENSION)
    filed.refresh_from_db()
    assert (filed.state, filed.finding) == ("decided", "upheld")
    assert held() == {"sanction"}


def test_the_second_ones_pages_say_nothing_of_the_first(cases, signed_in):
    filed = cases.heard(cases.ended())
    cases.decide(filed, "adjudicator", Finding.UPHELD, SUSPENSION, reason="UNMISTAKABLE")
    for who in ("adjudicator2", "supervisor"):
        client = signed_in(who)
        for path in (
            f"/admin/workspace/{filed.code}/",
            "/admin/workspace/?state=second",
            "/admin/",
            "/admin/complaints/complaint/",
        ):
            page = client.get(path).content.decode()
            assert "UNMISTAKABLE" not in page
            assert "suspension for days · 3" not in page


def test_where_they_differ_a_third_decides(cases):
    filed = cases.heard(cases.ended())
    cases.decide(filed, "adjudicator", Finding.UPHELD, WARNING)
    cases.decide(filed, "adjudicator2", Finding.UNPROVEN)
    filed.refresh_from_db()
    assert filed.state == "open"
    cases.decide(filed, "supervisor", Finding.UPHELD, WARNING)
    filed.refresh_from_db()
    assert (filed.state, filed.decided_by) == ("decided", "supervisor")
    assert Decision.objects.get(in_force=True).stage == "third"


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "admin", "passenger", "officer"])
def test_others_decide_nothing(cases, who):
    filed = cases.heard(cases.ended())
    with pytest.raises(NotNow):
        cases.decide(filed, who)
    assert not Decision.objects.exists()


def test_a_decision_has_a_reason_and_rests_on_this_case(cases):
    filed = cases.heard(cases.ended())
    with pytest.raises(ReasonNeeded):
        cases.decide(filed, "adjudicator", reason=" ")
    with pytest.raises(CitesNothing):
        cases.decide(filed, "adjudicator", cites=())
    with pytest.raises(CitesUnknown):
        cases.decide(filed, "adjudicator", cites=("statement:accused", "F-OTHER"))
    cases.decide(filed, "adjudicator", cites=("statement:accused", "words"))


@pytest.mark.parametrize(
    ("finding", "award"),
    [
        (Finding.UNPROVEN, WARNING),
        (Finding.UNFOUNDED, BAN),
        (Finding.FALSE, WARNING),
        (Finding.UPHELD, Award(Outcome.WARNING, Side.COMPLAINANT)),
        (Finding.UNFOUNDED, Award(Outcome.BAN, Side.COMPLAINANT)),
        (Finding.UNPROVEN, Award(Outcome.SUSPENSION, Side.COMPLAINANT, days=1)),
        (Finding.UPHELD, Award(Outcome.SUSPENSION, Side.ACCUSED)),
        (Finding.UPHELD, Award(Outcome.SUSPENSION, Side.ACCUSED, days=366)),
        (Finding.UPHELD, Award(Outcome.COMPENSATION, Side.COMPLAINANT)),
        (Finding.FALSE, Award(Outcome.TRAINING, Side.COMPLAINANT)),
        (Finding.UPHELD, Award(Outcome.REFUND, Side.ACCUSED, fen=100)),
    ],
)
def test_good_faith_is_not_punished_and_outcomes_fit_their_finding(cases, finding, award):
    filed = cases.heard(cases.ended())
    with pytest.raises(AwardClosed):
        cases.decide(filed, "adjudicator", finding, award)


def test_a_suspension_stops_acceptance_at_once_and_ends_by_itself(cases, people, rides, noon):
    trip, way, waiting = rides.ended(), rides.itinerary(), rides.booked("passenger2")
    filed = cases.heard(cases.filed(trip))
    cases.decided(filed, Finding.UPHELD, SUSPENSION)
    driver = driver_of(people("driver"))
    token = face_token(driver, waiting.code)
    outcome = accept_trip(driver=driver, trip_code=waiting.code, itinerary_code=way, face_token=token)
    assert outcome.refusal.code == "no_longer_available"  # why, he is told the next day (S11)
    noon.shift(timedelta(days=3, seconds=-1))
    assert services.end_suspensions(at=clock.now()) == 0
    noon.shift(1)
    assert services.end_suspensions(at=clock.now()) == 1
    assert held() == set()


def test_a_ban_holds_person_licence_and_vehicle(cases, people, rides):
    filed = cases.heard(cases.ended())
    cases.decided(filed, Finding.UPHELD, BAN)
    assert set(Bar.objects.values_list("kind", flat=True)) == {"licence", "plate"}
    with pytest.raises(AccountRestricted):
        rides.booked("driver")
    car = Vehicle.objects.get(bindings__driver__account__code="driver")
    with connection.cursor(), pytest.raises(BannedThing):
        from django.db import transaction

        with transaction.atomic():
            bind_vehicle(actor=people("driver2").actor, driver=driver_of(people("driver2")), vehicle=car)
    # The same document under another account does not help.
    Restriction.objects.update(phone_index="other")
    assert Restriction.objects.get().id_index == people("driver").id_index


def test_a_passenger_can_be_suspended_and_still_calls_for_help(cases, people, rides, noon):
    from rides.states import Party
    from rides.tokens import TripKey
    from safety.services import raise_sos

    filed = cases.filed(rides.ended(), who="driver", category=Category.VIOLENCE)
    under_way = rides.under_way("passenger", "driver2")
    cases.heard(filed)
    cases.decided(filed, Finding.UPHELD, SUSPENSION)
    with pytest.raises(AccountRestricted):
        rides.booked("passenger")
    incident = raise_sos(key=TripKey(under_way.code, Party.PASSENGER, "wenzhou"), position=(28.2, 121.0))
    assert (incident.state, incident.trip_id) == ("open", under_way.pk)
    assert incident.sos_calls.filter(party=Party.PASSENGER).count() == 1
    assert not Hold.objects.filter(kind="sanction").exists()
    noon.shift(timedelta(days=3, seconds=1))
    assert Restriction.objects.get().until < clock.now()


def test_compensation_and_refund_are_owed_once_and_add_up(cases, people):
    filed = cases.ended(category=Category.DISPUTE)
    cases.decide(
        filed, "adjudicator", Finding.UPHELD, Award(Outcome.COMPENSATION, Side.COMPLAINANT, fen=3_000)
    )
    assert ledger.balance(f"payable:person:{people('passenger').code}") == -3_000
    assert ledger.unbalanced() == []


def test_much_money_takes_two(cases):
    filed = cases.ended(category=Category.DISPUTE)
    cases.decide(
        filed, "adjudicator", Finding.UPHELD, Award(Outcome.COMPENSATION, Side.COMPLAINANT, fen=50_001)
    )
    filed.refresh_from_db()
    assert filed.state == "proposed"
    assert not LedgerEntry.objects.filter(account="expense:compensation").exists()


def test_an_unfounded_one_frees_the_driver_and_pays_for_the_hours(cases, people, noon):
    filed = cases.heard(cases.ended())
    noon.shift(3 * 3600)
    cases.decided(filed, Finding.UNFOUNDED)
    assert held() == set()
    assert ledger.balance(f"payable:person:{people('driver').code}") == -3 * 500


def test_a_review_can_lift_the_stop_and_pays_as_well(cases, people, noon):
    filed = cases.ended()
    noon.shift(3600)
    services.take(account=people("specialist"), code=filed.code)
    services.propose_lift(account=people("specialist"), code=filed.code, words="wrong car")
    assert held() == {"complaint"}  # one person alone lifts nothing
    with pytest.raises(SecondPersonNeeded):
        services.agree_to_lift(account=people("specialist"), code=filed.code)
    services.agree_to_lift(account=people("supervisor"), code=filed.code)
    assert held() == set()
    assert ledger.balance(f"payable:person:{people('driver').code}") == -500
    with pytest.raises(NotNow):
        services.keep_stop(account=people("specialist"), code=filed.code, words="x")
    filed.refresh_from_db()
    assert filed.lifted_at is not None
    cases.heard(filed)
    cases.decided(filed, Finding.UNFOUNDED)
    assert ledger.balance(f"payable:person:{people('driver').code}") == -500  # once


# --- Statements ---


def test_nobody_is_asked_while_somebody_may_be_in_the_car(cases, people, rides):
    filed = cases.filed(rides.under_way())
    with pytest.raises(NotNow):
        services.ask_statement(account=people("supervisor"), code=filed.code, side=Side.ACCUSED, words="?")
    assert not Notification.objects.filter(key__startswith="statement:").exists()


def test_a_statement_is_reminded_of_missed_and_read_when_it_comes_late(cases, people, noon):
    filed = cases.ended()
    services.ask_statement(account=people("supervisor"), code=filed.code, side=Side.ACCUSED, words="?")
    with pytest.raises(NotNow):
        cases.decide(filed, "adjudicator")
    asked = Notification.objects.get(key__contains=":asked:")
    assert asked.not_before == filed.statements.get().due_at - timedelta(
        days=2
    )  # not before the next day (S11)
    assert timedelta(hours=20) <= asked.not_before - filed.filed_at <= timedelta(hours=32)
    noon.move_to(asked.not_before + timedelta(days=1, seconds=1))
    assert services.chase_statements(at=clock.now()) == 1
    assert services.chase_statements(at=clock.now()) == 0
    assert Notification.objects.filter(key__contains=":reminded:").count() == 1
    noon.shift(timedelta(days=1))
    services.chase_statements(at=clock.now())
    assert filed.statements.get().state == "missed"
    services.give_statement(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="late")
    cases.decided(filed, Finding.UNPROVEN)
    with pytest.raises(StatementOver):
        services.give_statement(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")


def test_the_accused_reads_the_question_the_next_day_and_not_the_complaint(cases, people, signed_in, noon):
    filed = cases.ended(words="HERWORDS")
    his = signed_in("driver")
    assert his.get(f"/complaints/{filed.code}/").status_code == 404
    services.ask_statement(
        account=people("supervisor"), code=filed.code, side=Side.ACCUSED, words="OURQUESTION"
    )
    assert his.get(f"/complaints/{filed.code}/").status_code == 404
    noon.shift(timedelta(hours=33))
    his = signed_in("driver")
    page = his.get(f"/complaints/{filed.code}/").content.decode()
    assert "OURQUESTION" in page
    assert "HERWORDS" not in page
    assert people("passenger").phone[-4:] not in page
    answer = his.post(f"/complaints/{filed.code}/statement/", {"words": "so war es"})
    assert answer.status_code == 302
    assert filed.statements.get().words == "so war es"
    assert signed_in("driver2").get(f"/complaints/{filed.code}/").status_code == 404


# --- Appeals ---


def test_an_appeal_goes_to_somebody_else_and_takes_back_what_was_done(cases, people, noon):
    filed = cases.heard(cases.ended())
    filed = cases.decided(filed, Finding.UPHELD, BAN)
    services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="不是我")
    with pytest.raises(SecondPersonNeeded):
        cases.decide(filed, "adjudicator2", Finding.UNPROVEN)
    cases.decide(filed, "supervisor", Finding.UNPROVEN)
    filed.refresh_from_db()
    assert (filed.state, held()) == ("appealed", {"sanction"})  # what two decided, one does not undo
    cases.decide(filed, "supervisor2", Finding.UNPROVEN)
    filed.refresh_from_db()
    assert (filed.state, filed.finding) == ("final", "unproven")
    assert filed.appeals.get().reversed is True
    assert held() == set()
    assert not Bar.objects.filter(lifted_at=None).exists()
    assert not Restriction.objects.filter(lifted_at=None).exists()
    assert Measure.objects.get().undone_at is not None
    assert not DataHold.objects.filter(case=filed.code, released_at=None).exists()
    assert Decision.objects.filter(complaint=filed).count() == 4  # nothing was edited away


def test_an_appeal_that_changes_nothing_leaves_everything(cases, people):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, SUSPENSION)
    services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")
    cases.appealed(filed, Finding.UPHELD, SUSPENSION)
    assert filed.appeals.get().reversed is False
    assert Measure.objects.count() == 1
    assert held() == {"sanction"}


def test_appeals_have_their_time_and_their_reason(cases, people, noon):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UNPROVEN)
    with pytest.raises(AppealClosed):  # nothing was decided against him
        services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")
    noon.shift(timedelta(days=15, seconds=1))
    with pytest.raises(AppealClosed):
        services.appeal(complaint=filed, side=Side.COMPLAINANT, actor=people("passenger").actor, words="x")
    assert services.close_windows(at=clock.now()) == 1
    filed.refresh_from_db()
    assert filed.state == "final"


def test_both_sides_are_told_the_accused_when_it_is_safe(cases, people, rides, noon):
    cases.decided(cases.heard(cases.ended()), Finding.UPHELD, WARNING)
    on_the_way = rides.under_way("passenger2")
    assert services.tell_decisions(at=clock.now()) == 1
    assert Notification.objects.filter(key__endswith=":accused", key__startswith="decision:").count() == 0
    end_trip(driver=driver_of(people("driver")), trip_code=on_the_way.code)
    assert services.tell_decisions(at=clock.now()) == 0  # nor on the same day
    noon.shift(timedelta(hours=33))
    assert services.tell_decisions(at=clock.now()) == 1
    assert services.tell_decisions(at=clock.now()) == 0


def test_a_supervisor_opens_it_again_and_other_people_decide(cases, people):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, SUSPENSION)
    with pytest.raises(NotNow):
        services.reopen(account=people("adjudicator"), code=filed.code, words="x")
    cases.reopened(filed)
    filed.refresh_from_db()
    assert (filed.state, filed.round, filed.finding) == ("open", 2, "upheld")
    assert held() == {"sanction"}  # what was decided acts until something else is
    cases.heard(filed)
    with pytest.raises(SecondPersonNeeded):
        cases.decide(filed, "adjudicator", Finding.UNFOUNDED)
    cases.decided(filed, Finding.UNFOUNDED, by=("supervisor", "supervisor2"))
    assert held() == set()


@pytest.mark.django_db(transaction=True)
def test_two_adjudicators_at_once_give_one_first_decision(cases, people):
    filed = cases.heard(cases.ended())
    begin, outcomes = threading.Barrier(2), []

    def decide(who):
        begin.wait()
        try:
            cases.decide(filed, who, Finding.UPHELD, SUSPENSION)
            outcomes.append("done")
        except Exception as why:
            outcomes.append(type(why).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(who,)) for who in ("adjudicator", "adjudicator2")]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    # The lock makes one after the other: the first is the first, the second is the blind second.
    assert outcomes == ["done", "done"]
    assert sorted(Decision.objects.values_list("stage", flat=True)) == ["first", "second"]
    assert Measure.objects.count() == 1
    assert Complaint.objects.get().state == "decided"
    with pytest.raises(NotFound):
        services.take(account=people("agent"), code="C-NONE")


def of_money(cases, trip, fen, who="adjudicator"):
    """One of several complaints of the same passenger, decided by one person with some money."""
    filed = cases.filed(trip, category=Category.DISPUTE, submission=f"m-{Complaint.objects.count()}")
    if who == "agent":
        services.take(account=cases.people(who), code=filed.code)
    else:
        cases.heard(filed)
    award = Award(Outcome.COMPENSATION, Side.COMPLAINANT, fen=fen)
    return cases.decide(filed, who, Finding.UPHELD, award).state


def test_many_small_awards_to_one_person_take_two_together(cases, rides, noon):
    trips = [rides.ended() for _number in range(5)]
    assert of_money(cases, trips[0], 30_000) == "decided"
    assert of_money(cases, trips[1], 20_001) == "proposed"
    assert of_money(cases, trips[2], 20_001, "supervisor") == "decided"  # somebody else
    assert of_money(cases, trips[3], 20_000) == "decided"  # what was left
    noon.shift(timedelta(days=31))
    assert of_money(cases, trips[4], 50_000) == "decided"


def test_an_agent_awards_little_money_to_one_person_in_all(cases, rides):
    trips = [rides.ended() for _number in range(2)]
    assert of_money(cases, trips[0], 6_000, "agent") == "decided"
    with pytest.raises(AwardClosed):
        of_money(cases, trips[1], 4_001, "agent")


def test_an_agent_decides_an_ordinary_one_of_their_own_and_little_money(cases, people):
    filed = cases.ended(category=Category.LOST_PROPERTY)
    with pytest.raises(NotNow):
        cases.decide(filed, "agent", Finding.UPHELD)  # not theirs yet
    services.take(account=people("agent"), code=filed.code)
    for award in (WARNING, Award(Outcome.COMPENSATION, Side.COMPLAINANT, fen=10_001)):
        with pytest.raises(AwardClosed):
            cases.decide(filed, "agent", Finding.UPHELD, award)
    cases.decide(filed, "agent", Finding.UPHELD, Award(Outcome.COMPENSATION, Side.COMPLAINANT, fen=10_000))
    filed.refresh_from_db()
    assert (filed.state, filed.decided_by) == ("decided", "agent")


def test_an_appeal_has_a_limit_that_goes_up_the_line(cases, people, noon):
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, WARNING)
    services.appeal(complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x")
    filed.refresh_from_db()
    assert filed.due_at == filed.appeals.get().due_at
    noon.shift(timedelta(days=5, seconds=1))
    assert services.check(at=clock.now()) == (0, 1)
    cases.appealed(filed, Finding.UPHELD, WARNING)
    timer = filed.timers.get(kind="appeal")
    assert timer.met_at is not None
    assert timer.breached_at == timer.due_at


def test_each_side_has_room_for_its_files(cases, people):
    filed = cases.ended()
    ten = [services.read_file(PDF + b" " * number) for number in range(10)]
    services.add_more(
        complaint=filed, actor=people("passenger").actor, side=Side.COMPLAINANT, words="x", files=ten
    )
    services.ask_statement(account=people("supervisor"), code=filed.code, side=Side.ACCUSED, words="?")
    services.give_statement(
        complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="x",
        files=[services.read_file(PDF)],
    )  # fmt: skip
    assert filed.evidence.count() == 11
