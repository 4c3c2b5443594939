"""The sandbox's emergency centre: signed both ways, a case once for each key, and it can be slow, wrong or down."""

import hashlib
import hmac
import json
import time

import pytest

KEY = "a key of both sides"


@pytest.fixture
def ask(settings, tmp_path, client, monkeypatch):
    settings.ROOT_URLCONF = "sandbox.urls"
    settings.STATE = tmp_path
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]
    settings.TEMPLATES[0]["DIRS"] = [*settings.TEMPLATES[0]["DIRS"], "sandbox/templates"]
    monkeypatch.setenv("HUHANG_CENTRE_KEY", KEY)
    client.post("/centre/behaviour/", json.dumps({"says": []}), content_type="application/json")

    def asked(door, body, key=KEY, at=None):
        raw, at = json.dumps(body).encode(), int(time.time() if at is None else at)
        mac = hmac.new(key.encode(), f"{at}\n{door}\n".encode() + raw, hashlib.sha256).hexdigest()
        return client.post(
            f"/centre/{door}/",
            raw,
            content_type="application/json",
            headers={"huhang-signature": f"{at}.{mac}"},
        )

    return asked


def test_a_key_is_one_case_and_each_answer_is_signed(ask, client):
    one, again = ask("cases", {"key": "a"}), ask("cases", {"key": "a"})
    assert one.json() == again.json() == {"case": "110-000001"}
    assert len(one["Huhang-Signature"]) == 64
    assert ask("cases", {"key": "b"}).json() == {"case": "110-000002"}
    assert ask("cases/trace", {"key": "a", "positions": []}).json() == {"taken": True}
    assert ask("cases/close", {"key": "a"}).json() == {"closed": True}
    assert ask("cases/close", {"key": "never"}).json() == {"closed": True}
    known = client.get("/centre/cases.json").json()
    assert (len(known["a"]["trace"]), known["a"]["closed"], known["b"]["closed"]) == (1, True, False)


def test_who_does_not_sign_is_not_heard(ask):
    assert ask("cases", {"key": "a"}, key="another").status_code == 401
    assert ask("cases", {"key": "a"}, at=time.time() - 301).status_code == 401
    assert ask("cases/trace", {"key": "unknown"}).status_code == 400


def test_it_is_wrong_or_down_when_told_so(ask, client):
    def behave(**how):
        said = client.post("/centre/behaviour/", json.dumps(how), content_type="application/json")
        return said.status_code

    assert behave(status=503) == 200
    assert ask("cases", {"key": "a"}).status_code == 503
    assert behave(wrong="body", says=[]) == 200
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(ask("cases", {"key": "a"}).content)
    assert behave(wrong="nonsense") == 400
    assert behave(unknown=1) == 400
