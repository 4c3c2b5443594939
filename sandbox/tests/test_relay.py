"""The sandbox's provider of relay numbers: one number for a key, which joins nobody once it was ended."""

import json

import pytest

from sandbox import providers

KEY = {"key": "trip:T-1:driver"}
NUMBER = KEY | {"sides": ["+8613800000001", "+8613800000002"], "until": "2026-03-02T06:00:00+00:00"}


@pytest.fixture
def ask(settings, tmp_path, client):
    settings.ROOT_URLCONF = "sandbox.urls"
    settings.STATE = tmp_path
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]

    def asked(what, body):
        answer = client.post(f"/relay/{what}/", json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()

    return asked


def test_an_ended_number_stays_so_and_its_key_makes_none_again(ask):
    assert ask("numbers/end", KEY)[0] == 404
    status, made = ask("numbers", NUMBER)
    assert (status, ask("numbers", NUMBER)) == (200, (200, made))
    for _time in range(2):
        assert ask("numbers/end", KEY) == (200, {"ended": True})
    assert ask("numbers", NUMBER)[0] == 409
    other = ask("numbers", NUMBER | {"key": "trip:T-1:driver:1"})[1]
    assert other != made
    assert [row["ended"] for row in providers.relays()] == [True, False]
