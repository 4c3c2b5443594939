"""What an officer fills in: nothing is chosen beforehand, any of several things is understood, and all of it is plain."""

import re
from datetime import timedelta

import pytest

from accounts.models import EmergencyContact
from conftest import NOON
from core import clock
from core.errors import InvalidInput
from core.privacy import phone_index
from police import selectors
from police.actions import REQUESTS
from police.console.pages import PLACED
from police.errors import QueryUnreadable
from police.models import NoticeFile, PoliceRequest, Preservation
from police.states import Query
from police.tests.factories import notice_sent
from rides.tests.test_positions import store
from rides.trails import Fix
from tests.doors import posts_of

SAID = {
    "danger": "a young woman does not answer",
    "why_not_written": "she may be alive",
    "supervisor_name": "陈所长",
    "supervisor_phone": "0577-62310110",
    "declared": "on",
}
PAGES = ("/police/", "/police/emergency/", "/police/ordinary/", "/police/how/")


def ask(client, value, **changes):
    return client.post("/police/emergency/", {"query_value": value, "submission": "s"} | SAID | changes)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_page_is_small_and_says_the_line_in_both_languages(world, signed_in, settings, path, language):
    client = signed_in("officer")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = client.get(path)
    assert page.status_code == 200
    assert len(page.content) < 40 * 1024
    text = page.content.decode()
    assert settings.LIAISON_LINE in text
    main = text[text.index("<main") : text.index("</main>")]
    assert bool(re.search("[\u4e00-\u9fff]", main)) == (language == "zh-hans")


def test_nothing_is_chosen_beforehand(world, signed_in):
    for path in PAGES[:3]:
        page = signed_in("officer").get(path).content.decode()
        assert " checked" not in page
        assert "selected" not in page.replace('<option value="" selected>', "")
    home = signed_in("officer").get("/police/").content.decode()
    assert len(re.findall(r'class="way[ "]', home)) == 2
    assert "<input" not in home[home.index("<main") : home.index("</main>")]


def test_an_emergency_is_five_things_and_is_kept_with_them(rides, signed_in):
    trip = rides.under_way()
    assert ask(signed_in("officer"), trip.code).status_code == 302
    asked = PoliceRequest.objects.get()
    assert (asked.trip, asked.query, asked.declared) == (trip, "trip", True)
    assert (asked.danger, asked.supervisor_name) == (SAID["danger"], "陈所长")
    assert asked.supervisor_phone == "+8657762310110"
    said = signed_in("specialist").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert SAID["danger"] in said
    assert "陈所长" in said


@pytest.mark.parametrize("left_out", ["query_value", *SAID])
def test_what_is_left_out_releases_nothing_by_form_or_call(rides, signed_in, left_out):
    trip = rides.under_way()
    assert ask(signed_in("officer"), trip.code, **{left_out: ""}).status_code == 400
    body = {"query": "trip", "value": trip.code, "urgency": "emergency", "submission": "x"} | SAID
    body["declared"] = True
    body.pop("value" if left_out == "query_value" else left_out)
    answer = signed_in("officer").post("/api/v1/police/requests/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not PoliceRequest.objects.exists()


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("T-7K2M9QX4ZB", Query.TRIP),
        ("t7k2m9qx4zb", Query.TRIP),
        ("R-7K2M9QX4", Query.REPORT),
        ("川A·H0001", Query.PLATE),
        ("H0001", Query.PLATE),
        ("138 0000 0001", Query.PHONE),
        ("+86 13800000001", Query.PHONE),
        ("28.2127, 121.0260", Query.PLACE),
        ("121.0260 28.2127", Query.PLACE),
    ],
)
def test_what_is_known_is_recognised_by_itself(value, query):
    assert selectors.query_of(value) == query


@pytest.mark.parametrize("value", ["nan,nan", "nan, 121.0", "inf 3", "hello", "。", "请帮忙"])
def test_what_cannot_be_read_gets_a_sentence_and_asks_nothing(world, signed_in, value):
    with pytest.raises(QueryUnreadable):
        selectors.query_of(value)
    assert "cannot be read" in ask(signed_in("officer"), value, query="").content.decode()
    page = ask(signed_in("officer"), value, query="place")
    assert (page.status_code, PoliceRequest.objects.count()) == (400, 0)


@pytest.mark.parametrize("way", ["28.20020, 121.00010", "121.00010 28.20020"])
def test_a_place_with_a_window_is_found_in_either_order(rides, way):
    trip, minute = rides.accepted(), NOON.timestamp()
    store(trip, Fix(minute + 5, 28.2, 121.0))
    before, after = NOON - timedelta(hours=3), NOON + timedelta(hours=1)
    assert selectors.resolve_query(Query.PLACE, way, before) == ([], "")
    assert selectors.resolve_query(Query.PLACE, way, before, after) == ([trip], "")
    with pytest.raises(InvalidInput):
        selectors.resolve_query(Query.PLACE, way, before, before + timedelta(hours=13))


def test_a_window_that_cannot_be_is_refused(world, signed_in):
    page = ask(
        signed_in("officer"),
        "28.2127, 121.0260",
        about="2018-08-24T13:00",
        until="2018-08-24T12:00",
    )
    assert (page.status_code, PoliceRequest.objects.count()) == (400, 0)


def test_the_phone_of_an_emergency_contact_leads_to_the_trip_of_who_named_it(rides, people):
    trip = rides.under_way()
    phone = "+8613911110077"
    EmergencyContact.objects.create(
        account=trip.passenger, name="x", phone=phone, phone_index=phone_index(phone), created_at=clock.now()
    )
    assert selectors.resolve_query(Query.PHONE, "139 1111 0077", clock.now()) == ([trip], "")


def test_the_public_sheet_needs_nobody(client, db):
    page = client.get("/police/how/")
    assert page.status_code == 200
    assert "sign-in" in page.content.decode()


def test_an_ordinary_request_has_a_clock_on_its_page_and_on_the_console(rides, people, signed_in):
    asked = notice_sent(people("officer"), rides.under_way().code)
    hers = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    assert "Answered at the latest" in hers
    assert "answer due" in signed_in("specialist").get(f"/admin/police-line/{asked.code}/").content.decode()


def test_what_has_a_place_of_its_own_on_the_page_of_staff_is_drawn_there_and_nothing_twice(settings):
    """What is placed and not drawn is an act that nobody finds; what is drawn and not placed stands there twice."""
    page = (settings.BASE_DIR / "templates/console/police_request.html").read_text()
    drawn = re.findall(r"offer=do\.(\w+)", page)
    assert sorted(drawn) == sorted(key.replace("-", "_") for key in PLACED)
    assert REQUESTS.actions.keys() >= PLACED


# --- What was asked is shown back, and put right by asking anew ---


def section(page, name="asked"):
    text = page.content.decode()
    begin = text.index(f'id="{name}"')
    return text[begin : text.index("</section>", begin)]


def typed_in(field, page):
    """What stands in the form of a page that has this field."""
    return next(typed for _address, typed in posts_of(page.content.decode(), "") if field in typed)


def test_what_an_officer_asked_is_shown_back_in_groups_and_asked_anew(rides, signed_in):
    trip, client = rides.under_way(), signed_in("officer")
    ask(client, "ZZ9 8 7 6 5", query="plate", about="2026-03-02T09:30")
    wrong = PoliceRequest.objects.get()
    shown = section(client.get(f"/police/requests/{wrong.code}/"))
    assert "ZZ98765" in shown or "ZZ·98765" in shown
    assert "0577 6231 0110" in shown
    assert "09:30" in shown
    address = f"/police/emergency/?mend={wrong.code}"
    assert address in shown
    typed = typed_in("danger", client.get(address))
    assert (typed["query_value"], typed["supervisor_name"]) == ("ZZ9 8 7 6 5", "陈所长")
    form = client.get(address).content.decode()
    assert SAID["danger"] in form
    assert not re.search(r'name="declared"[^>]*checked', form)  # said anew each time
    answer = ask(client, trip.plate_registered, submission=typed["submission"])
    asked = PoliceRequest.objects.latest("pk")
    assert answer.url == f"/police/requests/{asked.code}/"
    assert (asked.trip, asked.state) == (trip, "released")
    wrong.refresh_from_db()
    assert (wrong.query_value, wrong.trip) == ("ZZ9 8 7 6 5", None)  # what was asked stays as it was asked


def test_a_phone_and_a_place_are_shown_back_in_groups(rides, signed_in):
    client = signed_in("officer")
    for value, grouped in [("+86 139-1111 0002", "139 1111 0002"), ("28.21270 121.02600", "28.2127")]:
        code = ask(client, value, submission=value).url
        assert grouped in section(client.get(code))


def test_another_officers_question_fills_no_form(rides, signed_in):
    ask(signed_in("officer"), rides.under_way().code)
    code = PoliceRequest.objects.get().code
    for page in ("/police/emergency/", "/police/preserve/"):
        assert signed_in("officer2").get(f"{page}?mend={code}").status_code == 404
    assert (
        signed_in("officer2").post("/police/ordinary/", {"mend": code, "submission": "x"}).status_code == 404
    )


def test_a_question_of_a_letter_begins_a_notice_filled_in_like_it(rides, people, signed_in):
    asked, client = notice_sent(people("officer"), rides.under_way().code), signed_in("officer")
    shown = section(client.get(f"/police/requests/{asked.code}/"))
    assert asked.letter_number in shown
    assert "331001, 331002" in shown
    begun = client.post("/police/ordinary/", {"mend": asked.code, "submission": "right"}).url
    assert client.post("/police/ordinary/", {"mend": asked.code, "submission": "right"}).url == begun
    typed = typed_in("query_value", client.get(begun))
    assert typed["query_value"] == asked.query_value
    assert typed["number"] == asked.letter_number
    assert not NoticeFile.objects.exclude(notice=asked.notice).exists()


def test_a_notice_says_as_what_each_question_is_read(signed_in):
    client = signed_in("officer")
    page = client.post("/police/ordinary/", {"submission": "s"}).url
    client.post(page, {"query_value": "浙ca6789", "q2-query_value": "13911110002", "do": "save"})
    text = client.get(page).content.decode()
    assert "浙C·A6789" in text
    assert "139 1111 0002" in text


def test_a_preservation_is_shown_back_and_asked_anew(signed_in):
    client = signed_in("officer")
    span = {"span_from": "2026-03-01T00:00", "span_to": "2026-03-02T00:00"}
    sent = {"query_value": "浙ca6789", "letter_number": "1 号", "legal_basis": "x", "submission": "s"} | span
    assert client.post("/police/preserve/", sent).status_code == 302
    row = Preservation.objects.get()
    page = client.get("/police/preserve/").content.decode()
    assert "浙C·A6789" in page
    assert f"?mend={row.code}" in page
    typed = typed_in("letter_number", client.get(f"/police/preserve/?mend={row.code}"))
    assert [typed[name] for name in ("query_value", "letter_number")] == ["浙ca6789", "1 号"]
