"""A password is changed by who knows it, or by a code to the phone; whoever owns it is told."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.oath import TOTP

from accounts.models import Account, Authenticator, Session
from core.models import Notification

OLD, NEW = "a password of tests", "a quite different one"


@pytest.fixture
def browser(world):
    return Client(headers={"accept-language": "en"})


def last_code():
    return re.findall(r"\d{6}", Notification.objects.filter(message="accounts.code").latest("pk").text)[0]


def right(name, password=NEW):
    return Account.objects.get(code=name).check_password(password)


def told():
    return Notification.objects.filter(message="accounts.password_changed").count()


def test_who_knows_it_changes_it_and_other_devices_are_signed_out(signed_in):
    here, there = signed_in("passenger"), signed_in("passenger")
    answer = here.post("/me/password/", {"current": OLD, "new": NEW})
    assert (answer.status_code, answer.headers["location"]) == (302, "/me/sessions/")
    assert (right("passenger"), told()) == (True, 1)
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302


@pytest.mark.parametrize("given", [{"current": "wrong", "new": NEW}, {"current": OLD, "new": "password12"}])
def test_a_wrong_or_a_weak_one_changes_nothing(signed_in, given):
    assert signed_in("passenger").post("/me/password/", given).status_code == 400
    assert (right("passenger", OLD), told()) == (True, 0)


def test_guessing_at_it_in_an_open_browser_locks_the_name(signed_in):
    client = signed_in("passenger")
    seen = [client.post("/me/password/", {"current": f"x{n}", "new": NEW}).status_code for n in range(8)]
    assert (seen[0], seen[-1]) == (400, 429)


def ask(browser, phone):
    return browser.post("/sign-in/password/", {"phone": phone})


def reset(browser, phone, code, **more):
    return browser.post("/sign-in/password/", {"phone": phone, "code": code, "new": NEW} | more)


def test_a_code_to_the_phone_resets_it_once(browser, signed_in):
    stolen = signed_in("passenger")
    ask(browser, "13800000001")
    code = last_code()
    assert reset(browser, "13800000001", code).status_code == 302
    assert (right("passenger"), told()) == (True, 1)
    assert stolen.get("/me/").status_code == 302
    assert reset(browser, "13800000001", code, new="another password").status_code == 400
    assert right("passenger")


def test_a_code_for_signing_in_resets_nothing(browser):
    browser.post("/sign-in/code/", {"phone": "13800000001"})
    assert reset(browser, "13800000001", last_code()).status_code == 400
    assert right("passenger", OLD)


def test_a_weak_one_does_not_use_the_code_up(browser):
    ask(browser, "13800000001")
    code = last_code()
    assert reset(browser, "13800000001", code, new="short").status_code == 400
    assert reset(browser, "13800000001", code).status_code == 302


def test_staff_need_their_second_factor_as_well(browser, noon):
    device = Authenticator.objects.get(user__code="agent")
    for token, expected in (("", 400), ("000000", 400), (None, 302)):
        ask(browser, "13800000011")
        token = token if token is not None else f"{TOTP(bytes.fromhex(device.key)).token():06d}"
        assert reset(browser, "13800000011", last_code(), token=token).status_code == expected
        noon.shift(61)
    assert right("agent")


def test_an_unknown_phone_is_answered_as_a_known_one(browser):
    pages = [ask(browser, phone) for phone in ("13800000001", "13999990000")]
    assert {page.status_code for page in pages} == {200}
    assert reset(browser, "13999990000", last_code()).status_code == 400
    assert not Account.objects.filter(phone_index="").exists()
    assert not Session.objects.filter(account=None, role="member").exists()


def test_what_a_stranger_tries_as_password_says_nothing_of_whose_phone_it_is(browser):
    """A password with its owner's name in it is refused as weak: before the code, that told anybody whose a phone is."""
    Account.objects.filter(code="passenger").update(real_name="Wilhelmina Featherstonehaugh")
    new, seen = "wilhelmina featherstonehaugh", []
    for phone in ("13800000001", "13999990000"):
        ask(browser, phone)
        answer = browser.post(
            "/api/v1/sign-in/password/",
            {"phone": phone, "code": "000000", "new": new},
            content_type="application/json",
        )
        seen.append((answer.status_code, answer.json()["code"]))
    assert seen == [(400, "wrong_code")] * 2
    # Its owner is told so, and the code stays good.
    code = Notification.objects.filter(message="accounts.code").earliest("pk").text
    code = re.findall(r"\d{6}", code)[0]
    assert reset(browser, "13800000001", code, new=new).status_code == 400
    assert reset(browser, "13800000001", code).status_code == 302


def test_a_phone_without_an_account_takes_the_same_work(browser):
    """What is sent and what is kept back ask the database as often, and so does a lock: the time says nothing either."""

    def counted(act):
        with CaptureQueriesContext(connection) as queries:
            act()
        found = [each["sql"].split()[0] for each in queries]
        return [word for word in found if word not in {"SAVEPOINT", "ROLLBACK", "RELEASE"}]

    known, unknown = "13800000001", "13999990000"
    ask(browser, "13700000000")  # what is read once is read
    assert counted(lambda: ask(browser, known)) == counted(lambda: ask(browser, unknown))
    for phone in (known, unknown):
        for _try in range(5):
            sign_in_wrongly(browser, phone)
    locks = [counted(lambda phone=phone: sign_in_wrongly(browser, phone)) for phone in (known, unknown)]
    assert locks[0] == locks[1]


def sign_in_wrongly(browser, phone):
    return browser.post("/sign-in/", {"name": phone, "password": "wrong"})


def test_who_has_no_password_is_led_to_the_code(signed_in):
    Account.objects.filter(code="passenger").update(password="!")
    assert signed_in("passenger").get("/me/password/").headers["location"] == "/sign-in/password/"
