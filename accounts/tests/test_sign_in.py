"""Sign-in by code and by password, the second factor, and what repeated failures do."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django_otp.oath import TOTP

from accounts.models import Account, Authenticator, OneTimeCode
from accounts.services import request_sign_in_code, use_code
from core.models import AuditEntry, Notification
from core.tests.factories import set_policy

PASSWORD = "a password of tests"


@pytest.fixture
def browser(world):
    return Client(headers={"accept-language": "en"})


def post(client, path, **body):
    answer = client.post(f"/api/v1/{path}/", body, content_type="application/json")
    return answer.status_code, (answer.json().get("code") if answer.content else "")


def last_code():
    return re.findall(r"\d{6}", Notification.objects.latest("pk").text)[0]


def test_a_code_signs_in_once(browser):
    assert post(browser, "sign-in/code", phone="138 0000 0001") == (202, "")
    code = last_code()
    assert post(browser, "sign-in", name="13800000001", code=code) == (200, "passenger")
    assert post(Client(headers={"accept-language": "en"}), "sign-in", name="13800000001", code=code) == (
        400,
        "wrong_code",
    )


def test_a_new_phone_becomes_a_member(browser):
    post(browser, "sign-in/code", phone="13912340000")
    status, code = post(browser, "sign-in", name="13912340000", code=last_code())
    assert status == 200
    assert Account.objects.get(code=code).role == "member"


def test_an_expired_code_opens_nothing(browser, noon):
    post(browser, "sign-in/code", phone="13800000001")
    noon.shift(301)
    assert post(browser, "sign-in", name="13800000001", code=last_code()) == (400, "wrong_code")
    assert AuditEntry.objects.get(action="accounts.sign_in_failed").facts["how"] == "code"


def test_five_wrong_tries_use_a_code_up(browser):
    post(browser, "sign-in/code", phone="13800000001")
    code = last_code()
    wrong = "000000" if code != "000000" else "111111"
    for _try in range(5):
        assert post(browser, "sign-in", name="13800000001", code=wrong) == (400, "wrong_code")
    assert post(browser, "sign-in", name="13800000001", code=code) == (400, "wrong_code")


def test_a_second_code_waits_a_minute(browser, noon):
    assert post(browser, "sign-in/code", phone="13800000001")[0] == 202
    assert post(browser, "sign-in/code", phone="13800000001") == (429, "code_too_soon")
    noon.shift(61)
    assert post(browser, "sign-in/code", phone="13800000001")[0] == 202


def guess(browser, phone, code="000000"):
    return post(browser, "sign-in", name=phone, code=code)


def test_after_each_code_that_was_guessed_at_the_phone_waits_twice_as_long(browser, noon):
    for minutes in (2, 4, 8, 16, 32, 60, 60):
        assert post(browser, "sign-in/code", phone="13800000001")[0] == 202
        code = last_code()
        for _try in range(5):
            guess(browser, "13800000001", "000000" if code != "000000" else "111111")
        noon.shift(60 * minutes - 1)
        assert post(browser, "sign-in/code", phone="13800000001") == (429, "too_many_codes")
        noon.shift(2)
    assert post(browser, "sign-in/code", phone="13800000001")[0] == 202
    assert guess(browser, "13800000001", last_code())[0] == 200
    noon.shift(timedelta(days=1, seconds=1))
    assert post(browser, "sign-in/code", phone="13800000001")[0] == 202
    noon.shift(61)
    assert post(browser, "sign-in/code", phone="13800000001")[0] == 202


def test_a_phone_gets_so_many_codes_in_a_day(browser, noon):
    set_policy("accounts.codes_of_phone", {"target": 5, "within": 86_400})
    for minutes in (1, 2, 4, 8, 16):
        assert post(browser, "sign-in/code", phone="13800000001")[0] == 202
        noon.shift(60 * minutes + 1)
    assert post(browser, "sign-in/code", phone="13800000001") == (429, "too_many_codes")
    assert post(browser, "sign-in/code", phone="13800000002")[0] == 202
    noon.shift(timedelta(days=1))
    assert post(browser, "sign-in/code", phone="13800000001")[0] == 202


TEN = {"device": 10, "address": 10, "within": 3_600}


def test_one_address_asks_and_guesses_only_so_often_over_all_phones(browser, valkey):
    set_policy("accounts.codes_asked", TEN | {"all": 1_000})
    set_policy("accounts.wrong_codes", TEN)
    asked = [post(browser, "sign-in/code", phone=f"139123400{number:02}") for number in range(11)]
    assert ({status for status, _code in asked[:10]}, asked[10]) == ({202}, (429, "too_many_codes"))
    guesses = [guess(browser, f"139123400{number:02}", "x") for number in range(11)]
    assert (set(guesses[:10]), guesses[10]) == ({(400, "wrong_code")}, (429, "too_many_codes"))
    elsewhere = Client(headers={"accept-language": "en"}, REMOTE_ADDR="203.0.113.7")
    assert guess(elsewhere, "13912340009", last_code())[0] == 200


def test_the_page_for_codes_is_the_same_door(browser, valkey):
    set_policy("accounts.codes_asked", TEN | {"all": 1_000})
    answers = [browser.post("/sign-in/code/", {"phone": f"139123400{n:02}"}).status_code for n in range(11)]
    assert (set(answers[:10]), answers[10]) == ({200}, 429)


def test_a_code_for_one_purpose_opens_no_other(world):
    request_sign_in_code(phone="13800000001")
    with pytest.raises(Exception, match="wrong_code"):
        use_code(phone="+8613800000001", purpose="reporter", code=last_code())


def test_the_table_holds_no_code_and_no_phone(world):
    request_sign_in_code(phone="13800000001")
    row = OneTimeCode.objects.get()
    assert last_code() not in str(vars(row))
    assert "13800000001" not in str(vars(row))


@pytest.mark.parametrize("phone", ["12", "", "abc", "+1", "1" * 29])
def test_what_is_no_phone_number_is_said_at_its_field(browser, phone):
    answer = browser.post("/api/v1/sign-in/code/", {"phone": phone}, content_type="application/json")
    assert answer.status_code == 400
    assert "phone" in answer.json()["errors"]


def test_five_wrong_passwords_lock_the_name_and_no_other(browser):
    seen = [post(browser, "sign-in", name="agent", password="wrong") for _try in range(12)]
    assert seen[0] == (400, "sign_in_failed")
    assert seen[-1] == (429, "locked_out")
    assert post(browser, "sign-in", name="agent", password=PASSWORD) == (429, "locked_out")
    assert post(browser, "sign-in", name="agent2", password=PASSWORD)[0] == 200


def test_the_same_answer_for_a_wrong_password_and_an_unknown_name(browser):
    assert post(browser, "sign-in", name="agent", password="wrong") == post(
        browser, "sign-in", name="13999990000", password="wrong"
    )


def test_staff_see_nothing_before_their_second_factor(browser):
    assert post(browser, "sign-in", name="agent", password=PASSWORD) == (200, "agent")
    assert browser.get("/admin/").status_code == 302
    assert browser.get("/admin/safety/incident/").status_code == 302
    assert post(browser, "me") != (200, "")
    assert post(browser, "sign-in/second-factor", token="000000")[0] in {204, 400}


def test_the_right_token_opens_the_console_and_works_once(browser):
    post(browser, "sign-in", name="agent", password=PASSWORD)
    device = Authenticator.objects.get(user__code="agent")
    token = f"{TOTP(bytes.fromhex(device.key), drift=device.drift).token():06d}"
    assert post(browser, "sign-in/second-factor", token=token) == (204, "")
    assert browser.get("/admin/").status_code == 200
    again = Client(headers={"accept-language": "en"})
    post(again, "sign-in", name="agent", password=PASSWORD)
    assert post(again, "sign-in/second-factor", token=token) == (400, "wrong_code")


def test_where_to_go_next_never_leaves_the_platform(browser):
    body = {"name": "passenger", "password": PASSWORD, "next": "https://evil.example/"}
    assert browser.post("/sign-in/", body).headers["location"] == "/"
