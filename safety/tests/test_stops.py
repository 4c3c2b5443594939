"""The next passenger is protected too (D15), and a clock that no click stops (S10)."""

from datetime import timedelta

import pytest

from conftest import PICKUP
from core import clock
from core.errors import InvalidInput
from core.four_eyes import SecondPersonNeeded
from drivers.models import Hold, VettingCase
from drivers.selectors import driver_of, has_covert_hold
from drivers.services import agree, propose
from drivers.states import CaseOutcome
from drivers.tests.factories import face_token
from police.services import ask_by_form
from police.states import Query, Urgency
from police.tests.factories import notice_sent, urgent
from rides.models import City, Offer, Trip
from rides.services import accept_offer, accept_trip, dispatch_batch, end_trip
from rides.states import Line, Party
from rides.tests.factories import go_on_duty
from rides.tokens import TripKey
from safety import services
from safety.errors import ActionClosed
from safety.models import Incident
from safety.policies import clocks_of
from safety.states import SignalKind


@pytest.fixture
def driver(people, world):
    return driver_of(people("driver"))


def hers(trip):
    return TripKey(trip.code, Party.PASSENGER, "wenzhou")


def his(trip):
    return TripKey(trip.code, Party.DRIVER, "wenzhou")


def closed(people, incident, outcome):
    services.take_incident(account=people("agent"), code=incident.code)
    services.resolve_incident(
        account=people("agent"), code=incident.code, outcome=outcome, harm="none", words="x"
    )
    services.close_incident(account=people("specialist"), code=incident.code)


def takes(driver, way, waiting):
    token = face_token(driver, waiting.code)
    outcome = accept_trip(driver=driver, trip_code=waiting.code, itinerary_code=way, face_token=token)
    return outcome.refusal.code if outcome.refusal else "taken"


@pytest.mark.parametrize("side", [hers, his])
def test_after_an_sos_of_either_side_no_next_order_on_any_line(rides, driver, side):
    trip, waiting = rides.under_way(), rides.booked("passenger2")
    services.raise_sos(key=side(trip))
    end_trip(driver=driver, trip_code=trip.code)
    assert takes(driver, trip.itinerary.code, waiting) == "no_longer_available"
    go_on_duty(driver, PICKUP.point)
    order = rides.booked("driver2", line=Line.EXPRESS)
    batch = {"city": City.objects.get(code="wenzhou"), "line": Line.EXPRESS, "at": clock.now()}
    assert dispatch_batch(**batch) == 0
    offer = Offer.objects.create(
        code="O-1", trip=order, driver=driver, pickup_seconds=1, offered_at=clock.now(),
        expires_at=clock.now() + timedelta(minutes=1),
    )  # fmt: skip
    Trip.objects.filter(pk=order.pk).update(state="matched")
    assert accept_offer(driver=driver, code=offer.code).refusal.code == "no_longer_available"
    assert not Trip.objects.filter(pk__in=[waiting.pk, order.pk], driver__isnull=False).exists()


def test_high_risk_stops_as_well_and_a_welfare_check_alone_too(rides, people, driver):
    trip = rides.under_way()
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    assert not has_covert_hold(driver)
    services.file_welfare_check(
        missing_phone=people("passenger").phone, reporter_phone="13911110001", words="x", submission="s"
    )
    assert has_covert_hold(driver)


@pytest.mark.parametrize(
    ("outcome", "stopped"),
    [("safe", False), ("false_alarm", False), ("malicious", False), ("police", True)],
)
def test_it_ends_with_an_outcome_that_clears_and_with_no_other(rides, people, driver, outcome, stopped):
    trip, waiting = rides.under_way(), rides.booked("passenger2")
    incident = services.raise_sos(key=hers(trip))
    end_trip(driver=driver, trip_code=trip.code)
    closed(people, incident, outcome)
    said = takes(driver, trip.itinerary.code, waiting)
    assert said == ("no_longer_available" if stopped else "taken")


def test_what_the_police_have_two_people_decide(rides, people, driver):
    incident = services.raise_sos(key=hers(rides.under_way()))
    closed(people, incident, "police")
    case = VettingCase.objects.get(kind="police")
    propose(account=people("vetting"), code=case.code, outcome=CaseOutcome.CLEARED, reason="x")
    assert has_covert_hold(driver)
    agree(account=people("supervisor"), code=case.code, agrees=True)
    assert not has_covert_hold(driver)


@pytest.mark.parametrize(
    ("query", "value", "urgency", "stopped"),
    [
        (Query.TRIP, "{trip}", Urgency.EMERGENCY, True),
        (Query.PLATE, "{plate}", Urgency.EMERGENCY, True),
        (Query.PHONE, "{his}", Urgency.ORDINARY, True),
        (Query.PHONE, "{hers}", Urgency.EMERGENCY, True),
        (Query.PHONE, "{hers}", Urgency.ORDINARY, False),
        (Query.PLACE, "28.2, 121.0", Urgency.EMERGENCY, False),
    ],
)
def test_a_police_request_that_names_the_driver_stops_the_next_order(
    rides, people, driver, query, value, urgency, stopped
):
    trip = rides.under_way()
    said = {
        "trip": trip.code, "plate": trip.plate_registered,
        "his": people("driver").phone, "hers": people("passenger").phone,
    }  # fmt: skip
    if urgency == Urgency.ORDINARY:
        notice_sent(people("officer"), value.format(**said), query=query.value)
    else:
        question = urgent(query, value.format(**said))
        ask_by_form(account=people("officer"), question=question, submission="p")
    assert has_covert_hold(driver) is stopped
    assert VettingCase.objects.filter(kind="police").exists() is stopped


def test_one_hold_however_often_she_taps(rides, driver):
    trip = rides.under_way()
    for _tap in range(3):
        services.raise_sos(key=hers(trip))
    assert Hold.objects.count() == 1


# --- S10 ---


@pytest.fixture
def incident(rides, people):
    found = services.raise_sos(key=hers(rides.under_way()))
    services.take_incident(account=people("agent"), code=found.code)
    return found


def running(code):
    """The clocks of S10 that run on."""
    row = Incident.objects.get(code=code)
    return [each.key for each in clocks_of(row) if each.key in {"safe_check", "police"} and each.done is None]


def test_words_stop_no_clock_and_a_second_person_does(incident, people, noon):
    said = {"code": incident.code, "station": "虹桥派出所 Wang", "number": "0577-62310110"}
    services.record_police_call(account=people("agent"), **said)
    at = clock.now()
    assert running(incident.code) == ["safe_check", "police"]
    with pytest.raises(SecondPersonNeeded):
        services.confirm_police_call(account=people("agent"), code=incident.code)
    noon.shift(30)
    services.confirm_police_call(account=people("specialist"), code=incident.code)
    assert running(incident.code) == []
    assert Incident.objects.get(code=incident.code).police_called_at == at
    with pytest.raises(ActionClosed):
        services.confirm_police_call(account=people("specialist"), code=incident.code)


def test_what_is_no_number_is_no_call(incident, people):
    with pytest.raises(InvalidInput):
        services.record_police_call(account=people("agent"), code=incident.code, station="x", number="asdf")
    assert not Incident.objects.get(code=incident.code).police_said_by


def test_nothing_to_confirm_where_nobody_called(incident, people):
    with pytest.raises(ActionClosed):
        services.confirm_police_call(account=people("specialist"), code=incident.code)


def test_a_supervisor_does_not_excuse_her_own_incident(rides, people):
    found = services.raise_sos(key=hers(rides.under_way()))
    services.take_incident(account=people("supervisor"), code=found.code)
    with pytest.raises(ActionClosed):
        services.excuse_police_call(account=people("supervisor"), code=found.code, words="x")
    assert running(found.code) == ["safe_check", "police"]


def test_a_pack_in_the_hands_of_a_station_that_asked_stops_nothing(incident, people):
    """It asked, and nobody has said that it sends somebody (S10)."""
    trip = Trip.objects.get(incidents=incident)
    question = urgent(Query.TRIP, trip.code)
    asked = ask_by_form(account=people("officer"), question=question, submission="p")
    assert asked.state == "released"
    assert running(incident.code) == ["safe_check", "police"]
