"""Rosters that know how many they need (C10), practice (C9), work summaries (C8), calls and messages (C11)."""

from datetime import date, timedelta

import pytest

from complaints import practice, rosters, services
from complaints.errors import (
    NobodyThere,
    NotNow,
    PracticeOver,
    ReasonNeeded,
    RosterThin,
    ShiftsOverlap,
    SummaryClosed,
)
from complaints.models import Call, OutsideMessage, RosterGap, Shift
from complaints.selectors import caller_of, figures_of, roster_gaps, roster_hours
from complaints.services import Planned
from complaints.services.shifts import midnight
from complaints.states import Category, Finding
from core import clock, policy
from core.errors import Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import Notification
from core.tests.factories import set_policy
from safety.services import file_welfare_check

DAY = date(2026, 3, 3)
NIGHT = midnight(DAY)


def pair(first, second, start, hours):
    return [Planned(first, start, hours), Planned(second, start, hours)]


def whole_day():
    return pair("specialist", "specialist2", NIGHT, 12) + pair(
        "specialist3", "specialist4", NIGHT + timedelta(hours=12), 12
    )


def test_a_roster_with_two_at_any_hour_is_saved_and_replaced(people):
    services.save_roster(account=people("supervisor"), day=DAY, shifts=whole_day())
    services.save_roster(account=people("supervisor"), day=DAY, shifts=whole_day())
    assert Shift.objects.filter(cancelled_at=None).count() == 4
    assert all(hour.have == 2 for hour in roster_hours(NIGHT, hours=24))


def test_a_company_begins_in_the_middle_of_a_day(people, noon):
    noon.shift(timedelta(minutes=16))
    today = midnight(date(2026, 3, 2))
    rest = pair("specialist", "specialist2", today + timedelta(hours=12), 12)
    late = [rest[0], Planned("specialist2", today + timedelta(hours=13), 12)]
    with pytest.raises(RosterThin) as told:
        services.save_roster(account=people("supervisor"), day=date(2026, 3, 2), shifts=late)
    assert "12:00 1/2" in told.value.detail and "11:00" not in told.value.detail
    services.save_roster(account=people("supervisor"), day=date(2026, 3, 2), shifts=rest)
    assert Shift.objects.filter(cancelled_at=None).count() == 2


def test_a_thin_roster_is_not_saved_and_nothing_changes(people, noon):
    services.save_roster(account=people("supervisor"), day=DAY, shifts=whole_day())
    with pytest.raises(RosterThin) as told:
        services.save_roster(account=people("supervisor"), day=DAY, shifts=whole_day()[:-1])
    assert "12:00 1/2" in told.value.detail
    assert Shift.objects.filter(cancelled_at=None).count() == 4
    on_call = [*whole_day()[:3], Planned("specialist4", NIGHT + timedelta(hours=12), 12, on_call=True)]
    with pytest.raises(RosterThin):
        services.save_roster(account=people("supervisor"), day=DAY, shifts=on_call)
    agents = [*whole_day()[:3], Planned("agent", NIGHT + timedelta(hours=12), 12)]
    with pytest.raises(RosterThin):
        services.save_roster(account=people("supervisor"), day=DAY, shifts=agents)


def test_last_nights_shift_covers_this_morning(people):
    late = pair("specialist", "specialist2", NIGHT, 12) + pair(
        "specialist3", "specialist4", NIGHT + timedelta(hours=12), 20
    )
    services.save_roster(account=people("supervisor"), day=DAY, shifts=late)
    next_day = NIGHT + timedelta(days=1)
    services.save_roster(
        account=people("supervisor"), day=DAY + timedelta(days=1),
        shifts=pair("specialist", "specialist2", next_day + timedelta(hours=8), 16),
    )  # fmt: skip
    assert [hour.have for hour in roster_hours(next_day, hours=24)] == [2] * 24


def test_a_busy_hour_needs_more(people, noon):
    week_before = NIGHT + timedelta(hours=9) - timedelta(weeks=1)
    policy_rows = rosters.busiest_hours({week_before: 5, week_before - timedelta(weeks=1): 3})
    assert policy_rows == {rosters.hour_of_week(NIGHT + timedelta(hours=9)): 5}
    with policy.read_once():
        assert rosters.needed_for(0) == rosters.needed_for(2) == 2
        assert rosters.needed_for(5) == 5  # 5 x 30 min / 0.6
    for number in range(5):
        file_welfare_check(
            missing_phone=f"1391111000{number}",
            reporter_phone="13911110009",
            words="x",
            submission=f"w-{number}",
        )
    noon.shift(timedelta(days=6))
    hour = next(each for each in roster_hours(midnight(date(2026, 3, 9)), hours=24) if each.at.hour == 12)
    assert hour.needed >= 5


def test_nobody_is_in_two_shifts_and_only_a_supervisor_plans(people):
    with pytest.raises(ShiftsOverlap):
        services.save_roster(
            account=people("supervisor"), day=DAY,
            shifts=[*whole_day(), Planned("specialist", NIGHT + timedelta(hours=6), 4)],
        )  # fmt: skip
    with pytest.raises(Forbidden):
        services.save_roster(account=people("specialist"), day=DAY, shifts=whole_day())
    with pytest.raises(NobodyThere):
        services.save_roster(account=people("supervisor"), day=DAY, shifts=[Planned("vetting", NIGHT, 8)])
    for bad in (
        Planned("agent", NIGHT, 0.5),
        Planned("agent", NIGHT, 25),
        Planned("agent", NIGHT - timedelta(1), 8),
    ):
        with pytest.raises(InvalidInput):
            services.save_roster(account=people("supervisor"), day=DAY, shifts=[bad])


def test_a_gap_alarms_once_each_hour_it_is_new(people, noon):
    assert len(roster_gaps(clock.now())) == 12
    assert services.watch_roster(at=clock.now()) == 12
    assert services.watch_roster(at=clock.now()) == 0
    noon.shift(3600)
    assert services.watch_roster(at=clock.now()) == 1
    told = Notification.objects.filter(subject="roster")
    assert told.count() == 4  # two supervisors, twice
    assert RosterGap.objects.count() == 13


# --- Practice ---


@pytest.mark.parametrize("name", ["yueqing", "zhengzhou"])
def test_who_does_what_the_rules_ask_passes(people, noon, name):
    run = services.begin_practice(account=people("agent2"), scenario=name)
    assert services.begin_practice(account=people("agent2"), scenario=name).pk == run.pk
    for step in practice.scenarios()[name].steps:
        assert step.right() in {choice.key for choice in step.choices}
        noon.shift(5)
        run = services.answer_step(
            account=people("agent2"), code=run.code, step=step.key, choice=step.right()
        )
    assert run.passed
    assert run.points == run.most
    with pytest.raises(PracticeOver):
        services.answer_step(account=people("agent2"), code=run.code, step="x", choice="x")


def test_wrong_and_late_answers_cost_points(people, noon):
    scenario = practice.YUEQING
    run = services.begin_practice(account=people("agent2"), scenario="yueqing")
    for number, step in enumerate(scenario.steps):
        wrong = next(choice.key for choice in step.choices if choice.key != step.right())
        noon.shift(step.seconds() + 1 if number == 0 else 1)
        choice = step.right() if number == 0 else wrong
        run = services.answer_step(account=people("agent2"), code=run.code, step=step.key, choice=choice)
    assert (run.points, run.passed) == (practice.POINTS_LATE, False)


def test_a_step_counts_once_and_only_in_its_turn(people):
    run = services.begin_practice(account=people("agent2"), scenario="yueqing")
    with pytest.raises(InvalidInput):
        services.answer_step(account=people("agent2"), code=run.code, step="officer", choice="line")
    once = services.answer_step(account=people("agent2"), code=run.code, step="complaint", choice="severe")
    again = services.answer_step(account=people("agent2"), code=run.code, step="complaint", choice="ordinary")
    assert once.points == again.points == 10
    with pytest.raises(NotFound):
        services.answer_step(account=people("agent"), code=run.code, step="promise", choice="now")
    with pytest.raises(Forbidden):
        services.begin_practice(account=people("passenger"), scenario="yueqing")


def test_the_exercise_follows_the_rule_that_holds(people):
    step = practice.YUEQING.steps[2]
    assert step.right() == "60"
    set_policy("safety.owned_within", 600)
    assert step.right() == "600"


# --- Work summaries ---


def test_the_figures_come_from_the_data(cases, people):
    one = cases.ended()
    services.take(account=people("agent"), code=one.code)
    services.answer(account=people("agent"), code=one.code, words="x")
    cases.decided(cases.heard(one), Finding.UPHELD)
    figures = figures_of(people("agent"), date(2026, 3, 1), date(2026, 3, 31))
    assert (figures.taken, figures.answered, figures.limits_met, figures.met_share) == (1, 1, 1, 1.0)
    assert figures.by_category == {"harassment": 1}
    judged = figures_of(people("adjudicator2"), date(2026, 3, 1), date(2026, 3, 31))
    assert judged.decided == 1
    assert figures_of(people("agent"), date(2026, 4, 1), date(2026, 4, 30)).taken == 0


def written(people, *, submit, code, **words):
    texts = {"judgement": "x", "learned": "y", "skills": "", "goals": ""} | words
    return services.write_summary(account=people("agent"), code=code, cases=[], submit=submit, **texts)


def test_a_summary_is_written_handed_in_and_answered(people, signed_in):
    row = services.begin_summary(account=people("agent"), begins=date(2026, 3, 1), ends=date(2026, 3, 31))
    written(people, submit=False, code=row.code)
    with pytest.raises(NotFound):
        services.answer_summary(account=people("supervisor"), code=row.code, reply="x")
    with pytest.raises(ReasonNeeded):
        written(people, submit=True, code=row.code, learned=" ")
    written(people, submit=True, code=row.code)
    with pytest.raises(SummaryClosed):
        written(people, submit=False, code=row.code)
    with pytest.raises(Forbidden):
        services.answer_summary(account=people("agent2"), code=row.code, reply="x")
    services.answer_summary(account=people("supervisor"), code=row.code, reply="谢谢")
    page = signed_in("agent").get(f"/admin/summaries/{row.code}/").content.decode()
    assert "谢谢" in page
    assert signed_in("agent2").get(f"/admin/summaries/{row.code}/").status_code == 404
    pdf = signed_in("supervisor").get(f"/admin/summaries/{row.code}/summary.pdf")
    assert pdf.content.startswith(b"%PDF-")


def test_nobody_answers_their_own(people):
    row = services.begin_summary(
        account=people("supervisor"), begins=date(2026, 1, 1), ends=date(2026, 12, 31)
    )
    services.write_summary(
        account=people("supervisor"),
        code=row.code,
        judgement="x",
        learned="y",
        skills="",
        goals="",
        cases=[],
        submit=True,
    )
    with pytest.raises(SecondPersonNeeded):
        services.answer_summary(account=people("supervisor"), code=row.code, reply="x")
    with pytest.raises(InvalidInput):
        services.begin_summary(account=people("agent"), begins=date(2026, 3, 2), ends=date(2026, 3, 1))


# --- Calls and messages from outside ---


def test_a_call_opens_who_calls(cases, people, signed_in):
    filed = cases.ended()
    services.announce_call(key="t-1", number="138 0000 0001", agent="agent")
    services.announce_call(key="t-1", number="138 0000 0001", agent="agent")
    call = Call.objects.get()
    assert [row.code for row in caller_of(call).complaints] == [filed.code]
    client = signed_in("agent")
    assert f"/admin/calls/{call.pk}/" in client.get("/admin/calls/ringing/").content.decode()
    assert filed.code in client.get(f"/admin/calls/{call.pk}/").content.decode()
    assert f"/admin/calls/{call.pk}/" not in client.get("/admin/calls/ringing/").content.decode()
    assert signed_in("agent2").get(f"/admin/calls/{call.pk}/").status_code == 404
    services.announce_call(key="t-2", number="anonymous", agent="agent")
    with pytest.raises(NobodyThere):
        services.announce_call(key="t-3", number="1", agent="passenger")


def test_only_the_telephone_system_announces(client, settings, people):
    body = {"key": "t-1", "number": "13800000001", "agent": "agent"}
    assert client.post("/api/v1/calls/", body, content_type="application/json").status_code == 403
    settings.TELEPHONE_TOKEN = "secret"
    headers = {"Authorization": "Bearer secret"}
    assert (
        client.post("/api/v1/calls/", body, content_type="application/json", headers=headers).status_code
        == 201
    )
    said = {"channel": "wechat", "key": "m", "sender": "openid-1", "words": "司机绕路"}
    assert client.post("/api/v1/outside-messages/", said, content_type="application/json").status_code == 403
    settings.OUTSIDE_TOKEN = "other"
    headers = {"Authorization": "Bearer other"}
    for _twice in range(2):
        sent = client.post(
            "/api/v1/outside-messages/", said, content_type="application/json", headers=headers
        )
        assert sent.status_code == 201
    assert OutsideMessage.objects.count() == 1


def test_a_message_becomes_a_complaint_and_is_answered_by_the_way_it_came(people):
    row = services.take_message(channel="wechat", key="m", sender="openid-1", words="司机持刀威胁")
    filed = services.file_from_message(
        account=people("agent"), code=row.code, category=Category.OTHER, name="网友"
    )
    assert (filed.level, filed.source, filed.caller_channel) == ("severe", "outside", "wechat")
    with pytest.raises(NotNow):
        services.file_from_message(account=people("agent2"), code=row.code, category=Category.OTHER, name="x")
    services.take(account=people("agent"), code=filed.code)
    services.answer(account=people("agent"), code=filed.code, words="收到")
    sent = Notification.objects.get(key=f"answer:{filed.code}:1")
    assert (sent.channel, sent.recipient) == ("wechat", "openid-1")
    more = services.take_message(channel="wechat", key="m2", sender="openid-1", words="车牌浙C12345")
    services.add_message_to(account=people("agent"), code=more.code, complaint_code=filed.code)
    third = services.take_message(channel="email", key="m3", sender="ad@example.org", words="buy")
    with pytest.raises(ReasonNeeded):
        services.dismiss_message(account=people("agent"), code=third.code, why="")
    services.dismiss_message(account=people("agent"), code=third.code, why="advertisement")
    with pytest.raises(InvalidInput):
        services.take_message(channel="fax", key="x", sender="x", words="x")


@pytest.mark.parametrize("path", ["/api/v1/calls/", "/api/v1/outside-messages/", "/api/v1/messages/in/"])
def test_a_token_that_no_header_should_hold_is_refused(client, settings, people, path):
    settings.TELEPHONE_TOKEN = settings.OUTSIDE_TOKEN = settings.SMS_IN_TOKEN = "secret"
    answer = client.post(
        path, {}, content_type="application/json", headers={"Authorization": "Bearer gehëim"}
    )
    assert answer.status_code in {401, 403}


def test_figures_are_for_who_has_the_token(client, settings, people):
    settings.METRICS_TOKEN = "secret"
    for shown, status in (("gehëim", 404), ("", 404), ("secret", 200)):
        assert client.get("/metrics", headers={"Authorization": f"Bearer {shown}"}).status_code == status


def test_a_message_is_no_complaint_before_somebody_says_what_it_is_about(people, signed_in):
    row = services.take_message(channel="weibo", key="m", sender="@somebody", words="x")
    client = signed_in("agent")
    base = f"/admin/outside/{row.code}/do"
    for action in ("file", "add", "dismiss"):
        for body in ({}, {"what": "dismiss"}, {"category": "", "name": "网友"}):
            assert client.post(f"{base}/{action}/", body).status_code == 400
    answer = client.post(f"{base}/file/", {"category": "", "name": "网友"})
    assert "网友" in answer.content.decode()
    assert client.post(f"{base}/burn/", {"do": "1"}).status_code == 404
    answer = client.post(f"{base}/add/", {"complaint": "C-NONE"})
    assert (answer.status_code, "C-NONE" in answer.content.decode()) == (400, True)
    row.refresh_from_db()
    assert row.sorted_at is None
    client.post(f"{base}/file/", {"category": "dispute", "name": "x"})
    row.refresh_from_db()
    assert row.complaint.category == "dispute"
