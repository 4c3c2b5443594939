"""A complete letter is answered within minutes, day and night (P5+): what waits says so, and rings before it is late."""

from datetime import timedelta

import pytest

from complaints.services.oncall import ring_on_call
from core import alarms, clock
from core.models import Notification
from core.tests.factories import set_policy
from police import services
from police.console.panels import waiting
from police.notices import Further
from police.selectors import letter_due
from police.states import Query
from police.tests.factories import complete, letter_sent, notice_sent, urgent


@pytest.fixture
def asked(rides, people):
    return notice_sent(people("officer"), rides.ended().code)


def rings(person, after):
    at = clock.now() + timedelta(minutes=after)
    return [each.code for each in alarms.ringing_for(person, at)]


def due(people, after):
    at = clock.now() + timedelta(minutes=after)
    (row,) = waiting(people("specialist"), at)
    return (row.until - clock.now()) // timedelta(minutes=1), row.late


def test_the_first_page_counts_to_ten_minutes_and_then_to_the_hour(asked, people):
    assert due(people, 0) == (10, False)
    assert due(people, 9) == (10, False)
    assert due(people, 11) == (60, False)
    assert due(people, 61) == (60, True)


def test_the_rules_in_force_say_when(asked, people):
    set_policy("police.letter_half_within", 300)
    set_policy("police.letter_within", 1_200)
    assert due(people, 4) == (5, False)
    assert due(people, 21) == (20, True)


def test_an_emergency_is_not_counted_so(people, rides):
    question = urgent(Query.TRIP, rides.under_way().code)
    row = services.ask_by_form(account=people("officer"), question=question, submission="s")
    assert letter_due(row, clock.now()) is None


def test_a_letter_that_nobody_took_rings_and_staff_are_rung_before_it_is_late(asked, people):
    assert rings(people("specialist"), 4) == []
    assert rings(people("specialist"), 5) == [asked.code]
    assert rings(people("adjudicator"), 5) == []
    assert rings(people("specialist"), 180) == [asked.code], "day and night, until somebody takes it"
    ring_on_call(at=clock.now() + timedelta(minutes=11))
    rung = Notification.objects.filter(key__startswith=f"alarm:letter:{asked.code}")
    assert {row.channel for row in rung} == {"voice", "sms"}


def test_what_somebody_proposed_rings_as_what_waits_for_a_second_person(asked, people):
    services.propose_release(account=people("agent"), code=asked.code)
    assert {each.key for each in alarms.ringing(clock.now() + timedelta(minutes=30))} == {
        f"police:{asked.code}:second"
    }


def test_what_somebody_escalated_is_the_executives(asked, people):
    services.escalate_request(account=people("agent"), code=asked.code)
    assert rings(people("specialist"), 30) == []


def test_a_letter_of_several_questions_rings_once(people, rides):
    trips = [rides.ended().code, rides.ended("passenger2", "driver2").code]
    further = [Further(query="trip", query_value=trips[1], wanted=["trip"])]
    rows = letter_sent(people("officer"), complete(trips[0], further=further))
    assert len(rows) == 2
    assert len(rings(people("specialist"), 5)) == 1
