"""The second time: a tap, an answer, a report, words, a clock and a code weigh as much as the first."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep

import pytest
from django.db import connection, transaction

from accounts.services import add_emergency_contact
from core import clock
from core.actors import MONITOR
from core.models import Notification
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety import packets, selectors, services
from safety.errors import ActionClosed
from safety.models import HelpMessage, Incident, PlacedCall, SafetyQuestion, Signal, WelfareCheck
from safety.policies import clocks_of, why_not
from safety.services.calls import _settle as settle_call
from safety.states import Answer, Callee, PlacedState, SignalKind


def side(trip, party=Party.PASSENGER):
    return TripKey(trip.code, party, "wenzhou")


@pytest.fixture
def trip(rides):
    return rides.under_way()


def report(phone="13800000001", words="联系不上", submission="s", reporter="13911110001"):
    return services.file_welfare_check(
        missing_phone=phone, reporter_phone=reporter, words=words, submission=submission
    )


def closed(people, incident, outcome="safe"):
    services.take_incident(account=people("agent"), code=incident.code)
    services.resolve_incident(
        account=people("agent"), code=incident.code, outcome=outcome, harm="none", words="x"
    )
    services.close_incident(account=people("specialist"), code=incident.code)
    return Incident.objects.get(pk=incident.pk)


def running(incident):
    """The clocks that run on, and since when."""
    row = Incident.objects.get(pk=incident.pk)
    return {each.key: each.started for each in clocks_of(row) if each.done is None}


# --- After it was closed ---


@pytest.mark.parametrize("phone", ["13800000001", "13999998888"])
def test_evidence_on_a_closed_report_rings(trip, people, phone):
    filed = report(phone)
    first = closed(people, Incident.objects.get())
    services.add_evidence(secret=filed.secret, words="她发来：救命")
    again = Incident.objects.exclude(pk=first.pk).get()
    assert (again.state, again.trip_id, again.missing_index) == ("open", first.trip_id, first.missing_index)
    assert again.news_at and again.high_risk_at and again.score >= 70
    assert WelfareCheck.objects.get().incident == again
    services.add_evidence(secret=filed.secret, words="还是没有消息")
    assert Incident.objects.count() == 2


def test_a_report_after_a_closed_one_weighs_as_much(trip, people):
    report()
    closed(people, Incident.objects.get())
    report(submission="another")
    again = Incident.objects.latest("pk")
    assert (again.state, again.score >= 70, again.high_risk_at) == ("open", True, clock.now())


def test_the_message_of_a_phone_that_has_no_newer_place_opens_it_again(trip, people, noon):
    text = packets.encode(
        packets.Packet(trip.code, Party.PASSENGER, clock.now(), (28.2, 121.0), silent=False)
    )
    first = closed(people, services.raise_by_packet(text=text))
    noon.shift(60)
    again = services.raise_by_packet(text=text)
    assert (again.pk != first.pk, again.has_sos) == (True, True)
    assert services.raise_by_packet(text=text).pk == again.pk
    assert again.sos_calls.count() == 1


# --- Nobody ends what nobody has looked at ---


def test_no_outcome_and_no_end_over_what_nobody_has_looked_at(trip, people):
    incident = services.raise_sos(key=side(trip))
    agent, specialist = people("agent"), people("specialist")
    services.take_incident(account=agent, code=incident.code)
    services.add_word(key=side(trip), words="他又回来了")
    outcome = {"code": incident.code, "outcome": "safe", "harm": "none", "words": "x"}
    with pytest.raises(ActionClosed):
        services.resolve_incident(account=agent, **outcome)
    services.see_news(account=agent, code=incident.code)
    services.resolve_incident(account=agent, **outcome)
    services.raise_sos(key=side(trip))
    with pytest.raises(ActionClosed):
        services.close_incident(account=specialist, code=incident.code)
    assert Incident.objects.get().state == "resolved"
    services.see_news(account=specialist, code=incident.code)
    services.close_incident(account=specialist, code=incident.code)


# --- Clocks run again ---


def tap(trip):
    services.raise_sos(key=side(trip))


def write(trip):
    services.add_word(key=side(trip), words="救命，他有刀")


def ask_for_help(trip):
    at = clock.now()
    SafetyQuestion.objects.create(trip=trip, asked_at=at, expires_at=at)
    services.answer_question(key=side(trip), answer=Answer.NOT_WELL)


@pytest.mark.parametrize("cry", [tap, write, ask_for_help])
def test_after_a_safe_check_the_clock_of_the_police_runs_anew(trip, people, noon, cry):
    incident = services.raise_sos(key=side(trip))
    services.take_incident(account=people("agent"), code=incident.code)
    noon.shift(30)
    services.record_safe_check(account=people("agent"), code=incident.code, words="she is fine")
    assert not {"safe_check", "police", "called_back"} & set(running(incident))
    noon.shift(600)
    cry(trip)
    now = running(incident)
    assert now["safe_check"] == now["police"] == clock.now()
    assert ("called_back" in now) == (cry is tap)
    noon.shift(5)
    cry(trip)
    assert running(incident)["safe_check"] == now["safe_check"]  # what runs is not put off
    noon.shift(5)
    services.record_safe_check(account=people("agent"), code=incident.code, words="fine again")
    assert not {"safe_check", "police", "called_back"} & set(running(incident))


def test_after_a_call_back_another_tap_is_called_back_too(trip, people, noon):
    incident = services.raise_sos(key=side(trip))
    services.take_incident(account=people("agent"), code=incident.code)
    services.record_call(account=people("agent"), code=incident.code, words="she is fine")
    assert "called_back" not in running(incident)
    noon.shift(600)
    tap(trip)
    assert running(incident)["called_back"] == clock.now()
    services.record_call(account=people("agent"), code=incident.code, words="fine again")
    assert "called_back" not in running(incident)


def test_the_police_are_called_by_hand_once_more(trip, people, noon):
    incident = services.raise_sos(key=side(trip))
    services.take_incident(account=people("agent"), code=incident.code)
    said = {"code": incident.code, "station": "虹桥派出所", "number": "0577-62310110"}
    services.record_police_call(account=people("agent"), **said)
    services.confirm_police_call(account=people("specialist"), code=incident.code)
    noon.shift(600)
    tap(trip)
    assert selectors.police_calls_to_confirm() == []
    services.see_news(account=people("agent"), code=incident.code)
    services.record_police_call(account=people("agent"), **said)
    assert "police" in running(incident)
    assert selectors.police_calls_to_confirm() == [incident]
    services.confirm_police_call(account=people("specialist"), code=incident.code)
    assert "police" not in running(incident)


def test_an_old_safe_check_does_not_let_anybody_call_the_driver(trip, people, noon):
    incident = services.raise_sos(key=side(trip))
    services.take_incident(account=people("agent"), code=incident.code)
    services.record_safe_check(account=people("agent"), code=incident.code, words="she is fine")
    row = Incident.objects.get()
    assert why_not(row, people("agent"), "call_driver") == ""
    noon.shift(60)
    tap(trip)
    assert why_not(Incident.objects.get(), people("agent"), "call_driver")


# --- Answers ---


@pytest.mark.parametrize("answer", [Answer.NOT_WELL, Answer.DURESS])
def test_not_well_a_second_time_is_heard(trip, people, noon, answer):
    ask_for_help(trip)
    first = closed(people, Incident.objects.get())
    at = clock.now()
    SafetyQuestion.objects.create(trip=trip, asked_at=at, expires_at=at)
    services.answer_question(key=side(trip), answer=answer)
    again = Incident.objects.exclude(pk=first.pk).get()
    assert again.high_risk_at and again.news_at and again.score >= 100
    assert bool(selectors.silent_callers(again)) == (answer == Answer.DURESS)
    services.take_incident(account=people("agent"), code=again.code)
    noon.shift(60)
    SafetyQuestion.objects.update(answer=Answer.NONE, expires_at=clock.now())
    services.answer_question(key=side(trip), answer=answer)  # late, and of a question that has had its signal
    assert Incident.objects.get(pk=again.pk).news_at == clock.now()


def test_each_question_without_an_answer_is_a_signal(trip, noon):
    for _round in range(3):
        at = clock.now()
        SafetyQuestion.objects.create(trip=trip, asked_at=at, expires_at=at)
        noon.shift(1)
        services.expire_questions(at=clock.now())
    assert Signal.objects.filter(kind=SignalKind.NO_ANSWER).count() == 3
    assert Incident.objects.get().high_risk_at


# --- Each side its own ---


def test_the_driver_neither_stops_nor_silences_her_call_back(trip, people):
    incident = services.raise_sos(key=side(trip))
    services.raise_sos(key=side(trip, Party.DRIVER), silent=True)
    services.take_incident(account=people("agent"), code=incident.code)
    assert "called_back" in running(incident)
    call = PlacedCall.objects.create(incident=incident, to=Callee.DRIVER, by="agent", at=clock.now())
    settle_call(call, PlacedState.CONNECTED)
    assert "called_back" in running(incident)
    services.record_call(account=people("agent"), code=incident.code, words="she is fine")
    assert "called_back" not in running(incident)


def test_her_silence_does_not_keep_the_driver_from_being_called(trip, people):
    incident = services.raise_sos(key=side(trip, Party.DRIVER))
    services.raise_sos(key=side(trip), silent=True)
    services.take_incident(account=people("agent"), code=incident.code)
    assert "called_back" not in running(incident)
    with pytest.raises(ActionClosed):
        services.record_call(account=people("agent"), code=incident.code, words="x")


@pytest.mark.parametrize("she_called", [False, True])
def test_his_contacts_are_told_when_he_called(trip, people, noon, deliver, she_called):
    """What reaches his brother is the same to the second, with her call for help before his and without."""
    add_emergency_contact(account=people("driver"), name="brother", phone="13911110009")
    if she_called:
        services.raise_sos(key=side(trip))
    noon.shift(600)
    services.raise_sos(key=side(trip, Party.DRIVER))
    noon.shift(60)
    incident = services.raise_sos(key=side(trip, Party.DRIVER))
    deliver()
    (told,) = Notification.objects.filter(subject=incident.code)
    assert "12:10" in told.text
    assert "12:00" not in told.text


def test_each_side_appeals_for_itself(trip, people, signed_in):
    services.raise_sos(key=side(trip))
    incident = services.raise_sos(key=side(trip, Party.DRIVER))
    closed(people, incident, outcome="malicious")
    services.file_appeal(key=side(trip), words="her words")
    page = (
        signed_in("")
        .get(f"/trips/{trip.code}/sos/", headers={"x-trip-key": position_key(trip, Party.DRIVER)})
        .content.decode()
    )
    assert "her words" not in page
    services.file_appeal(key=side(trip, Party.DRIVER), words="his words")
    console = signed_in("supervisor")
    path = f"/admin/incidents/{incident.code}/"
    for words in ("her words", "his words"):
        assert words in console.get(path).content.decode()
    for party, upheld in ((Party.DRIVER, "0"), (Party.PASSENGER, "1")):
        body = {"party": party, "upheld": upheld, "words": f"heard the {party}"}
        assert console.post(f"{path}do/appeal/", body).status_code == 302
        other = body | {"words": "heard somebody else"}
        assert console.post(f"{path}do/appeal/", other).status_code in {400, 409}
    assert [selectors.appeal_of(incident, party).upheld for party in Party] == [
        party == Party.PASSENGER for party in Party
    ]


def test_a_code_verifies_the_report_it_was_sent_for(trip):
    mine = report(reporter="13911110001")
    digits = re.findall(r"\d{6}", Notification.objects.latest("pk").text)[0]
    strangers = report(reporter="13911110001", submission="somebody else names the same number")
    with pytest.raises(Exception, match="wrong_code"):
        services.verify_reporter(secret=strangers.secret, code=digits)
    assert WelfareCheck.objects.exclude(verified_at=None).get().code == mine.code


# --- Words ---


def test_other_words_under_the_same_submission_are_kept(trip):
    services.raise_sos(key=side(trip))
    for words in ("他停在山边", "他停在山边", "他停在山边，门锁了"):
        services.add_word(key=side(trip), words=words, submission="of a page whose answer was lost")
    services.add_word(key=side(trip), phrase="locked", submission="of a page whose answer was lost")
    said = HelpMessage.objects.order_by("pk").values_list("words", "phrase")
    assert list(said) == [("他停在山边", ""), ("他停在山边，门锁了", ""), ("", "locked")]


def test_long_words_are_kept_whole(trip, client):
    services.raise_sos(key=side(trip))
    words = "山" * 19_990 + "右边有条河"
    key = position_key(trip, Party.PASSENGER)
    assert client.post(f"/trips/{trip.code}/sos/word/", {"key": key, "words": words}).status_code == 302
    assert HelpMessage.objects.get().words == words
    assert (
        'maxlength="20000"'
        in client.get(f"/trips/{trip.code}/sos/", headers={"x-trip-key": key}).content.decode()
    )


# --- At once ---


@pytest.mark.django_db(transaction=True)
def test_two_signals_at_once_add_up(noon):
    from accounts.models import Account
    from conftest import Rides
    from governance.demo import make_world

    make_world(password="x")
    trip = Rides(lambda name: Account.objects.get(code=name)).under_way()
    gate = Barrier(2)

    def find(kind):
        try:
            with transaction.atomic():
                Signal.objects.exists()
                gate.wait()
                services.add_signal(actor=MONITOR, kind=kind, trip=trip)
                sleep(0.3)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(find, [SignalKind.OFF_ROUTE, SignalKind.SIGNAL_LOST]))
    assert Incident.objects.get().score == sum(Signal.objects.values_list("score", flat=True)) >= 70
