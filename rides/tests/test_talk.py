"""Phrases instead of chat, and the relay number (A4)."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import IntegrityError, transaction

from core import outside
from core.errors import NotFound
from core.relay import RelayDown
from core.states import StaleState
from drivers.selectors import driver_of
from rides import services
from rides.errors import TooManyPhrases
from rides.models import Message
from rides.states import Party, Phrase


def test_a_phrase_reaches_the_other_side(rides, people, signed_in):
    trip = rides.accepted()
    services.say(account=people("passenger"), trip_code=trip.code, phrase=Phrase.FIVE_MINUTES)
    page = signed_in("driver").get(f"/trips/{trip.code}/").content.decode()
    assert "I need five more minutes." in page
    said = signed_in("driver").get(f"/api/v1/trips/{trip.code}/messages/").json()
    assert [(row["party"], row["phrase"]) for row in said] == [("passenger", "five_minutes")]


@pytest.mark.parametrize("phrase", ["", "my number is 138", "COMING"])
def test_nothing_else_can_be_said(rides, people, signed_in, phrase):
    trip = rides.accepted()
    client = signed_in("passenger")
    assert client.post(f"/trips/{trip.code}/say/", {"phrase": phrase}).status_code == 400
    answer = client.post(
        f"/api/v1/trips/{trip.code}/messages/", {"phrase": phrase}, content_type="application/json"
    )
    assert answer.status_code == 400
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(trip=trip, party=Party.PASSENGER, phrase=phrase, at=trip.requested_at)


def test_only_while_the_trip_lasts_and_only_by_its_people(rides, people):
    trip = rides.under_way()
    with pytest.raises(NotFound):
        services.say(account=people("passenger2"), trip_code=trip.code, phrase=Phrase.YES)
    services.end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    for account in ("passenger", "driver"):
        with pytest.raises(StaleState):
            services.say(account=people(account), trip_code=trip.code, phrase=Phrase.YES)
        with pytest.raises(StaleState):
            services.relay_number(account=people(account), trip_code=trip.code)


def test_nobody_floods_the_other(rides, people, noon):
    trip = rides.accepted()
    for _each in range(10):
        services.say(account=people("passenger"), trip_code=trip.code, phrase=Phrase.YES)
    with pytest.raises(TooManyPhrases):
        services.say(account=people("passenger"), trip_code=trip.code, phrase=Phrase.YES)
    noon.shift(timedelta(seconds=61))
    services.say(account=people("passenger"), trip_code=trip.code, phrase=Phrase.YES)


class Relay(BaseHTTPRequestHandler):
    asked: list = []

    def do_POST(self):
        Relay.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        answer = b'{"number": "+8617000000001"}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def relay(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.RELAY_URL = f"http://127.0.0.1:{server.server_port}"
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    Relay.asked = []
    yield Relay
    server.shutdown()
    server.server_close()


def test_both_call_one_number_and_learn_no_other(rides, people, signed_in, relay):
    trip = rides.accepted()
    numbers = {
        services.relay_number(account=people(who), trip_code=trip.code) for who in ("passenger", "driver")
    }
    assert numbers == {"+8617000000001"}
    assert len(relay.asked) == 1
    assert set(relay.asked[0]["sides"]) == {people("passenger").phone, people("driver").phone}
    page = signed_in("driver").post(f"/trips/{trip.code}/call/").content.decode()
    assert "tel:+8617000000001" in page
    assert people("passenger").phone not in page


def test_a_relay_that_is_down_is_said_and_phrases_still_work(rides, people, signed_in):
    outside._breakers = type(outside._breakers)(default_threshold=50, default_ttl=30.0)
    trip = rides.accepted()
    with pytest.raises(RelayDown):
        services.relay_number(account=people("passenger"), trip_code=trip.code)
    assert signed_in("passenger").post(f"/trips/{trip.code}/call/").status_code == 503
    services.say(account=people("passenger"), trip_code=trip.code, phrase=Phrase.YES)
