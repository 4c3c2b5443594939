"""Sessions and passwords for native clients, as the pages have them (N8)."""

import re

import pytest
from django.test import Client

from accounts.models import Account, Session
from core.models import Notification

OLD, NEW = "a password of tests", "a quite different one"
JSON = "application/json"


def right(name, password):
    return Account.objects.get(code=name).check_password(password)


def opens(client):
    return client.get("/api/v1/me/").status_code == 200


def last_code():
    return re.findall(r"\d{6}", Notification.objects.filter(message="accounts.code").latest("pk").text)[0]


@pytest.mark.parametrize(("name", "asked"), [("agent", True), ("officer", True), ("passenger", False)])
def test_a_password_alone_tells_nothing_of_who_has_a_second_factor(people, client, name, asked):
    answer = client.post("/api/v1/sign-in/", {"name": name, "password": OLD}, content_type=JSON)
    assert answer.status_code == 200
    person = people(name)
    assert answer.json() == {"code": name, "role": person.role, "second_factor": asked}
    assert client.get("/api/v1/me/").status_code == (403 if asked else 200)


def test_sessions_are_listed_and_one_is_ended(signed_in):
    here, there = signed_in("passenger"), signed_in("passenger")
    signed_in("driver")
    rows = here.get("/api/v1/me/sessions/").json()
    assert [row["here"] for row in rows].count(True) == 1
    assert set(rows[0]) == {"name", "browser", "network", "begun_at", "used_at", "here"}
    assert len(rows) == 2
    other = next(row["name"] for row in rows if not row["here"])
    assert signed_in("driver").delete(f"/api/v1/me/sessions/{other}/").status_code == 404
    assert opens(there)
    assert here.delete(f"/api/v1/me/sessions/{other}/").status_code == 204
    assert not opens(there)
    assert opens(here)
    assert here.delete(f"/api/v1/me/sessions/{other}/").status_code == 404
    assert here.delete(f"/api/v1/me/sessions/{other[:8]}/").status_code == 404


def test_all_sessions_end_here_as_well(signed_in):
    here, there = signed_in("passenger"), signed_in("passenger")
    assert here.delete("/api/v1/me/sessions/").status_code == 204
    assert not opens(here)
    assert not opens(there)
    assert not Session.objects.filter(account__code="passenger").exists()


def test_a_password_is_changed_by_who_knows_it(signed_in):
    here, there = signed_in("passenger"), signed_in("passenger")
    answer = here.post("/api/v1/me/password/", {"current": "wrong", "new": NEW}, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "password_wrong")
    weak = here.post("/api/v1/me/password/", {"current": OLD, "new": "1234567890"}, content_type=JSON)
    assert (weak.status_code, weak.json()["code"]) == (400, "password_weak")
    assert opens(there)
    done = here.post("/api/v1/me/password/", {"current": OLD, "new": NEW}, content_type=JSON)
    assert done.status_code == 204
    assert right("passenger", NEW)
    assert opens(here)
    assert not opens(there)


def test_a_password_is_reset_by_a_code(world):
    client, phone = Client(), "13800000001"
    for number in (phone, "13911119999"):  # the answer is the same for a stranger's
        asked = client.post("/api/v1/sign-in/password/code/", {"phone": number}, content_type=JSON)
        assert (asked.status_code, asked.content) == (202, b"")
    code = re.findall(r"\d{6}", Notification.objects.filter(message="accounts.code").order_by("pk")[0].text)[
        0
    ]
    given = {"phone": phone, "code": code, "new": NEW}
    wrong = client.post("/api/v1/sign-in/password/", given | {"code": "000000"}, content_type=JSON)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_code")
    assert client.post("/api/v1/sign-in/password/", given, content_type=JSON).status_code == 204
    assert right("passenger", NEW)


def test_staff_show_their_second_factor_for_it(world):
    client = Client()
    client.post("/api/v1/sign-in/password/code/", {"phone": "13800000011"}, content_type=JSON)
    given = {"phone": "13800000011", "code": last_code(), "new": NEW}
    assert client.post("/api/v1/sign-in/password/", given, content_type=JSON).status_code == 400
    assert right("agent", OLD)


@pytest.mark.parametrize("path", ["me/sessions/", "me/sessions/{name}/", "me/password/", "sign-in/password/"])
def test_the_schema_says_what_each_may_be_refused_with(client, path):
    schema = client.get("/api/v1/schema/?format=json").json()
    calls = schema["paths"][f"/api/v1/{path}"]
    for name, call in calls.items():
        if name in {"get", "post", "delete"}:
            assert {"400", "401", "403", "404", "429"} <= set(call["responses"])
