"""The papers of an emergency are files: read, shown to whoever looks afterwards, known when they come again (P3, P10)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core import alarms, clock, pictures, policy
from core.actions import NotNow
from core.models import StoredPicture
from core.retention import RECORDS_KEPT
from core.tests.factories import PDF
from police import letters, papers, services
from police.errors import NoticeIncomplete
from police.models import NoticeFile, PoliceRequest, ReleaseError
from police.selectors import request_by_code
from police.states import Paper, Query
from police.tests.drawn_letters import jpeg, letter, pressed, scanned
from police.tests.factories import notice_sent, papers_filed, urgent
from police.vision import card

FORM = {"letter_number": "1", "certificate_1": "331001", "certificate_2": "331002"}
NAMES = ("letter", "file_1", "file_2")


def ask(people, trip, key="s", *, who="officer"):
    return services.ask_by_form(account=people(who), question=urgent(Query.TRIP, trip.code), submission=key)


def files(**changes):
    given = {name: PDF + name.encode() for name in NAMES} | changes
    return {name: SimpleUploadedFile(f"{name}.pdf", content) for name, content in given.items() if content}


def test_an_emergency_waits_for_no_file(rides, people, signed_in):
    asked = ask(people, rides.under_way())
    assert (asked.state, asked.papers_at) == ("released", None)
    page = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    assert all(f'name="{name}"' in page for name in NAMES)
    assert "register of errors" in page


def test_numbers_without_files_are_no_papers(rides, people, signed_in):
    asked = ask(people, rides.under_way())
    client, address = signed_in("officer"), f"/police/requests/{asked.code}/papers/"
    answer = client.post(address, FORM | files(file_2=b""))
    assert answer.status_code == 400
    assert PoliceRequest.objects.get().papers_at is None and not NoticeFile.objects.exists()
    call = client.post(
        f"/api/v1{address}",
        {"letter_number": "1", "certificates": ["1", "2"]},
        content_type="application/json",
    )
    assert (call.status_code, call.json()["code"]) == (400, "notice_incomplete")
    assert "file of the notice" in call.content.decode()
    assert client.post(address, FORM | files(letter=b"hello")).status_code == 400
    assert not NoticeFile.objects.exists()


def test_whoever_looks_at_the_release_sees_them(rides, people, signed_in):
    asked = ask(people, rides.under_way())
    address = f"/police/requests/{asked.code}/papers/"
    assert signed_in("officer").post(address, FORM | files()).status_code == 302
    kept = {row.paper: row for row in NoticeFile.objects.select_related("picture")}
    assert kept.keys() == set(Paper.values)
    page = signed_in("specialist").get(f"/admin/police-line/{asked.code}/").content.decode()
    for row in kept.values():
        assert f"/admin/police-line/{asked.code}/papers/{row.picture.code}/" in page
        assert row.picture.subject == asked.code
        assert row.picture.keep_until == row.picture.kept_at + policy.span(RECORDS_KEPT)
    shown = signed_in("specialist").get(
        f"/admin/police-line/{asked.code}/papers/{kept['letter'].picture.code}/"
    )
    assert (b"".join(shown) if shown.streaming else shown.content).startswith(PDF)
    other = ask(people, rides.under_way("passenger2", "driver2"), "other")
    there = f"/admin/police-line/{other.code}/papers/{kept['letter'].picture.code}/"
    assert signed_in("specialist").get(there).status_code == 404


def test_another_officers_request_takes_none(rides, people, signed_in):
    asked = ask(people, rides.under_way())
    answer = signed_in("officer2").post(f"/police/requests/{asked.code}/papers/", FORM | files())
    assert answer.status_code == 404
    assert not StoredPicture.objects.filter(purpose__startswith="police").exists()


def test_the_same_papers_sent_again_stay(rides, people):
    asked = ask(people, rides.under_way())
    papers_filed(people("officer"), asked)
    papers_filed(people("officer"), asked)
    assert NoticeFile.objects.count() == len(Paper)
    with pytest.raises(NotNow):
        papers_filed(people("officer"), asked, letter_number="2")
    with pytest.raises(NoticeIncomplete):
        papers_filed(people("officer"), ask(people, rides.under_way("passenger2", "driver2"), "o"), files={})


# --- The same paper again (P10) ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["the same file", "pressed", "of a notice"])
def test_a_letter_that_came_with_another_request(rides, people, signed_in, how):
    trip, paper = rides.under_way(), jpeg(letter(1), 90)
    if how == "of a notice":
        sent = notice_sent(people("officer2"), trip.code)
        paper = again = pictures_of(sent.notice.files.get(paper="letter"))
    else:
        again = paper if how == "the same file" else jpeg(pressed(letter(1)))
        papers_filed(
            people("officer2"), ask(people, trip, "first", who="officer2"), files={Paper.LETTER: paper}
        )
    asked = ask(people, trip)
    papers_filed(people("officer"), asked, files={Paper.LETTER: again})
    assert request_by_code(asked.code).papers_unusual == ["letter_used"]
    page = signed_in("supervisor").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "The same letter came before" in page
    assert request_by_code(asked.code).release.is_open(clock.now())  # what went out stays: two people look


def test_of_one_that_waits_for_people_the_station_is_called_first(rides, people):
    trip, paper = rides.under_way(), {Paper.LETTER: jpeg(letter(1), 90)}
    papers_filed(people("officer2"), ask(people, trip, "first", who="officer2"), files=paper)
    question = urgent(Query.PLATE, "沪A00000")
    asked = services.ask_by_form(account=people("officer"), question=question, submission="none")
    papers_filed(people("officer"), asked, files=paper)
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=trip.code)
    with pytest.raises(NotNow):
        services.confirm_release(account=people("supervisor"), code=asked.code)
    services.record_call_back(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    assert request_by_code(asked.code).state == "released"


def pictures_of(row):
    return pictures.read(actor=row.notice.officer.account.actor, code=row.picture.code)


@pytest.mark.parametrize("how", ["the same file", "pressed"])
def test_a_certificate_of_another_station(rides, people, how):
    trip, drawn = rides.under_way(), letter(7)
    papers_filed(
        people("officer2"),
        ask(people, trip, "1", who="officer2"),
        files={Paper.CERTIFICATE_1: jpeg(drawn, 90)},
    )
    mine = ask(people, trip, "2")
    again = jpeg(drawn, 90) if how == "the same file" else jpeg(pressed(drawn))
    papers_filed(people("officer"), mine, files={Paper.CERTIFICATE_2: again})
    assert request_by_code(mine.code).papers_unusual == ["certificate_used"]


def test_an_officers_own_certificate_comes_with_each_request(rides, people):
    trip, own = rides.under_way(), jpeg(letter(7), 90)
    for number in range(2):
        asked = ask(people, trip, f"{number}")
        papers_filed(people("officer"), asked, files={Paper.CERTIFICATE_1: own})
        assert request_by_code(asked.code).papers_unusual == []


def test_cards_of_two_people_and_empty_pages_are_not_taken_for_one():
    shown = [card(scanned(letter(seed), seed)) for seed in range(4)]
    assert not any(letters.is_same_card(one, two) for at, one in enumerate(shown) for two in shown[:at])
    empty = card(Image.new("RGB", (300, 200), "white"))
    assert not letters.is_same_card(empty, empty)


# --- What missing papers change ------------------------------------------------------------------------------------


def test_missing_papers_are_an_error_of_the_release(rides, people, noon):
    asked = ask(people, rides.under_way())
    noon.shift(timedelta(hours=25))
    services.LATE.run(at=clock.now())
    assert ReleaseError.objects.get().request == asked
    papers_filed(people("officer"), asked)
    assert request_by_code(asked.code).papers_at


def test_files_are_read_before_anything_is_written(rides, people):
    found = papers.read({Paper.LETTER: PDF})
    assert found[Paper.LETTER].written.size == len(PDF) and not NoticeFile.objects.exists()


def test_a_paper_that_came_before_rings_until_somebody_looked(rides, people, noon):
    paper = jpeg(letter(1), 90)
    papers_filed(
        people("officer2"),
        ask(people, rides.under_way(), "first", who="officer2"),
        files={Paper.LETTER: paper},
    )
    asked = ask(people, rides.under_way("passenger2", "driver2"))
    key = f"papers-used:{asked.code}"
    services.review_release(account=people("supervisor2"), code=asked.code, proper=True)
    noon.shift(60)
    papers_filed(people("officer"), asked, files={Paper.LETTER: paper})
    (rings,) = [each for each in alarms.ringing(clock.now()) if each.key.startswith("papers-used:")]
    assert (rings.key, rings.since) == (key, request_by_code(asked.code).papers_at)
    assert rings.can_be_taken_by(people("agent"))
    assert not rings.can_be_taken_by(people("supervisor2")), "who reviewed it before cannot do so again"
    services.review_release(account=people("specialist"), code=asked.code, proper=True)
    assert key not in {each.key for each in alarms.ringing(clock.now())}
