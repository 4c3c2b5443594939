"""Who drove a trip before somebody else keeps nothing of it: no key, no packet, no number, no consent in another's name."""

import asyncio
import base64
import hashlib
import hmac
import json

import pytest
from django.db import transaction
from starlette.testclient import TestClient

from core import clock
from core.actors import SYSTEM
from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from rides import live
from rides.errors import PositionToken
from rides.models import Trip
from rides.selectors import check_key, position_key
from rides.services import accept_trip, give_to_others
from rides.states import Party
from rides.tokens import read_key
from safety import packets, services
from safety.models import Incident
from safety.packets import Packet, PacketUnreadable
from safety.selectors import recording_question
from safety.selectors.recordings import both_agree


@pytest.fixture
def trip(rides):
    return rides.accepted()


@pytest.fixture
def replace(rides, people, noon):
    """Another driver takes the trip; the trip as it is then."""

    def to_another(trip):
        with transaction.atomic():
            give_to_others(actor=SYSTEM, driver=driver_of(people("driver")))
        noon.shift(30)
        driver = driver_of(people("driver2"))
        way = rides.itinerary("driver2")
        done = accept_trip(
            driver=driver, trip_code=trip.code, itinerary_code=way, face_token=face_token(driver, trip.code)
        )
        assert done.refusal is None
        return Trip.objects.select_related("driver__account", "city", "passenger").get(pk=trip.pk)

    return to_another


def test_the_key_of_the_driver_before_opens_nothing(trip, replace, client):
    before, hers = position_key(trip, Party.DRIVER), position_key(trip, Party.PASSENGER)
    check_key(read_key(before))
    trip = replace(trip)
    with pytest.raises(PositionToken):
        check_key(read_key(before))
    for key in (position_key(trip, Party.DRIVER), hers):
        check_key(read_key(key))
    assert client.post(f"/trips/{trip.code}/sos/", {"key": before}).status_code == 401
    assert client.post(f"/trips/{trip.code}/recording/", {"key": before, "agreed": "1"}).status_code == 401
    assert not Incident.objects.exists()
    assert client.post(f"/trips/{trip.code}/sos/", {"key": hers}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_his_phone_posts_no_positions_into_the_trip_of_another(trip, replace, monkeypatch):
    from config.asgi import lane as application

    before = position_key(trip, Party.DRIVER)
    trip = replace(trip)
    now = position_key(trip, Party.DRIVER)
    monkeypatch.setattr(live, "_doors", live._Doors())
    body = json.dumps({"crs": "WGS84", "pings": [{"at": clock.timestamp(), "lat": 28.2, "lon": 121.0}]})

    def post(key):
        return phone.post("/live/positions/", content=body, headers={"Authorization": f"Bearer {key}"})

    with TestClient(application) as phone:
        answers = [post(key).status_code for key in (before, now, before)]
    assert (answers[0], answers[2]) == (401, 401)
    assert answers[1] in {202, 503}  # taken, as far as this machine has a stream


def test_a_database_that_is_away_stops_no_position(trip, monkeypatch):
    async def hangs(_keys):
        await asyncio.sleep(60)

    monkeypatch.setattr(live, "_void", hangs)
    monkeypatch.setattr(live, "FIRST_ANSWER", 0.05)

    key = read_key(position_key(trip, Party.DRIVER))

    async def post():
        doors = live._Doors()
        async with asyncio.timeout(30):
            for _batch in range(3):
                await doors.check(key)
        doors.asker.cancel()

    asyncio.run(post())


def packet_of(trip, key):
    """As the page writes it, whose script got this key's secret."""
    said = Packet(trip.code, Party.DRIVER, clock.now(), None, silent=False)
    secret = base64.urlsafe_b64decode(packets.secret_for_page(read_key(key)) + "==")
    raw = base64.urlsafe_b64decode(packets.encode(said).removeprefix("HH1") + "==")[: -packets.MAC]
    mac = hmac.new(secret, raw, hashlib.sha256).digest()[: packets.MAC]
    return "HH1" + base64.urlsafe_b64encode(raw + mac).decode().rstrip("=")


def test_his_packet_is_none_and_that_of_who_drives_is_taken(trip, replace):
    before = position_key(trip, Party.DRIVER)
    trip = replace(trip)
    with pytest.raises(PacketUnreadable):
        services.raise_by_packet(text=packet_of(trip, before))
    assert not Incident.objects.exists()
    services.raise_by_packet(text=packet_of(trip, position_key(trip, Party.DRIVER)))
    assert Incident.objects.get().sos_calls.get().party == "driver"


def test_a_drivers_packet_is_taken_while_the_trip_lives_and_for_an_hour_after(rides, people, noon):
    trip = rides.ended()
    key = position_key(trip, Party.DRIVER)
    noon.shift(59 * 60)
    services.raise_by_packet(text=packet_of(trip, key))
    noon.shift(2 * 60)
    with pytest.raises(PositionToken):
        services.raise_by_packet(text=packet_of(trip, key))


def test_what_he_agreed_to_is_nobody_elses_consent(trip, replace, client):
    for party in Party:
        services.answer_recording(key=read_key(position_key(trip, party)), agreed=True)
    assert both_agree(trip)
    trip = replace(trip)
    assert not both_agree(trip)
    assert recording_question(trip, Party.DRIVER).answer is None
    assert recording_question(trip, Party.PASSENGER).answer is True
    services.answer_recording(key=read_key(position_key(trip, Party.DRIVER)), agreed=True)
    assert both_agree(trip)
