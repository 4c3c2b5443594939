"""Service levels (C3): limits in their hours, pauses, warnings, breaches up the line, owners who do nothing."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import get_holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints import calendars, services
from complaints.errors import NotNow, PauseClosed
from complaints.models import Complaint, TeamMember, Timer
from complaints.states import Category, Level, PauseReason, Side
from core import clock, policy, timeline
from core.models import Notification

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02T12:00", 4, "2026-03-02T16:00"),  # a Monday
        ("2026-03-02T20:00", 4, "2026-03-03T12:00"),
        ("2026-03-06T20:00", 2, "2026-03-09T10:00"),  # over a weekend
        ("2026-03-07T12:00", 1, "2026-03-09T10:00"),  # begun on a Saturday
        ("2026-09-30T20:00", 2, "2026-10-08T10:00"),  # over the national holiday
        ("2026-02-14T12:00", 1, "2026-02-14T13:00"),  # a Saturday on which people work (调休)
        ("2031-03-07T20:00", 2, "2031-03-10T10:00"),  # a year that is not published yet
        ("2030-12-31T20:00", 2, "2031-01-02T10:00"),  # its New Year's Day
        ("2031-01-21T20:00", 2, "2031-01-27T10:00"),  # its Spring Festival, from the eve on, and a weekend
        ("2031-04-30T20:00", 2, "2031-05-05T10:00"),  # its Labour Day, and a weekend
        (
            "2045-09-29T20:00",
            2,
            "2045-10-04T10:00",
        ),  # the National Day of a year of which only the law is known
    ],
)
def test_business_time_passes_on_working_days(start, hours, due):
    with policy.read_once():
        assert calendars.add(at(start), hours * 3600, calendars.BUSINESS) == at(due)


@settings(max_examples=60)
@given(minutes=st.integers(0, 60 * 24 * 300), first=st.integers(0, 100_000), second=st.integers(0, 100_000))
def test_adding_and_measuring_agree_and_add_up(minutes, first, second):
    start = at("2026-01-01T00:00") + timedelta(minutes=minutes)
    with policy.read_once():
        for hours in (calendars.ALWAYS, calendars.BUSINESS):
            middle = calendars.add(start, first, hours)
            assert calendars.between(start, middle, hours) == pytest.approx(first)
            assert calendars.between(start, calendars.add(middle, second, hours), hours) == pytest.approx(
                first + second
            )


@pytest.mark.parametrize(
    "day",
    ["2027-01-01", "2027-02-05", "2027-02-08", "2027-02-09", "2027-04-05", "2027-06-09", "2027-09-15", "2027-10-01"],
)  # fmt: skip
def test_nobody_has_to_work_on_a_holiday_of_a_year_that_is_not_published(day, monkeypatch):
    def unknown(_day):
        raise NotImplementedError

    monkeypatch.setattr(calendars, "is_workday", unknown)
    assert calendars.works(date.fromisoformat(day)) == (day == "2027-02-09")


@pytest.mark.parametrize("year", [2025, 2026])
def test_what_the_law_says_alone_is_a_part_of_what_was_published(year):
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    assert {day for day in days if calendars.is_by_law(day)} <= set(
        get_holidays(days[0], days[-1], include_weekends=False)
    )


def test_business_time_is_what_counting_minutes_gives():
    start, end = at("2026-04-30T15:30"), at("2026-05-11T10:15")
    with policy.read_once():
        counted = sum(
            60
            for step in range(int((end - start).total_seconds()) // 60)
            if calendars.works((moment := start + timedelta(minutes=step)).date()) and 9 <= moment.hour < 21
        )
        assert calendars.between(start, end, calendars.BUSINESS) == counted


def timer(complaint, kind):
    return Timer.objects.get(complaint=complaint, kind=kind, void_at=None, round=complaint.round)


def test_a_breach_goes_up_the_line_even_when_the_worker_was_down(cases, people, noon):
    TeamMember.objects.create(account=people("agent"), team="east")
    TeamMember.objects.create(account=people("supervisor2"), team="east")
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    # The worker is down from here on, past warning and limit (10 minutes) and the second step of the ladder.
    noon.shift(600 + 3_700)
    assert services.check(at=clock.now()) == (0, 1)
    late = timer(filed, "answer")
    assert (late.breached_at, late.escalated, late.person.code, late.team) == (
        late.due_at, 2, "agent", "east",
    )  # fmt: skip
    told = Notification.objects.filter(key__startswith=f"timer:{late.pk}:").values_list("key", flat=True)
    steps = {key.split(":", 2)[2] for key in told}
    assert steps == {"1:supervisor2", "2:supervisor", "2:supervisor2"}
    assert services.check(at=clock.now()) == (0, 0)  # once


def test_it_warns_the_owner_before(cases, people, noon):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    noon.shift(460)
    assert services.check(at=clock.now()) == (1, 0)
    assert services.check(at=clock.now()) == (0, 0)
    assert Notification.objects.filter(key__startswith="timer:", key__endswith=":0:agent").count() == 1


def test_an_answer_meets_its_limit_and_late_is_late(cases, people, noon):
    first = cases.ended(category=Category.OTHER)
    services.take(account=people("agent"), code=first.code)
    services.answer(account=people("agent"), code=first.code, words="你好")
    assert timer(first, "answer").breached_at is None
    assert timer(first, "answer").person.code == "agent"
    second = cases.ended()
    noon.shift(601)
    services.take(account=people("agent"), code=second.code)
    services.answer(account=people("agent"), code=second.code, words="你好")
    assert timer(second, "answer").breached_at == timer(second, "answer").due_at


def test_a_severe_limit_stops_for_nothing_but_the_police(cases, people):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    for kind, reason in (("answer", "police"), ("decide", "accused"), ("review", "outside")):
        with pytest.raises(PauseClosed):
            services.pause_timer(
                account=people("agent"), code=filed.code, kind=kind, reason=reason, words="x"
            )
    services.pause_timer(account=people("agent"), code=filed.code, kind="decide", reason="police", words="x")
    assert timer(filed, "decide").pause_reason == PauseReason.POLICE


def test_a_pause_keeps_what_was_left_and_the_statement_ends_it(cases, people, noon):
    filed = cases.ended(category=Category.DISPUTE)
    services.take(account=people("agent"), code=filed.code)
    before = timer(filed, "decide").due_at
    services.ask_statement(account=people("agent"), code=filed.code, side=Side.ACCUSED, words="?")
    services.pause_timer(account=people("agent"), code=filed.code, kind="decide", reason="accused", words="x")
    noon.shift(3 * 3600)
    filed.refresh_from_db()
    services.give_statement(
        complaint=filed, side=Side.ACCUSED, actor=people("driver").actor, words="so war es"
    )
    after = timer(filed, "decide")
    assert after.paused_at is None
    assert calendars.between(before, after.due_at, calendars.BUSINESS) == pytest.approx(3 * 3600, abs=2)
    with pytest.raises(NotNow):
        services.resume_timers(account=people("agent"), code=filed.code)


def test_a_graver_class_counts_from_the_beginning(cases, people, noon):
    filed = cases.ended(category=Category.DISPUTE)
    noon.shift(300)
    services.take(account=people("agent"), code=filed.code)
    services.raise_class(account=people("agent"), code=filed.code, level=Level.SEVERE, words="x")
    assert timer(filed, "answer").due_at == filed.filed_at + timedelta(seconds=600)
    assert timer(filed, "review").due_at == clock.now() + timedelta(seconds=7200)
    filed.refresh_from_db()
    assert filed.due_at == timer(filed, "answer").due_at


def test_the_silent_give_it_back(cases, people, noon):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    noon.shift(1_700)
    services.add_note(account=people("agent"), code=filed.code, words="x")
    noon.shift(1_700)
    assert services.release_silent(at=clock.now()) == 0
    noon.shift(200)
    assert services.release_silent(at=clock.now()) == 1
    filed.refresh_from_db()
    assert filed.owner is None
    assert any(line.kind == "complaints.silent" for line in timeline.of(case=filed.code))


def test_somebody_who_left_owns_nothing(cases, people):
    filed = cases.ended(category=Category.OTHER)
    services.take(account=people("agent"), code=filed.code)
    people("agent").__class__.objects.filter(code="agent").update(is_active=False)
    assert services.release_silent(at=clock.now()) == 1
    assert Complaint.objects.get(pk=filed.pk).owner is None
