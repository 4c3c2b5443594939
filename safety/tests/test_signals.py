"""Signals add up, and a high score opens an incident by itself."""

import pytest

from core import clock
from drivers.selectors import driver_of
from rides.services import cancel_trip, end_trip
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident, SafetyQuestion, Signal
from safety.services import answer_question, expire_questions, report_finding
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
