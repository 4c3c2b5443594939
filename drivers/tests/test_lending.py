"""Signs that an account is lent (D7): one device or face on several accounts, a sign-in far from the moving car."""

import pytest
from django.test import Client

from accounts.models import Account, Device, SignInPlace
from accounts.services import forget_places
from core import clock
from core.models import OutboxEvent
from drivers.models import VettingCase
from drivers.services import agree, propose
from drivers.states import CaseOutcome
from rides.models import LatestPosition

PASSWORD = "a password of tests"


def sign_in(client, name, **place):
    answer = client.post(
        "/api/v1/sign-in/", {"name": name, "password": PASSWORD, **place}, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    client.post("/sign-out/")


def test_one_device_on_several_accounts_opens_one_case(world, deliver):
    phone = Client()
    for name in ("passenger", "driver", "passenger2", "driver", "passenger"):
        sign_in(phone, name)
        deliver()
    case = VettingCase.objects.get()
    assert (case.kind, case.driver.account.code) == ("same_device", "driver")
    assert set(case.facts["accounts"]) == {"passenger", "passenger2"}


def test_each_on_their_own_device_opens_nothing(world, deliver):
    for name in ("passenger", "driver", "driver2"):
        sign_in(Client(), name)
    deliver()
    assert not VettingCase.objects.exists()
    assert Device.objects.count() == 3


def test_what_two_people_cleared_opens_nothing_again_but_somebody_new_does(world, people, deliver):
    phone = Client()
    for name in ("passenger", "driver"):
        sign_in(phone, name)
        deliver()
    case = VettingCase.objects.get()
    propose(account=people("vetting"), code=case.code, outcome=CaseOutcome.CLEARED, reason="husband and wife")
    agree(account=people("supervisor"), code=case.code, agrees=True)
    Device.objects.all().delete()
    for name in ("passenger", "driver"):
        sign_in(phone, name)
        deliver()
    assert VettingCase.objects.count() == 1
    sign_in(phone, "passenger2")
    deliver()
    assert VettingCase.objects.filter(state="open").get().facts["accounts"].keys() == {"passenger2"}


def test_staff_who_share_a_terminal_are_no_sign(world, deliver):
    desk = Client()
    for name in ("agent", "vetting"):
        sign_in(desk, name)
    deliver()
    assert not VettingCase.objects.exists()


@pytest.mark.parametrize(("latitude", "cases"), [(28.2127, 0), (28.6, 1)])
def test_a_sign_in_far_from_the_moving_car_opens_one_case(rides, deliver, latitude, cases):
    trip = rides.under_way()
    LatestPosition.objects.create(
        trip=trip, party="driver", at=clock.now(), latitude=28.2127, longitude=121.026
    )
    for _again in range(2):
        sign_in(Client(), "driver", latitude=latitude, longitude=121.026)
        deliver()
    assert VettingCase.objects.filter(kind="far_sign_in", subject=trip.code).count() == cases


def test_without_a_trip_or_a_place_nothing_is_said(world, deliver):
    sign_in(Client(), "driver", latitude=39.9, longitude=116.4)
    sign_in(Client(), "driver")
    deliver()
    assert not VettingCase.objects.exists()


def test_places_are_encrypted_not_in_events_and_forgotten_after_a_day(world, noon):
    sign_in(Client(), "driver", latitude=39.9, longitude=116.4)
    event = OutboxEvent.objects.get(name="accounts.signed_in_somewhere")
    assert "39.9" not in str(event.payload)
    assert forget_places(at=clock.now()) == 0
    noon.shift(86_401)
    assert forget_places(at=clock.now()) == 1
    assert not SignInPlace.objects.exists()


@pytest.mark.parametrize("place", [{"latitude": 91, "longitude": 0}, {"latitude": "x", "longitude": 0}])
def test_a_place_that_is_none_is_said(world, place):
    answer = Client().post(
        "/api/v1/sign-in/", {"name": "driver", "password": PASSWORD, **place}, content_type="application/json"
    )
    assert answer.status_code == 400
    assert Account.objects.get(code="driver").sign_in_places.count() == 0


def test_the_cookie_is_out_of_reach_of_scripts(world):
    client = Client()
    sign_in(client, "driver")
    cookie = client.cookies["device"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not Device.objects.filter(digest__contains=cookie.value).exists()
