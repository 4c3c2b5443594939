"""Who finds the page of a call in a browser: whoever called, however her session ended, and nobody who comes after her."""

import pytest
from django.test import Client

from accounts.models import Account, Session
from drivers.selectors import driver_of
from rides.selectors import position_key
from rides.services import end_trip
from rides.states import Party

PASSWORD = "a password of tests"


def enter(client, name):
    assert client.post("/sign-in/", {"name": name, "password": PASSWORD}).status_code == 302


def called(trip):
    """A browser in which she is signed in and called for help."""
    client = Client(headers={"accept-language": "en"})
    enter(client, "passenger")
    client.post(f"/trips/{trip.code}/sos/", {"key": position_key(trip, Party.PASSENGER)})
    assert opens(client, trip)
    return client


@pytest.fixture
def over(rides, people):
    """Her call is open still and her trip is not."""
    trip = rides.under_way()
    client = called(trip)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    return client, trip


def opens(client, trip):
    answer = client.get(f"/trips/{trip.code}/sos/")
    status = client.get(f"/trips/{trip.code}/sos/status/")
    assert (answer.status_code == 200) == (status.status_code == 200)
    return answer.status_code == 200


@pytest.mark.parametrize("how", ["ended elsewhere", "expired", "suspended"])
def test_a_session_that_was_taken_from_her_takes_not_her_page(over, how, people):
    client, trip = over
    if how == "suspended":
        Account.objects.filter(code=people("passenger").code).update(is_active=False)
    else:
        Session.objects.filter(account=people("passenger")).delete()
    assert client.get("/me/").status_code == 302
    assert opens(client, trip)


@pytest.mark.parametrize("how", ["/sign-out/", "/me/sessions/end/", "api"])
def test_her_own_tap_takes_the_key_along(over, how):
    client, trip = over
    if how == "api":
        assert client.delete("/api/v1/me/sessions/", headers=csrf(client)).status_code == 204
    else:
        client.post(how, {"session": "all"})
    assert not opens(client, trip)


def csrf(client):
    client.get("/me/")
    return {"x-csrftoken": client.cookies["csrftoken"].value} if "csrftoken" in client.cookies else {}


def test_another_account_that_signs_in_there_takes_it_away_and_she_herself_does_not(over, people):
    client, trip = over
    Session.objects.filter(account=people("passenger")).delete()
    enter(client, "passenger")
    assert opens(client, trip)
    Session.objects.filter(account=people("passenger")).delete()
    enter(client, "passenger2")
    assert not opens(client, trip)
    client.post("/sign-out/")
    assert not opens(client, trip)


@pytest.mark.parametrize("how", ["out", "another"])
def test_while_she_calls_and_may_be_aboard_her_page_stays_with_the_phone_and_no_longer(rides, how, people):
    trip = rides.under_way()
    client = called(trip)
    if how == "out":
        client.post("/sign-out/")
    else:
        enter(client, "passenger2")
    assert opens(client, trip)
    client.post(f"/trips/{trip.code}/sos/")  # by the cookie alone
    assert opens(client, trip)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    assert not opens(client, trip)


@pytest.mark.parametrize("cookie", ["left behind", "none"])
def test_a_call_whose_key_comes_in_a_header_is_answered_whatever_the_browser_holds(rides, people, cookie):
    trip = rides.under_way()
    key = position_key(trip, Party.PASSENGER)
    client = called(trip)
    client.post("/sign-out/")
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    if cookie == "none":
        client = Client()
    assert client.post(f"/trips/{trip.code}/sos/", headers={"X-Trip-Key": key}).status_code == 302
    assert opens(client, trip), "by the key that was shown"


def test_who_comes_back_has_her_own_page_as_before(rides, people):
    trip = rides.under_way()
    client = called(trip)
    client.post("/sign-out/")
    enter(client, "passenger")
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    assert opens(client, trip)


def test_the_driver_who_calls_is_known_by_the_same_rule(rides, people):
    trip = rides.under_way()
    client = Client(headers={"accept-language": "en"})
    enter(client, "driver")
    client.post(f"/trips/{trip.code}/sos/", {"key": position_key(trip, Party.DRIVER)})
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    enter(client, "driver")
    assert opens(client, trip)
    enter(client, "passenger2")
    assert not opens(client, trip)


def test_what_is_no_key_goes_and_stops_nobody_from_signing_out(world):
    client = Client()
    enter(client, "passenger")
    client.cookies["trip_key_T12345678"] = "nonsense"
    assert client.post("/sign-out/").status_code == 302
    assert client.cookies["trip_key_T12345678"].value == ""
