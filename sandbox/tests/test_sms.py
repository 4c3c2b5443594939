"""The sandbox's provider of SMS by templates: it takes what is approved and complete, and brings receipts."""

import json

import pytest

from sandbox import sms

GOOD = {
    "key": "k",
    "to": "+8613800000001",
    "sign": "护航",
    "template": "HH_CODE",
    "parameters": {"code": "123456"},
}


@pytest.fixture
def brought(monkeypatch):
    """The receipts, instead of a platform that takes them."""
    found = []
    monkeypatch.setattr(
        sms.threading, "Timer", lambda _after, act, args: found.append(args[0]) or FakeTimer()
    )
    return found


class FakeTimer:
    def start(self):
        pass


@pytest.fixture
def sandbox(settings, tmp_path, client, brought, monkeypatch):
    monkeypatch.setenv("HUHANG_SMS_TOKEN", "t")
    settings.ROOT_URLCONF = "sandbox.urls"
    settings.STATE = tmp_path
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]
    templates = {
        "HH_CODE": {"content": "验证码 ${code}。", "parameters": {"code": 6}, "state": "approved"},
        "HH_NEW": {"content": "${code}", "parameters": {"code": 6}, "state": "pending"},
    }
    (tmp_path / "sms_templates.json").write_text(json.dumps(templates))
    return client


def send(client, token="t", **changes):  # noqa: S107 - of a test
    return client.post(
        "/sms/",
        json.dumps(GOOD | changes),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )


def test_an_approved_template_is_sent_signed_and_a_receipt_follows(sandbox, brought):
    said = send(sandbox).json()
    assert said["code"] == "OK" and said["id"]
    (row,) = sandbox.get("/messages/").json()["messages"]
    assert (row["text"], row["channel"], row["to"]) == ("【护航】验证码 123456。", "sms", GOOD["to"])
    assert brought == [{"key": "k", "state": "delivered", "reason": ""}]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"template": "HH_OTHER"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"template": "HH_NEW"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"sign": "别家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"parameters": {}}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"parameters": {"code": "1", "more": "2"}}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"parameters": {"code": 1}}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"parameters": {"code": "1234567"}}, "isv.PARAM_LENGTH_LIMIT"),
        ({"to": "+861"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"key": ""}, "isv.INVALID_PARAMETERS"),
    ],
)
def test_what_is_not_approved_or_not_complete_is_refused(sandbox, brought, changes, code):
    assert send(sandbox, **changes).json() == {"code": code}
    assert sandbox.get("/messages/").json()["messages"] == [] == brought


def test_strangers_send_nothing(sandbox):
    assert send(sandbox, token="x").status_code == 403


def test_it_can_be_told_to_refuse_and_to_bring_failures(sandbox, brought):
    def behave(**manner):
        return sandbox.post(
            "/sms/behaviour/", json.dumps(manner), content_type="application/json"
        ).status_code

    assert behave(code="isv.BUSINESS_LIMIT_CONTROL") == 200
    assert send(sandbox).json() == {"code": "isv.BUSINESS_LIMIT_CONTROL"}
    assert behave(receipt="failed", reason="MOBILE_NOT_EXIST") == 200
    assert send(sandbox).json()["code"] == "OK"
    assert brought == [{"key": "k", "state": "failed", "reason": "MOBILE_NOT_EXIST"}]
    assert behave(receipt="none") == 200
    send(sandbox, key="l")
    assert len(brought) == 1
    assert behave(mood="bad") == 400
