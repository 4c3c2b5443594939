"""What is unlike an officer or station goes by call-back, and the reviewer reads why (P10); none or several ring (P3d)."""

import io
from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from pypdf import PdfReader

from accounts.models import Device
from complaints.services.oncall import ring_on_call
from core import alarms, clock
from core.actions import NotNow
from core.four_eyes import SecondPersonNeeded
from core.models import Notification
from core.privacy import blind_index
from core.tests.factories import PDF
from police import following, notices, services
from police.models import Officer, PoliceRequest, Release
from police.papers import read as read_papers
from police.selectors import request_by_code
from police.states import FollowingEnd, Paper, Query
from police.tests.factories import complete, notice_sent, urgent
from rides.models import Trip
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos
from tests.test_once import at_once


@pytest.fixture
def in_danger(rides):
    """A trip whose own data bear any claim out: but for what is unusual, all would go out at once."""
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return trip


def ask(people, value, who="officer", *, query=Query.TRIP, device="", key=""):
    return services.ask_by_form(
        account=people(who),
        question=urgent(query, value),
        submission=key or f"{who}{PoliceRequest.objects.count()}",
        device=device,
    )


def device(people, number, *, hours, who="officer"):
    at = clock.now() - timedelta(hours=hours)
    digest = blind_index(number, purpose="device")
    Device.objects.create(account=people(who), digest=digest, first_seen_at=at, last_seen_at=at)


def test_the_fourth_in_a_day_of_an_officer_who_asks_seldom(people, in_danger, signed_in, noon):
    grades = [ask(people, in_danger.code).release.grade for _time in range(4)]
    assert grades == ["whole", "whole", "whole", "car"]
    last = PoliceRequest.objects.latest("pk")
    assert (last.release.reason, last.release.identity.state) == ("unusual", "waiting")
    assert set(last.unusual) == {"officer_rate", "station_rate"}
    page = signed_in("specialist").get(f"/admin/police-line/{last.code}/").content.decode()
    assert "more than three times as often as usual" in page
    noon.shift(timedelta(hours=25))
    assert ask(people, in_danger.code).unusual == []


def test_who_always_asks_much_may_go_on(people, in_danger):
    first = ask(people, in_danger.code)
    for number in range(56):  # two a day
        PoliceRequest.objects.create(
            code=f"P-OLD{number}", submission=f"old{number}", agency=first.agency, officer=first.officer,
            channel="form", urgency="emergency", query="trip", about=clock.now(),
            asked_at=clock.now() - timedelta(days=2 + number % 26), state="refused", decided_at=clock.now(),
        )  # fmt: skip
    assert [ask(people, in_danger.code).unusual for _time in range(5)] == [[]] * 5
    assert "officer_rate" in ask(people, in_danger.code).unusual


@pytest.mark.parametrize(("number", "new"), [("old", False), ("fresh", True), ("", True), ("made up", True)])
def test_a_further_device(people, in_danger, number, new):
    device(people, "old", hours=1000)
    device(people, "fresh", hours=1)
    asked = ask(people, in_danger.code, device=number)
    assert ("new_device" in asked.unusual) == new
    assert asked.release.grade == ("car" if new else "whole")


def test_the_only_device_is_not_new(people, in_danger):
    device(people, "only", hours=1)
    assert ask(people, in_danger.code, device="only").release.grade == "whole"


@pytest.mark.parametrize(("days", "new"), [(2, False), (10, True)])
def test_an_account_that_was_never_used_has_no_device_of_its_officer(people, in_danger, days, new):
    """Whoever is the first to sign in to it is not who was called back ten days ago, as far as anybody knows."""
    Officer.objects.update(called_back_at=clock.now() - timedelta(days=days))
    device(people, "only", hours=1)
    asked = ask(people, in_danger.code, device="only")
    assert ("new_device" in asked.unusual) == new
    assert (asked.state, asked.release.grade) == ("released", "car" if new else "whole")


def test_the_page_hands_on_the_device(people, in_danger, signed_in):
    device(people, "a" * 32, hours=1000)
    body = {
        "query": "trip", "query_value": in_danger.code, "submission": "f", "danger": "x", "why_not_written": "x",
        "supervisor_name": "王所长", "supervisor_phone": "13955550001", "declared": "on",
    }  # fmt: skip
    client = signed_in("officer")
    client.cookies["device"] = "a" * 32
    client.post("/police/emergency/", body)
    assert PoliceRequest.objects.get().unusual == []
    client.cookies["device"] = "b" * 32
    client.post("/police/emergency/", body | {"submission": "g"})
    assert PoliceRequest.objects.latest("pk").unusual == ["new_device"]


def test_a_person_in_no_trip(people):
    asked = ask(people, "+8613700000000", query=Query.PHONE)
    assert (asked.state, asked.unusual) == ("escalated", ["no_trip"])


def test_whoever_finds_the_trip_then_does_not_make_it_usual(people, in_danger):
    asked = ask(people, "+8613700000000", query=Query.PHONE)
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=in_danger.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    release = request_by_code(asked.code).release
    assert (release.grade, release.reason) == ("car", "unusual")


def test_the_same_number_asked_by_unlinked_stations(people, rides, noon):
    gone = "+8613700000000"
    ask(people, gone, query=Query.PHONE)
    assert "same_number" in ask(people, gone, "officer2", query=Query.PHONE).unusual
    noon.shift(timedelta(days=8))
    PoliceRequest.objects.filter(officer__account__code="officer2").delete()
    assert "same_number" not in ask(people, gone, "officer2", query=Query.PHONE).unusual


def test_stations_that_ask_about_one_trip_are_linked(people, in_danger):
    """As in 2018: two stations, one trip. The second is not made to wait."""
    her = people("passenger").phone
    assert ask(people, her, query=Query.PHONE).release.grade == "whole"
    assert ask(people, her, "officer2", query=Query.PHONE).release.grade == "whole"


def test_the_officer_is_not_told_which(people, in_danger, signed_in):
    for _time in range(4):
        asked = ask(people, in_danger.code)
    page = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    assert "unusual" in page and "three times" not in page
    assert (
        "officer_rate"
        not in signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/").content.decode()
    )


# --- None or several (P3d) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("several", [False, True])
def test_on_call_staff_are_rung_and_the_clock_is_red(rides, people, signed_in, noon, several):
    if several:
        for driver in ("driver", "driver2"):
            trip = rides.accepted(driver=driver)
            Trip.objects.filter(pk=trip.pk).update(passenger=people("passenger"))
        asked = ask(people, people("passenger").phone, query=Query.PHONE)
    else:
        asked = ask(people, "沪A00000", query=Query.PLATE)
    assert asked.trips_found == (2 if several else 0)
    assert asked.state == "escalated"
    assert f"police:{asked.code}" in {each.key for each in alarms.ringing(clock.now())}
    noon.shift(61)
    due = signed_in("specialist").get("/admin/due/").content.decode()
    row = (
        due.partition(asked.code)[0].rpartition("<li")[2] + due.partition(asked.code)[2].partition("</li")[0]
    )
    assert "bad" in row
    assert ring_on_call(at=clock.now()) >= 1
    rung = Notification.objects.filter(key__startswith=f"alarm:police:{asked.code}")
    assert {row.channel for row in rung} == {"voice", "sms"}
    services.call_executive(at=clock.now() + timedelta(seconds=120))
    assert PoliceRequest.objects.get(pk=asked.pk).executive_called_at


def test_nobody_reviews_what_they_released(people, in_danger):
    asked = ask(people, "沪A00000", query=Query.PLATE)
    services.point_to_trip(account=people("specialist"), code=asked.code, trip_code=in_danger.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    for who in ("specialist", "supervisor"):
        with pytest.raises(SecondPersonNeeded):
            services.review_release(account=people(who), code=asked.code, proper=True)


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_in_one_moment_is_counted_together(rides, people):
    trip, numbers = rides.under_way(), count()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    codes = at_once(
        lambda: services.ask_by_form(
            account=people("officer"), question=urgent(Query.TRIP, trip.code), submission=f"s{next(numbers)}"
        )
    )
    assert len(set(map(str, codes))) == 6, codes
    grades = Counter(Release.objects.values_list("grade", flat=True))
    assert grades == {"whole": 3, "car": 3}


def test_a_letter_that_came_before_is_called_back_about(people, rides, signed_in):
    trip = rides.ended()
    first = notice_sent(people("officer"), trip.code)
    assert first.unusual == []
    paper = read_papers({Paper.LETTER: PDF + f"\n% {first.notice.code}".encode()})
    again = notices.begin(account=people("officer2"), submission="again")
    papers = read_papers(dict.fromkeys(Paper, PDF)) | paper
    notices.save(account=people("officer2"), code=again.code, given=complete(trip.code), papers=papers)
    (second,) = notices.send(account=people("officer2"), code=again.code)
    assert second.unusual == ["letter_used"]
    page = signed_in("supervisor").get(f"/admin/police-line/{second.code}/").content.decode()
    assert "The same letter came before, with another notice or emergency." in page
    with pytest.raises(NotNow):
        services.propose_release(account=people("agent"), code=second.code)
    with pytest.raises(NotNow):
        services.confirm_release(account=people("supervisor"), code=second.code)
    services.record_call_back(account=people("agent"), code=second.code)
    services.confirm_release(account=people("supervisor"), code=second.code)
    assert request_by_code(second.code).state == "released"


def others_on(client, request):
    page = client.get(f"/police/requests/{request.code}/").content.decode()
    call = client.get(f"/api/v1/police/requests/{request.code}/").content.decode()
    seen = [any(name in text for name in ("上塘", "Shangtang")) for text in (page, call)]
    assert seen[0] == seen[1]
    return seen[0]


def test_who_else_asked_is_for_police_whom_their_station_vouches_for(people, in_danger, signed_in):
    ask(people, in_danger.code, "officer2")
    assert others_on(signed_in("officer"), ask(people, in_danger.code))
    device(people, "mine", hours=100)
    stolen = ask(people, in_danger.code, device="")
    assert stolen.unusual == ["new_device"]
    assert not others_on(signed_in("officer"), stolen)
    services.call_back_for_identity(account=people("agent"), code=stolen.code)
    services.release_identity(account=people("supervisor"), code=stolen.code)
    assert others_on(signed_in("officer"), stolen)
    Officer.objects.filter(account__code="officer").update(tier=1)
    assert not others_on(signed_in("officer"), ask(people, in_danger.code, device="mine"))


@pytest.mark.parametrize("path", ["", "pack.json", "pack.pdf", "live/"])
def test_a_stolen_account_does_not_learn_that_she_called_for_help(people, in_danger, signed_in, path):
    """The driver may have bought it, and sits beside her (S11)."""
    device(people, "mine", hours=100)
    told = {}
    for number, which in enumerate(("", "mine")):
        asked = ask(people, in_danger.code, device=which)
        part = (
            {"hx-request": "true"} if path == "live/" else {}
        )  # the map beside it is the same for everybody
        answers = [signed_in("officer").get(f"/police/requests/{asked.code}/{path}", headers=part)]
        if not path:
            answers.append(signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/"))
        content = b"".join(answer.content for answer in answers)
        if path == "pack.pdf":
            content = pdf_text(content).encode()
        words = content.decode().lower().partition("<main")
        words = words[2] or words[0]
        told[number] = [each for each in ("sos", "求助", "紧急联系人", "emergency contacts") if each in words]
    assert told[0] == []
    assert told[1] or path == "live/"


def test_nor_whether_anybody_works_on_a_trip_that_is_over(people, in_danger, rides, noon):
    device(people, "mine", hours=100)
    quiet = rides.ended("passenger2", "driver2")
    Trip.objects.filter(pk=in_danger.pk).update(state="ended", ended_at=clock.now(), fare=1)
    asked = [ask(people, trip.code, device="") for trip in (in_danger, quiet)]
    ends = {following.follow(actor=people("officer").actor, request=each).end for each in asked}
    assert ends == {FollowingEnd.NOT_YET}


def pdf_text(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_no_number_says_by_who_else_asked_that_there_was_a_trip(people, rides, signed_in, noon):
    """Of a time long past people decide, and a letter is still to be checked: until then nothing says that she rode (P3b)."""
    trip = rides.ended()
    her, then = people("passenger").phone, trip.requested_at
    ask(people, trip.code, "officer2")
    noon.shift(timedelta(days=3))
    device(people, "mine", hours=100)
    back = services.ask_by_form(
        account=people("officer"),
        question=urgent(Query.PHONE, her, then),
        submission="looks-back",
        device="mine",
    )
    assert (back.state, back.trips_found, back.unusual) == ("escalated", 1, [])
    assert not others_on(signed_in("officer"), back)
