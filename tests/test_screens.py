"""Screens that are told: who is, of what, until when; through the sandbox's push service, which opens each message."""

import json
from datetime import timedelta

import httpx
import pytest
from django.conf import settings as site
from django.test import Client

from accounts.models import PushSubscription, Session
from accounts.tasks import forget_sessions
from core import clock, own_data
from core.messages import outbox
from core.messages.transports import breaker, web_push
from core.models import AuditEntry, Notification
from drivers.selectors import driver_of
from drivers.tests.factories import ready_for_pickup
from rides.selectors import position_key
from rides.services import arrive
from rides.states import Party
from rides.tokens import TripKey
from safety import services as safety
from sandbox import messages as inbox
from sandbox import push as service

HERE = "http://box.example"
DOOR = "/api/v1/me/screen/"


@pytest.fixture
def box(settings, tmp_path, monkeypatch):
    """The sandbox's push service, asked without a network."""
    settings.STATE = tmp_path
    settings.MESSAGE_TRANSPORTS = settings.MESSAGE_TRANSPORTS | {"push": ["box=webpush+http://box.example"]}
    breaker.forget()

    def answer(request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        number = request.url.path.rpartition("/")[2]
        status, _said = service.take(number, str(request.url), headers, request.content)
        return httpx.Response(status)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(web_push, "_client", lambda: client)
    return service


def phone(box):
    said = box.new_phone(HERE)
    return {"endpoint": said["endpoint"], **said["keys"]}


def agree(client, box, **changes):
    return client.put(DOOR, json.dumps(phone(box) | changes), content_type="application/json")


def send_all():
    """Push messages alone; those of other channels have nobody to go to here."""
    for row in Notification.objects.filter(channel="push", state="queued"):
        outbox.send(row.pk)


def shown():
    return [(row["text"], row["page"]) for row in inbox.all_messages() if row["channel"] == "push"]


def test_a_car_is_found_and_waits_on_her_screen(rides, signed_in, box):
    client = signed_in("passenger")
    assert client.get(DOOR).json()["on"] is False
    assert agree(client, box).status_code == 204
    assert client.get(DOOR).json()["on"] is True
    trip = rides.accepted()
    send_all()
    ((text, page),) = shown()
    assert trip.plate_registered in text and page == f"/trips/{trip.code}/"
    assert trip.origin_name not in text and trip.destination_name not in text
    driver = driver_of(trip.driver.account)
    ready_for_pickup(driver, trip)
    arrive(driver=driver, trip_code=trip.code)
    send_all()
    assert len(shown()) == 2
    # The text message went out as without.
    assert Notification.objects.filter(channel="sms", key__startswith="waits:").count() == 1


def test_nothing_on_a_screen_opens_or_names_anything(rides, signed_in, box, people):
    agree(signed_in("passenger"), box)
    trip = rides.accepted()
    (row,) = Notification.objects.filter(channel="push")
    said = f"{row.text}{row.parameters}"
    for secret in (
        position_key(trip, Party.PASSENGER),
        people("passenger").phone,
        people("passenger").real_name,
    ):
        assert secret not in said
    assert trip.driver.account.real_name not in said


def test_in_silence_no_screen_lights_up(rides, signed_in, box):
    agree(signed_in("passenger"), box)
    trip = rides.accepted()
    safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, trip.city.code), silent=True)
    send_all()
    assert shown() == []
    assert set(Notification.objects.filter(channel="push").values_list("state", flat=True)) == {"lapsed"}


def test_a_driver_is_never_told_of_a_call_for_help(rides, signed_in, box):
    trip = rides.accepted()
    driver = signed_in(trip.driver.account.code)
    agree(driver, box)
    safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, trip.city.code))
    assert not Notification.objects.filter(channel="push").exists()


@pytest.mark.parametrize("who", ["passenger", "driver"])
def test_each_consent_says_its_version_this_one_too(signed_in, box, people, who):
    agree(signed_in(who), box)
    consents = {each.key: each.version for each in own_data.consents_of(people(who))}
    assert "screens" in consents
    assert all(consents.values()), consents


@pytest.mark.parametrize(
    "end",
    [
        lambda client: client.post("/sign-out/"),
        lambda client: client.delete(DOOR),
        lambda client: client.post("/me/data/consents/screens/", {"on": "0"}),
        lambda client: client.delete("/api/v1/me/sessions/"),
        lambda client: Session.objects.all().delete(),
    ],
    ids=["sign-out", "here", "consent", "everywhere", "ended"],
)
def test_it_ends_with_the_session_and_where_it_is_withdrawn(signed_in, box, end, rides):
    client = signed_in("passenger")
    agree(client, box)
    end(client)
    assert not PushSubscription.objects.exists()
    rides.accepted()
    assert not Notification.objects.filter(channel="push").exists()


def test_what_was_promised_before_somebody_left_goes_nowhere(rides, signed_in, box):
    client = signed_in("passenger")
    agree(client, box)
    rides.accepted()
    client.post("/sign-out/")
    send_all()
    assert shown() == []


def test_a_session_that_is_over_tells_nothing_before_it_is_forgotten(rides, signed_in, box):
    agree(signed_in("passenger"), box)
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    rides.accepted()
    assert not Notification.objects.filter(channel="push").exists()
    forget_sessions()
    assert not PushSubscription.objects.exists()


def test_one_browser_is_one_persons(signed_in, box, people):
    known = json.dumps(phone(box))
    for name in ("passenger", "passenger2"):
        signed_in(name).put(DOOR, known, content_type="application/json")
    (row,) = PushSubscription.objects.select_related("session")
    assert row.session.account == people("passenger2")


def test_asked_again_it_is_one(signed_in, box):
    client = signed_in("passenger")
    assert [agree(client, box).status_code for _ in range(2)] == [204, 204]
    assert PushSubscription.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "http://169.254.169.254/latest"},
        {"endpoint": "http://box.example:81/push/x"},
        {"endpoint": "x"},
        {"endpoint": "http://box.example/push/\x01"},
        {"endpoint": "\x01http://box.example/push/x"},
        {"p256dh": "AAAA"},
        {"p256dh": web_push.to_text(b"\x04" + b"\x01" * 64)},
        {"auth": "AAAA"},
        {"auth": "*"},
    ],
)
def test_what_is_no_browser_is_refused_with_a_sentence(signed_in, box, changes):
    said = agree(signed_in("passenger"), box, **changes)
    assert (said.status_code, said.json()["code"]) == (400, "push_unknown")
    assert not PushSubscription.objects.exists()


def test_a_stranger_and_staff_have_no_screen(signed_in, box):
    assert agree(Client(), box).status_code in {401, 403}
    assert agree(signed_in("agent"), box).status_code in {403, 404}


def test_it_stands_under_my_data_and_in_the_copy(signed_in, box, people):
    client = signed_in("passenger")
    page = client.get("/me/data/")
    assert 'id="consent-screens"' not in page.content.decode()
    agree(client, box)
    page = client.get("/me/data/").content.decode()
    assert 'id="consent-screens"' in page
    from accounts.own_data import screen_rows

    (row,) = screen_rows(people("passenger"))
    assert row["push_service"] == "box.example"
    assert AuditEntry.objects.filter(action="accounts.screen").count() == 1


def test_a_service_that_ended_it_is_asked_once(rides, signed_in, box):
    agree(signed_in("passenger"), box)
    box.end(str(PushSubscription.objects.get().endpoint).rpartition("/")[2])
    rides.accepted()
    send_all()
    assert not PushSubscription.objects.exists()
    assert Notification.objects.get(channel="push").state == "lapsed"


def test_the_button_stands_where_somebody_waits_and_goes_when_it_is_on(rides, signed_in, box):
    client, trip = signed_in("passenger"), rides.accepted()
    page = f"/trips/{trip.code}/"
    assert "data-screen=" in client.get(page).content.decode()
    agree(client, box)
    assert "data-screen=" not in client.get(page).content.decode()


def test_a_key_that_was_turned_offers_it_anew(rides, signed_in, box, settings):
    client = signed_in("passenger")
    agree(client, box)
    assert client.get(DOOR).json()["on"] is True
    settings.PUSH_KEYS = [*site.PUSH_KEYS, "2:" + "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="]
    assert client.get(DOOR).json()["on"] is False
    rides.accepted()
    send_all()
    assert len(shown()) == 1, "the older key goes on until it is taken out"
