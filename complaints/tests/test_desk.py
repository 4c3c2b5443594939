"""Taking, giving, undoing, joining, answering, and many at once (C4)."""

import html
import re
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints import services
from complaints.errors import (
    AlreadyOwned,
    CannotMerge,
    FilterUnknown,
    MacroUnknown,
    NobodyThere,
    NothingWaits,
    NotNow,
    ReasonNeeded,
    TooManyAtOnce,
    ViewTaken,
)
from complaints.models import Complaint, SavedView, Timer
from complaints.selectors import Filter, page_of
from complaints.states import Category, Level
from core import clock, presence, timeline
from core.errors import Forbidden, NotFound
from core.four_eyes import SecondPersonNeeded
from core.handover import hand_over_all
from core.links import new_secret
from core.models import AuditEntry, Notification
from drivers.models import Hold


def test_whoever_comes_second_is_told_who_was_first(cases, people):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    with pytest.raises(AlreadyOwned) as told:
        services.take(account=people("agent2"), code=filed.code)
    assert "agent" in told.value.detail


@pytest.mark.parametrize("who", ["vetting", "admin", "officer", "passenger"])
def test_others_do_nothing_here(cases, people, who):
    filed = cases.ended()
    with pytest.raises(NotNow):
        services.take(account=people(who), code=filed.code)
    with pytest.raises(NotNow):
        services.add_note(account=people(who), code=filed.code, words="x")
    with pytest.raises(Forbidden):
        services.take_next(account=people(who))


def test_a_wrong_assignment_is_undone_until_something_happened(cases, people, noon):
    filed = cases.ended(category=Category.OTHER)
    services.take(account=people("agent"), code=filed.code)
    services.assign(account=people("agent"), code=filed.code, to="agent2")
    noon.shift(60)
    services.undo_assignment(account=people("agent"), code=filed.code)
    filed.refresh_from_db()
    assert filed.owner.code == "agent"
    services.assign(account=people("agent"), code=filed.code, to="agent2")
    noon.shift(5)
    services.add_note(account=people("agent2"), code=filed.code, words="x")
    with pytest.raises(NotNow):
        services.undo_assignment(account=people("agent"), code=filed.code)


def test_an_assignment_of_long_ago_stays(cases, people, noon):
    filed = cases.ended(category=Category.OTHER)
    services.take(account=people("agent"), code=filed.code)
    services.assign(account=people("agent"), code=filed.code, to="agent2")
    noon.shift(601)
    with pytest.raises(NotNow):
        services.undo_assignment(account=people("agent"), code=filed.code)


@pytest.mark.parametrize("to", ["vetting", "passenger", "nobody"])
def test_only_those_who_work_on_complaints_get_one(cases, people, to):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    with pytest.raises(NobodyThere):
        services.assign(account=people("agent"), code=filed.code, to=to)


def test_the_next_one_is_what_is_due_first_and_nobody_has(cases, people):
    lost = cases.ended(category=Category.LOST_PROPERTY)
    grave = cases.filed(lost.trip, category=Category.VIOLENCE)
    assert services.take_next(account=people("agent")).code == grave.code
    assert services.take_next(account=people("agent2")).code == lost.code
    with pytest.raises(NothingWaits):
        services.take_next(account=people("agent"))


@pytest.mark.django_db(transaction=True)
def test_agents_at_once_get_different_ones(cases, people, rides):
    trip = rides.ended()
    kinds = [
        Category.DISPUTE,
        Category.OTHER,
        Category.LOST_PROPERTY,
        Category.DISCRIMINATION,
        Category.VIOLENCE,
    ]
    for kind in kinds:
        cases.filed(trip, category=kind)
    who = ["agent", "agent2", "specialist", "specialist2", "adjudicator", "supervisor"]
    begin, taken = threading.Barrier(len(who)), []

    def take(name):
        begin.wait()
        try:
            taken.append(services.take_next(account=people(name)).code)
        except NothingWaits:
            taken.append("")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(name,)) for name in who]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    found = [code for code in taken if code]
    assert len(found) == len(set(found)) == len(kinds)
    assert Complaint.objects.exclude(owner=None).count() == len(kinds)


def test_an_answer_reaches_who_complained_and_their_page(cases, people, signed_in):
    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    with pytest.raises(ReasonNeeded):
        services.answer(account=people("agent"), code=filed.code, words=" ")
    services.answer(account=people("agent"), code=filed.code, words="我们在处理")
    assert "我们在处理" in Notification.objects.get(key=f"answer:{filed.code}:1").text
    assert "我们在处理" in signed_in("passenger").get(f"/complaints/{filed.code}/").content.decode()
    services.add_note(account=people("agent"), code=filed.code, words="FORUSALONE")
    assert "FORUSALONE" not in signed_in("passenger").get(f"/complaints/{filed.code}/").content.decode()


def test_two_about_the_same_matter_become_one_without_a_gap_in_the_stop(cases, people, rides):
    trip = rides.ended()
    first, second = cases.filed(trip), cases.filed(trip, category=Category.VIOLENCE)
    services.take(account=people("agent"), code=second.code)
    services.merge(account=people("agent"), code=second.code, into=first.code, words="the same evening")
    second.refresh_from_db()
    assert (second.state, second.merged_into_id) == ("merged", first.pk)
    assert set(Hold.objects.filter(released_at=None).values_list("source", flat=True)) == {first.code}
    assert not Timer.objects.filter(complaint=second, void_at=None).exists()
    for into in (first.code, second.code):
        with pytest.raises(CannotMerge):
            services.merge(account=people("supervisor"), code=first.code, into=into, words="x")


def test_complaints_about_two_people_stay_two(cases, people, rides):
    one = cases.filed(rides.ended())
    other = cases.filed(rides.ended("passenger2", "driver2"), who="passenger2")
    with pytest.raises(CannotMerge):
        services.merge(account=people("supervisor"), code=one.code, into=other.code, words="x")


def test_many_at_once_each_by_itself(cases, people, rides):
    trip = rides.ended()
    rows = [
        cases.filed(trip, category=kind)
        for kind in (Category.OTHER, Category.DISPUTE, Category.LOST_PROPERTY)
    ]
    services.take(account=people("agent2"), code=rows[1].code)
    outcomes = services.in_bulk(account=people("agent"), codes=[row.code for row in rows], action="take")
    assert [bool(each.why) for each in outcomes] == [False, True, False]
    with pytest.raises(TooManyAtOnce):
        services.in_bulk(account=people("agent"), codes=[f"C-{n}" for n in range(51)], action="take")
    with pytest.raises(NotFound):
        services.in_bulk(account=people("supervisor"), codes=[rows[0].code], action="decide")


def test_whom_it_is_about_can_be_said_later_and_then_it_acts(people, rides, cases):
    from complaints.services import Caller, Filing

    filed = services.file_for_caller(
        account=people("agent"), caller=Caller("x", "13911110001", verified=True), trip_code="", plate="",
        told=Filing(Category.VIOLENCE, "他打人", "p"),
    )  # fmt: skip
    assert filed.accused is None
    services.take(account=people("agent"), code=filed.code)
    services.name_accused(
        account=people("agent"), code=filed.code, trip_code=rides.ended().code, plate="", words="caller knew"
    )
    assert Hold.objects.get().source == filed.code


def test_the_end_of_a_shift_hands_everything_over_with_one_note(cases, people, rides):
    trip = rides.ended()
    for kind in (Category.OTHER, Category.DISPUTE):
        services.take(account=people("agent"), code=cases.filed(trip, category=kind).code)
    heir = people("agent2")
    assert hand_over_all(account=people("agent"), heir=heir, words="call her at six") == 2
    assert Complaint.objects.filter(owner__code="agent2").count() == 2
    told = [line.words for row in Complaint.objects.all() for line in timeline.of(case=row.code)]
    assert told.count("call her at six") == 2


def test_a_class_that_words_raised_only_a_judge_lowers(cases, people):
    filed = cases.ended(category=Category.OTHER, words="救命")
    services.take(account=people("agent"), code=filed.code)
    for who in ("agent", "supervisor"):  # no judge; and the stop is reviewed first
        with pytest.raises(NotNow):
            services.lower_class(account=people(who), code=filed.code, level=Level.ORDINARY, words="x")
    cases.lifted(filed)
    services.lower_class(account=people("supervisor"), code=filed.code, level=Level.ORDINARY, words="a joke")
    filed.refresh_from_db()
    assert filed.level == "severe"  # what two decide, one does not make a matter of one
    with pytest.raises(SecondPersonNeeded):
        services.agree_to_lower(account=people("supervisor"), code=filed.code)
    services.agree_to_lower(account=people("adjudicator"), code=filed.code)
    filed.refresh_from_db()
    assert filed.level == "ordinary"


# --- Views, macros, presence ---


def test_views_are_kept_shared_and_forgotten(people):
    services.save_view(account=people("agent"), name="mine", query="level=severe&whose=mine&x=1", shared=True)
    assert SavedView.objects.get().query == "whose=mine&level=severe"
    with pytest.raises(ViewTaken):
        services.save_view(account=people("agent"), name="mine", query="", shared=False)
    services.forget_view(account=people("agent2"), name="mine")
    assert SavedView.objects.exists()
    services.forget_view(account=people("agent"), name="mine")
    assert not SavedView.objects.exists()


def test_a_macro_speaks_the_language_of_whom_it_goes_to(cases, people, signed_in):
    texts = {
        "title_zh": "感谢", "title_en": "Thanks", "body_zh": "投诉{code}：{due}前答复。", "body_en": "{code} by {due}.",
    }  # fmt: skip
    services.save_macro(account=people("supervisor"), code="thanks", texts=texts, category="")
    with pytest.raises(MacroUnknown):
        services.save_macro(
            account=people("supervisor"), code="x", texts=texts | {"body_en": "{phone}"}, category=""
        )
    with pytest.raises(Forbidden):
        services.save_macro(account=people("agent"), code="thanks", texts=texts, category="")
    filed = cases.ended()
    client = signed_in("agent")
    path = f"/admin/workspace/{filed.code}/macro/thanks/"
    assert client.get(path).json()["text"].startswith(f"投诉{filed.code}：3月2日")
    people("passenger").__class__.objects.filter(code="passenger").update(language="en")
    assert client.get(path).json()["text"].startswith(f"{filed.code} by")


def test_two_at_one_case_see_each_other(cases, signed_in):
    filed = cases.ended()
    path = f"/admin/workspace/{filed.code}/here/"
    one, other = signed_in("agent"), signed_in("agent2")
    one.post(path, {"writing": "1"})
    assert "agent is writing" in other.post(path).content.decode().replace("\n", " ")
    assert "agent2 is here too" in one.post(path).content.decode()


def test_without_valkey_nobody_can_tell(monkeypatch):
    import redis

    def down():
        raise redis.ConnectionError

    monkeypatch.setattr(presence, "_client", lambda: type("C", (), {"pipeline": lambda self: down()})())
    assert presence.seen("C-1", "agent", writing=False) is None


# --- Pages ---


def many(cases, count):
    trip = cases.rides.ended()
    made = [cases.filed(trip, category=Category.OTHER)]
    first = made[0]
    for number in range(count - 1):
        copy = Complaint.objects.get(pk=first.pk)
        copy.pk, copy.code, copy.submission = None, f"C-COPY{number}", f"copy-{number}"
        copy.secret = new_secret()
        copy.save(force_insert=True)
        made.append(copy)
    return made


def test_the_queue_goes_on_by_key_and_shows_each_once(cases, people):
    many(cases, 60)
    seen, after = [], ""
    while True:
        found = page_of(Filter(), people("agent"), clock.now(), after=after)
        seen += [row.pk for row in found.rows]
        after = found.after
        if not after:
            break
    assert len(seen) == len(set(seen)) == 60
    assert page_of(Filter(), people("agent"), clock.now(), after="nonsense_1").rows


def test_a_page_asks_as_much_for_thirty_as_for_one(cases, signed_in):
    client = signed_in("agent")

    def asked(path):
        client.get(path)  # sessions and caches
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    code = many(cases, 2)[0].code
    few = asked("/admin/workspace/"), asked(f"/admin/workspace/{code}/")
    for number in range(30):
        copy = Complaint.objects.get(code=code)
        copy.pk, copy.code, copy.submission = None, f"C-MORE{number}", f"more-{number}"
        copy.secret = new_secret()
        copy.save(force_insert=True)
    assert (asked("/admin/workspace/"), asked(f"/admin/workspace/{code}/")) == few
    assert few[0] <= 14
    assert few[1] <= 50


def test_opening_a_case_is_in_the_journal(cases, signed_in):
    filed = cases.ended(words="HERWORDS")
    page = signed_in("agent").get(f"/admin/workspace/{filed.code}/").content.decode()
    assert "HERWORDS" in page
    assert AuditEntry.objects.filter(action="complaints.read", case=filed.code).get().actor == "agent"


def test_a_refused_action_says_why_and_a_bad_one_is_not_found(cases, signed_in):
    filed = cases.ended()
    client = signed_in("agent")
    answer = client.post(f"/admin/workspace/{filed.code}/do/answer/?whose=mine", {"words": "MYWORDS"})
    page = answer.content.decode()
    assert (answer.status_code, "Take the complaint first." in page, "MYWORDS" in page) == (409, True, True)
    # The parts of the page ask for themselves anew by the page's address.
    assert f'data-address="/admin/workspace/{filed.code}/?whose=mine"' in page
    assert client.get(f"/admin/workspace/{filed.code}/?whose=mine").status_code == 200
    assert client.post(f"/admin/workspace/{filed.code}/do/take/?whose=mine", {"do": "1"}).headers[
        "location"
    ] == (f"/admin/workspace/{filed.code}/?whose=mine")
    assert client.post(f"/admin/workspace/{filed.code}/do/destroy/").status_code == 404
    for body in ({"award": "x:y"}, {"award": "accused:suspension", "days:accused:suspension": "9999999999"},
                 {"award": "accused:compensation", "yuan:accused:compensation": "1e999"}):  # fmt: skip
        sent = signed_in("adjudicator").post(
            f"/admin/workspace/{filed.code}/do/decide/", {"finding": "upheld", "words": "x"} | body
        )
        assert sent.status_code == 400


def test_the_pages_from_telling_to_deciding(rides, people, signed_in, noon):
    trip = rides.ended()
    hers = signed_in("passenger")
    page = f"/trips/{trip.code}/complaint/"
    kept = hers.post(page, {"category": "", "words": "他骂人", "submission": "s"})
    assert kept.status_code == 400
    assert "他骂人" in kept.content.decode()
    receipt = hers.post(page, {"category": "harassment", "words": "他骂人", "submission": "s"})
    filed = Complaint.objects.get()
    assert receipt.headers["location"] == f"/complaints/{filed.code}/"
    base = f"/admin/workspace/{filed.code}/do"
    agent = signed_in("agent")
    agent.post("/admin/workspace/next/", {"do": "1"})
    for action in ("ask_complainant", "ask_accused"):
        agent.post(f"{base}/{action}/", {"words": "请说明经过"})
    noon.shift(33 * 3_600)  # whom it is about learns of it the next day
    for who in ("passenger", "driver"):
        assert (
            signed_in(who).post(f"/complaints/{filed.code}/statement/", {"words": "说明"}).status_code == 302
        )
    decision = {
        "finding": "upheld", "award": ["accused:suspension"], "days:accused:suspension": "3",
        "cites": ["words", "statement:accused"], "words": "双方陈述一致",
    }  # fmt: skip
    for judge in ("adjudicator", "adjudicator2"):
        signed_in(judge).post(f"{base}/decide/", decision)
    filed.refresh_from_db()
    assert (filed.state, filed.finding) == ("decided", "upheld")
    his = signed_in("driver")
    assert "双方陈述一致" in his.get(f"/complaints/{filed.code}/").content.decode()
    assert his.post(f"/complaints/{filed.code}/appeal/", {"words": "不公平"}).status_code == 302
    changed = {"finding": "unproven", "award": "nothing", "cites": "words", "words": "证据不足"}
    for judge in ("supervisor", "supervisor2"):
        filed.refresh_from_db()
        assert filed.state == "appealed"
        signed_in(judge).post(f"{base}/decide/", changed)
    filed.refresh_from_db()
    assert (filed.state, filed.finding) == ("final", "unproven")
    assert not Hold.objects.filter(released_at=None).exists()


def test_who_joined_anothers_complaint_reads_and_says_nothing_for_that_person(
    cases, people, rides, signed_in
):
    from complaints.services import Caller, Filing
    from complaints.states import Side

    trip = rides.ended()
    hers = cases.filed(trip)
    friend = services.file_for_caller(
        account=people("agent"), caller=Caller("x", people("passenger2").phone, verified=True), trip_code=trip.code,
        plate="", told=Filing(Category.HARASSMENT, "me too", "friend"),
    )  # fmt: skip
    services.ask_statement(
        account=people("supervisor"), code=hers.code, side=Side.COMPLAINANT, words="HERQUESTION"
    )
    services.merge(account=people("supervisor"), code=friend.code, into=hers.code, words="the same")
    other = signed_in("passenger2")
    page = other.get(f"/complaints/{friend.code}/")
    assert page.status_code == 200
    assert "HERQUESTION" not in page.content.decode()
    assert other.get(f"/api/v1/complaints/{friend.code}/").json()["statement"] is None
    for what in ("statement", "appeal"):
        assert other.post(f"/complaints/{friend.code}/{what}/", {"words": "x"}).status_code == 404
        sent = other.post(
            f"/api/v1/complaints/{friend.code}/{what}/", {"words": "x"}, content_type="application/json"
        )
        assert sent.status_code == 404
    assert (
        other.post(f"/complaints/{friend.code}/more/", {"words": "he said it to me as well"}).status_code
        == 302
    )


def test_what_was_heard_waits_for_a_judge_and_not_for_agents(cases, people):
    filed = cases.heard(cases.ended())
    with pytest.raises(NothingWaits):
        services.take_next(account=people("agent"))
    assert [row.pk for row in page_of(Filter(state="heard"), people("adjudicator"), clock.now()).rows] == [
        filed.pk
    ]
    assert services.take_next(account=people("adjudicator")).pk == filed.pk


def test_who_asked_a_side_may_wait_for_the_answer(cases, people, noon):
    from complaints.states import Side

    filed = cases.ended()
    services.take(account=people("agent"), code=filed.code)
    services.ask_statement(account=people("agent"), code=filed.code, side=Side.ACCUSED, words="?")
    noon.shift(7_200)
    assert services.release_silent(at=clock.now()) == 0


def test_the_number_of_a_call_stands_in_no_address(people, signed_in):
    from complaints.models import Call

    services.announce_call(key="t", number="13911118888", agent="agent")
    call = Call.objects.get()
    page = signed_in("agent").get(f"/admin/calls/{call.pk}/").content.decode()
    assert "13911118888" not in page
    assert "13911118888" in signed_in("agent").get(f"/admin/workspace/new/?call={call.pk}").content.decode()
    assert (
        "13911118888" not in signed_in("agent2").get(f"/admin/workspace/new/?call={call.pk}").content.decode()
    )


@pytest.mark.parametrize(
    "path",
    [
        f"/admin/workspace/?after={'9' * 30}_1", f"/admin/workspace/?after=1_{'9' * 5000}", "/admin/workspace/?after=x_y",
        f"/admin/workspace/?state=over&after={'9' * 5000}",
        "/admin/workspace/?state=all&text=%00%F0%9F%92%A9'--", "/admin/workspace/?text=" + "1" * 300,
        f"/admin/workspace/new/?call={'9' * 40}",
    ],
)  # fmt: skip
def test_addresses_that_nobody_should_type_are_answered(signed_in, path):
    assert signed_in("agent").get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/workspace/?level=x", "/admin/workspace/?whose=y", "/admin/workspace/?state=z", "/admin/workspace/?category=q",
        "/admin/roster/?day=9999-12-31", "/admin/roster/?day=0001-01-01", "/admin/roster/?day=x",
        "/admin/reports/?begins=0001-01-01&ends=0001-01-01", "/admin/reports/?ends=9999-12-31", "/admin/reports/?begins=x",
    ],
)  # fmt: skip
def test_what_is_asked_for_and_is_not_there_is_said(signed_in, cases, path):
    """All, or a default, in its place would be read as the answer."""
    filed = cases.ended()
    answer = signed_in("supervisor").get(path)
    assert (answer.status_code, filed.code in answer.content.decode()) == (400, False)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_file_that_the_reports_offer_can_be_had(signed_in, language):
    page = (
        signed_in("supervisor").get("/admin/reports/", headers={"accept-language": language}).content.decode()
    )
    files = [html.unescape(path) for path in re.findall(r'href="([^"]*[.]csv[^"]*)"', page)]
    assert len(files) > 3
    assert {signed_in("supervisor").get(path).status_code for path in files} == {200}
    assert len(re.findall(r'type="date"\s+name="(?:begins|ends)"\s+value="\d{4}-\d\d-\d\d"', page)) == 2


def test_the_roster_leads_to_the_days_beside(signed_in):
    client = signed_in("supervisor")
    days = re.findall(r'href="(\?day=[^"]*)"', client.get("/admin/roster/").content.decode())
    assert len(days) == 2
    assert {client.get(f"/admin/roster/{html.unescape(day)}").status_code for day in days} == {200}


def test_a_view_that_there_is_not_is_not_kept(people):
    with pytest.raises(FilterUnknown):
        services.save_view(account=people("agent"), name="x", query="state=nothing", shared=False)


@pytest.mark.parametrize("period", ["9999", "0000", "9999-12", "0001-01", "x", "", "2026-13"])
def test_a_period_that_is_none_is_said(signed_in, period):
    client = signed_in("supervisor")
    assert client.post("/admin/summaries/", {"period": period}).status_code == 400
    if period:
        assert client.get(f"/admin/team/?period={period}").status_code == 400


@pytest.mark.parametrize("yuan", ["1e9", "NaN", "-5", "9" * 40, "1.234", "", "一百", "0x10"])
def test_an_amount_that_is_none_is_refused(cases, signed_in, yuan):
    filed = cases.heard(cases.ended())
    body = {
        "finding": "upheld", "award": "complainant:compensation", "yuan:complainant:compensation": yuan,
        "words": "x", "cites": "words",
    }  # fmt: skip
    answer = signed_in("adjudicator").post(f"/admin/workspace/{filed.code}/do/decide/", body)
    assert answer.status_code == 400
    assert "Say how much." in answer.content.decode()
    filed.refresh_from_db()
    assert filed.state == "open"
