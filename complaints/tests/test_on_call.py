"""Who is rung when nobody takes what rings (S3+): one after another, up the line, with no page open anywhere."""

from datetime import timedelta

import pytest
from django.db.models.expressions import RawSQL
from django.utils import translation

from accounts.models import Account
from complaints.models import Shift
from complaints.services.oncall import ring_on_call
from core import alarms, clock, retry, timeline
from core.models import AuditEntry, Notification, TimelineEntry
from rides.states import Party
from rides.tokens import TripKey
from safety import services as safety

LIMIT, NEXT = 10, 20


def rung():
    """Whom the telephone reached, in order, and in writing."""
    rows = Notification.objects.filter(message="complaints.nobody_took_it").order_by("pk")
    return [(row.channel, row.recipient) for row in rows]


def voices():
    return [to for channel, to in rung() if channel == "voice"]


@pytest.fixture
def on_duty(people):
    def put(who, *, on_call):
        at = clock.now()
        return Shift.objects.create(
            account=people(who),
            starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=7),
            on_call=on_call,
            made_by="supervisor",
            made_at=at,
        )

    return put


@pytest.fixture
def tapped(rides):
    trip = rides.under_way()
    return safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))


def after(seconds):
    return ring_on_call(at=clock.now() + timedelta(seconds=seconds))


def test_nobody_is_rung_while_it_is_within_its_limit(tapped, on_duty):
    on_duty("specialist", on_call=True)
    assert after(LIMIT - 1) == 0
    assert rung() == []


def taken_and_called_back(incident, owner):
    """Nothing of it rings any more: a call back that is late rings by itself."""
    safety.take_incident(account=owner, code=incident.code)
    safety.record_call(account=owner, code=incident.code, words="no answer")


def test_the_next_person_is_rung_until_somebody_takes_it(tapped, on_duty, people):
    on_duty("agent2", on_call=False)
    on_duty("specialist", on_call=True)
    on_duty("agent", on_call=True)
    after(LIMIT)
    first = people("agent").phone, people("specialist").phone
    assert len(voices()) == 1
    assert voices()[0] in first
    assert rung()[1] == ("sms", voices()[0]), "written to as well"
    after(LIMIT + NEXT)
    assert set(voices()) == set(first), "the other one, and nobody twice"
    after(LIMIT + 2 * NEXT)
    assert voices()[2] == people("supervisor").phone, "then up the line"
    taken_and_called_back(tapped, people("agent2"))
    after(LIMIT + 9 * NEXT)
    assert len(voices()) == 3


def test_a_run_that_is_repeated_rings_nobody_twice(tapped, on_duty):
    on_duty("specialist", on_call=True)
    for _run in range(3):
        after(LIMIT + 1)
    assert len(voices()) == 1


def test_after_a_pause_one_round_is_made_up_for(tapped, on_duty):
    on_duty("specialist", on_call=True)
    after(3_600)
    assert 1 <= len(voices()) <= 4
    assert len(set(voices())) == len(voices())


def test_where_the_roster_knows_nobody_the_line_is_rung_all_the_same(tapped, people):
    after(LIMIT)
    assert voices() == [people("supervisor").phone]


def test_whoever_has_it_and_did_not_look_is_rung_first(tapped, on_duty, people, noon):
    on_duty("specialist", on_call=True)
    taken_and_called_back(tapped, people("agent2"))
    noon.shift(120)
    safety.raise_sos(key=TripKey(tapped.trip.code, Party.PASSENGER, "wenzhou"))
    after(LIMIT)
    assert voices() == [people("agent2").phone]


def test_it_says_what_waits_in_the_reader_s_language_and_stands_in_the_timeline(tapped, people):
    after(LIMIT)
    row = Notification.objects.get(channel="voice")
    assert tapped.code in row.text
    assert row.life_safety
    assert row.language == people("supervisor").language
    line = TimelineEntry.objects.get(kind="alarms.rung")
    assert (line.incident, line.facts["who"]) == (tapped.code, "supervisor")
    assert AuditEntry.objects.filter(action="alarms.rung", subject=tapped.code).exists()


def test_whoever_cannot_be_reached_does_not_cost_the_next_their_call(tapped, on_duty, people):
    on_duty("specialist", on_call=True)
    Account.objects.filter(code="specialist").update(phone=RawSQL("%s::bytea", [b"\\0" * 40]))
    after(LIMIT)
    assert voices() == []
    assert retry.needing_person().exists(), "a person sees who was not"
    after(LIMIT + NEXT)
    assert voices() == [people("supervisor").phone]


def test_a_storm_rings_about_the_oldest_of_each_kind(tapped, noon):
    noon.shift(1)
    for number in range(5):
        safety.file_welfare_check(
            missing_phone=f"1399999000{number}",
            reporter_phone="13911110001",
            words="x",
            submission=f"w{number}",
        )
    after(70)
    about = {row.subject for row in Notification.objects.filter(channel="voice")}
    assert tapped.code in about
    assert len(about) == 3


def test_alarms_that_cannot_be_read_ring_on_call_too(world, people, monkeypatch):
    """Each kind, whatever it is called."""

    def fails(_at):
        raise RuntimeError

    silent = []
    for kind in alarms.sources():
        with monkeypatch.context() as patched:
            patched.setattr(alarms._sources[kind], "query", fails)
            patched.setattr(alarms._sources[kind], "failing_since", clock.now())
            after(3_600)
        if not AuditEntry.objects.filter(action="alarms.rung", subject=kind).exists():
            silent.append(kind)
    assert silent == []
    assert people("supervisor").phone in voices()
    assert not TimelineEntry.objects.filter(kind="alarms.rung").exists(), "no kind of alarm is a case"


def told(language="en"):
    """The lines of whoever was rung, newest first, as somebody reads them."""
    rows = TimelineEntry.objects.filter(kind="alarms.rung").order_by("-pk")
    with translation.override(language):
        return [timeline.sentence(each) for each in rows]


def test_the_timeline_says_what_rang(tapped, people, noon):
    after(LIMIT)
    assert told() == ["“SOS of the passenger: nobody has it”: supervisor was rung and written to"]
    safety.take_incident(account=people("agent2"), code=tapped.code)
    noon.shift(120)
    safety.raise_sos(key=TripKey(tapped.trip.code, Party.PASSENGER, "wenzhou"))
    after(LIMIT)
    assert told()[0] == "“New in an incident: not looked at”: agent2 was rung and written to"
    assert told("zh-hans")[0] == "“事件有新情况：尚未查看”：已致电并发消息给 agent2"


def test_a_line_of_an_earlier_release_says_what_it_said():
    line = TimelineEntry(kind="alarms.rung", facts={"who": "supervisor"})
    with translation.override("en"):
        assert timeline.sentence(line) == "“Nobody had taken it”: supervisor was rung and written to"
