"""She is counted as boarded, and nobody compared the car: she is asked, and what she does not answer is seen (S5, D11)."""

import pytest

from core import clock
from rides.models import Trip
from rides.selectors import position_key
from rides.services import confirm_car, presume_boarded
from rides.states import Party, TripState
from rides.tokens import TripKey
from safety.models import Incident, SafetyQuestion, Signal
from safety.selectors import open_question, watched_by_question
from safety.services import answer_question, expire_questions, report_finding
from safety.states import Answer, SignalKind

HERE = (28.20, 121.00)


@pytest.fixture
def presumed(deliver):
    def act(trip):
        presume_boarded(trip_code=trip.code, position=HERE)
        deliver()
        return Trip.objects.get(pk=trip.pk)

    return act


@pytest.mark.parametrize("state", ["accepted", "arrived"])
def test_whom_nobody_showed_the_car_is_asked_on_her_page_alone(rides, presumed, signed_in, state):
    trip = presumed(getattr(rides, state)())
    assert (trip.state, trip.presumed_boarded) == (TripState.BOARDED, True)
    assert Signal.objects.get(trip=trip).kind == SignalKind.BOARDING_PRESUMED
    assert open_question(trip) is not None
    for party in Party:
        key = {"x-trip-key": position_key(trip, party)}
        page = signed_in("").get(f"/trips/{trip.code}/question/", headers=key).content.decode()
        assert ("/answer/" in page) == (party == Party.PASSENGER)
    assert not Incident.objects.exists(), "an ordinary trip on which nobody looked at the plate"


def test_no_answer_stands_on_the_console_with_the_reason(rides, presumed, noon, signed_in):
    trip = presumed(rides.arrived())
    noon.shift(61)
    assert expire_questions(at=clock.now()) == 1
    (watched,) = watched_by_question()
    assert watched.trip_code == trip.code
    assert watched.why == [SignalKind.BOARDING_PRESUMED, SignalKind.NO_ANSWER]
    assert "nobody compared the car" in signed_in("specialist").get("/admin/").content.decode()


def test_no_answer_and_a_silent_phone_open_an_incident(rides, presumed, noon):
    trip = presumed(rides.arrived())
    noon.shift(61)
    expire_questions(at=clock.now())
    report_finding(trip_code=trip.code, kind=SignalKind["SIGNAL_LOST"], detail="passenger/1")
    assert Incident.objects.get(trip=trip).high_risk_at is not None


def test_fine_is_noted_and_she_is_not_asked_again_for_the_same(rides, presumed, people):
    trip = presumed(rides.arrived())
    answer_question(key=TripKey(trip.code, "passenger", trip.city.code), answer=Answer.FINE)
    presumed(trip)
    assert SafetyQuestion.objects.filter(trip=trip).count() == 1
    assert Signal.objects.filter(trip=trip).count() == 1


def test_who_said_that_it_is_her_car_is_not_asked(rides, people, presumed):
    trip = rides.arrived()
    confirm_car(passenger=people("passenger"), trip_code=trip.code)
    assert presumed(trip).state == TripState.BOARDED
    assert not SafetyQuestion.objects.exists()
    assert not Signal.objects.exists()
