"""Satisfaction and care (C7): one tap, low scores open again, follow-ups are chased, greetings need consent."""

from datetime import timedelta

import pytest

from complaints import services
from complaints.errors import AlreadyScored, NotNow, ReasonNeeded
from complaints.models import CareTask, Satisfaction
from complaints.services import care
from complaints.states import Audience, Category, Finding
from core import clock, retention
from core.errors import Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import Notification


def asked(cases, noon, category=Category.OTHER):
    filed = cases.ended(category=category)
    if category == Category.OTHER:
        services.take(account=cases.people("agent"), code=filed.code)
        filed = cases.decided(filed, Finding.UPHELD)
    else:
        filed = cases.decided(cases.heard(filed), Finding.UPHELD)
    services.tell_decisions(at=clock.now())
    noon.shift(3_601)
    assert services.ask_satisfaction(at=clock.now()) == 1
    return filed


def secret_of(filed, round_=1):
    return filed.satisfaction.get(round=round_).secret


def tap(filed, points, round_=1):
    return services.score(code=filed.code, round_=round_, secret=secret_of(filed, round_), points=points)


def test_it_is_asked_once_and_answered_by_one_tap_without_signing_in(cases, noon, client):
    filed = asked(cases, noon)
    assert services.ask_satisfaction(at=clock.now()) == 0
    row = Satisfaction.objects.get()
    assert row.agent.code == "agent"
    text = Notification.objects.get(key=f"thanks:{filed.code}:1").text
    page = "/thanks/" + text.split("/thanks/")[1].split()[0]
    assert client.get(page).content.decode().count('name="score"') == 5
    assert Satisfaction.objects.get().score is None  # a link that a machine opens is no answer
    assert client.post(page, {"score": "5"}).status_code == 200
    assert Satisfaction.objects.get().score == 5
    assert client.post(page, {"score": "1"}).status_code == 200
    assert Satisfaction.objects.get().score == 5
    assert client.get(page.replace(secret_of(filed), "x" * 22)).status_code == 404


def test_the_page_that_asks_ends_and_its_secret_goes(cases, noon, client):
    filed = asked(cases, noon)
    text = Notification.objects.get(key=f"thanks:{filed.code}:1").text
    page = "/thanks/" + text.split("/thanks/")[1].split()[0]
    tap(filed, 4)
    ends = retention.rules()["complaints.Satisfaction"].job
    noon.shift(30 * 86_400 - 60)
    ends.run(at=clock.now())
    assert client.get(page).status_code == 200
    noon.shift(120)
    ends.run(at=clock.now())
    row = Satisfaction.objects.get()
    assert (row.secret, row.score) == ("", 4)
    assert client.get(page).status_code == 404
    assert client.post(page, {"score": "1"}).status_code == 404


def test_nothing_is_asked_before_the_decision_was_told(cases, noon):
    filed = cases.ended(category=Category.OTHER)
    cases.decided(filed, Finding.UPHELD)
    noon.shift(3_601)
    assert services.ask_satisfaction(at=clock.now()) == 0


def test_the_first_page_and_the_desk_show_care_about_a_complaint_that_has_no_accident(cases, noon, signed_in):
    filed = asked(cases, noon)
    _due, done = (
        CareTask.objects.create(
            code=code,
            kind="low_score",
            complaint=filed,
            due_at=clock.now(),
            made_by="system",
            made_at=clock.now(),
        )
        for code in ("CARE-DUE", "CARE-DONE")
    )
    services.finish_task(account=cases.people("agent"), code=done.code, words="called, all is well")
    browser = signed_in("agent")
    for page in ("/admin/", "/admin/care/"):
        answer = browser.get(page)
        assert answer.status_code == 200
        assert filed.code in answer.content.decode()


@pytest.mark.parametrize("points", [0, 6, -1])
def test_only_one_to_five_count(cases, noon, points):
    filed = asked(cases, noon)
    with pytest.raises(InvalidInput):
        tap(filed, points)


def test_a_low_score_opens_it_again_once_and_then_somebody_calls(cases, noon):
    filed = asked(cases, noon)
    tap(filed, 2)
    filed.refresh_from_db()
    assert (filed.state, filed.round) == ("open", 2)
    with pytest.raises(AlreadyScored):
        tap(filed, 1)
    filed = cases.decided(filed, Finding.UPHELD, by=("supervisor", "supervisor2"))
    services.tell_decisions(at=clock.now())
    noon.shift(3_601)
    services.ask_satisfaction(at=clock.now())
    tap(filed, 1, round_=2)
    filed.refresh_from_db()
    assert filed.state == "decided"
    assert CareTask.objects.get().kind == "low_score"


@pytest.mark.parametrize(("points", "said"), [("2", "Your case is open again"), ("4", "You gave 4 of 5")])
def test_whoever_taps_reads_what_comes_of_it(cases, noon, client, points, said):
    filed = asked(cases, noon)
    page = f"/thanks/{filed.code}/1/{secret_of(filed)}/"
    for _now_and_later in range(2):
        answer = client.post(page, {"score": points}, headers={"accept-language": "en"})
        assert said in answer.content.decode()


def test_a_grave_case_is_followed_up_by_who_stays_with_her_and_chased(cases, noon, people):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    filed.refresh_from_db()
    assert filed.named_contact.code == "agent"
    services.assign(account=people("agent"), code=filed.code, to="agent2")
    filed.refresh_from_db()
    assert filed.named_contact.code == "agent"
    cases.decided(cases.heard(filed), Finding.UPHELD)
    services.tell_decisions(at=clock.now())
    noon.shift(3_601)
    services.ask_satisfaction(at=clock.now())
    task = CareTask.objects.get()
    assert (task.kind, task.owner.code) == ("follow_up", "agent")
    noon.shift(timedelta(days=3, seconds=1))
    assert services.chase_care(at=clock.now()) == 1
    assert services.chase_care(at=clock.now()) == 0
    assert Notification.objects.filter(key__startswith="care:").count() == 1
    with pytest.raises(ReasonNeeded):
        services.finish_task(account=people("agent"), code=task.code, words="")
    services.finish_task(account=people("agent"), code=task.code, words="she is well")
    with pytest.raises(NotNow):
        services.finish_task(account=people("agent"), code=task.code, words="x")


def test_care_without_an_owner_is_everybodys_and_the_supervisors_hear_of_it(cases, people, noon):
    filed = cases.ended(category=Category.OTHER)
    services.add_care(account=people("agent"), case=filed.code, words="flowers", due_at=clock.now())
    CareTask.objects.update(owner=None)
    services.chase_care(at=clock.now())
    told = set(Notification.objects.filter(key__startswith="care:").values_list("key", flat=True))
    assert {key.rsplit(":", 1)[1] for key in told} == {"supervisor", "supervisor2"}
    with pytest.raises(NotFound):
        services.add_care(account=people("agent"), case="C-NONE", words="x", due_at=clock.now())
    with pytest.raises(Forbidden):
        services.add_care(account=people("vetting"), case=filed.code, words="x", due_at=clock.now())


# --- Greetings ---


def greeting(people, at=None, audience=Audience.DRIVERS):
    return services.propose_campaign(
        account=people("agent"), title="中秋", text_zh="中秋快乐", text_en="Happy Mid-Autumn", audience=audience,
        send_at=at or clock.now(),
    )  # fmt: skip


def test_a_greeting_takes_two_and_reaches_those_who_want_it(people, noon):
    services.set_care_consent(account=people("driver"), on=True)
    services.set_care_consent(account=people("passenger"), on=True)  # no driver
    row = greeting(people)
    assert services.send_campaigns(at=clock.now()) == 0
    with pytest.raises(Forbidden):
        services.decide_campaign(account=people("agent"), code=row.code, approves=True)
    services.decide_campaign(account=people("supervisor"), code=row.code, approves=True)
    assert services.send_campaigns(at=clock.now()) == 1
    assert services.send_campaigns(at=clock.now()) == 0
    assert Notification.objects.get(subject=row.code).text == "【护航】中秋快乐"
    own = services.propose_campaign(
        account=people("supervisor"),
        title="x",
        text_zh="x",
        text_en="x",
        audience=Audience.DRIVERS,
        send_at=clock.now(),
    )
    with pytest.raises(SecondPersonNeeded):
        services.decide_campaign(account=people("supervisor"), code=own.code, approves=True)


def test_who_withdrew_is_greeted_no_more_and_nobody_off_duty(people, noon):
    services.set_care_consent(account=people("driver"), on=True)
    services.set_care_consent(account=people("driver"), on=True)
    services.set_care_consent(account=people("driver"), on=False)
    services.set_care_consent(account=people("driver2"), on=True)
    for audience, expected in ((Audience.DRIVERS, 1), (Audience.ON_DUTY, 0)):
        row = greeting(people, audience=audience)
        services.decide_campaign(account=people("supervisor"), code=row.code, approves=True)
        assert services.send_campaigns(at=clock.now()) == expected


def test_the_switch_stands_on_my_page(signed_in, people):
    his = signed_in("driver")
    assert his.post("/me/care/", {"on": "1"}).status_code == 302
    assert services.wants_care(people("driver"))
    assert "care" in his.get("/me/").content.decode()


def test_a_greeting_to_more_than_a_turn_allows_goes_on_where_it_stopped(people, noon, monkeypatch):
    monkeypatch.setattr(care, "GREETED_AT_ONCE", 1)
    for name in ("driver", "driver2"):
        services.set_care_consent(account=people(name), on=True)
    row = greeting(people)
    services.decide_campaign(account=people("supervisor"), code=row.code, approves=True)
    ran = care.CAMPAIGNS.run(at=clock.now(), seconds=0)
    assert (ran.total, ran.left) == (1, True)
    row.refresh_from_db()
    assert (row.state, row.sent) == ("approved", 1)
    ran = care.CAMPAIGNS.run(at=clock.now())
    assert (ran.total, ran.left) == (1, False)
    row.refresh_from_db()
    assert (row.state, row.sent) == ("sent", 2)
    assert Notification.objects.filter(subject=row.code).count() == 2
