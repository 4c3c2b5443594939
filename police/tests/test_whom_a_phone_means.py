"""Which trip a phone or a plate means that the police ask by: also of who was booked for, also after a cancel."""

import re
from datetime import timedelta

import pytest

from conftest import usual_journey
from core import clock
from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from police import services
from police.selectors import resolve_query
from police.states import Query
from police.tests.factories import urgent
from rides.models import Trip
from rides.services import Rider, accept_trip, cancel_trip
from rides.states import CancelReason, RiderKind
from safety.services import file_welfare_check

HERS = "13977770009"


def found_by(query, value, at=None):
    trips, _report = resolve_query(query, value, at or clock.now())
    return [trip.code for trip in trips]


@pytest.fixture
def for_a_friend(rides, people):
    """A trip with a driver that the passenger's account booked for somebody else."""
    way = rides.itinerary()
    trip = rides.booked(rider=Rider(RiderKind.OTHER, "林小雨", HERS), journey=usual_journey())
    driver = driver_of(people("driver"))
    outcome = accept_trip(
        driver=driver, trip_code=trip.code, itinerary_code=way, face_token=face_token(driver, trip.code)
    )
    assert outcome.refusal is None
    return Trip.objects.get(pk=trip.pk)


def test_who_was_booked_for_is_found_by_her_phone_though_she_has_no_account(for_a_friend):
    assert found_by(Query.PHONE, HERS) == [for_a_friend.code]


def test_an_emergency_by_her_phone_is_released_at_once(for_a_friend, people):
    question = urgent(Query.PHONE, HERS)
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    assert (asked.state, asked.trip) == ("released", for_a_friend)


def test_who_has_a_trip_of_her_own_and_is_booked_for_leads_to_both(for_a_friend, rides, people):
    people("passenger2")
    Trip.objects.filter(pk=for_a_friend.pk).update(rider_phone_index=people("passenger2").phone_index)
    own = rides.accepted("passenger2", "driver2")
    assert set(found_by(Query.PHONE, people("passenger2").phone)) == {own.code, for_a_friend.code}


def test_whoever_answers_chooses_among_the_trips_that_were_found(for_a_friend, rides, people, signed_in):
    """The officer knows a phone and no code of a trip, and staff have nothing to look the code up by."""
    people("passenger2")
    Trip.objects.filter(pk=for_a_friend.pk).update(rider_phone_index=people("passenger2").phone_index)
    own = rides.accepted("passenger2", "driver2")
    question = urgent(Query.PHONE, people("passenger2").phone)
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    client, page = signed_in("agent"), f"/admin/police-line/{asked.code}/"
    told = client.get(page, headers={"accept-language": "en"}).content.decode()
    for trip in (own, for_a_friend):
        assert re.search(f'type="radio" name="found" value="{trip.code}"', told), trip
    assert client.post(f"{page}do/trip/", {"found": "T-0000000000"}).status_code == 400
    for nothing in ({}, {"trip": own.code}, {"found": "other"}):
        assert client.post(f"{page}do/trip/", nothing).status_code == 400, nothing
    client.post(f"{page}do/trip/", {"found": "other", "trip": for_a_friend.code})
    asked.refresh_from_db()
    assert asked.trip_id == for_a_friend.pk
    client.post(f"{page}do/trip/", {"found": own.code})  # the wrong one was tapped
    asked.refresh_from_db()
    assert (asked.trip_id, asked.trip_found_by) == (own.pk, "agent")


def test_where_one_trip_or_none_was_found_there_is_nothing_to_choose_from(people, signed_in, rides):
    question = urgent(Query.PLATE, "沪A00000")
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    told = signed_in("agent").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert 'name="trip"' in told and 'name="found"' not in told


@pytest.fixture
def cancelled(rides, people, deliver):
    """He came, and said two hours and more ago that she did not board."""
    trip = rides.arrived()
    cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    deliver()
    return trip


@pytest.mark.parametrize("query", [Query.PHONE, Query.PLATE])
def test_hours_after_a_cancel_the_trip_is_found_while_its_incident_is_live(cancelled, noon, query):
    filed = {"reporter_phone": "13911110001", "words": "x", "submission": "s"}
    file_welfare_check(missing_phone="13800000001", **filed)
    noon.shift(timedelta(hours=3.5))
    value = "13800000001" if query == Query.PHONE else cancelled.plate_registered
    assert found_by(query, value) == [cancelled.code]


@pytest.mark.parametrize("query", [Query.PHONE, Query.PLATE])
def test_hours_after_a_cancel_that_nobody_doubts_nothing_is_found(rides, people, noon, query):
    trip = rides.accepted()
    cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    noon.shift(timedelta(hours=3.5))
    value = "13800000001" if query == Query.PHONE else trip.plate_registered
    assert found_by(query, value) == []


def test_a_trip_under_way_is_meant_before_one_that_is_over(cancelled, rides, noon):
    file_welfare_check(missing_phone="13800000001", reporter_phone="13911110001", words="x", submission="s")
    Trip.objects.filter(pk=cancelled.pk).update(cancelled_at=clock.now() - timedelta(hours=2))
    now = rides.accepted(driver="driver2")
    assert found_by(Query.PHONE, "13800000001") == [now.code]
