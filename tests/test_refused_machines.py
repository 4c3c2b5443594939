"""A machine that shows a wrong token is heard of: at each door, once for each network, and nobody buries it."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from complaints.services.oncall import ring_on_call
from core import alarms, clock, machines
from core.machines import REFUSED
from core.models import AuditEntry, FailedWork, Notification, TimelineEntry
from rides.states import Party
from safety.models import Incident
from safety.packets import Packet, encode
from safety.states import LIVE

TEXT = {"text": "救命", "sender": "+8613800138000", "key": "1"}
DOORS = {
    "sms in": "/api/v1/messages/in/",
    "telephone in": "/api/v1/calls/",
    "outside in": "/api/v1/outside-messages/",
    "receipts of postal": "/api/v1/receipts/postal/",
    "emergency centre": "/api/v1/centre/",
    "metrics": "/metrics",
}


@pytest.fixture(autouse=True)
def nothing_told(settings):
    machines._told.clear()
    settings.MESSAGE_TRANSPORTS = settings.MESSAGE_TRANSPORTS | {"email": ["postal=json://host/"]}


def knock(address, *, network="203.0.113.9", shows="old", **body):
    client = Client(REMOTE_ADDR=network, headers={"authorization": f"Bearer {shows}"})
    if address == "/metrics":
        return client.get(address)
    return client.post(address, body, content_type="application/json")


def rows(door):
    return list(FailedWork.objects.filter(kind=REFUSED.kind, subject=door).order_by("pk"))


def rings():
    return [each for each in alarms.ringing(clock.now()) if each.key.startswith("machine:")]


@pytest.mark.parametrize("door", DOORS)
def test_who_tries_once_rings_nowhere_and_who_goes_on_for_a_minute_does(world, noon, door):
    assert knock(DOORS[door]).status_code in {401, 403, 404}
    assert [row.needs_person_at for row in rows(door)] == [None]
    assert rings() == []
    noon.shift(timedelta(seconds=50))
    machines._told.clear()
    knock(DOORS[door])
    assert [each.code for each in rings()] == [f"{door} 203.0.113.*"]


@pytest.mark.parametrize("network", ["203.0.113.9", "2001:db8:aaaa:bbbb::9"])
@pytest.mark.parametrize("door", DOORS)
def test_whoever_is_on_call_is_rung_about_each_door(world, noon, door, network):
    """However long the door and its network are called."""
    for _twice in range(2):
        knock(DOORS[door], network=network)
        machines._told.clear()
        noon.shift(timedelta(seconds=50))
    (alarm,) = rings()
    assert ring_on_call(at=clock.now() + alarm.within) == 1
    assert set(Notification.objects.values_list("channel", flat=True)) == {"voice", "sms"}
    assert not TimelineEntry.objects.filter(kind="alarms.rung").exists(), "a door is no case"
    assert AuditEntry.objects.filter(action="alarms.rung", subject=alarm.code).exists()


def test_a_text_for_help_that_is_refused_is_told_at_once(world):
    assert knock(DOORS["sms in"], **TEXT).status_code == 401
    (row,) = rows("sms in")
    assert row.life_safety
    assert row.needs_person_at
    assert [each.rank for each in rings()] == [alarms.Rank.KNOWN]
    assert "救命" not in row.error + row.key


def test_it_is_told_at_once_also_where_a_stranger_was_refused_a_moment_before(world):
    knock(DOORS["sms in"])
    knock(DOORS["sms in"], **TEXT)
    assert len(rings()) == 1


def test_a_packet_of_her_page_calls_for_help_whatever_token_its_gateway_shows(rides):
    trip = rides.under_way()
    text = encode(Packet(trip.code, Party.PASSENGER, clock.now(), (28.2, 121.0), silent=False))
    for _twice in range(2):
        assert knock(DOORS["sms in"], text=text, sender="", key="1").status_code == 401
    assert Incident.objects.filter(trip=trip, state__in=LIVE).count() == 1


def test_many_tries_are_one_alarm_and_many_networks_few(world, noon):
    for _turn in range(2):
        for number in range(20):
            machines._told.clear()
            knock(DOORS["telephone in"], network=f"203.0.{number}.9")
        noon.shift(timedelta(seconds=50))
    assert len(rings()) == machines.MOST + 1
    knock(DOORS["sms in"], **TEXT)
    assert rings()[0].code == "sms in 203.0.113.*"


def test_who_comes_back_after_hours_tries_once_again(world, noon):
    knock(DOORS["outside in"])
    noon.shift(timedelta(hours=2))
    machines._told.clear()
    knock(DOORS["outside in"])
    assert rings() == []
    assert [row.closed_at is None for row in rows("outside in")] == [False, True]


def test_a_right_token_silences_nothing_and_a_person_does(world, settings, people):
    from core.retry import deal_with

    settings.SMS_IN_TOKEN = "right"
    knock(DOORS["sms in"], **TEXT)
    assert knock(DOORS["sms in"], shows="right", **TEXT).status_code == 201
    assert len(rings()) == 1
    deal_with(
        actor=people("supervisor").actor,
        failed_work_id=rows("sms in")[0].pk,
        reason="turned at both ends",
    )
    assert rings() == []


def test_every_door_that_reads_a_token_says_whom_it_refuses():
    found = {}
    for path in django_settings.BASE_DIR.glob("[a-z]*/**/*.py"):
        if "tests" in path.parts or ".venv" in path.parts:
            continue
        text = path.read_text()
        if re.search(r"\b(?:shows_token|check_signed)\(", text):
            found[str(path.relative_to(django_settings.BASE_DIR))] = "note_refused" in text
    assert found == {
        "complaints/api.py": True,
        "core/api.py": False,  # its definition
        "core/centre.py": False,  # its definition
        "core/machines.py": True,
        "safety/api.py": True,
    }


def test_the_list_of_failed_work_shows_it(signed_in):
    knock(DOORS["sms in"], **TEXT)
    page = signed_in("supervisor").get(reverse("failed_work:index")).content.decode()
    assert "sms in" in page
    assert "203.0.113.*" in page
