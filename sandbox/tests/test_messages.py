"""The sandbox's providers: what they take, show and refuse."""

import json

import pytest

from sandbox.views import totp


@pytest.fixture
def sandbox(settings, tmp_path, client):
    settings.ROOT_URLCONF = "sandbox.urls"
    settings.STATE = tmp_path
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]
    return client


def send(client, channel="sms", **body):
    return client.post(f"/messages/{channel}/", json.dumps(body), content_type="application/json")


def test_a_message_is_taken_and_shown(sandbox):
    assert send(sandbox, to="+8613800000001", key="k", message="a").status_code == 200
    send(sandbox, "email", to="a@police.example", key="l", message="b")
    assert [row["text"] for row in sandbox.get("/messages/").json()["messages"]] == ["a", "b"]
    assert [row["text"] for row in sandbox.get("/messages/?channel=email").json()["messages"]] == ["b"]


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"to": "x"}', "null"])
def test_what_no_provider_would_take_is_refused(sandbox, body):
    assert sandbox.post("/messages/sms/", body, content_type="application/json").status_code == 400
    assert sandbox.get("/messages/").json()["messages"] == []


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_the_second_factor_is_that_of_rfc_6238(at, code):
    assert totp(b"12345678901234567890".hex(), at) == code
