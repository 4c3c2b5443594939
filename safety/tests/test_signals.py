"""Signals add up, and a high score opens an incident by itself."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from core import clock, facts, timeline
from drivers.selectors import driver_of
from rides.services import cancel_trip, end_trip
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident, SafetyQuestion, Signal
from safety.services import (
    answer_question,
    expire_questions,
    file_welfare_check,
    raise_sos,
    report_finding,
)
from safety.states import Answer, SignalKind


def test_one_signal_asks_the_passenger_and_opens_nothing(rides):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.SIGNAL_LOST, detail="passenger")
    assert SafetyQuestion.objects.get(trip=trip).answer == ""
    assert not Incident.objects.exists()


def test_the_same_signal_counts_once(rides):
    trip = rides.under_way()
    for _again in range(3):
        report_finding(trip_code=trip.code, kind=SignalKind.SIGNAL_LOST, detail="passenger")
    assert Signal.objects.count() == 1


def test_no_answer_is_an_answer_and_a_high_score_opens_an_incident(rides, noon):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    noon.shift(61)
    assert expire_questions(at=clock.now()) == 1
    incident = Incident.objects.get(trip=trip)
    assert (incident.score, incident.opened_by) == (70, "monitor")
    assert incident.high_risk_at is not None


def test_fine_is_noted_and_closes_nothing(rides):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    answer_question(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), answer=Answer.FINE)
    assert Signal.objects.get().score == 40


def test_the_other_answer_escalates(rides):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    answer_question(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), answer=Answer.NOT_WELL)
    assert Incident.objects.get().score == 140


@pytest.mark.parametrize("who", ["passenger", "driver"])
def test_an_attempt_to_cancel_aboard_is_refused_and_alerts(rides, people, deliver, who):
    trip = rides.under_way()
    outcome = cancel_trip(account=people(who), trip_code=trip.code, reason="not_boarded")
    assert outcome.refusal.code == "cannot_cancel_after_boarding"
    deliver()
    trip.refresh_from_db()
    assert trip.state == "in_progress"
    assert Incident.objects.get(trip=trip).state == "open"
    assert Signal.objects.get(trip=trip).kind == "cancel_aboard"


def test_an_end_far_from_the_destination_is_a_signal(rides, people, deliver):
    from rides.models import LatestPosition

    trip = rides.under_way()
    LatestPosition.objects.create(trip=trip, party="driver", at=clock.now(), latitude=28.3, longitude=121.0)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    assert Signal.objects.get(trip=trip).kind == "ended_far"


def test_an_end_of_which_no_phone_shows_where_it_was_is_far(rides, people, deliver, noon):
    """Absence is not innocence: his phone said nothing on the whole way."""
    trip = rides.under_way()
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    signal = Signal.objects.get(trip=trip)
    assert signal.kind == "ended_far"
    with override("en"):
        assert signal.why == "nobody knows where: no position of the driver's phone"
    noon.shift(61)
    assert expire_questions(at=clock.now()) == 1
    assert Incident.objects.filter(trip=trip).exists()


@pytest.mark.parametrize(
    ("away", "age", "accuracy", "kinds"),
    [
        (0.001, 20, 15.0, []),  # degrees: she is at the goal, as good as now
        (0.001, 20, None, []),
        (0.001, 600, 15.0, ["ended_far"]),
        (0.001, 20, 1_800.0, ["ended_far"]),
        (0.2, 20, 15.0, ["ended_far"]),
    ],
)
def test_only_her_own_phone_at_the_goal_stands_for_his_that_said_nothing(
    rides, people, deliver, away, age, accuracy, kinds
):
    from rides.models import LatestPosition

    trip = rides.under_way()
    place = {"latitude": trip.destination_latitude + away, "longitude": trip.destination_longitude}
    at = clock.now() - timedelta(seconds=age)
    LatestPosition.objects.create(trip=trip, party="passenger", at=at, accuracy=accuracy, **place)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    assert [each.kind for each in Signal.objects.filter(trip=trip)] == kinds


def test_why_is_told_in_the_language_of_whoever_reads_it(rides, signed_in):
    """In the console, on the timeline and in the police's pack; what is stored is facts."""
    trip = rides.under_way()
    found = facts.of("off_route", metres=1234.0, way="planned", party="driver")
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE, facts=found)
    report_finding(
        trip_code=trip.code,
        kind=SignalKind.SIGNAL_LOST,
        detail="passenger",
        facts=facts.of("signal_lost", seconds=180.0, since=0.0, party="passenger"),
    )
    signal = Signal.objects.get(kind="off_route")
    assert signal.facts == {"rule": "off_route", "metres": 1234.0, "way": "planned", "party": "driver"}
    (line,) = [
        each for each in timeline.of(trip=trip.code) if each.facts.get("signal") == SignalKind.OFF_ROUTE
    ]
    incident = Incident.objects.get(trip=trip)
    page = signed_in("specialist").get(
        f"/admin/incidents/{incident.code}/", headers={"accept-language": "zh-hans"}
    )
    for language, told in (
        ("zh-hans", "偏离规划路线 1.2 公里（司机手机）"),
        ("en", "1.2 km from the planned way (driver's phone)"),
    ):
        with override(language):
            assert signal.why == told
            assert told in timeline.sentence(line)
    assert "偏离规划路线 1.2 公里（司机手机）" in page.content.decode()
    assert "乘客手机失联 3 分钟" in page.content.decode()


def test_every_writer_of_signals_gives_facts(rides, people, deliver, noon):
    """Each kind that people cause has its sentence; none is written without facts."""
    trip = rides.under_way()
    cancel_trip(account=people("passenger"), trip_code=trip.code, reason="not_boarded")
    deliver()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    for number in range(2):
        file_welfare_check(
            missing_phone=str(people("passenger").phone),
            reporter_phone="13900139000",
            words="救命",
            submission=f"one-{number}",
        )
    noon.shift(61)
    expire_questions(at=clock.now())
    rows = Signal.objects.all()
    assert {row.kind for row in rows} == {
        "cancel_aboard",
        "sos",
        "welfare_check",
        "repeated_report",
        "distress",
        "no_answer",
    }
    for row in rows:
        assert row.facts["rule"] == row.kind
        with override("en"):
            assert bool(row.why) == (row.kind in {"cancel_aboard", "sos", "repeated_report"})
