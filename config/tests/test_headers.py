"""What every answer carries, whichever lane gives it, and what no answer to a stranger's means does."""

import asyncio
import io
import json
import logging
import re
import runpy
from collections import Counter
from time import monotonic

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve
from django.utils.log import log_response
from starlette.testclient import TestClient

from config.tests.addresses import addresses
from core import refusals
from core.refusals import Batch, Front

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}
# To be refused without the page around the sentence: who it says no to is decided before.
JSON = {"accept": "application/json"}
# Of the resolver, of the lane as streams, and of the lane past the framework.
ASKED = [
    ("GET", "/sign-in/"),
    ("GET", "/nothing-here/"),
    ("GET", "/api/v1/me/"),
    ("GET", "/health/live"),
    ("GET", "/static/img/avatar.svg"),
    ("GET", "/live/console/"),
    ("GET", "/live/nothing/"),
    ("GET", "/live/listen/x/"),
    ("POST", "/live/positions/"),
    ("POST", "/live/audio/"),
]


@pytest.mark.django_db(transaction=True)
def test_every_lane_answers_with_the_same_headers(world, valkey):
    from config.asgi import application

    with TestClient(application, follow_redirects=False) as client:
        for method, path in ASKED:
            answer = client.request(method, path)
            assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, path
            assert "server" not in answer.headers, path
            assert answer.headers.get("content-type") or not answer.content, path
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert "default-src 'self'" in answer.headers["content-security-policy"], path
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path


async def _unavailable(scope, receive, send):
    await send({"type": "http.response.start", "status": 503, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<p>"})


def test_https_is_asked_for_by_every_answer_where_the_platform_has_it(settings):
    from config.headers import headed

    for url, expected in (
        ("http://127.0.0.1", None),
        ("https://huhang.example", "max-age=31536000; includeSubDomains"),
    ):
        settings.PUBLIC_URL, settings.SECURE_HSTS_SECONDS = url, 31_536_000 * url.startswith("https")
        answer = TestClient(headed(_unavailable)).get("/")
        assert answer.headers.get("strict-transport-security") == expected
        assert "camera=(self)" in answer.headers["permissions-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


# https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md, what shipping browsers control so.
KNOWN = frozenset(
    {
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
        "microphone", "midi", "payment", "serial", "usb",
    }
)  # fmt: skip


def test_only_permissions_that_browsers_know_are_named():
    from config.headers import PERMISSIONS

    named = {each.split("=")[0].strip() for each in PERMISSIONS.decode().split(",")}
    assert named <= KNOWN
    assert {"camera", "microphone", "geolocation", "usb"} <= named


def test_what_an_application_says_of_itself_stands(settings):
    from config.headers import headed

    async def own(scope, receive, send):
        headers = [(b"content-type", b"text/html"), (b"Referrer-Policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    assert TestClient(headed(own)).get("/").headers.get_list("referrer-policy") == ["no-referrer"]


# --- Methods ---


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW"])
def test_a_method_that_nobody_uses_is_refused_everywhere(signed_in, method):
    client = signed_in("supervisor")
    for path in ("/", "/admin/", "/api/v1/me/"):  # as who reads pages, and below as who reads JSON
        assert client.generic(method, path).status_code == 405
    found = {path: client.generic(method, path, headers=JSON).status_code for path in addresses()}
    assert {path: code for path, code in found.items() if code != 405} == {}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("who", ["passenger", "supervisor"])
def test_pages_are_read_and_posted_to_and_nothing_else(signed_in, method, who):
    client = signed_in(who)
    pages = [path for path in addresses() if not path.startswith("/api/")]
    for path in ("/", "/admin/"):
        assert client.generic(method, path).status_code == 405
    found = {path: client.generic(method, path, headers=JSON).status_code for path in pages}
    assert {path: code for path, code in found.items() if code != 405} == {}


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/js/",
        "/.git/config",
        "/.env",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/var/",
        "/media/",
    ],
)
def test_no_folder_and_no_file_of_ours_is_shown(world, path):
    answer = Client().get(path)
    assert answer.status_code == 404
    assert b"DJANGO_SETTINGS_MODULE" not in answer.content


def test_no_other_origin_is_let_in(signed_in):
    client = signed_in("passenger")
    for origin in ("https://evil.example", "null"):
        for path in ("/me/", "/api/v1/me/", "/live/console/"):
            answer = client.options(path, headers={"origin": origin, "access-control-request-method": "GET"})
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
            answer = client.get(path, headers={"origin": origin})
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


# --- The API ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["", "passenger"])
def test_an_answer_of_the_api_is_no_page(signed_in, valkey, who):
    from config.asgi import application

    cookies = {name: each.value for name, each in signed_in(who).cookies.items()}
    with TestClient(application, cookies=cookies) as client:
        for path in addresses():
            if path.startswith("/api/v1/") and path not in {"/api/v1/docs/", "/api/v1/schema/"}:
                answer = client.get(path)
                assert answer.headers["content-disposition"] == 'attachment; filename="api.json"', path
                assert "json" in answer.headers["content-type"], path


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_the_api_reads_what_it_says_and_nothing_else(world, kind):
    client = Client(headers={"accept-language": "en"})
    answer = client.generic("POST", "/api/v1/sign-in/", json.dumps({"name": "x"}), content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    answer = client.get("/api/v1/me/", headers={"accept": "application/xml"})
    assert answer.status_code in {401, 406}


def test_a_call_with_a_session_needs_the_token_of_the_form(signed_in):
    client = signed_in("passenger")
    client.handler.enforce_csrf_checks = True
    body = {"name": "x", "phone": "13912345678"}
    assert client.post("/api/v1/me/contacts/", body, content_type="application/json").status_code == 403
    assert client.post("/me/", body).status_code == 403


# --- What was refused is told ---


@pytest.fixture
def told(capfd):
    def lines():
        rows = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
        return [row for row in rows if row["event"] == "refused"]

    return lines


def test_who_is_refused_stands_in_the_log_with_the_door_and_without_what_was_said(signed_in, told):
    client = signed_in("passenger")
    client.get("/admin/", {"q": "13800000001"})
    client.get("/api/v1/trips/T-7K2M9QX4ZB/")
    client.handler.enforce_csrf_checks = True
    client.post("/me/share-trips/", {"on": "1"})
    lines = told()
    assert [(line["status"], line["method"]) for line in lines][-2:] == [(404, "GET"), (403, "POST")]
    assert {line["who"] for line in lines} == {"passenger"}
    assert lines[-2]["door"].startswith("api/v1/trips/<")
    assert "T-7K2M9QX4ZB" not in str(lines) and "13800000001" not in str(lines)


def test_a_stranger_is_told_by_the_network_alone(world, told):
    Client(REMOTE_ADDR="203.0.113.77").get("/api/v1/me/")
    assert [(line["status"], line["who"], line["network"]) for line in told()] == [(401, "", "203.0.113.*")]


def test_what_went_wrong_stands_in_the_log_without_the_address(rf):
    """An address may hold the secret of a link."""
    request = rf.get("/contact/" + "s3cret" * 8 + "/?key=hidden")
    request.resolver_match = resolve(request.path)
    written, log = io.StringIO(), logging.getLogger("django.request")
    ours = next(each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler)
    before, ours.stream = ours.stream, written  # what another test closed cannot be flushed
    try:
        log_response("%s: %s", "A fault", request.path, response=HttpResponse(status=500), request=request)
        log.error("%s: %s", "A fault", "/nothing", extra={"request": rf.get("/nothing")})
    finally:
        ours.stream = before
    said = [json.loads(line)["event"] for line in written.getvalue().splitlines()]
    assert "s3cret" not in str(said)
    assert [line.startswith("A fault: contact/<") for line in said] == [True, False]
    assert said[1] == "A fault: no route"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/live/console/", "/live/listen/I-7K2M9QX4ZB/", "/live/trips/"])
def test_the_lane_tells_whom_it_refuses(world, valkey, told, path):
    from config.asgi import application

    with TestClient(application) as client:
        assert client.get(path).status_code in {401, 403, 404}
    lines = told()
    assert len(lines) == 1
    assert lines[0]["door"].startswith("live/")
    assert "7K2M9QX4ZB" not in str(lines)


@pytest.fixture
def turn(monkeypatch):
    """A turn of its own: what the lane of another test refused and never told is in none of these lines."""
    monkeypatch.setattr(refusals, "_turn", refusals._Turn())
    return refusals._turn


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "front"), [("/live/positions/", Front.POSITIONS), ("/live/audio/", Front.SOUND)]
)
def test_batches_that_are_refused_are_told_together(world, valkey, told, turn, monkeypatch, path, front):
    """A thousand of one network are one line: whoever sends them floods no log."""
    from config.asgi import application

    monkeypatch.setattr(refusals, "EVERY", 0.5)
    with TestClient(application, client=("203.0.113.77", 5000)) as client:
        for _batch in range(20):
            assert client.post(path, headers={"authorization": "Bearer x"}, content=b"{}").status_code == 401
        deadline = monotonic() + 20
        while refusals.figures()[front, 401] < 20:
            assert monotonic() < deadline
            client.get("/health/live")
    lines = told()
    assert sum(line["count"] for line in lines) == 20
    assert len(lines) < 20
    assert {(line["door"], line["status"], line["network"]) for line in lines} == {
        (path.strip("/"), 401, "203.0.113.*")
    }


@pytest.mark.django_db(transaction=True)
def test_batches_of_very_many_networks_share_a_line(world, valkey, told, turn, monkeypatch):
    monkeypatch.setattr(refusals, "EVERY", 0.1)
    monkeypatch.setattr(refusals, "MOST", 3)

    async def refuse():
        for number in range(10):
            refusals.gather(Batch(Front.POSITIONS, "live/positions", 401, "x", f"203.0.{number}.*"))
        await turn.task

    asyncio.run(refuse())
    assert sorted((line["network"], line["count"]) for line in told()) == [
        ("", 7), ("203.0.0.*", 1), ("203.0.1.*", 1), ("203.0.2.*", 1),
    ]  # fmt: skip
    assert refusals.figures()["positions", 401] == 10


def test_each_refusal_is_counted_by_where_and_how(signed_in, valkey, settings):
    """An alarm goes by it: each kind is there from the first, also where nobody was refused so."""
    client, settings.METRICS_TOKEN = signed_in("passenger"), "token"
    asked = ["/admin/", "/api/v1/police/requests/", "/nothing-here/", "/nothing-here/", "/api/v1/nothing/"]
    answers = Counter(
        ("call" if path.startswith("/api/") else "page", str(client.get(path, headers=JSON).status_code))
        for path in asked
    )
    assert answers["page", "404"] >= 2
    refused = {kind: number for kind, number in answers.items() if int(kind[1]) in refusals.STATUSES}
    said = Client().get("/metrics", headers={"authorization": "Bearer token"}).content.decode()
    found = re.findall(r'^huhang_refused\{front="(\w+)",status="(\d+)"\} (\S+)$', said, re.M)
    assert len(found) == len(Front) * len(refusals.STATUSES)
    assert {(front, status): int(float(value)) for front, status, value in found if value != "0.0"} == refused


# --- Cookies ---


@pytest.fixture
def over_https(monkeypatch, settings):
    """The settings of a platform with an https address, as far as they speak of cookies and the way here."""
    monkeypatch.setenv("HUHANG_PUBLIC_URL", "https://huhang.example")
    found = runpy.run_path(str(settings.BASE_DIR / "config/settings.py"))
    for name, value in found.items():
        if name.isupper() and re.search("COOKIE|^SECURE_", name):
            setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["testserver"]
    return settings


def test_cookies_of_a_session_go_to_this_host_over_https_and_to_no_script(over_https, world):
    client = Client(headers={"accept-language": "en"})
    page = client.get("/sign-in/", secure=True)
    body = {"name": "passenger", "password": "a password of tests"}
    answer = client.post("/sign-in/", body, secure=True)
    client.post("/i18n/setlang/", {"language": "en"}, secure=True)
    assert (page.status_code, answer.status_code) == (200, 302)
    assert {"__Host-sessionid", "__Host-csrftoken"} <= client.cookies.keys()
    for name, cookie in client.cookies.items():
        assert (cookie["secure"], cookie["samesite"]) == (True, "Lax"), name
        assert cookie["httponly"], name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_http_leads_to_https(over_https, world):
    answer = Client().get("/sign-in/")
    assert (answer.status_code, answer.headers["location"]) == (301, "https://testserver/sign-in/")


@pytest.mark.parametrize("host", ["10.0.0.7:8000", "127.0.0.1:8000"])
def test_a_balancer_asks_a_process_by_its_address(over_https, world, settings, host):
    """In the clear, as balancers do, and without a word of what stands before the process; nothing else is told so."""
    settings.ALLOWED_HOSTS = ["ride.example.com"]
    client = Client(headers={"host": host})
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.head("/health/ready").status_code in {200, 503}
    assert client.get("/sign-in/").status_code == 400
    assert client.get("/metrics").status_code == 400


def test_nobody_but_the_settings_names_the_cookies(settings):
    named = [
        str(file.relative_to(settings.BASE_DIR))
        for app in settings.BASE_DIR.iterdir()
        if (app / "__init__.py").exists() and app.name not in {"benchmarks", "tests", "config"}
        for file in app.rglob("*.py")
        if "tests" not in file.parts and re.search(r"sessionid|csrftoken", file.read_text())
    ]
    # A drill's scratch stack is one machine's, over http.
    assert named == ["governance/drills/world.py"]
