"""A cancel that is not believed, a silence that is an answer, 'fine' that does not last (R6, S5)."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from conftest import NOON
from core import clock, policy
from core.tests.factories import set_policy
from rides.models import Payment, Trip
from rides.selectors import position_key, watched_trips
from rides.services import cancel_trip, confirm_car, record_meeting
from rides.services.positions import PhoneFixes, store_positions
from rides.states import CancelReason, Party, PlateCheck
from rides.tokens import TripKey
from rides.trails import Fix
from safety import sentences
from safety.models import Incident, SafetyQuestion, Signal
from safety.policies import FINE_SHOWN_WITHIN, WEIGHTS
from safety.selectors import watched_by_question
from safety.services import (
    answer_question,
    expire_questions,
    questions,
    raise_sos,
    report_finding,
    settle_doubts,
)
from safety.states import Answer, SignalKind

CAR, HOME = (28.20, 121.00), (28.25, 121.06)


@pytest.fixture
def cancels(people, deliver):
    """The driver says 'not boarded'."""

    def act(trip, who="driver"):
        cancel_trip(account=people(who), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
        deliver()

    return act


def nobody_answers(noon):
    noon.shift(61)
    assert expire_questions(at=clock.now()) == 1


def key(trip):
    return TripKey(trip.code, Party.PASSENGER, "wenzhou")


def goes(trip, party, place, noon, seconds=180):
    now = clock.now().timestamp()
    fixes = [Fix(now + each, *place) for each in range(0, seconds, 30)]
    store_positions([PhoneFixes(trip.pk, party, fixes, False)])


def test_this_is_my_car_and_then_not_boarded_without_any_position_is_asked_and_opens(
    rides, people, cancels, noon
):
    trip = rides.arrived()
    confirm_car(passenger=people("passenger"), trip_code=trip.code)
    cancels(trip)
    assert Signal.objects.get(trip=trip).kind == SignalKind.CANCEL_AFTER_MEETING
    assert SafetyQuestion.objects.get(trip=trip).answer == ""
    assert not Payment.objects.exists()
    nobody_answers(noon)
    incident = Incident.objects.get(trip=trip)
    assert incident.high_risk_at == clock.now()


def test_her_page_says_that_he_says_she_is_not_aboard_and_how_to_call(rides, signed_in, cancels):
    trip = rides.arrived()
    cancels(trip)
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert "The driver cancelled this trip and says that you did not board." in page
    assert "If you are in the car, tap SOS." in page
    assert "that you did not board" not in signed_in("driver").get(f"/trips/{trip.code}/").content.decode()


def test_her_own_cancel_says_nothing_of_him(rides, signed_in, cancels):
    trip = rides.arrived()
    cancels(trip, "passenger")
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert "This trip is cancelled." in page
    assert "that you did not board" not in page


@pytest.mark.parametrize("who", ["driver", "passenger"])
def test_a_cancel_after_arrival_is_doubted_whoever_says_it(rides, cancels, noon, who):
    trip = rides.arrived()
    cancels(trip, who)
    nobody_answers(noon)
    assert Incident.objects.filter(trip=trip).exists()


def test_a_wrong_code_says_that_they_have_met(rides, people):
    trip = rides.accepted()
    assert not trip.has_met
    trip.wrong_codes = 1
    assert trip.has_met and trip.cancel_is_doubted and trip.somebody_may_be_aboard


@pytest.mark.parametrize(
    "told", [{}, {"phones_met_at": NOON}, {"plate_check": PlateCheck.SAME}, {"wrong_codes": 1}]
)
def test_the_monitor_knows_as_the_trip_does_whether_they_met(rides, told):
    trip = rides.accepted()
    Trip.objects.filter(pk=trip.pk).update(**told)
    trip.refresh_from_db()
    (watched,) = watched_trips()
    assert watched.has_met == trip.has_met == bool(told)


def test_a_cancel_before_the_car_came_is_believed(rides, cancels):
    cancels(rides.accepted())
    assert not Signal.objects.exists() and not SafetyQuestion.objects.exists()


def test_phones_that_meet_after_his_cancel_make_it_doubted_and_she_is_asked(rides, cancels, deliver, noon):
    """'Not boarded' 2 km before the pick-up, and then he stands beside her (R6)."""
    trip = rides.accepted()
    cancels(trip)
    assert not Signal.objects.exists()
    for _twice in range(2):
        record_meeting(trip_code=trip.code, position=CAR)
        deliver()
    trip.refresh_from_db()
    assert trip.cancel_is_doubted and trip.somebody_may_be_aboard
    signal = Signal.objects.get(trip=trip)
    assert signal.kind == SignalKind.CANCEL_AFTER_MEETING
    with override("en"):
        assert "both phones met after that" in sentences.why(signal.facts)
    assert SafetyQuestion.objects.get(trip=trip).answer == ""
    nobody_answers(noon)
    assert Incident.objects.filter(trip=trip).exists()


def test_a_meeting_after_a_cancel_that_is_doubted_already_asks_no_second_time(rides, cancels, deliver):
    trip = rides.arrived()
    cancels(trip)
    answer_question(key=key(trip), answer=Answer.FINE)
    record_meeting(trip_code=trip.code, position=CAR)
    deliver()
    assert Signal.objects.filter(trip=trip).count() == SafetyQuestion.objects.filter(trip=trip).count() == 1


@pytest.mark.parametrize("who", ["driver", "passenger"])
def test_the_monitor_knows_who_cancelled(rides, cancels, who):
    cancels(rides.accepted(), who)
    (watched,) = watched_trips()
    assert watched.by_driver == (who == "driver")


def test_her_own_way_and_her_answer_together_are_believed(rides, cancels, noon):
    trip = rides.arrived()
    cancels(trip)
    goes(trip, Party.PASSENGER, HOME, noon)
    goes(trip, Party.DRIVER, CAR, noon)
    noon.shift(30)
    answer_question(key=key(trip), answer=Answer.FINE)
    noon.shift(timedelta(minutes=3))
    assert not Incident.objects.exists()


def test_fine_without_a_position_of_her_own_stays_before_the_eyes_of_staff(rides, cancels, noon):
    trip = rides.arrived()
    cancels(trip)
    answer_question(key=key(trip), answer=Answer.FINE)
    assert [row.trip_code for row in watched_by_question()] == [trip.code]
    noon.shift(timedelta(minutes=31))
    assert not watched_by_question()


def shows(noon, minutes=5):
    """The time passes in which her phone could have shown what she answered."""
    noon.shift(timedelta(minutes=minutes, seconds=1))
    return settle_doubts(at=clock.now())


@pytest.mark.parametrize("who", ["driver", "passenger"])
def test_fine_that_no_position_of_hers_shows_in_time_opens_an_incident(rides, cancels, noon, who):
    """Somebody else may have her phone: her answer alone closes nothing (R6)."""
    trip = rides.arrived()
    cancels(trip, who)
    answer_question(key=key(trip), answer=Answer.FINE)
    assert shows(noon, minutes=4) == 0
    assert not Incident.objects.exists()
    assert shows(noon, minutes=1) == 1
    incident = Incident.objects.get(trip=trip)
    assert incident.high_risk_at == clock.now()
    assert Signal.objects.filter(trip=trip, kind=SignalKind.FINE_NOT_SHOWN, incident=incident).exists()
    assert shows(noon) == 0  # once


def test_fine_that_the_phones_disprove_opens_an_incident(rides, cancels, noon):
    trip = rides.arrived()
    cancels(trip)
    answer_question(key=key(trip), answer=Answer.FINE)
    now = clock.now().timestamp()
    for party in Party:
        fixes = [Fix(now + each, CAR[0] + each * 0.0001, CAR[1]) for each in range(0, 180, 30)]
        store_positions([PhoneFixes(trip.pk, party, fixes, False)])
    assert shows(noon) == 1
    assert Incident.objects.filter(trip=trip).exists()


def test_fine_that_her_later_way_shows_is_believed(rides, cancels, noon):
    trip = rides.arrived()
    cancels(trip)
    answer_question(key=key(trip), answer=Answer.FINE)
    goes(trip, Party.PASSENGER, HOME, noon)
    goes(trip, Party.DRIVER, CAR, noon)
    assert shows(noon) == 1
    assert not Incident.objects.exists()
    assert not watched_by_question()
    assert shows(noon) == 0


def test_fine_is_not_asked_about_where_nobody_doubts_it(rides, noon):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    answer_question(key=key(trip), answer=Answer.FINE)
    assert shows(noon, minutes=60) == 0


def test_fine_that_is_doubted_adds_to_an_incident_that_is_there(rides, cancels, noon):
    trip = rides.arrived()
    cancels(trip)
    answer_question(key=key(trip), answer=Answer.FINE)
    incident = raise_sos(key=key(trip))
    assert shows(noon) == 1
    assert Incident.objects.get(trip=trip) == incident
    assert Signal.objects.filter(incident=incident, kind=SignalKind.FINE_NOT_SHOWN).exists()


def test_how_long_it_may_take_is_a_policy(rides, cancels, noon):
    trip = rides.arrived()
    cancels(trip)
    answer_question(key=key(trip), answer=Answer.FINE)
    set_policy(FINE_SHOWN_WITHIN, 60)
    assert shows(noon, minutes=1) == 1
    assert Incident.objects.filter(trip=trip).exists()


def test_one_answer_that_cannot_be_looked_into_keeps_no_other(rides, cancels, noon, monkeypatch):
    first, second = rides.arrived(), rides.arrived("passenger2")
    for trip, who in ((first, "passenger"), (second, "passenger2")):
        cancels(trip, who)
        answer_question(key=key(trip), answer=Answer.FINE)
    look = questions.reconcile_trip

    def fails(trip, since):
        if trip.pk == first.pk:
            raise ValueError("a row that cannot be read")
        return look(trip, since)

    monkeypatch.setattr(questions, "reconcile_trip", fails)
    assert shows(noon) == 1
    assert [each.trip_id for each in Incident.objects.all()] == [second.pk]


def test_a_silent_phone_and_no_answer_open_whatever_the_points(rides, noon):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.SIGNAL_LOST, detail="passenger")
    nobody_answers(noon)
    incident = Incident.objects.get(trip=trip)
    assert incident.score == 60 and incident.high_risk_at


@pytest.mark.parametrize("points", [40, 0])
def test_a_car_that_left_the_pickup_and_no_answer_open_whatever_the_points(rides, noon, points):
    """He arrived, nobody pressed anything, and her phone is in the pocket."""
    trip = rides.arrived()
    set_policy(WEIGHTS, policy.value(WEIGHTS) | {"leaving_pickup": points})
    report_finding(trip_code=trip.code, kind=SignalKind.LEAVING_PICKUP)
    assert SafetyQuestion.objects.get(trip=trip).answer == ""
    assert not Incident.objects.exists()
    nobody_answers(noon)
    assert Incident.objects.get(trip=trip).high_risk_at
    assert (
        Trip.objects.get(pk=trip.pk).state == "arrived"
    )  # nothing is taken from him: she may sit beside him (S11)


def test_both_phones_silent_at_the_pickup_and_no_answer_open(rides, noon):
    trip = rides.arrived()
    report_finding(trip_code=trip.code, kind=SignalKind.SIGNAL_LOST, detail="passenger/pickup")
    nobody_answers(noon)
    assert Incident.objects.get(trip=trip).high_risk_at


def test_the_same_in_the_other_order(rides, noon):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.LONG_STOP)
    nobody_answers(noon)
    assert not Incident.objects.exists()
    report_finding(trip_code=trip.code, kind=SignalKind.SIGNAL_LOST, detail="passenger")
    assert Incident.objects.get(trip=trip).high_risk_at


def test_his_silent_phone_is_not_hers(rides, noon):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.SIGNAL_LOST, detail="driver")
    nobody_answers(noon)
    assert not Incident.objects.exists()


def test_after_fine_a_new_fact_asks_again_and_the_same_one_does_not(rides):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    answer_question(key=key(trip), answer=Answer.FINE)
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    assert SafetyQuestion.objects.filter(trip=trip, answer="").count() == 1
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    assert Signal.objects.filter(trip=trip, kind=SignalKind.OFF_ROUTE).count() == 2


def test_a_trip_with_an_open_question_stands_on_the_first_page(rides, noon, signed_in):
    trip = rides.under_way()
    report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    page = signed_in("agent").get("/admin/due/").content.decode()
    assert trip.code in page and "off the planned route" in page
    nobody_answers(noon)
    assert Incident.objects.filter(trip=trip).exists()  # 40 and 30: it burns now
    assert trip.code not in signed_in("agent").get("/admin/due/").content.decode()


def test_the_key_of_her_page_goes_on_after_a_cancel(rides, cancels, noon, client):
    trip = rides.arrived()
    cancels(trip)
    noon.shift(timedelta(minutes=70))
    answer = client.get(
        f"/trips/{trip.code}/question/", headers={"x-trip-key": position_key(trip, Party.PASSENGER)}
    )
    assert answer.status_code == 200
