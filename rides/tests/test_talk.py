"""Phrases instead of chat, and the relay number (A4)."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import IntegrityError, transaction

from core import clock, outside
from core import relay as core_relay
from core.actors import SYSTEM
from core.errors import NotFound
from core.models import FailedWork
from core.relay import RelayDown
from core.states import StaleState
from drivers.selectors import driver_of, drivers_vehicle
from drivers.services import hold_driver
from drivers.states import HoldKind
from rides import services
from rides.errors import TooManyPhrases
from rides.models import Message, RelayNumber, Trip
from rides.services.talk import RELAYS_OVER
from rides.states import CancelReason, Party, Phrase
from sandbox import providers


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
    """The sandbox's provider of relay numbers."""

    asked: list = []
    away = False

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Relay.asked.append(body)
        act = {"/numbers/": providers.join_phones, "/numbers/end/": providers.end_number}[self.path]
        status, said = (503, {}) if Relay.away else act(body)
        answer = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def relay(settings, tmp_path):
    settings.STATE = tmp_path  # the sandbox's own
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.RELAY_URL = f"http://127.0.0.1:{server.server_port}"
    outside._breakers = type(outside._breakers)(default_threshold=50, default_ttl=30.0)
    Relay.asked, Relay.away = [], False
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


# --- A number ends with who it joins ---------------------------------------------------------------------------------


def work_off():
    RELAYS_OVER.run(at=clock.now())


def give(trip, driver):
    """Another driver takes a trip that was given to others."""
    car = drivers_vehicle(driver)
    Trip.objects.filter(pk=trip.pk).update(
        state="accepted", driver=driver, vehicle=car, plate_registered=car.plate, accepted_at=clock.now()
    )


def joined():
    """By which numbers the provider still joins somebody, and whom."""
    return {row["number"]: set(row["sides"]) for row in providers.relays() if not row["ended"]}


def test_the_number_of_a_driver_who_was_replaced_joins_nobody(rides, people, relay):
    trip, before, after = rides.accepted(), driver_of(people("driver")), driver_of(people("driver2"))
    first = services.relay_number(account=people("passenger"), trip_code=trip.code)
    work_off()
    assert first in joined()  # nothing is ended of who drives
    with transaction.atomic():
        services.give_to_others(actor=SYSTEM, driver=before)
    work_off()
    assert joined() == {}
    give(trip, after)
    second = services.relay_number(account=people("passenger"), trip_code=trip.code)
    assert joined() == {second: {people("passenger").phone, after.account.phone}}
    asked = len(relay.asked)
    for _again in range(3):
        work_off()
    assert len(relay.asked) == asked  # it is ended once
    # Whoever gets it back has a number that no late end of the first one ends.
    with transaction.atomic():
        services.give_to_others(actor=SYSTEM, driver=after)
    give(trip, before)
    third = services.relay_number(account=people("driver"), trip_code=trip.code)
    work_off()
    assert third not in {first, second}
    assert joined() == {third: {people("passenger").phone, before.account.phone}}


def test_nobody_is_joined_to_the_driver_before_while_the_provider_is_away(rides, people, relay):
    trip, after = rides.accepted(), driver_of(people("driver2"))
    services.relay_number(account=people("passenger"), trip_code=trip.code)
    with transaction.atomic():
        services.give_to_others(actor=SYSTEM, driver=driver_of(people("driver")))
    give(trip, after)
    relay.away = True
    work_off()
    assert FailedWork.objects.filter(kind="rides.relays_over", closed_at=None).count() == 1
    with pytest.raises(RelayDown):  # rather no number than his
        services.relay_number(account=people("passenger"), trip_code=trip.code)
    relay.away = False
    RELAYS_OVER.work.again(str(RelayNumber.objects.exclude(driver=after).get().pk))
    assert joined() == {}


def test_a_cancelled_trip_joins_nobody_and_an_ended_one_does_for_what_was_left_in_the_car(
    rides, people, relay
):
    trip = rides.accepted()
    services.relay_number(account=people("driver"), trip_code=trip.code)
    services.cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    work_off()
    assert joined() == {}
    other = rides.under_way("passenger2", "driver2")
    number = services.relay_number(account=people("driver2"), trip_code=other.code)
    services.end_trip(driver=driver_of(people("driver2")), trip_code=other.code)
    work_off()
    assert number in joined()


def test_a_number_ends_so_long_after_the_trip_did(rides, people, relay, noon):
    """Not after when it might have ended at the latest: a trip of ten minutes joins nobody for hours."""
    trip = rides.under_way()
    Trip.objects.filter(pk=trip.pk).update(window_end=clock.now() + timedelta(hours=6))
    number = services.relay_number(account=people("driver"), trip_code=trip.code)
    services.end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    noon.shift(1_799)
    work_off()
    assert number in joined()
    noon.shift(1)
    work_off()
    assert joined() == {}


@pytest.mark.parametrize("covert", [True, False])
def test_who_is_held_after_the_trip_calls_her_no_more(rides, people, relay, covert):
    """On the way they sit in one car; after it nobody whom she complained of reaches her."""
    trip, driver = rides.under_way(), driver_of(people("driver"))
    number = services.relay_number(account=people("driver"), trip_code=trip.code)
    with transaction.atomic():
        hold_driver(
            actor=SYSTEM, driver=driver, kind=HoldKind.COMPLAINT, source="C-1", citation="x", covert=covert
        )
    work_off()
    assert number in joined()
    services.end_trip(driver=driver, trip_code=trip.code)
    work_off()
    assert joined() == {}
    other = rides.under_way("passenger2", "driver2")
    number = services.relay_number(account=people("driver2"), trip_code=other.code)
    services.end_trip(driver=driver_of(people("driver2")), trip_code=other.code)
    work_off()
    assert set(joined()) == {number}  # of nobody else


def test_what_the_provider_made_and_we_never_heard_of_is_ended_too(rides, people, relay, monkeypatch, noon):
    """The process dies, or the answer is lost, between the provider's number and our row."""
    trip = rides.accepted()
    real = core_relay.join

    def lost(**given):
        real(**given)
        raise RelayDown

    monkeypatch.setattr(core_relay, "join", lost)
    with pytest.raises(RelayDown):
        services.relay_number(account=people("passenger"), trip_code=trip.code)
    assert len(joined()) == 1
    with transaction.atomic():
        services.give_to_others(actor=SYSTEM, driver=driver_of(people("driver")))
    work_off()
    assert len(joined()) == 1  # it may be on its way: an end before it would end nothing
    noon.shift(61)
    work_off()
    assert joined() == {}


def test_what_was_ended_is_made_by_nobody_again(rides, people, relay):
    trip = rides.accepted()
    services.relay_number(account=people("driver"), trip_code=trip.code)
    row = RelayNumber.objects.get()
    core_relay.end(key=row.key)
    core_relay.end(key=row.key)
    with pytest.raises(RelayDown):
        core_relay.join(key=row.key, sides=["+8613800000001", "+8613800000002"], until=row.until)
    assert joined() == {}


SERVE = """
import sys
from wsgiref.simple_server import make_server
from sandbox.wsgi import application
server = make_server("127.0.0.1", 0, application)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def sandbox(settings, tmp_path):
    """The sandbox as it is: its own process and settings, on a port of its own."""
    env = os.environ | {"HUHANG_STATE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "sandbox.settings"}
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        settings.RELAY_URL = f"http://127.0.0.1:{int(process.stdout.readline())}/relay"
        settings.STATE = tmp_path / "sandbox"
        yield
        process.kill()


def test_the_sandboxs_own_server_ends_the_number_of_who_was_replaced(rides, people, sandbox):
    outside._breakers = type(outside._breakers)(default_threshold=50, default_ttl=30.0)
    trip, before, after = rides.accepted(), driver_of(people("driver")), driver_of(people("driver2"))
    first = services.relay_number(account=people("passenger"), trip_code=trip.code)
    assert set(joined()) == {first}
    with transaction.atomic():
        services.give_to_others(actor=SYSTEM, driver=before)
    work_off()
    assert joined() == {}
    give(trip, after)
    second = services.relay_number(account=people("passenger"), trip_code=trip.code)
    assert joined() == {second: {people("passenger").phone, after.account.phone}}


def test_a_number_that_the_provider_never_had_is_over(rides, people, relay):
    trip = rides.accepted()
    services.relay_number(account=people("driver"), trip_code=trip.code)
    RelayNumber.objects.update(key="trip:never-had")
    services.cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    work_off()
    assert RelayNumber.objects.get().ended_at == clock.now()
