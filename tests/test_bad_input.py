"""What nobody should send: each gets the problem details of RFC 9457 with its own code, and changes nothing."""

import pytest
from starlette.testclient import TestClient

from core.models import AuditEntry, OutboxEvent
from police.models import PoliceRequest
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent
from rides.models import Trip
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident, WelfareCheck
from safety.services import raise_sos

pytestmark = pytest.mark.long

BOOKING = {
    "city": "wenzhou",
    "origin": {"name": "a", "latitude": 28.2127, "longitude": 121.026},
    "destination": {"name": "b", "latitude": 28.1535, "longitude": 120.6905},
    "window_start": "2026-03-02T12:10:00+08:00",
    "window_end": "2026-03-02T13:00:00+08:00",
    "seats": 1,
    "client_key": "k",
}


def check_problem(answer, status, code):
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert body["detail"]
    assert body["type"] == f"/problems/{code}"


@pytest.mark.parametrize(
    "raw", [b"{", b"", b"\xff\xfe", b"null", b"[]", b'"x"', b"{" * 5000, b"[" * 50_000, b'{"a":' * 50_000]
)
@pytest.mark.parametrize(
    "path",
    ["sign-in/code", "sign-in", "trips", "welfare-checks", "complaints", "police/requests", "me/contacts"],
)
def test_malformed_bodies(signed_in, path, raw):
    who = "officer" if path.startswith("police") else "passenger"
    before = (Trip.objects.count(), WelfareCheck.objects.count(), PoliceRequest.objects.count())
    answer = signed_in(who).generic("POST", f"/api/v1/{path}/", raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] in {"malformed_json", "invalid_input"}
    if raw in {b"{", b"\xff\xfe"} or len(raw) >= 5000:
        check_problem(answer, 400, "malformed_json")
    assert before == (Trip.objects.count(), WelfareCheck.objects.count(), PoliceRequest.objects.count())


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("trips", b'{"line": "\\ud800"}'),
        ("complaints", b'{"category": "\\ud800"}'),
        ("street-complaints", b'{"category": "\\udfff"}'),
        ("driver/application", b'{"line": "\\ud800"}'),
        ("me/contacts", b'{"\\ud800": "x"}'),
    ],
)  # fmt: skip
def test_half_a_character_is_no_json(signed_in, path, raw):
    answer = signed_in("passenger").generic("POST", f"/api/v1/{path}/", raw, content_type="application/json")
    check_problem(answer, 400, "malformed_json")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("", "/claims/%00/%00/"),
        ("passenger", "/complaints/C-%00/"),
        ("passenger", "/api/v1/trips/T-%00/"),
        ("agent", "/admin/safety/incident/%00/change/"),
        ("agent", "/admin/incidents/I-%00/"),
        ("passenger", "/me/contacts/99999999999999999999/remove/"),
    ],
)
def test_what_no_address_of_ours_is_leads_nowhere(signed_in, who, path):
    assert signed_in(who).get(path).status_code in {404, 405}


@pytest.mark.parametrize("about", ["9999-12-31T23:59", "0001-01-01T00:00"])
def test_nobody_asks_about_the_end_of_the_calendar(signed_in, about):
    said = {
        "danger": "a woman",
        "why_not_written": "no time",
        "supervisor_name": "陈所长",
        "supervisor_phone": "13911110110",
        "declared": "on",
    }
    form = {"query": "plate", "query_value": "川A·H0001", "submission": "x", "about": about} | said
    page = signed_in("officer").post("/police/emergency/", form)
    assert page.status_code == 400
    assert "not a time" in page.content.decode()
    body = {"query": "plate", "value": "川A·H0001", "urgency": "emergency", "submission": "x", "about": about}
    answer = signed_in("officer").post("/api/v1/police/requests/", body, content_type="application/json")
    check_problem(answer, 400, "time_wrong")
    assert not PoliceRequest.objects.exists()


@pytest.mark.parametrize("stars", ["²", "", "5" * 5_000, "6", "-1", "٣٣"])
def test_stars_are_a_number_from_one_to_five(rides, signed_in, stars):
    trip = rides.ended()
    assert signed_in("passenger").post(f"/trips/{trip.code}/rate/", {"stars": stars}).status_code == 400


@pytest.mark.parametrize(
    "more", [{"lat": "north"}, {"lat": 1e300, "lon": []}, {"silent": "perhaps"}, {"lon": {}}]
)
def test_no_call_for_help_is_refused_for_what_came_along(rides, signed_in, more):
    trip = rides.under_way()
    body = {"key": position_key(trip, Party.PASSENGER)} | more
    path = f"/api/v1/trips/{trip.code}/sos/"
    assert signed_in("").post(path, body, content_type="application/json").status_code == 201


def test_a_nul_in_a_field_or_an_address_is_answered(signed_in):
    client = signed_in("agent")
    assert (
        client.get("/admin/workspace/guides/", {"text": "\x00x"}).status_code == 200
    )  # no text has it: left out
    answer = client.post("/admin/incidents/hand-over/", {"to": "\x00x", "words": "x"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seats": 0}, "seats"),
        ({"seats": "many"}, "seats"),
        ({"window_start": "tomorrow"}, "window_start"),
        ({"origin": {"name": "a", "latitude": 91, "longitude": 0}}, "origin"),
        ({"origin": {"name": "a", "latitude": "NaN", "longitude": 0}}, "origin"),
        ({"destination": None}, "destination"),
        ({"client_key": ""}, "client_key"),
        ({"client_key": "x" * 65}, "client_key"),
    ],
)
def test_each_wrong_field_of_a_booking_is_named(signed_in, change, field):
    answer = signed_in("passenger").post("/api/v1/trips/", BOOKING | change, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not Trip.objects.exists()


def test_the_sentence_is_in_the_readers_language(signed_in):
    client = signed_in("passenger")
    said = {
        language: client.get("/api/v1/trips/T-NOBODY/", headers={"accept-language": language}).json()[
            "detail"
        ]
        for language in ("en", "zh-CN")
    }
    assert said["en"].isascii()
    assert not said["zh-CN"].isascii()


def test_a_second_sos_adds_to_the_first(rides, signed_in):
    trip = rides.under_way()
    body = {"key": position_key(trip, Party.PASSENGER)}
    path = f"/api/v1/trips/{trip.code}/sos/"
    answers = [signed_in("").post(path, body, content_type="application/json") for _tap in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["incident"] == answers[1].json()["incident"]
    assert Incident.objects.count() == 1


def test_an_officer_asks_for_anothers_request(rides, people, signed_in):
    question = urgent(Query.TRIP, rides.under_way().code)
    asked = ask_by_form(account=people("officer"), question=question, submission="s")
    for code in (asked.code, "P-NOTHERE00"):
        check_problem(signed_in("officer2").get(f"/api/v1/police/requests/{code}/"), 404, "not_found")
    assert not AuditEntry.objects.filter(action="police.pack_read").exists()


def test_two_agents_take_one_incident(rides, signed_in):
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    path = f"/admin/incidents/{incident.code}/do/take/"
    sure = {"do": "1"}
    assert signed_in("agent").post(path).status_code == 400  # what nobody meant
    assert Incident.objects.get().taken_by == ""
    assert signed_in("agent").post(path, sure).status_code == 302
    events = OutboxEvent.objects.count()
    answer = signed_in("agent2").post(path, sure, headers={"accept": "application/json"})
    check_problem(answer, 409, "already_taken")
    assert "agent" in answer.json()["detail"]
    assert Incident.objects.get().taken_by == "agent"
    assert OutboxEvent.objects.count() == events
    page = signed_in("agent2").post(path, sure)
    assert page.status_code == 409
    assert "agent" in page.content.decode()


@pytest.mark.parametrize("action", ["nothing", "take'--", "../close"])
def test_an_action_that_does_not_exist(rides, signed_in, action):
    incident = raise_sos(key=TripKey(rides.under_way().code, Party.PASSENGER, "wenzhou"))
    assert signed_in("agent").post(f"/admin/incidents/{incident.code}/do/{action}/").status_code == 404


@pytest.fixture
def lane(rides):
    """The async lane as phones reach it."""
    from config.asgi import lane as application

    with TestClient(application) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "malformed_json"),
        ('{"crs": "NAD27", "pings": []}', "unknown_coordinates"),
        ('{"crs": "WGS84", "pings": [{"at": 1, "lat": 1, "lon": 181}]}', "position_out_of_range"),
        ('{"crs": "WGS84", "pings": [{"at": 99999999999, "lat": 1, "lon": 1}]}', "position_from_future"),
        (
            '{"crs": "WGS84", "pings": [' + ",".join(['{"at": 1, "lat": 1, "lon": 1}'] * 501) + "]}",
            "batch_too_large",
        ),
        ("x" * 300_000, "batch_too_large"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_bad_positions_on_the_lane(rides, lane, body, code, language):
    key = position_key(rides.under_way(), Party.DRIVER)
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
    answer = lane.post("/live/positions/", content=body, headers=headers)
    check_problem(answer, 413 if code == "batch_too_large" else 400, code)
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in answer.json()["detail"])
    assert chinese == (language == "zh-CN")


def test_positions_without_the_trips_key(lane):
    check_problem(lane.post("/live/positions/", content="{}"), 401, "position_token")


@pytest.mark.parametrize("cookie", ["", "x", "' OR 1=1"])
def test_the_live_stream_is_for_staff(lane, cookie):
    assert lane.get("/live/console/", cookies={"sessionid": cookie}).status_code == 403


@pytest.mark.parametrize(
    ("who", "path", "above"),
    [
        ("passenger", "/trips/{}/rate/", "/trips/{}/"),
        ("passenger", "/trips/{}/cancel/", "/trips/{}/"),
        ("passenger", "/me/contacts/1/remove/", "/me/"),
        ("", "/sign-out/", "/"),
    ],
)
def test_an_address_that_is_only_sent_to_leads_to_the_page_above_when_it_is_loaded(
    rides, signed_in, who, path, above
):
    code = rides.ended().code
    answer = signed_in(who).get(path.format(code))
    assert (answer.status_code, answer.headers["location"]) == (302, above.format(code))
    said = signed_in(who).get(path.format(code), headers={"accept": "application/json"})
    assert said.status_code == 405
