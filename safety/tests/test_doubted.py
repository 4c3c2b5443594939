"""A cancel that is not believed, a silence that is an answer, 'fine' that does not last (R6, S5)."""

from datetime import timedelta

import pytest

from core import clock, policy
from core.tests.factories import set_policy
from rides.models import Payment, Trip
from rides.selectors import position_key
from rides.services import cancel_trip, confirm_car
from rides.services.positions import PhoneFixes, store_positions
from rides.states import CancelReason, Party
from rides.tokens import TripKey
from rides.trails import Fix
from safety.models import Incident, SafetyQuestion, Signal
from safety.policies import WEIGHTS
from safety.selectors import watched_by_question
from safety.services import answer_question, expire_questions, report_finding
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


def test_a_cancel_before_the_car_came_is_believed(rides, cancels):
    cancels(rides.accepted())
    assert not Signal.objects.exists() and not SafetyQuestion.objects.exists()


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
