"""A car that stands still at once: both sides are asked about an accident, and a silence of both opens an incident (S12)."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core import clock, timeline
from core.actors import SYSTEM
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety.errors import QuestionClosed
from safety.models import AccidentQuestion, Incident, SafetyQuestion, Signal
from safety.services import (
    answer_about_accident,
    close_incident,
    expire_accident_questions,
    raise_sos,
    report_finding,
    resolve_incident,
    take_incident,
)
from safety.services.incidents import open_incident
from safety.states import AccidentAnswer, Origin, SignalKind

EN = {"accept-language": "en"}
ASKS = "Has there been an accident?"
POLLED = re.compile(r'hx-get="(/trips/[^"/]+/question/)"\s+hx-trigger="load, every 4s"')
PAGES_KEY = re.compile(r'"X-Trip-Key": "([^"]+)"')
PERHAPS = "Perhaps an accident"


def stands(trip, *, detail="1", party="driver"):
    """A phone of the trip stood still at once a minute ago."""
    since = (clock.now() - timedelta(seconds=60)).timestamp()
    report_finding(
        trip_code=trip.code,
        kind=SignalKind.CRASH,
        detail=detail,
        facts={"rule": "crash", "seconds": 60.0, "since": since, "speed": 50.0, "party": party},
        position=(28.1, 121.0),
    )


@pytest.fixture
def stood(rides, noon):
    trip = rides.under_way()
    stands(trip)
    return trip


def key(trip, party=Party.PASSENGER):
    driver = trip.driver.account.code if party == Party.DRIVER else ""
    return TripKey(trip.code, party, "wenzhou", driver)


def shown(signed_in, trip, who, address=""):
    """What the page of one side asks: by the address that the page itself asks, with the key that it has."""
    client = signed_in(who)
    secret = position_key(trip, Party(who))
    at = address or f"/trips/{trip.code}/"
    page = html.unescape(client.get(at, headers=EN | {"x-trip-key": secret}).content.decode())
    (asked,), (own,) = POLLED.findall(page), PAGES_KEY.findall(page)
    return client.get(asked, headers=EN | {"x-trip-key": own}).content.decode()


def head(signed_in, incident):
    """The strip at the top of an incident's page."""
    page = signed_in("agent").get(f"/admin/incidents/{incident.code}/", headers=EN).content.decode()
    return page.partition('id="head"')[2].partition("</section>")[0]


def test_both_sides_are_asked_at_once_and_nobody_by_the_other_question(stood, signed_in):
    assert ASKS in shown(signed_in, stood, "passenger")
    assert ASKS in shown(signed_in, stood, "driver")
    assert not SafetyQuestion.objects.exists()
    (line,) = [each for each in timeline.of(trip=stood.code) if each.kind == "safety.accident_asked"]
    assert (line.latitude, line.longitude) == (28.1, 121.0)


def test_no_answer_of_either_opens_an_incident_with_120(stood, noon, signed_in):
    noon.shift(29)
    assert expire_accident_questions(at=clock.now()) == 0
    noon.shift(2)
    assert expire_accident_questions(at=clock.now()) == 1
    assert expire_accident_questions(at=clock.now()) == 0
    incident = Incident.objects.get(trip=stood)
    assert incident.origin == Origin.RULE
    assert incident.high_risk_at
    page = signed_in("agent").get(f"/admin/incidents/{incident.code}/", headers=EN).content.decode()
    assert 'href="tel:120"' in page
    assert "nobody answers" in page


@pytest.mark.parametrize("party", Party)
def test_whoever_says_yes_opens_it_at_once_and_is_offered_120(stood, signed_in, party):
    answer = signed_in(party.value).post(
        f"/trips/{stood.code}/answer/",
        {"key": position_key(stood, party), "accident": "yes"},
        headers=EN | {"hx-request": "true"},
    )
    assert 'href="tel:120"' in answer.content.decode()
    assert Signal.objects.get(kind=SignalKind.ACCIDENT).incident == Incident.objects.get(trip=stood)


def test_her_no_ends_it(stood, noon):
    answer_about_accident(key=key(stood), answer=AccidentAnswer.NO)
    noon.shift(31)
    assert expire_accident_questions(at=clock.now()) == 0
    assert not Incident.objects.exists()
    assert not SafetyQuestion.objects.exists()


def test_his_no_alone_is_not_hers(stood, signed_in):
    answer_about_accident(key=key(stood, Party.DRIVER), answer=AccidentAnswer.NO)
    assert SafetyQuestion.objects.get(trip=stood).answer == ""
    # Her own question, which she can answer in secret, goes before the other one from now on.
    assert "How is the ride?" in shown(signed_in, stood, "passenger")
    assert ASKS not in shown(signed_in, stood, "driver")
    SafetyQuestion.objects.all().delete()
    assert ASKS in shown(signed_in, stood, "passenger")


def test_what_she_says_changes_nothing_on_his_page(stood, signed_in):
    before = shown(signed_in, stood, "driver")
    answer_about_accident(key=key(stood), answer=AccidentAnswer.YES)
    assert shown(signed_in, stood, "driver") == before


def test_yes_after_no_and_after_the_time_is_heard(stood, noon):
    answer_about_accident(key=key(stood), answer=AccidentAnswer.NO)
    noon.shift(300)
    assert answer_about_accident(key=key(stood), answer=AccidentAnswer.YES)
    assert answer_about_accident(key=key(stood), answer=AccidentAnswer.NO), "a yes stays"
    assert Signal.objects.filter(kind=SignalKind.ACCIDENT).count() == 1


def test_nobody_answers_what_was_not_asked(rides):
    with pytest.raises(QuestionClosed):
        answer_about_accident(key=key(rides.under_way()), answer=AccidentAnswer.YES)


def test_it_is_asked_once_at_a_time(stood):
    report_finding(trip_code=stood.code, kind=SignalKind.CRASH, detail="2")
    assert AccidentQuestion.objects.count() == 1


# --- where it is asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", Party)
def test_the_page_of_a_call_for_help_asks_as_well(stood, signed_in, who):
    raise_sos(key=key(stood, who))
    assert ASKS in shown(signed_in, stood, who.value, f"/trips/{stood.code}/sos/")


@pytest.mark.parametrize("silent", [True, False])
def test_he_is_asked_the_same_whether_or_not_she_called(stood, signed_in, silent):
    before = shown(signed_in, stood, "driver")
    raise_sos(key=key(stood), silent=silent)
    assert shown(signed_in, stood, "driver") == before
    assert ASKS in before


def asked_by_api(client, trip, party):
    secret = position_key(trip, party)
    return client.get(f"/api/v1/trips/{trip.code}/question/", headers={"x-trip-key": secret}).json()


def said_by_api(client, trip, party, answer):
    body = {"key": position_key(trip, party), "answer": answer}
    return client.post(f"/api/v1/trips/{trip.code}/accident/", body, content_type="application/json")


@pytest.mark.parametrize("party", Party)
def test_a_native_client_is_asked_and_answers(stood, client, party):
    asked = asked_by_api(client, stood, party)
    assert asked["asks"] == "accident"
    assert asked["until"]
    assert said_by_api(client, stood, party, "perhaps").status_code == 400
    assert said_by_api(client, stood, party, "no").json() == {"accident": False}
    assert asked_by_api(client, stood, party)["asks"] != "accident"
    assert said_by_api(client, stood, party, "yes").json() == {"accident": True}
    assert Incident.objects.filter(trip=stood).exists()


def test_a_native_client_is_asked_how_the_ride_is_and_his_never(rides, client):
    trip = rides.under_way()
    nothing = {"asks": "", "until": None}
    assert [asked_by_api(client, trip, party) for party in Party] == [nothing, nothing]
    assert said_by_api(client, trip, Party.DRIVER, "yes").status_code == 409
    report_finding(trip_code=trip.code, kind=SignalKind.LONG_STOP)
    assert asked_by_api(client, trip, Party.PASSENGER)["asks"] == "ride"
    assert asked_by_api(client, trip, Party.DRIVER) == nothing


# --- a new crash ----------------------------------------------------------------------------------------------------


def nobody_says(trip, noon):
    noon.shift(31)
    expire_accident_questions(at=clock.now())


def she_says_no(trip, noon):
    answer_about_accident(key=key(trip), answer=AccidentAnswer.NO)


@pytest.mark.parametrize("before", [nobody_says, she_says_no])
def test_a_new_crash_in_the_same_ten_minutes_is_asked_about_anew(stood, noon, signed_in, before):
    before(stood, noon)
    noon.shift(120)
    stands(stood)
    assert AccidentQuestion.objects.count() == 2
    assert Signal.objects.filter(trip=stood, kind=SignalKind.CRASH).count() == 2
    assert ASKS in shown(signed_in, stood, "passenger")
    assert ASKS in shown(signed_in, stood, "driver")


def test_the_same_crash_told_by_the_other_phone_after_her_answer_is_no_new_one(stood, noon):
    she_says_no(stood, noon)
    stands(stood, party="passenger")
    assert AccidentQuestion.objects.count() == 1
    assert Signal.objects.filter(trip=stood, kind=SignalKind.CRASH).count() == 1


# --- what the agent is told -----------------------------------------------------------------------------------------


def test_where_she_says_that_there_was_none_the_agent_is_told_of_none(stood, noon, signed_in, people):
    answer_about_accident(key=key(stood), answer=AccidentAnswer.NO)
    raise_sos(key=key(stood), silent=True)
    incident = Incident.objects.get(trip=stood)
    assert PERHAPS not in head(signed_in, incident)
    answer_about_accident(key=key(stood, Party.DRIVER), answer=AccidentAnswer.YES)
    assert PERHAPS in head(signed_in, incident)


def test_his_no_is_not_hers_to_the_agent(stood, signed_in):
    answer_about_accident(key=key(stood, Party.DRIVER), answer=AccidentAnswer.NO)
    raise_sos(key=key(stood))
    assert PERHAPS in head(signed_in, Incident.objects.get(trip=stood))


def test_a_new_crash_after_her_no_is_told_to_the_agent(stood, noon, signed_in):
    she_says_no(stood, noon)
    noon.shift(120)
    stands(stood)
    nobody_says(stood, noon)
    assert PERHAPS in head(signed_in, Incident.objects.get(trip=stood))


def test_what_an_incident_before_it_was_closed_over_is_told_no_more(stood, noon, signed_in, people):
    nobody_says(stood, noon)
    noon.shift(600)
    first = Incident.objects.get(trip=stood)
    take_incident(account=people("agent"), code=first.code)
    resolve_incident(account=people("agent"), code=first.code, outcome="safe", harm="none", words="x")
    close_incident(account=people("specialist"), code=first.code)
    noon.shift(600)
    with transaction.atomic():
        later = open_incident(actor=SYSTEM, origin=Origin.RULE, trip=stood)
    assert Incident.objects.count() == 2
    assert PERHAPS not in head(signed_in, later)


def test_the_agent_is_told_to_call_only_who_may_be_called_now(stood, noon, signed_in, people):
    nobody_says(stood, noon)
    incident = Incident.objects.get(trip=stood)
    told = head(signed_in, incident)
    assert 'href="tel:120"' in told
    assert "Call the" not in told, "nobody has taken it"
    take_incident(account=people("agent"), code=incident.code)
    told = head(signed_in, incident)
    assert "Call the passenger." in told
    assert "Call the driver." not in told, "she may sit beside him"
    raise_sos(key=key(stood, Party.DRIVER))
    assert "Call the driver." in head(signed_in, incident)
    raise_sos(key=key(stood), silent=True)
    told = head(signed_in, incident)
    assert PERHAPS in told
    assert 'href="tel:120"' in told
    assert "Call the passenger." not in told


# --- the check ------------------------------------------------------------------------------------------------------


def test_an_index_leads_the_check_to_the_crashes_of_its_time(stood):
    """The signals that there ever were grow for years; the check is asked each minute."""
    since, at = clock.now() - timedelta(hours=1), clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    crashes = Signal.objects.filter(kind=SignalKind.CRASH, at__gt=since, at__lte=at)
    assert "signal_crash" in crashes.explain()
    assert "accident_question_asked" in AccidentQuestion.objects.filter(asked_at__gt=since).explain()
