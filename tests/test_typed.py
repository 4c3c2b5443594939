"""What people type, through the doors by which it comes in: written in another way it leads to the same."""

import re

import pytest
from django.db import connection

from accounts.models import Account
from accounts.services import ask_real_name, request_sign_in_code, use_code
from complaints import selectors as complaint_selectors
from complaints import services as complaint_services
from complaints.selectors import Filter
from complaints.services import Caller, Filing
from complaints.states import Category, Side
from core import clock, timeline, typed
from core.models import Notification
from drivers.models import Hold
from police import services as police_services
from police.models import PoliceRequest
from police.selectors import resolve_query
from police.states import Query
from police.tests.factories import urgent
from rides.services import board_trip
from rides.states import PlateCheck
from sandbox.registries import PEOPLE

EMERGENCY = {
    "danger": "a woman",
    "why_not_written": "no time",
    "supervisor_name": "陈所长",
    "supervisor_phone": "13911110110",
    "declared": True,
}
PLATES = [
    "川Ａ·Ｈ０００１",
    "川A・H0001",
    "川AH00 01",
    "川a·h0001",
    "“川A·HOOOI” 白色",
    "川А\u200b•Н0001",
    "车牌川A-H0001",
]


@pytest.mark.parametrize("written", PLATES)
def test_an_emergency_by_a_plate_is_released_however_it_is_written(rides, people, signed_in, written):
    trip = rides.under_way()
    answer = signed_in("officer").post(
        "/api/v1/police/requests/",
        {"query": "plate", "value": written, "urgency": "emergency", "legal_basis": "x", "submission": "s1"}
        | EMERGENCY,
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["state"]) == (201, "released")
    assert PoliceRequest.objects.get().trip == trip


def test_signs_alone_are_no_plate_of_any_trip(rides, people):
    rides.under_way()
    asked = police_services.ask_by_form(
        account=people("officer"), question=urgent(Query.PLATE, " · "), submission="s"
    )
    assert (asked.state, asked.trips_found) == ("escalated", 0)


def test_the_police_name_a_trip_without_its_dash_and_a_place_in_either_order(rides):
    trip = rides.under_way()
    written = trip.code.replace("-", "").lower()
    assert resolve_query(Query.TRIP, written, clock.now()) == ([trip], "")
    for place in ("121.0260, 28.2127", "28.2127 121.0260", "２８．２１２７，１２１．０２６０"):
        assert resolve_query(Query.PLACE, place, clock.now()) == ([], "")


def test_staff_see_what_was_read_of_what_the_police_asked_by(rides, people, signed_in):
    asked = police_services.ask_by_form(
        account=people("officer"),
        question=urgent(Query.PLACE, "121.026 28.2127"),
        submission="s",
    )
    assert asked.understood == "28.21270, 121.02600"
    page = signed_in("supervisor").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "121.026 28.2127" in page and "28.21270, 121.02600" in page


def from_street(plate, words, submission="s" * 16):
    return complaint_services.file_from_street(
        caller=Caller("路人", "13911110002"), plate=plate, told=Filing(Category.OTHER, words, submission)
    )


def last_code():
    return re.findall(r"\d{6}", Notification.objects.filter(key__startswith="code:").latest("pk").text)[0]


@pytest.mark.parametrize("written", PLATES)
def test_a_strangers_severe_complaint_stops_the_driver_however_the_plate_is_written(rides, people, written):
    rides.ended()
    filed = from_street(written, "他拿刀威胁她")
    assert filed.accused == people("driver")
    secret = filed.secret
    complaint_services.verify_caller(code=filed.code, secret=secret, one_time=f"【{last_code()}】")
    assert Hold.objects.get().source == filed.code


@pytest.mark.parametrize(
    "words", ["司機強姦我", "他性騷擾我", "司機綁架我，鎖車門不讓我下車", "司机强\u200b奸我"]
)
def test_grave_words_are_grave_in_traditional_characters_and_with_unseen_marks(rides, words):
    assert from_street("", words).level == "severe"


def found(people, text):
    page = complaint_selectors.page_of(Filter(text=text), people("specialist"), clock.now())
    return [row.code for row in page.rows]


def test_the_queue_finds_by_code_plate_phone_and_words_however_they_are_written(rides, people):
    rides.ended()
    filed = from_street("川A·H0001", "這個司機騷擾我")
    bare = filed.code.replace("-", "").lower()
    for text in [
        filed.code,
        bare,
        f"投诉 {filed.code}",
        *PLATES,
        "H0001",
        "１３９ １１１１ ０００２",
        "骚扰",
        "騷擾",
        "骚\u200b扰",
    ]:
        assert found(people, text) == [filed.code], text


def test_what_was_added_leaves_what_was_told_before_to_be_found(rides, people, cases_of_passenger):
    filed = cases_of_passenger("司机态度差", "他在隧道里停车", "后来又打电话骚扰", "还多收了高速费")
    for word in ("态度", "隧道", "骚扰", "高速费"):
        assert found(people, word) == [filed.code], word


def test_more_than_an_index_holds_is_kept_all_the_same(rides, people, cases_of_passenger):
    filed = cases_of_passenger("司机态度差")
    with connection.cursor() as cursor:
        lexemes = " ".join(f"'{number:018}':1" for number in range(47_500))
        cursor.execute("UPDATE complaints_complaint SET search = search || %s::tsvector", [lexemes])
    said = " ".join(f"w{number}" for number in range(700))
    complaint_services.add_more(
        complaint=filed, actor=people("passenger").actor, side=Side.COMPLAINANT, words=said
    )
    assert said in [line.words for line in timeline.of(case=filed.code)]
    assert found(people, "态度") == [filed.code]


@pytest.fixture
def cases_of_passenger(rides, people):
    def tell(first, *more):
        trip = rides.ended()
        filed = complaint_services.file_complaint(
            account=people("passenger"),
            trip_code=trip.code,
            category=Category.OTHER,
            words=first,
            submission="1",
        )
        for number, words in enumerate(more):
            complaint_services.file_complaint(
                account=people("passenger"),
                trip_code=trip.code,
                category=Category.OTHER,
                words=words,
                submission=f"more-{number}",
            )
        return filed

    return tell


@pytest.mark.parametrize(
    "form", ["{}", "【{}】", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "验证码 {}，5 分钟内有效"]
)
@pytest.mark.parametrize("wide", [False, True])
def test_a_code_from_a_message_is_taken_as_it_was_copied(people, client, form, wide):
    phone = people("passenger").phone
    request_sign_in_code(phone=phone)
    code = last_code()
    if wide:
        code = "".join(chr(ord(mark) + 0xFEE0) for mark in code)
    answer = client.post(
        "/api/v1/sign-in/",
        {"name": "13800000001", "code": form.format(code)},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content


def test_a_service_reads_a_code_as_its_door_does(people):
    phone = people("passenger").phone
    request_sign_in_code(phone=phone)
    assert use_code(phone=phone, purpose="sign_in", code=f" {last_code()[:3]}-{last_code()[3:]} ") == ""


def test_a_boarding_code_may_be_typed_in_full_width(rides, people):
    trip = rides.arrived()
    type(trip).objects.filter(pk=trip.pk).update(plate_check=PlateCheck.SAME)
    code = "".join(chr(ord(mark) + 0xFEE0) for mark in trip.boarding_code)
    from drivers.selectors import driver_of

    outcome = board_trip(
        driver=driver_of(people("driver")), trip_code=trip.code, code=f"{code[:2]} {code[2:]}"
    )
    assert outcome.refusal is None


def test_one_document_written_in_two_ways_is_one_document(people):
    number = next(number for number, name in PEOPLE.items() if name == "陈新")
    wide = "".join(chr(ord(mark) + 0xFEE0) for mark in number)
    Account.objects.filter(code="passenger").update(verified_at=None)
    check = ask_real_name(account=people("passenger"), real_name="古丽•艾合买提", id_number=wide)
    assert (check.id_number, check.real_name) == (number, "古丽·艾合买提")


@pytest.mark.parametrize("number", ["110221197006011238", "330321196506011236", "110224195802031176"])
def test_who_was_born_in_a_county_that_is_no_more_is_asked_about(people, signed_in, number):
    Account.objects.filter(code="passenger").update(verified_at=None)
    answer = signed_in("passenger").post(
        "/api/v1/me/real-name/", {"real_name": "张三", "id_number": number}, content_type="application/json"
    )
    assert answer.status_code < 300, answer.content


@pytest.mark.parametrize("written", ["川Ａ・h0001", "川AH0001", "“川A·H0001”"])
def test_the_console_finds_a_car_by_its_plate(people, signed_in, written):
    page = signed_in("supervisor").get("/admin/drivers/vehicle/", {"q": written})
    assert "川A·H0001" in re.sub(r"<input[^>]*>", "", page.content.decode())


def test_what_the_passenger_saw_is_kept_in_the_one_form(rides, people, signed_in):
    trip = rides.arrived()
    signed_in("passenger").post(
        f"/api/v1/trips/{trip.code}/mismatch/",
        {"what": "car", "plate_seen": "川Ｂ・h9999 （黑色大众）"},
        content_type="application/json",
    )
    trip.refresh_from_db()
    assert trip.plate_seen == typed.plate.read("川B·H9999")
