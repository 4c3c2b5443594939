"""An ordinary request by its paper notice: kept as one goes, checked by a machine, sent when complete."""

import hashlib
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock
from core.errors import NotFound
from core.tests.factories import PDF
from police import notices, papers, services
from police.errors import NoticeIncomplete
from police.models import Notice, NoticeFile, PoliceRequest
from police.states import NoticePart, Paper
from police.tests.factories import complete, notice_sent

ALL = dict.fromkeys(Paper, object())


def today():
    return clock.now().date()


def test_a_complete_notice_lacks_nothing_and_each_part_left_out_is_named(world):
    given = complete("T-7K2M9QX4ZB")
    assert notices.missing_of(given, ALL, today()) == []
    for each in fields(notices.Filled):
        if each.name in {"about", "until", "query", "further"}:
            continue
        empty = replace(
            given,
            **{
                each.name: type(getattr(given, each.name))()
                if isinstance(getattr(given, each.name), str | list)
                else None
            },
        )
        assert NoticePart(each.name) in notices.missing_of(empty, ALL, today())
    for paper in Paper:
        rest = {each: row for each, row in ALL.items() if each != paper}
        assert notices.missing_of(given, rest, today()) == [NoticePart(paper.value)]


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"second_certificate": "331001"}, NoticePart.SAME_CERTIFICATE),
        ({"deadline": timedelta(days=-1)}, NoticePart.DEADLINE_PAST),
        ({"span_to": timedelta(hours=-7)}, NoticePart.SPAN_ORDER),
        ({"wanted": ["everything"]}, NoticePart.WANTED),
    ],
)
def test_what_cannot_be_is_on_the_list_too(world, wrong, part):
    (name, value), *_ = wrong.items()
    if isinstance(value, timedelta):
        value = (clock.now() + value).date() if name == "deadline" else clock.now() + value
    given = replace(complete("T-7K2M9QX4ZB"), **{name: value})
    assert notices.missing_of(given, ALL, today()) == [part]


def test_it_is_kept_as_one_goes_and_says_at_once_what_is_missing(world, signed_in):
    client = signed_in("officer")
    begun = client.post("/police/ordinary/", {"submission": "s"})
    assert client.post("/police/ordinary/", {"submission": "s"}).url == begun.url
    page = client.get(begun.url).content.decode()
    assert page.count("<li>") >= 17
    answer = client.post(begun.url, {"do": "save", "number": "乐公 1 号", "deadline": "not a day"})
    assert answer.status_code == 400
    kept = notices.filled(Notice.objects.get())
    assert (kept.number, kept.deadline) == ("乐公 1 号", None)
    assert "乐公 1 号" in client.get(begun.url).content.decode()
    assert begun.url in client.get("/police/ordinary/").content.decode()
    sent = client.post(begun.url, {"do": "send", "number": "乐公 1 号"})
    assert sent.status_code == 400
    assert "Still missing" in sent.content.decode()
    assert not PoliceRequest.objects.exists()


def test_a_complete_one_is_sent_with_its_files_and_staff_see_them(rides, signed_in, people):
    client, trip = signed_in("officer"), rides.under_way()
    address = client.post("/police/ordinary/", {"submission": "s"}).url
    given = complete(trip.code)
    form = {each.name: getattr(given, each.name) or "" for each in fields(notices.Filled)}
    for name in ("span_from", "span_to"):
        form[name] = f"{form[name] + timedelta(hours=8):%Y-%m-%dT%H:%M}"
    form["deadline"] = f"{form['deadline']:%Y-%m-%d}"
    files = {paper.value: SimpleUploadedFile(f"{paper}.pdf", PDF) for paper in Paper}
    answer = client.post(address, form | files | {"do": "send"})
    assert answer.status_code == 302, answer.content.decode()
    asked = PoliceRequest.objects.get()
    assert (asked.state, asked.urgency, asked.trip) == ("asked", "ordinary", trip)
    assert (asked.letter_number, asked.certificates) == (given.number, "331001, 331002")
    assert answer.url == f"/police/requests/{asked.code}/" == client.get(address).url
    page = signed_in("agent").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "赵某失踪案" in page
    file = NoticeFile.objects.filter(paper="letter").get().picture.code
    shown = signed_in("agent").get(f"/admin/police-line/{asked.code}/papers/{file}/")
    assert b"".join(shown) == PDF if shown.streaming else shown.content == PDF
    services.propose_release(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    asked.refresh_from_db()
    assert asked.state == "released"


def test_a_paper_sent_twice_is_kept_once_and_the_last_one_counts(people, world):
    officer = people("officer")
    code = notices.begin(account=officer, submission="s").code
    other = PDF + b" "
    for content, kept in [(PDF, 1), (PDF, 1), (other, 2), (PDF, 3)]:
        read = papers.read({Paper.LETTER: content})
        notices.save(account=officer, code=code, given=notices.Filled(), papers=read)
        assert NoticeFile.objects.filter(notice__code=code).count() == kept
    row = papers.papers_of(Notice.objects.get(code=code))[Paper.LETTER]
    assert row.picture.digest == hashlib.sha256(PDF).hexdigest()


def test_an_incomplete_one_asks_nothing_and_another_officers_is_not_found(rides, people):
    notice = notices.begin(account=people("officer"), submission="s")
    with pytest.raises(NoticeIncomplete):
        notices.send(account=people("officer"), code=notice.code)
    given = complete(rides.under_way().code)
    for act in (notices.save, notices.send):
        more = {"given": given, "papers": {}} if act is notices.save else {}
        with pytest.raises(NotFound):
            act(account=people("officer2"), code=notice.code, **more)


def test_a_sent_one_is_sent_once_and_changes_no_more(rides, people):
    asked = notice_sent(people("officer"), rides.under_way().code)
    code = asked.notice.code
    assert notices.send(account=people("officer"), code=code) == [asked]
    with pytest.raises(NotFound):
        notices.save(account=people("officer"), code=code, given=notices.Filled(), papers={})


def test_a_file_that_is_none_stops_itself_with_its_sentence(world, signed_in):
    client = signed_in("officer")
    address = client.post("/police/ordinary/", {"submission": "s"}).url
    answer = client.post(address, {"do": "save", "letter": SimpleUploadedFile("x.pdf", b"hello")})
    assert answer.status_code == 400
    assert not NoticeFile.objects.exists()
