"""A question that stands unanswered on her page rings her phone (S15): evidence that closes nothing, and no word to him."""

import json
import re

import httpx
import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from core import clock, jobs, outside, timeline
from core.models import Notification
from core.relay import RelayDown, ask, call
from core.tests.factories import set_policy
from rides.states import Party
from rides.tokens import TripKey
from safety.models import AutomatedCall, Incident, SafetyQuestion, Signal
from safety.policies import RUNG_AFTER
from safety.selectors import watched_by_question
from safety.services import answer_question, expire_questions, raise_sos, report_finding
from safety.services.ringing import FOLLOWED, RINGING
from safety.states import Answer, Heard, Origin, SignalKind


class Relay:
    """The relay as its contract says: a call for each key, and what is pressed on the phone that rings."""

    def __init__(self):
        self.calls, self.away, self.rang = {}, False, []
        self.asks_answer = 200

    def press(self, state, pressed=""):
        (key,) = self.calls
        self.calls[key] = {"state": state, "pressed": pressed}

    def answer(self, request):
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path == "/calls/":
            return httpx.Response(200, json={})
        if request.url.path == "/asks/" and self.asks_answer != 200:
            return httpx.Response(self.asks_answer, json={})
        body = json.loads(request.content)
        if request.url.path == "/asks/end/":
            known = self.calls.get(body["key"])
            if known is None:
                return httpx.Response(404)
            if known["state"] == "ringing":
                known["state"] = "missed"
            return httpx.Response(200, json=known)
        assert request.url.path == "/asks/"
        if body["key"] not in self.calls:
            self.rang.append(body)
        return httpx.Response(200, json=self.calls.setdefault(body["key"], {"state": "ringing"}))


@pytest.fixture
def relay(settings, monkeypatch):
    settings.RELAY_URL = "http://relay.test"
    relay = Relay()
    client = httpx.Client(transport=httpx.MockTransport(relay.answer))
    monkeypatch.setattr(outside, "_client", lambda: client)
    monkeypatch.setattr(outside, "_breakers", type(outside._breakers)(default_threshold=50, default_ttl=30.0))
    return relay


def asked(trip):
    report_finding(trip_code=trip.code, kind=SignalKind.LONG_STOP)
    return SafetyQuestion.objects.get(trip=trip)


def turn():
    """What the task does every two seconds."""
    RINGING.run(at=clock.now())
    FOLLOWED.run(at=clock.now())


def key(trip):
    return TripKey(trip.code, Party.PASSENGER, "wenzhou")


@pytest.fixture
def rung(rides, relay, noon):
    trip = rides.under_way()
    asked(trip)
    noon.shift(31)
    turn()
    return trip


def said(trip, language="en"):
    with override(language):
        return " ".join(timeline.sentence(line) for line in timeline.of(trip=trip.code))


def texts():
    return Notification.objects.filter(message="safety.how_is_the_ride")


def test_a_question_that_is_open_for_thirty_seconds_rings_her_phone_once(rides, relay, noon):
    trip = rides.under_way()
    asked(trip)
    noon.shift(29)
    turn()
    assert relay.rang == []
    noon.shift(2)
    turn()
    turn()
    (call,) = relay.rang
    assert call["to"] == trip.passenger.phone
    assert call["keys"] == ["1", "2"]
    assert AutomatedCall.objects.get().state == Heard.RINGING
    assert "An automated call rings the passenger" in said(trip)
    assert "自动电话" in said(trip, "zh-hans")


def test_the_time_is_a_policy(rides, relay, noon):
    set_policy(RUNG_AFTER, 15)
    trip = rides.under_way()
    asked(trip)
    noon.shift(16)
    turn()
    assert len(relay.rang) == 1


@pytest.mark.parametrize("answer", [Answer.FINE, Answer.NOT_WELL, Answer.DURESS])
def test_whoever_answered_on_the_page_is_not_rung(rides, relay, noon, answer):
    trip = rides.under_way()
    asked(trip)
    answer_question(key=key(trip), answer=answer)
    noon.shift(31)
    turn()
    assert relay.rang == []
    assert not AutomatedCall.objects.exists()


def test_a_question_rings_once_whoever_dies_between(rides, relay, noon):
    trip = rides.under_way()
    question = asked(trip)
    noon.shift(31)
    RINGING.run(at=clock.now())  # the row is there, and the worker dies before the relay is asked
    assert relay.rang == []
    turn()
    turn()
    assert len(relay.rang) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        AutomatedCall.objects.create(question=question, at=clock.now())


def test_one_is_noted_and_closes_nothing(rung, relay, noon):
    relay.press("pressed", "1")
    turn()
    assert AutomatedCall.objects.get().state == Heard.FINE
    question = SafetyQuestion.objects.get(trip=rung)
    assert question.answer == "", "her page asks on: anybody may hold her phone"
    assert "pressed 1, all is well" in said(rung)
    assert "按了 1" in said(rung, "zh-hans")
    assert not Incident.objects.exists()
    assert not texts().exists()
    noon.shift(30)
    expire_questions(at=clock.now())
    assert Signal.objects.filter(trip=rung, kind=SignalKind.NO_ANSWER).exists()


def test_one_leaves_a_doubted_fine_doubted(rung, relay):
    relay.press("pressed", "1")
    SafetyQuestion.objects.update(answer=Answer.FINE, answered_at=clock.now(), doubted=True)
    turn()
    assert SafetyQuestion.objects.get(trip=rung).doubted


def test_two_is_help(rung, relay):
    relay.press("pressed", "2")
    turn()
    incident = Incident.objects.get(trip=rung)
    assert incident.origin == Origin.RULE
    assert incident.high_risk_at
    assert incident.news_at
    signal = Signal.objects.get(trip=rung, kind=SignalKind.ASKED_FOR_HELP)
    assert signal.incident == incident
    with override("en"):
        assert "key 2" in signal.why
    assert "pressed 2, help" in said(rung)
    assert SafetyQuestion.objects.get(trip=rung).answer == ""
    turn()
    assert Signal.objects.filter(kind=SignalKind.ASKED_FOR_HELP).count() == 1


def test_two_is_heard_also_where_another_hand_tapped_good_meanwhile(rung, relay):
    answer_question(key=key(rung), answer=Answer.FINE)
    relay.press("pressed", "2")
    turn()
    assert Incident.objects.filter(trip=rung).exists()


@pytest.mark.parametrize("state", ["silent", "missed"])
def test_silence_is_followed_by_a_text_that_leads_to_the_question(rung, relay, state):
    relay.press(state)
    turn()
    turn()
    (text,) = texts()
    assert text.recipient == rung.passenger.phone
    assert f"/trips/{rung.code}/" in text.text
    assert AutomatedCall.objects.get().state == state


def test_where_the_relay_is_away_a_text_goes_all_the_same(rides, relay, noon):
    relay.away = True
    trip = rides.under_way()
    asked(trip)
    noon.shift(31)
    turn()
    assert AutomatedCall.objects.get().state == Heard.RINGING
    relay.away = False
    turn()
    assert len(relay.rang) == 1, "asked again under the same key"
    relay.away = True
    noon.shift(50)
    turn()
    assert AutomatedCall.objects.get().state == Heard.MISSED
    assert texts().count() == 1


def test_a_phone_that_began_to_ring_late_is_listened_to_for_as_long_as_it_rings(rides, relay, noon):
    relay.away = True
    trip = rides.under_way()
    asked(trip)
    noon.shift(31)
    turn()
    relay.away = False
    noon.shift(30)
    turn()
    assert len(relay.rang) == 1
    noon.shift(16)
    turn()
    assert AutomatedCall.objects.get().state == Heard.RINGING
    relay.press("pressed", "2")
    noon.shift(2)
    turn()
    assert AutomatedCall.objects.get().state == Heard.HELP
    assert Incident.objects.filter(trip=trip).exists()


@pytest.mark.parametrize(("pressed", "heard"), [("1", Heard.FINE), ("2", Heard.HELP)])
def test_what_was_pressed_is_asked_for_before_it_is_given_up(rung, relay, noon, pressed, heard):
    relay.press("pressed", pressed)
    relay.asks_answer = 503
    noon.shift(46)
    turn()
    assert AutomatedCall.objects.get().state == heard
    assert Incident.objects.filter(trip=rung).exists() == (pressed == "2")
    assert not texts().exists()


def test_two_is_heard_also_from_a_relay_that_was_away_when_it_was_given_up(rung, relay, noon):
    relay.press("pressed", "2")
    relay.away = True
    noon.shift(46)
    turn()
    assert AutomatedCall.objects.get().state == Heard.MISSED
    assert texts().count() == 1
    relay.away = False
    noon.shift(60)
    turn()
    turn()
    assert AutomatedCall.objects.get().state == Heard.HELP
    assert Incident.objects.filter(trip=rung).exists()
    assert Signal.objects.filter(kind=SignalKind.ASKED_FOR_HELP).count() == 1


def test_two_is_heard_late_also_where_the_page_was_answered_meanwhile(rung, relay, noon):
    relay.press("pressed", "2")
    relay.away = True
    answer_question(key=key(rung), answer=Answer.FINE)
    noon.shift(46)
    turn()
    assert AutomatedCall.objects.get().state == Heard.ENDED
    relay.away = False
    turn()
    assert Incident.objects.filter(trip=rung).exists()


@pytest.mark.parametrize("away", [True, False])
def test_a_relay_that_was_away_is_not_asked_for_ever(rung, relay, noon, away):
    relay.away = True
    noon.shift(46)
    turn()
    assert AutomatedCall.objects.get().unheard
    relay.away = away
    noon.shift(600)
    turn()
    call = AutomatedCall.objects.get()
    assert (call.state, call.unheard) == (Heard.MISSED, False)
    assert texts().count() == 1


def test_a_phone_that_is_given_up_rings_no_more(rung, relay, noon):
    noon.shift(46)
    turn()
    assert [call["state"] for call in relay.calls.values()] == ["missed"]
    assert AutomatedCall.objects.get().state == Heard.MISSED
    assert texts().count() == 1


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_number_that_the_relay_refuses_is_missed_at_once(rides, relay, noon, status):
    relay.asks_answer = status
    trip = rides.under_way()
    asked(trip)
    noon.shift(31)
    turn()
    assert AutomatedCall.objects.get().state == Heard.MISSED
    assert texts().count() == 1


@pytest.mark.parametrize("status", [400, 503])
def test_asks_that_fail_keep_no_agents_call_from_being_placed(rides, relay, noon, monkeypatch, status):
    monkeypatch.setattr(outside, "_breakers", type(outside._breakers)(default_threshold=5, default_ttl=30.0))
    relay.asks_answer = status
    for number in range(6):
        with pytest.raises(RelayDown):
            ask(key=f"{number}", to="+8613911112222", says="x", language="en")
    call(key="x", first="+8613911112222", then="+8613911113333")


def test_it_waits_in_no_queue_behind_what_no_life_depends_on():
    assert jobs.queue_of("safety.tasks.ring_passengers") == "life_centre"
    assert FOLLOWED.life_safety


@pytest.mark.parametrize("answer", [Answer.FINE, Answer.DURESS])
def test_what_is_answered_on_the_page_ends_the_ringing(rung, relay, answer):
    answer_question(key=key(rung), answer=answer)
    turn()
    assert [call["state"] for call in relay.calls.values()] == ["missed"]
    assert AutomatedCall.objects.get().state == Heard.ENDED
    assert not texts().exists()


@pytest.mark.parametrize("silent", [True, False])
def test_whoever_called_for_help_is_not_rung_by_a_machine(rides, relay, noon, silent):
    trip = rides.under_way()
    asked(trip)
    raise_sos(key=key(trip), silent=silent)
    noon.shift(31)
    turn()
    assert relay.rang == []
    assert AutomatedCall.objects.get().state == Heard.ENDED
    assert not texts().exists()


def test_a_call_for_help_in_silence_quiets_a_phone_that_rings(rung, relay):
    raise_sos(key=key(rung), silent=True)
    turn()
    assert [call["state"] for call in relay.calls.values()] == ["missed"]
    assert not texts().exists()


def test_what_nobody_rang_about_for_long_is_let_be(rides, relay, noon):
    trip = rides.under_way()
    asked(trip)
    noon.shift(700)
    expire_questions(at=clock.now())
    turn()
    assert relay.rang == []


def test_the_hourly_drill_rings_nobody(rides, relay, noon, people):
    trip = rides.under_way()
    asked(trip)
    type(trip.passenger).objects.filter(pk=trip.passenger.pk).update(is_drill=True)
    noon.shift(31)
    turn()
    assert relay.rang == []


def test_for_whom_a_ride_was_booked_it_is_their_own_phone(rides, relay, noon):
    trip = rides.under_way()
    trip.rider_kind, trip.rider_name, trip.rider_phone = "other", "王奶奶", "+8613911112222"
    trip.save()
    asked(trip)
    noon.shift(31)
    turn()
    assert relay.rang[0]["to"] == "+8613911112222"
    relay.press("silent")
    turn()
    (text,) = texts()
    assert text.recipient == "+8613911112222"
    assert "/ride/" in text.text


def test_the_watched_strip_says_what_was_heard(rung, relay, signed_in):
    relay.press("pressed", "1")
    turn()
    (row,) = watched_by_question()
    assert row.heard == Heard.FINE
    page = signed_in("agent").get("/admin/", headers={"accept-language": "en"}).content.decode()
    assert "pressed 1, all is well" in page


def test_he_is_not_rung_and_his_page_stays_as_it_was(rung, relay, signed_in):
    def his():
        him = signed_in("driver")
        return [
            him.get(f"/trips/{rung.code}/{part}", headers={"accept-language": "en"}).content.decode()
            for part in ("", "status/")
        ]

    AutomatedCall.objects.all().delete()
    before = [words_of(each) for each in his()]
    AutomatedCall.objects.create(question=SafetyQuestion.objects.get(), at=clock.now())
    turn()
    assert rung.driver.account.phone not in json.dumps(relay.rang)
    relay.press("pressed", "2")
    turn()
    assert Incident.objects.filter(trip=rung).exists()
    assert [words_of(each) for each in his()] == before


def words_of(page):
    """What a reader sees of a page: forms' tokens and keys differ each time."""
    return re.sub(r"<[^>]*>|\s+", " ", page)
