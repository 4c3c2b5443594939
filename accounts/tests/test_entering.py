"""What a sign-in begins, what a sign-out leaves, and who is told of a sign-in."""

import re

import pytest
from django.test import Client
from django_otp.oath import TOTP

from accounts.models import Authenticator
from accounts.policies import CODE_LIFE
from core.models import AuditEntry, Notification

PASSWORD = "a password of tests"
ENGLISH = {"accept-language": "en"}


def enter(client, name="agent", password=PASSWORD):
    return client.post("/sign-in/", {"name": name, "password": password})


def key_of(client):
    return client.cookies["sessionid"].value


def digits_of(name):
    device = Authenticator.objects.get(user__code=name)
    return f"{TOTP(bytes.fromhex(device.key), drift=device.drift).token():06d}"


def test_a_sign_in_and_a_second_factor_each_begin_a_new_session(world):
    """Whoever put a session into a browser, or saw one before the second factor, has nothing of what comes after."""
    client, keys = Client(headers=ENGLISH), []
    client.cookies["sessionid"] = "a" * 32
    enter(client)
    keys.append(key_of(client))
    assert client.post("/sign-in/second-factor/", {"token": digits_of("agent")}).status_code == 302
    keys.append(key_of(client))
    assert client.get("/admin/").status_code == 200
    assert len({*keys, "a" * 32}) == 3
    assert all(re.fullmatch(r"[a-z0-9]{32}", key) for key in keys)  # 165 bits
    for old in ("a" * 32, keys[0]):
        thief = Client(headers=ENGLISH)
        thief.cookies["sessionid"] = old
        assert thief.get("/me/").status_code == 302


@pytest.mark.parametrize("how", ["/sign-out/", "/me/sessions/end/"])
def test_after_signing_out_the_cookie_opens_nothing_and_the_browser_forgets(world, how):
    client = Client(headers=ENGLISH)
    enter(client, "passenger")
    key = key_of(client)
    answer = client.post(how, {"session": "all"})
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    thief = Client(headers=ENGLISH)
    thief.cookies["sessionid"] = key
    assert thief.get("/me/").status_code == 302


def told():
    rows = Notification.objects.filter(message="accounts.signed_in_elsewhere")
    return sorted(rows.values_list("key", flat=True))


def test_the_owner_is_told_of_a_password_that_was_used_where_they_never_were(world, noon):
    here, there = Client(headers=ENGLISH), Client(headers=ENGLISH)
    enter(here, "passenger")
    assert told() == []  # the first device is nobody else's
    here.post("/sign-out/")
    enter(here, "passenger")
    assert told() == []
    noon.shift(60)
    enter(there, "passenger", "wrong")
    assert told() == []
    enter(there, "passenger")
    assert len(told()) == 1
    enter(there, "passenger")
    assert len(told()) == 1
    text = Notification.objects.get(message="accounts.signed_in_elsewhere").text
    assert "Was it not you?" in text or "不是您" in text


def test_a_code_tells_its_owner_by_itself(world):
    enter(Client(headers=ENGLISH), "passenger")
    client = Client(headers=ENGLISH)
    client.post("/sign-in/code/", {"phone": "13800000001"})
    code = re.findall(r"\d{6}", Notification.objects.filter(message="accounts.code").latest("pk").text)[0]
    assert client.post("/sign-in/code/", {"phone": "13800000001", "code": code}).status_code == 302
    assert told() == []


def show(token, name="agent"):
    client = Client(headers=ENGLISH)
    enter(client, name)
    return client.post("/sign-in/second-factor/", {"token": token}).status_code


def warned():
    return Notification.objects.filter(message="accounts.wrong_tries").count()


def test_digits_that_somebody_saw_open_nothing_and_their_owner_is_told(world):
    token = digits_of("agent")
    assert (show(token), warned()) == (302, 0)
    assert (show(token), warned()) == (400, 1)
    assert AuditEntry.objects.get(action="accounts.second_factor_failed").facts["again"] is True


def test_one_slip_tells_nobody_and_several_wrong_digits_do(world, noon):
    wrong = "000000" if digits_of("agent") != "000000" else "111111"
    for _try in range(2):
        assert show(wrong) == 400
        noon.shift(10)
    assert warned() == 0
    assert show(wrong) == 400
    assert warned() == 1


def test_no_rule_lets_a_code_live_longer_than_ten_minutes():
    assert CODE_LIFE.read(600)[1] == []
    assert CODE_LIFE.read(601)[1]
