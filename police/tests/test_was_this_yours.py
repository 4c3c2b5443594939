"""The station and the named supervisor hear of each release by rule at once, and may say that it was not theirs (P3c)."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Session
from core import alarms, clock
from core.models import AuditEntry, Notification
from police import services
from police.errors import AnswerClosed, OfficerSuspended
from police.models import IdentityPart, Officer, Release, StationAnswer
from police.states import Query
from police.tests.factories import SUPERVISOR, urgent
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident
from safety.services import raise_sos


@pytest.fixture
def asked(rides, people):
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return services.ask_by_form(
        account=people("officer"), question=urgent(Query.TRIP, trip.code), submission="s"
    )


def letters():
    return {row.channel: row for row in Notification.objects.filter(key__startswith="owning:")}


def link_of(channel):
    return "/police/owning/" + re.findall(r"/police/owning/([^/]+)/", letters()[channel].text)[0] + "/"


def answer(link, said, **more):
    return Client(headers={"accept-language": "en"}, **more).post(link, {"answer": said})


def test_both_are_asked_at_once_each_by_a_link_of_their_own(asked):
    found = letters()
    assert (found["email"].recipient, found["sms"].recipient) == ("hongqiao@police.example", SUPERVISOR)
    assert link_of("email") != link_of("sms")
    kept = "".join(StationAnswer.objects.values_list("link_digest", flat=True))
    assert not [each for each in ("email", "sms") if link_of(each).split("/")[-2] in kept]


def test_looking_changes_nothing_and_both_answers_weigh_the_same(asked):
    page = Client(headers={"accept-language": "en"}).get(link_of("email"))
    text = page.content.decode()
    buttons = re.findall(r"<button ([^>]*)>", text.partition('class="card"')[2])
    assert [re.sub('value="[a-z]+"', "", each) for each in buttons] == ['class="wide" name="answer" '] * 2
    assert len(page.content) < 40 * 1024 and "川A·H0001" not in text
    assert not StationAnswer.objects.exclude(answer="").exists()
    assert answer(link_of("email"), "").status_code == 400
    assert not StationAnswer.objects.exclude(answer="").exists()


def test_a_yes_is_noted_with_its_time_and_opens_nothing(asked):
    assert answer(link_of("email"), "yes").status_code == 200
    row = StationAnswer.objects.get(asked="station")
    assert (row.answer, row.answered_at is not None) == ("yes", True)
    assert Release.objects.get().is_open(clock.now())
    assert AuditEntry.objects.filter(action="police.owning_answered").count() == 1


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_no_of_either_suspends_closes_and_pages(asked, people, signed_in, channel):
    officer = signed_in("officer")
    assert officer.get(f"/police/requests/{asked.code}/").status_code == 200
    assert answer(link_of(channel), "no").status_code == 200
    assert Officer.objects.get(account__code="officer").state == "suspended"
    assert not Session.objects.filter(account__code="officer").exists()
    for path in ("", "pack.json"):
        assert officer.get(f"/police/requests/{asked.code}/{path}").status_code in {302, 403}
    assert signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/").status_code == 403
    with pytest.raises(OfficerSuspended):
        services.ask_by_form(account=people("officer"), question=urgent(Query.TRIP, "T-1"), submission="x")
    told = Notification.objects.filter(key__startswith=f"disowned:{asked.code}:")
    assert {row.recipient for row in told} >= {people("supervisor").phone} and all(
        row.life_safety for row in told
    )
    assert all(
        row.created_at - StationAnswer.objects.exclude(answer="").get().answered_at < timedelta(seconds=10)
        for row in told
    )
    ringing = {each.key for each in alarms.ringing(clock.now())}
    assert f"police-not-theirs:{asked.code}" in ringing
    page = signed_in("supervisor").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "No, this was not ours" in page
    services.review_release(account=people("supervisor"), code=asked.code, proper=False)
    assert f"police-not-theirs:{asked.code}" not in {each.key for each in alarms.ringing(clock.now())}


def test_a_closed_pack_stays_closed_when_the_officer_is_let_in_again(asked, people, signed_in):
    answer(link_of("email"), "no")
    services.propose_reinstatement(
        account=people("specialist"), code=asked.code, reason="a slip of the station"
    )
    services.decide_reinstatement(account=people("supervisor"), code=asked.code, agrees=True)
    seen = signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/").json()
    assert seen["pack"] is None
    assert (
        "510112199106150034"
        not in signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    )


def test_a_no_closes_the_identity_part_that_waits(rides, people):
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.TRIP, rides.under_way().code), submission="s"
    )
    answer(link_of("sms"), "no")
    assert IdentityPart.objects.get().state == "disowned"
    assert asked.code in AuditEntry.objects.get(action="police.officer_suspended").case


def test_a_thief_does_not_stop_the_clock_of_the_call_to_the_police(asked):
    incident = Incident.objects.get()
    assert incident.police_called_at is None
    answer(link_of("email"), "no")
    incident.refresh_from_db()
    assert incident.police_called_at is None


def test_a_no_closes_its_link_for_good(asked):
    link = link_of("email")
    assert answer(link, "no").status_code == 200
    assert (answer(link, "yes").status_code, answer(link, "no").status_code) == (404, 404)
    assert Client().get(link).status_code == 404
    assert StationAnswer.objects.get(asked="station").answer == "no"


def test_a_yes_that_was_wrong_is_followed_by_a_no_on_the_same_link_and_acts(asked):
    link = link_of("email")
    assert answer(link, "yes").status_code == answer(link, "yes").status_code == 200
    assert AuditEntry.objects.filter(action="police.owning_answered").count() == 1
    page = Client(headers={"accept-language": "en"}).get(link).content.decode()
    assert 'value="no"' in page and 'value="yes"' not in page
    assert answer(link, "no").status_code == 200
    assert Officer.objects.get(account__code="officer").state == "suspended"
    assert Release.objects.get().disowned_at is not None
    said = AuditEntry.objects.filter(action="police.owning_answered").order_by("pk")
    assert [row.facts["answer"] for row in said] == ["yes", "no"]


@pytest.mark.valkey
def test_tries_are_limited(asked, valkey):
    seen = [answer(f"/police/owning/{'a' * 30}{number:02}/", "no").status_code for number in range(31)]
    assert seen == [404] * 30 + [429]


def test_who_guesses_gets_nothing(asked):
    with pytest.raises(AnswerClosed):
        services.answer_of("a" * 32)


def test_an_emergency_that_two_people_release_asks_the_station_too(rides, people):
    trip = rides.under_way()
    question = urgent(Query.PLATE, "沪A00000")
    lost = services.ask_by_form(account=people("officer"), question=question, submission="s")
    assert (lost.state, StationAnswer.objects.exists()) == ("escalated", False)
    services.point_to_trip(account=people("specialist"), code=lost.code, trip_code=trip.code)
    services.confirm_release(account=people("supervisor"), code=lost.code)
    assert set(StationAnswer.objects.values_list("asked", flat=True)) == {"station", "supervisor"}


def test_a_supervisor_who_has_no_mobile_is_rung(rides, people, settings):
    question = urgent(Query.TRIP, rides.under_way().code, supervisor_phone="0577-62310110")
    asked = services.ask_by_form(account=people("officer"), question=question, submission="s")
    assert asked.state == "released"
    rung = Notification.objects.get(key__startswith="owning:", channel="voice")
    assert rung.recipient == "+8657762310110"
    assert settings.LIAISON_LINE in rung.text
    assert set(StationAnswer.objects.values_list("asked", flat=True)) == {"station"}


def test_what_was_asked_is_in_the_pack(asked):
    assert json.loads(asked.release.pack)["grade"]["given"] == "whole"
