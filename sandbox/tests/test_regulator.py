"""The sandbox's supervision platform: the layout is checked item by item, and it can be slow, wrong or down."""

import json
from pathlib import Path

import pytest
from django.template import Engine

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
KEY = "a key of both sides"
GOOD = {
    "CompanyId": "C",
    "OrderId": "T-1",
    "EvaluateTime": 20260302120000,
    "ServiceScore": 5,
}


@pytest.fixture
def ask(settings, tmp_path, client, monkeypatch):
    settings.ROOT_URLCONF = "sandbox.urls"
    settings.STATE = tmp_path
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]
    settings.TEMPLATES[0]["DIRS"] = [*settings.TEMPLATES[0]["DIRS"], "sandbox/templates"]
    monkeypatch.setenv("HUHANG_REGULATOR_KEY", KEY)

    def asked(*items, kind="ratedPassenger", key=KEY, company="C"):
        body = {"CompanyId": company, "Source": "0", "IPCType": kind, "items": list(items)}
        return client.post(
            f"/regulator/{kind}/",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {key}"},
        )

    return asked


def test_each_item_is_taken_or_refused_by_itself(ask, client):
    answer = ask(
        GOOD, GOOD | {"OrderId": ""}, GOOD | {"Words": "x"}, GOOD | {"EvaluateTime": 20261332000000}, GOOD
    )
    assert answer.json()["results"] == [
        {"taken": True},
        {"taken": False, "field": "OrderId", "why": "required"},
        {"taken": False, "field": "Words", "why": "unknown_field"},
        {"taken": False, "field": "EvaluateTime", "why": "ill_formed"},
        {"taken": True},
    ]
    (day,) = client.get("/regulator/days.json").json().values()
    counted = day["ratedPassenger"]
    assert (counted["taken"], counted["again"], counted["refused"]) == (1, 1, 3)
    page = Engine(dirs=[TEMPLATES]).render_to_string(
        "regulator.html", {"days": client.get("/regulator/days.json").json().items()}
    )
    assert "OrderId:required × 1" in page


def test_who_has_no_key_is_not_heard(ask):
    assert ask(GOOD, key="another").status_code == 401
    assert ask(GOOD, kind="nothing").status_code == 404
    assert ask().status_code == 400
    assert ask("no object").json()["results"][0]["taken"] is False


def test_it_is_wrong_or_down_when_told_so(ask, client):
    def behave(**how):
        return client.post(
            "/regulator/behaviour/", json.dumps(how), content_type="application/json"
        ).status_code

    assert behave(status=503) == 200
    assert ask(GOOD).status_code == 503
    assert behave(refuse={"ratedPassenger": ["OrderId", "unknown"]}) == 200
    assert ask(GOOD).json()["results"] == [{"taken": False, "field": "OrderId", "why": "unknown"}]
    assert behave(silent_on="T-1") == 200
    assert ask(GOOD).status_code == 500
    assert behave(nonsense=1) == 400
