"""P12: an incident goes to the emergency centre (110), which may be slow, wrong or down, and her page never says more."""

import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from django.utils import translation

from accounts.models import Account, EmergencyContact
from core import alarms, clock, events, jobs, outside, retry
from core import centre as at_centre
from core.models import AuditEntry, FailedWork, Notification, OutboxEvent, TimelineEntry
from core.privacy import phone_index
from core.tests.factories import set_policy
from rides.models import Trip
from rides.selectors import position_key
from rides.services.positions import PhoneFixes, store_positions
from rides.states import Party
from rides.tokens import TripKey
from rides.trails import Fix
from safety import packets, services
from safety.events import DangerShown, SosRaised, SosRepeated
from safety.models import EmergencyPush, Incident, SosCall
from safety.services import pushing
from safety.services.centre import CLOSINGS, FOLLOWING, PUSHES
from safety.states import CallerPhrase, SignalKind
from sandbox import centre as there

KEY = "a key of both sides, long enough"


@pytest.fixture
def centre(settings, tmp_path, monkeypatch):
    """The sandbox's own code behind a port; `there.behave` tells it what to do."""
    settings.STATE = tmp_path
    settings.CENTRE_KEY = KEY
    monkeypatch.setenv("HUHANG_CENTRE_KEY", KEY)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            status, body, sealed = there.answer(
                self.path.removeprefix("/centre/").strip("/"), raw, self.headers.get(there.HEADER, "")
            )
            self.send_response(status)
            if sealed:
                self.send_header(there.HEADER, sealed)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.CENTRE_URL = f"http://127.0.0.1:{server.server_port}/centre"
    monkeypatch.setattr(outside, "_breakers", type(outside._breakers)(default_threshold=5, default_ttl=30.0))
    there.behave({"says": []})
    yield there
    server.shutdown()
    server.server_close()


@pytest.fixture
def trip(rides):
    trip = rides.under_way()
    now = clock.now().timestamp()
    store_positions(
        [
            PhoneFixes(trip.pk, Party.PASSENGER, [Fix(now - 20, 28.2031, 121.0123, 12.0, 15.0)], False),
            PhoneFixes(trip.pk, Party.DRIVER, [Fix(now, 28.2, 121.0)], False),
        ]
    )
    return trip


def hers(trip):
    return TripKey(trip.code, Party.PASSENGER, "wenzhou")


def tap(trip, party=Party.PASSENGER, **how):
    return services.raise_sos(key=TripKey(trip.code, party, "wenzhou"), **how)


def speak():
    for queue in (PUSHES, FOLLOWING, CLOSINGS):
        while queue.work_off():
            pass


def only():
    return EmergencyPush.objects.get()


def at_the_centre():
    return list(there.cases().values())


def sos_page(client, trip, party=Party.PASSENGER):
    answer = client.get(
        f"/trips/{trip.code}/sos/status/",
        headers={"x-trip-key": position_key(trip, party), "accept-language": "en"},
    )
    return " ".join(answer.content.decode().split())


def close(people, incident, outcome="safe"):
    services.take_incident(account=people("agent"), code=incident.code)
    services.resolve_incident(
        account=people("agent"), code=incident.code, outcome=outcome, harm="none", words="x"
    )
    services.close_incident(account=people("specialist"), code=incident.code)


# --- Which go ----------------------------------------------------------------------------------------------


def test_a_call_for_help_goes_at_once_with_all_that_the_police_need(centre, trip, deliver):
    incident = tap(trip, silent=True)
    deliver()
    speak()
    (case,) = at_the_centre()
    told = case["opened"]
    assert (told["cause"], told["silent"], told["incident"]) == ("sos", True, incident.code)
    assert told["car"]["plate_registered"] == trip.plate_registered
    place = next(each for each in told["positions"] if each["phone"] == "passenger")
    assert (place["accuracy"], place["speed"], place["age"] >= 20) == (12.0, 15.0, True)
    assert told["url"].endswith(f"/110/{only().secret}/")
    assert trip.passenger.phone not in json.dumps(told)
    assert trip.passenger.real_name not in json.dumps(told, ensure_ascii=False)
    assert only().number == case["case"]


def test_what_waits_for_the_centre_keeps_no_contact_waiting(centre, trip, people):
    """Each has a queue and a worker of its own: of hundreds of calls the contacts are written to first."""
    EmergencyContact.objects.create(
        account=trip.passenger, name="a", phone="+8613911110000", phone_index=phone_index("+8613911110000"),
        created_at=clock.now(),
    )  # fmt: skip
    incident = tap(trip)
    events.EVENTS.work_off(queue=events.LIFE_SAFETY)
    assert Notification.objects.filter(subject=incident.code, life_safety=True).count() == 1
    assert not EmergencyPush.objects.exists()
    events.EVENTS.work_off(queue=events.CENTRE)
    assert only().incident == incident


def of_the_release_before():
    """What waits as that release writes it: it knew one queue for contacts and centre."""
    waiting = OutboxEvent.objects.filter(delivered_at=None)
    waiting.filter(name=SosRaised.name, queue=events.CENTRE).delete()
    waiting.exclude(queue="default").update(queue=events.LIFE_SAFETY, version=1)


def test_what_the_release_before_left_waiting_is_told_to_contacts_and_centre(centre, trip, deliver):
    """Also what its processes write between `migrate` and their end."""
    EmergencyContact.objects.create(
        account=trip.passenger, name="a", phone="+8613911110000", phone_index=phone_index("+8613911110000"),
        created_at=clock.now(),
    )  # fmt: skip
    incident = tap(trip)
    of_the_release_before()
    events.EVENTS.work_off(queue=events.LIFE_SAFETY)
    assert Notification.objects.filter(subject=incident.code, life_safety=True).count() == 1
    assert only().incident == incident
    assert not OutboxEvent.objects.filter(queue=events.LIFE_SAFETY, delivered_at=None).exists()
    assert not FailedWork.objects.exists()


@pytest.mark.parametrize("event", [SosRepeated, DangerShown])
def test_what_the_release_before_tells_the_centre_alone_is_told(centre, trip, event):
    incident = tap(trip)
    OutboxEvent.objects.all().delete()
    with transaction.atomic():
        events.publish(event(incident=incident.code))
    assert set(OutboxEvent.objects.values_list("queue", flat=True)) == {events.CENTRE}
    of_the_release_before()
    events.EVENTS.work_off(queue=events.LIFE_SAFETY)
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()
    assert not FailedWork.objects.exists()


def test_the_police_learn_what_we_know_of_who_needs_more(centre, trip, deliver, client):
    """Under age, and that she cannot speak or is hurt: hers alone, and nothing where we know of nothing (P12)."""
    Trip.objects.filter(pk=trip.pk).update(for_teen=True)
    tap(trip)
    services.add_word(key=hers(trip), phrase=CallerPhrase.HURT)
    services.add_word(key=hers(trip), phrase=CallerPhrase.CANNOT_SPEAK)
    deliver()
    speak()
    assert at_the_centre()[0]["opened"]["needs"] == ["teen", "cannot_speak", "hurt"]
    page = client.get(f"/110/{only().secret}/", headers={"accept-language": "en"}).content.decode()
    assert "The passenger is 14 to 17 years old." in page
    assert "The passenger wrote that she cannot speak." in page
    assert "The passenger wrote that she is hurt." in page


def test_what_she_writes_once_the_case_is_open_goes_with_each_trace(centre, trip, deliver, noon):
    tap(trip)
    deliver()
    speak()
    services.add_word(key=hers(trip), phrase=CallerPhrase.HURT)
    noon.shift(10)
    speak()
    (case,) = at_the_centre()
    assert case["opened"]["needs"] == []
    assert [trace["needs"] for trace in case["trace"]] == [["hurt"]]


def test_that_she_cannot_get_out_and_which_language_she_chose(centre, trip, deliver, noon, client):
    Account.objects.filter(pk=trip.passenger_id).update(language="en")
    tap(trip)
    services.add_word(key=hers(trip), phrase=CallerPhrase.LOCKED)
    deliver()
    speak()
    assert at_the_centre()[0]["opened"]["needs"] == ["english", "locked"]
    page = client.get(f"/110/{only().secret}/", headers={"accept-language": "en"}).content.decode()
    assert "The passenger wrote that she cannot get out." in page
    assert "The passenger uses the app in English." in page
    services.add_word(key=hers(trip), phrase=CallerPhrase.OUT)
    noon.shift(10)
    speak()
    assert [trace["needs"] for trace in at_the_centre()[0]["trace"]] == [["english"]]


def test_who_rides_for_another_has_not_chosen_the_language_of_the_account(centre, trip, deliver):
    Account.objects.filter(pk=trip.passenger_id).update(language="en")
    Trip.objects.filter(pk=trip.pk).update(rider_kind="other", rider_name="欧阳晓雨")
    tap(trip)
    deliver()
    speak()
    assert at_the_centre()[0]["opened"]["needs"] == []


def test_what_the_driver_says_of_himself_is_no_need_of_hers(centre, trip, deliver, client):
    tap(trip, Party.DRIVER)
    services.add_word(key=TripKey(trip.code, Party.DRIVER, "wenzhou"), phrase=CallerPhrase.CANNOT_SPEAK)
    deliver()
    speak()
    assert at_the_centre()[0]["opened"]["needs"] == []
    page = client.get(f"/110/{only().secret}/", headers={"accept-language": "en"}).content.decode()
    assert "14 to 17" not in page
    assert "cannot speak" not in page


def test_high_risk_that_the_trip_shows_goes_and_a_strangers_report_alone_does_not(
    centre, trip, deliver, people
):
    services.file_welfare_check(
        missing_phone=people("passenger").phone, reporter_phone="13911110055", words="x", submission="w"
    )
    deliver()
    assert Incident.objects.get().high_risk_at is not None
    assert not EmergencyPush.objects.exists()
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    deliver()
    assert only().cause == "danger"


def test_danger_that_a_friends_report_makes_high_goes_too(centre, trip, deliver, people):
    """The trip showed it first, and it weighed too little alone."""
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    deliver()
    assert not EmergencyPush.objects.exists()
    services.file_welfare_check(
        missing_phone=people("passenger").phone, reporter_phone="13911110055", words="x", submission="w"
    )
    deliver()
    assert Incident.objects.get().high_risk_at is not None
    assert only().cause == "danger"


def test_the_rule_says_which_go_by_themselves_and_her_wish_always_does(centre, trip, deliver, client):
    set_policy("safety.pushed_to_110", [])
    tap(trip)
    deliver()
    assert not EmergencyPush.objects.exists()
    assert "Ask 110 to come" in sos_page(client, trip)
    for _again in range(2):
        answer = client.post(f"/trips/{trip.code}/sos/110/", {"key": position_key(trip, Party.PASSENGER)})
        assert answer.status_code == 302
    assert (only().cause, only().wished_at) == ("", clock.now())
    assert TimelineEntry.objects.filter(kind="safety.centre_wished").count() == 1
    speak()
    assert at_the_centre()[0]["opened"]["cause"] == "wish"


def test_neither_the_driver_nor_who_has_not_called_asks_for_110(centre, trip, deliver, client):
    body = {"key": position_key(trip, Party.PASSENGER)}
    assert client.post(f"/trips/{trip.code}/sos/110/", body).status_code == 404
    tap(trip, Party.DRIVER)
    deliver()
    body = {"key": position_key(trip, Party.DRIVER)}
    assert client.post(f"/trips/{trip.code}/sos/110/", body).status_code == 404


def test_what_a_drill_does_reaches_no_centre(centre, trip, deliver, people):
    passenger = people("passenger")
    passenger.is_drill = True
    passenger.save()
    tap(trip)
    deliver()
    assert not EmergencyPush.objects.exists()


def his_mistake(trip, deliver, client, said="over"):
    """The driver calls for help, says on the telephone that it was a mistake, and the centre ends it."""
    incident = tap(trip, Party.DRIVER)
    deliver()
    speak()
    assert word(client, said) == 200
    return incident


@pytest.mark.parametrize("said", ["refused", "over"])
def test_his_own_call_does_not_use_up_hers(centre, trip, deliver, client, noon, said):
    his_mistake(trip, deliver, client, said)
    noon.shift(180)
    tap(trip, silent=True)
    assert "ended your case" not in sos_page(client, trip), "it was his"
    deliver()
    assert "has not confirmed it yet" in sos_page(client, trip)
    speak()
    first, second = at_the_centre()
    assert (first["opened"]["silent"], second["opened"]["silent"]) == (False, True)
    assert second["opened"]["called_for_help"] == ["passenger", "driver"]
    assert "received your case" in sos_page(client, trip)


def test_her_call_is_in_the_case_that_his_opened(centre, trip, deliver, client, noon):
    tap(trip, Party.DRIVER)
    deliver()
    speak()
    noon.shift(3)
    tap(trip, silent=True)
    assert "has not confirmed it yet" in sos_page(client, trip), "the centre knows of his call alone"
    deliver()
    speak()
    (case,) = at_the_centre()
    (trace,) = case["trace"]
    assert (trace["silent"], trace["called_for_help"]) == (True, ["passenger", "driver"])
    assert "received your case" in sos_page(client, trip)


@pytest.mark.parametrize("by_packet", [True, False])
def test_the_place_of_her_tap_goes_where_her_phone_sent_none(centre, rides, deliver, client, by_packet):
    trip = rides.under_way()
    if by_packet:
        packet = packets.Packet(trip.code, Party.PASSENGER, clock.now(), (28.25, 121.25), silent=True)
        services.raise_by_packet(text=packets.encode(packet))
    else:
        tap(trip, position=(28.25, 121.25))
    deliver()
    speak()
    (place,) = at_the_centre()[0]["opened"]["positions"]
    assert (place["phone"], place["lat"], place["lon"]) == ("passenger", 28.25, 121.25)
    assert "28.25" in client.get(f"/110/{only().secret}/").content.decode()


def test_what_her_phone_sent_since_is_newer_than_the_place_of_her_tap(centre, trip, deliver, noon):
    tap(trip, position=(28.25, 121.25))
    noon.shift(30)
    store_positions(
        [PhoneFixes(trip.pk, Party.PASSENGER, [Fix(clock.now().timestamp(), 28.206, 121.0125)], False)]
    )
    deliver()
    speak()
    place = next(each for each in at_the_centre()[0]["opened"]["positions"] if each["phone"] == "passenger")
    assert (place["lat"], place["lon"]) == (28.206, 121.0125)


# --- A centre that is slow, wrong or down --------------------------------------------------------------------


def test_a_case_is_opened_once_whatever_became_of_the_answer(centre, trip, deliver, noon):
    """The first answer is lost: the centre has it, we do not know, and say so; the second says the same number."""
    tap(trip)
    deliver()
    centre.behave({"wrong": "signature", "says": []})
    speak()
    assert (only().received_at, len(at_the_centre())) == (None, 1)
    centre.behave({"says": []})
    noon.shift(11)
    speak()
    assert only().number == at_the_centre()[0]["case"]
    assert len(at_the_centre()) == 1


@pytest.mark.parametrize(
    "manner", [{"status": 500}, {"status": 409}, {"wrong": "body"}, {"wrong": "signature"}]
)
def test_her_page_says_received_only_once_the_centre_said_so(centre, trip, deliver, client, noon, manner):
    tap(trip)
    deliver()
    assert "has not confirmed it yet" in sos_page(client, trip)
    centre.behave(manner | {"says": []})
    speak()
    assert "has not confirmed it yet" in sos_page(client, trip)
    assert FailedWork.objects.get(kind="safety.emergency_centre", closed_at=None).life_safety
    centre.behave({"says": []})
    noon.shift(11)
    speak()
    page = sos_page(client, trip)
    assert "received your case" in page
    assert "has not said yet whether police come" in page
    assert not FailedWork.objects.filter(kind="safety.emergency_centre", closed_at=None).exists()


def test_it_is_never_given_up(centre, trip, deliver, noon):
    tap(trip)
    deliver()
    centre.behave({"status": 503, "says": []})
    for _try in range(30):
        noon.shift(60)
        speak()
    row = FailedWork.objects.get(kind="safety.emergency_centre")
    assert row.needs_person_at is not None
    assert not row.rests
    assert only().next_at <= clock.now() + timedelta(seconds=10)
    centre.behave({"says": []})
    noon.shift(11)
    speak()
    assert only().received_at is not None


def test_a_centre_that_is_not_configured_is_a_silent_one(trip, deliver, settings):
    settings.CENTRE_URL = ""
    tap(trip)
    deliver()
    speak()
    assert only().received_at is None


def test_where_no_centre_is_set_up_her_page_sends_nothing_and_says_so(
    trip, deliver, client, people, settings
):
    settings.CENTRE_URL = ""
    incident = tap(trip)
    for _before_and_after in range(2):
        page = sos_page(client, trip)
        assert "Nothing goes to 110 by itself here" in page
        assert "is being sent" not in page
        assert "Ask 110 to come" not in page
        deliver()
        speak()
    close(people, incident)
    assert only().closed_at is not None, "there is nobody to tell"
    assert not PUSHES.waiting().exists()


def rings(people, name="specialist"):
    return [each for each in alarms.ringing_for(people(name), clock.now()) if each.key.startswith("110:")]


def said(people):
    with translation.override("en"):
        return [str(each.what) for each in rings(people)]


def ringing(people, name="specialist"):
    return [each.key for each in rings(people, name)]


def test_silence_rings_a_person_within_fifteen_seconds_until_they_called_by_hand(
    centre, trip, deliver, people, noon
):
    incident = tap(trip)
    deliver()
    centre.behave({"status": 503, "says": []})
    speak()
    services.take_incident(account=people("agent"), code=incident.code)
    assert ringing(people) == []
    noon.shift(15)
    assert said(people) == ["110 does not answer: call there by telephone"]
    services.record_police_call(account=people("agent"), code=incident.code, station="110", number="110")
    assert ringing(people) == []


def test_a_trace_that_is_lost_rings_too(centre, trip, deliver, people, noon):
    incident = tap(trip)
    deliver()
    speak()
    services.take_incident(account=people("agent"), code=incident.code)
    assert ringing(people) == []
    centre.behave({"status": 503, "says": []})
    noon.shift(61)
    speak()
    assert said(people) == ["110 has the case and gets no new position: call there by telephone"]


# --- Trace, word, end ----------------------------------------------------------------------------------------


def test_it_is_followed_each_ten_seconds_until_it_is_closed_and_never_after(
    centre, trip, deliver, people, noon
):
    incident = tap(trip)
    deliver()
    speak()
    for _turn in range(3):
        noon.shift(10)
        speak()
    (case,) = at_the_centre()
    assert len(case["trace"]) == 3
    assert case["trace"][0]["positions"]
    close(people, incident)
    noon.shift(10)
    speak()
    (case,) = at_the_centre()
    assert (case["closed"], len(case["trace"])) == (True, 3)
    noon.shift(60)
    speak()
    assert len(at_the_centre()[0]["trace"]) == 3
    assert TimelineEntry.objects.filter(kind="safety.centre_closed").count() == 1
    assert AuditEntry.objects.filter(action="safety.centre_followed").count() == 1, "a line a minute"


def test_what_was_never_confirmed_is_closed_there_all_the_same(centre, trip, deliver, people, noon):
    incident = tap(trip)
    deliver()
    centre.behave({"wrong": "signature", "says": []})
    speak()
    close(people, incident)
    centre.behave({"says": []})
    noon.shift(15)
    speak()
    assert at_the_centre()[0]["closed"]
    assert only().received_at is None


def test_closing_waits_for_nobody_and_is_given_up_after_a_day(centre, trip, deliver, people, noon):
    incident = tap(trip)
    deliver()
    centre.behave({"status": 503, "says": []})
    speak()
    assert FailedWork.objects.get(closed_at=None).life_safety
    close(people, incident)
    assert not FailedWork.objects.filter(closed_at=None).exists(), "nobody's life depends on it any more"
    noon.shift(10)
    speak()
    assert not FailedWork.objects.get(closed_at=None).life_safety
    assert only().next_at > clock.now() + timedelta(seconds=60)
    noon.shift(23 * 3600)
    speak()
    assert only().closed_at is None
    noon.shift(3600)
    speak()
    assert only().closed_at is not None
    assert not FailedWork.objects.filter(closed_at=None).exists()
    assert not TimelineEntry.objects.filter(kind="safety.centre_closed").exists(), "it was never told"


@pytest.mark.parametrize("fails", [True, False])
def test_a_late_trace_of_the_old_case_leaves_the_new_one_alone(
    centre, trip, deliver, client, noon, monkeypatch, fails
):
    tap(trip)
    deliver()
    speak()
    old = only().key
    noon.shift(10)
    centre.behave({"status": 503, "says": []})
    speak()
    noon.shift(10)
    centre.behave({"status": 503 if fails else 200, "says": []})
    send = at_centre.trace

    def slowly(body):
        word(client, "over", key=old)
        client.post(f"/trips/{trip.code}/sos/110/", {"key": position_key(trip, Party.PASSENGER)})
        send(body)

    monkeypatch.setattr(at_centre, "trace", slowly)
    while FOLLOWING.work_off():
        pass
    push = only()
    assert (push.key != old, push.traced_at, push.next_at) == (True, None, clock.now())
    assert not FailedWork.objects.filter(closed_at=None).exists(), "the old case is nobody's work"


def test_a_new_case_waits_neither_for_traces_nor_for_a_breaker_that_they_opened(
    centre, trip, rides, deliver, noon
):
    tap(trip)
    deliver()
    speak()
    centre.behave({"status": 503, "says": []})
    for _until_the_breaker_is_open in range(4):
        noon.shift(10)
        speak()
    centre.behave({"says": []})
    tap(rides.under_way("passenger2", "driver2"))
    deliver()
    while PUSHES.work_off():
        pass
    assert len(at_the_centre()) == 2


def test_who_takes_a_new_case_and_dies_delays_it_for_five_seconds(centre, trip, deliver, noon):
    tap(trip)
    deliver()
    assert PUSHES.claim()
    noon.shift(5)
    speak()
    assert only().received_at is not None


def test_a_call_that_our_own_worker_never_sent_rings_too(centre, trip, people, noon):
    """Nothing is delivered: there is no case, and nobody at the centre knows."""
    incident = tap(trip)
    services.take_incident(account=people("agent"), code=incident.code)
    assert ringing(people) == []
    noon.shift(15)
    assert len(ringing(people)) == 1
    set_policy("safety.pushed_to_110", ["danger"])
    assert ringing(people) == []
    set_policy("safety.pushed_to_110", ["sos"])
    services.record_police_call(account=people("agent"), code=incident.code, station="110", number="110")
    assert ringing(people) == []


def sealed(body, *, key=KEY, at=None):
    at = int(time.time()) if at is None else at
    mac = hmac.new(key.encode(), f"{at}\nsaid\n".encode() + body, hashlib.sha256).hexdigest()
    return {"huhang-signature": f"{at}.{mac}"}


def word(client, said, *, number=None, key=None, headers=None):
    push = EmergencyPush.objects.first()
    body = json.dumps({"key": key or push.key, "case": number or push.number, "said": said}).encode()
    return client.post(
        "/api/v1/centre/", body, content_type="application/json", headers=headers or sealed(body)
    ).status_code


def test_the_centres_word_is_on_her_page_and_on_ours_and_stops_the_clock_of_the_police(
    centre, trip, deliver, client, people, signed_in
):
    incident = tap(trip)
    deliver()
    speak()
    assert Incident.objects.get().police_called_at is None, "a machine that has it is no police on their way"
    assert word(client, "dispatched") == 200
    assert "that police are on their way" in sos_page(client, trip)
    assert Incident.objects.get().police_called_at == clock.now()
    assert word(client, "received") == 200, "an older word that comes late changes nothing"
    assert only().said == "dispatched"
    page = signed_in("specialist").get(
        f"/admin/incidents/{incident.code}/", headers={"accept-language": "en"}
    )
    assert "police are on their way" in page.content.decode()
    assert word(client, "on_scene") == 200
    assert "that police are there" in sos_page(client, trip)


@pytest.mark.parametrize("said", ["refused", "over"])
def test_a_centre_that_ends_it_while_she_is_in_danger_rings_a_person(
    centre, trip, deliver, client, people, noon, said
):
    incident = tap(trip)
    deliver()
    speak()
    services.take_incident(account=people("agent"), code=incident.code)
    assert word(client, said) == 200
    assert "ended your case" in sos_page(client, trip)
    assert len(ringing(people)) == 1
    noon.shift(30)
    speak()
    assert at_the_centre()[0]["trace"] == []


def test_she_may_ask_again_once_the_centre_ended_it_and_it_is_another_case_there(
    centre, trip, deliver, client
):
    tap(trip)
    deliver()
    speak()
    old = only().key
    ask = {"key": position_key(trip, Party.PASSENGER)}
    client.post(f"/trips/{trip.code}/sos/110/", ask)
    speak()
    assert len(at_the_centre()) == 1, "as long as it is open there, her wish is the same case"
    word(client, "over")
    page = sos_page(client, trip)
    assert "ended your case" in page
    assert "Ask 110 to come" in page
    client.post(f"/trips/{trip.code}/sos/110/", ask)
    assert "has not confirmed it yet" in sos_page(client, trip)
    speak()
    assert [each["case"] for each in at_the_centre()] == ["110-000001", "110-000002"]
    assert only().number == "110-000002"
    assert word(client, "refused", key=old, number="110-000001") == 404, "a late word of the old case"
    assert only().said == "received"


@pytest.mark.parametrize("said", ["refused", "over"])
@pytest.mark.parametrize("party", [Party.PASSENGER, Party.DRIVER])
def test_a_further_tap_after_the_centre_ended_it_is_another_case_there(
    centre, trip, deliver, client, noon, said, party
):
    tap(trip, party)
    deliver()
    speak()
    word(client, said)
    noon.shift(60)
    tap(trip, party)
    deliver()
    assert EmergencyPush.objects.get().received_at is None, "she need press no other button"
    speak()
    assert [each["case"] for each in at_the_centre()] == ["110-000001", "110-000002"]
    word(client, said)
    deliver()
    noon.shift(60)
    speak()
    assert len(at_the_centre()) == 2, "a tap opens one case: what the centre ended after it stays so"


def test_a_further_tap_while_the_case_is_open_is_told_at_once_and_is_the_same_case(
    centre, trip, deliver, noon
):
    tap(trip)
    deliver()
    speak()
    noon.shift(3)
    tap(trip)
    deliver()
    speak()
    (case,) = at_the_centre()
    assert len(case["trace"]) == 1


def test_a_tap_that_the_centre_had_not_heard_of_when_it_ended_the_case_is_another_case(
    centre, trip, deliver, client, noon
):
    tap(trip)
    deliver()
    speak()
    noon.shift(5)
    tap(trip)
    noon.shift(1)
    word(client, "over")  # what it was last told is older than her tap
    deliver()
    speak()
    assert [each["case"] for each in at_the_centre()] == ["110-000001", "110-000002"]
    noon.shift(5)
    tap(trip)
    deliver()
    speak()
    word(client, "over")
    deliver()
    speak()
    assert len(at_the_centre()) == 2, "a trace had told of that tap"


def test_a_tap_that_nobody_confirmed_to_have_heard_of_is_another_case(
    centre, trip, deliver, client, noon, monkeypatch
):
    tap(trip)
    deliver()
    speak()
    noon.shift(5)
    tap(trip)
    deliver()
    monkeypatch.setattr(at_centre, "trace", _silent)
    FOLLOWING.work_off()
    word(client, "refused")
    assert only().received_at is None


def _silent(_told):
    raise at_centre.CentreSilent


def test_whoever_taps_in_a_loop_floods_no_queue_and_is_heard_all_the_same(
    centre, trip, deliver, client, noon
):
    incident = tap(trip)
    deliver()
    speak()
    repeated = OutboxEvent.objects.filter(name="safety.sos_repeated")
    for _each in range(30):
        noon.shift(0.1)
        assert tap(trip) == incident
    assert repeated.count() == 1
    assert SosCall.objects.count() == 31, "no tap is refused"
    deliver()
    speak()
    word(client, "over")
    for _each in range(10):
        noon.shift(0.1)
        tap(trip)
    assert repeated.count() == 2, "at once, where the centre ended it"
    deliver()
    assert only().received_at is None
    noon.shift(60)
    tap(trip)
    assert repeated.count() == 3


def test_nobody_else_speaks_for_the_centre(centre, trip, deliver, client):
    tap(trip)
    deliver()
    speak()
    push = only()
    body = json.dumps({"key": push.key, "case": push.number, "said": "dispatched"}).encode()
    for headers in (
        {},
        {"huhang-signature": "x"},
        sealed(body, key="another"),
        sealed(body, at=int(time.time()) - 301),
        sealed(body + b" "),
    ):
        assert word(client, "dispatched", headers=headers or {"x": "y"}) == 403
    assert word(client, "dispatched", number="110-999999") == 400
    assert word(client, "dispatched", key="huhang:I-0") == 404
    assert only().said == "received"


def test_the_driver_learns_nothing_also_where_he_called_himself(centre, trip, deliver, client):
    tap(trip, Party.DRIVER)
    tap(trip)
    deliver()
    before = sos_page(client, trip, Party.DRIVER)
    speak()
    word(client, "dispatched")
    after = sos_page(client, trip, Party.DRIVER)
    assert "emergency centre" not in after
    assert "Ask 110 to come" not in after
    assert len(before) == len(after)


# --- The link ------------------------------------------------------------------------------------------------


def test_the_link_shows_the_car_live_without_names_or_places_and_dies_with_the_case(
    centre, trip, deliver, client, people
):
    incident = tap(trip, silent=True)
    deliver()
    speak()
    address = f"/110/{only().secret}/"
    answer = client.get(address, headers={"accept-language": "en"})
    page = answer.content.decode()
    assert trip.plate_registered in page
    assert "28.20310" in page
    assert "Do not ring the passenger" in page
    for hidden in (
        trip.passenger.real_name,
        trip.passenger.phone,
        trip.driver.account.real_name,
        trip.destination_name,
        str(trip.destination_latitude),
    ):
        assert hidden not in page
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    client.get(address)
    assert AuditEntry.objects.filter(action="safety.centre_looked").count() == 1
    assert client.get("/110/" + "0" * 32 + "/").status_code == 404
    close(people, incident)
    assert client.get(address).status_code == 404


def test_it_has_a_law_by_which_a_person_can_try_it_again():
    assert PUSHES.work.law == retry.LIFE
    assert PUSHES.work.again is not None


def test_what_opens_a_case_shares_no_worker_with_what_follows_others():
    assert jobs.queue_of(pushing.OPENS) != jobs.queue_of(pushing.FOLLOWS)
