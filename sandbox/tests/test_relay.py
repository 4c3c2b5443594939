"""The sandbox's provider of relay numbers: one number for a key, which joins nobody once it was ended; phones that it rings."""

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
    # A list of its own: Django looks for templates anew where the setting changes, and not where something in it does.
    first = settings.TEMPLATES[0]
    settings.TEMPLATES = [first | {"DIRS": [*first["DIRS"], "sandbox/templates"]}, *settings.TEMPLATES[1:]]
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


ASK = KEY | {"to": "+8613800000001", "says": "1 or 2?", "language": "en", "keys": ["1", "2"], "seconds": 40}


def test_a_phone_rings_once_for_a_key_until_one_is_pressed(ask):
    assert ask("asks/press", {"to": ASK["to"], "pressed": "1"})[0] == 404
    assert ask("asks", ASK) == (200, {"state": "ringing", "pressed": ""})
    assert ask("asks/press", {"to": ASK["to"], "pressed": "9"})[0] == 400
    assert ask("asks/press", {"to": ASK["to"], "pressed": "2"})[0] == 200
    for what in ("asks", "asks/end", "asks"):
        assert ask(what, ASK) == (200, {"state": "pressed", "pressed": "2"})
    assert ask("asks/press", {"to": ASK["to"], "pressed": "1"})[0] == 404
    assert len(providers.asks()) == 1


def test_a_phone_that_nobody_takes_up_rings_out(ask, noon):
    ask("asks", ASK)
    noon.shift(41)
    assert ask("asks", ASK)[1]["state"] == "missed"


def test_a_phone_that_is_taken_up_or_stopped_rings_no_more(ask, client):
    ask("asks", ASK)
    page = client.get("/phones/").content.decode()
    assert ASK["to"] in page
    assert 'value="2"' in page
    client.post("/phones/", {"key": ASK["key"], "pressed": ""})
    assert ask("asks", ASK)[1]["state"] == "silent"
    other = ASK | {"key": "question:2"}
    assert ask("asks/end", other)[0] == 404
    ask("asks", other)
    assert ask("asks/end", other)[1]["state"] == "missed"
    assert [row["state"] for row in client.get("/phones.json").json()["asks"]] == ["silent", "missed"]


@pytest.mark.parametrize("wrong", [{"to": ""}, {"keys": "1"}, {"seconds": 0}, {"key": None}])
def test_a_question_without_its_parts_is_refused(ask, wrong):
    assert ask("asks", ASK | wrong)[0] == 400
