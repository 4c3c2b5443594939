"""A report whose number is put right goes to another incident: what it says comes along, and whoever had it learns of it."""

import pytest

from core import alarms, clock
from core.models import TimelineEntry
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.models import Incident, Signal
from safety.policies import POLICE_CLOCKS, clocks_of
from safety.services import file_welfare_check, mend_check

GRAVE = "她说司机拿着刀，救命"
WRONG, HERS = "13800000088", "13800000001"


def report(phone=WRONG, words=GRAVE, submission="a1"):
    return file_welfare_check(
        missing_phone=phone, reporter_phone="13911112222", words=words, submission=submission
    )


def rings_for(person):
    return [each.code for each in alarms.ringing_for(person, clock.now())]


def ordered(incident):
    """The clocks of the police that still run."""
    return [each for each in clocks_of(incident) if each.key in POLICE_CLOCKS and each.done is None]


@pytest.fixture
def tapped(rides, people):
    """Her trip has an incident, and somebody who has looked at it."""
    trip = rides.under_way()
    incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    services.take_incident(account=people("agent"), code=incident.code)
    return incident


@pytest.fixture
def filed(tapped, people, noon):
    """A report about a wrong number, which a specialist has and has looked at."""
    made = report()
    wrong = Incident.objects.exclude(pk=tapped.pk).get()
    services.take_incident(account=people("specialist"), code=wrong.code)
    services.add_evidence(secret=made.secret, words="车停在江边")
    services.see_news(account=people("specialist"), code=wrong.code)
    noon.shift(60)
    return made, wrong


def page_of(signed_in, code, who):
    return signed_in(who).get(f"/admin/incidents/{code}/", headers={"accept-language": "en"}).content.decode()


def test_the_words_come_along_and_ring(filed, tapped, people, signed_in):
    made, wrong = filed
    assert rings_for(people("agent")) == []
    mend_check(secret=made.secret, missing_phone=HERS)
    assert rings_for(people("agent")) == [tapped.code]
    line = TimelineEntry.objects.get(kind="safety.check_came")
    assert (line.incident, line.words) == (tapped.code, f"{GRAVE}\n车停在江边")
    page = page_of(signed_in, tapped.code, "agent")
    assert GRAVE in page
    assert f'href="/admin/incidents/{wrong.code}/"' in page
    assert Signal.objects.filter(incident=tapped, kind="distress").exists()


def test_whoever_had_it_learns_where_it_went_and_its_clocks_end(filed, tapped, people, signed_in):
    made, wrong = filed
    assert ordered(wrong)
    assert rings_for(people("specialist")) == []
    mend_check(secret=made.secret, missing_phone=HERS)
    assert rings_for(people("specialist")) == [wrong.code]
    wrong.refresh_from_db()
    assert (wrong.score, wrong.high_risk_at, ordered(wrong)) == (0, None, [])
    assert wrong.state == "taken", "a person ends it"
    page = page_of(signed_in, wrong.code, "specialist")
    assert f'href="/admin/incidents/{tapped.code}/"' in page


def test_what_somebody_else_says_of_danger_stays(filed, people):
    made, wrong = filed
    report(submission="b2", words="她一直没有回家")
    mend_check(secret=made.secret, missing_phone=HERS)
    wrong.refresh_from_db()
    assert wrong.score > 0
    assert ordered(wrong), "another report is about whoever has that number"


def test_what_she_says_herself_stays(rides, people):
    trip = rides.under_way()
    made = report(phone=HERS)
    incident = Incident.objects.get(trip=trip)
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    mend_check(secret=made.secret, missing_phone=WRONG)
    incident.refresh_from_db()
    assert incident.score > 0
    assert ordered(incident)


def test_what_is_added_to_a_closed_one_brings_what_was_said_before(filed, people):
    made, wrong = filed
    mine = {"code": wrong.code, "outcome": "safe", "harm": "none", "words": "x"}
    services.resolve_incident(account=people("specialist"), **mine)
    services.close_incident(account=people("supervisor"), code=wrong.code)
    services.add_evidence(secret=made.secret, words="还是没有消息")
    again = Incident.objects.get(missing_index=wrong.missing_index, state="open")
    said = TimelineEntry.objects.filter(incident=again.code).order_by("pk")
    assert [each.words for each in said if each.words] == [f"{GRAVE}\n车停在江边", "还是没有消息"]
    wrong.refresh_from_db()
    assert wrong.score > 0, "what was found by it stays as it was"
