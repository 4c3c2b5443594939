"""One-time codes: nobody is bombed with them, and no stranger uses up the owner's."""

import re

import pytest
from django.test import Client

from accounts.models import Account, OneTimeCode
from core.models import Notification
from core.tests.factories import set_policy

PHONE = "13800000001"


def client(address="127.0.0.1"):
    return Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)


@pytest.fixture
def owner(world):
    return client()


def post(browser, path, **body):
    answer = browser.post(f"/api/v1/{path}/", body, content_type="application/json")
    return answer.status_code, (answer.json().get("code") if answer.content else "")


def ask(browser, phone=PHONE):
    return post(browser, "sign-in/code", phone=phone)


def enter(browser, code, phone=PHONE):
    return post(browser, "sign-in", name=phone, code=code)


def sent(message="accounts.code"):
    return list(Notification.objects.filter(message=message).order_by("pk"))


def codes():
    return [re.findall(r"\d{6}", row.text)[0] for row in sent()]


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_stranger_with_five_wrong_tries_uses_up_their_own(owner):
    ask(owner)
    (code,) = codes()
    stranger = client()
    assert [enter(stranger, wrong(code))[0] for _try in range(9)] == [400] * 9
    assert enter(stranger, code) == (400, "wrong_code")
    assert enter(owner, code) == (200, "passenger")


def test_many_strangers_use_up_what_is_theirs_and_nothing_of_the_owners(owner):
    ask(owner)
    (code,) = codes()
    for number in range(6):
        for _try in range(5):
            enter(client(f"203.0.113.{number}"), wrong(code))
    assert enter(client("203.0.113.99"), code) == (400, "wrong_code")
    assert sum(OneTimeCode.objects.get().tries.values()) == 25
    assert enter(owner, code)[0] == 200


def test_a_made_up_device_is_no_further_try(owner):
    ask(owner)
    (code,) = codes()
    for number in range(12):
        stranger = client("203.0.113.1")
        stranger.cookies["device"] = f"{number:032}"
        enter(stranger, wrong(code))
    assert sum(OneTimeCode.objects.get().tries.values()) == 5
    last = client("203.0.113.1")
    last.cookies["device"] = "x" * 32
    assert enter(last, code) == (400, "wrong_code")


def test_the_owner_tries_five_times_on_one_code(owner):
    ask(owner)
    (code,) = codes()
    assert [enter(owner, wrong(code))[0] for _try in range(5)] == [400] * 5
    assert enter(owner, code) == (400, "wrong_code")


def test_the_owner_is_told_once_and_a_few_times_a_day(owner, noon):
    for minutes in (2, 4, 8, 16, 32):
        ask(owner)
        for _try in range(5):
            enter(client(), wrong(codes()[-1]))
        noon.shift(60 * minutes + 1)
    told = sent("accounts.wrong_tries")
    assert len(told) == 3
    assert {row.recipient for row in told} == {"+8613800000001"}
    assert "如非本人操作" in told[0].text


def test_who_has_no_account_is_told_nothing(owner):
    ask(owner, "13912340000")
    for _try in range(5):
        enter(owner, wrong(codes()[-1]), "13912340000")
    assert not sent("accounts.wrong_tries")


@pytest.mark.parametrize("which", [0, 1])
def test_both_of_the_two_newest_are_good(owner, noon, which):
    ask(owner)
    noon.shift(61)
    ask(owner)
    assert enter(owner, codes()[which])[0] == 200
    assert enter(client(), codes()[1 - which]) == (400, "wrong_code")  # used up with the other


def test_the_third_newest_is_not(owner, noon):
    set_policy("accounts.code_life", 600)
    for minutes in (1, 2, 4):
        ask(owner)
        noon.shift(60 * minutes + 1)
    assert enter(owner, codes()[0]) == (400, "wrong_code")
    assert enter(owner, codes()[1])[0] == 200


@pytest.mark.parametrize("shape", ["{wide}", "{a} {b}", "【{all}】", " {all}\n", "{a}-{b}"])
@pytest.mark.parametrize("door", ["api", "page"])
def test_a_code_is_read_as_people_type_it(owner, shape, door):
    ask(owner)
    (code,) = codes()
    wide = code.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    typed = shape.format(wide=wide, a=code[:3], b=code[3:], all=code)
    if door == "api":
        assert enter(owner, typed)[0] == 200
    else:
        assert owner.post("/sign-in/code/", {"phone": PHONE, "code": typed}).status_code == 302


def test_the_wait_grows_with_each_code_that_nobody_used(owner, noon):
    for minutes in (1, 2, 4, 8, 16):
        assert ask(owner) == (202, "")
        noon.shift(60 * minutes - 1)
        assert ask(owner)[0] == 429
        noon.shift(2)
    assert enter(owner, codes()[-1]) == (400, "wrong_code")  # too old by now
    ask(owner)
    assert enter(owner, codes()[-1])[0] == 200
    noon.shift(61)
    assert ask(owner) == (202, "")


def test_who_must_wait_is_told_how_long_and_may_type_what_came(owner):
    ask(owner)
    answer = owner.post("/api/v1/sign-in/code/", {"phone": PHONE}, content_type="application/json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "61")
    page = owner.post("/sign-in/code/", {"phone": PHONE})
    assert page.status_code == 429
    assert 'name="code"' in page.content.decode()


def test_strangers_who_ask_all_day_keep_no_device_of_the_owner_waiting(owner, noon):
    ask(owner)
    assert enter(owner, codes()[-1])[0] == 200
    noon.shift(61)
    stranger = client("203.0.113.1")
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60):
        ask(stranger)
        noon.shift(60 * minutes + 1)
    ask(stranger)
    assert ask(stranger)[0] == 429
    assert len(sent()) <= 11
    assert ask(owner) == (202, "")
    assert enter(owner, codes()[-1])[0] == 200


def test_what_one_device_asks_for_is_bounded_over_all_phones(owner):
    answers = [ask(owner, f"139123400{number:02}")[0] for number in range(30)]
    assert answers == [202] * 20 + [429] * 10


def test_what_all_ask_for_is_bounded(owner):
    set_policy("accounts.codes_asked", {"device": 9, "address": 9, "all": 12, "within": 3_600})
    answers = [ask(client(f"203.0.113.{number}"), f"139123400{number:02}")[0] for number in range(20)]
    assert answers == [202] * 12 + [429] * 8


def test_forty_people_behind_one_address_get_their_codes(owner):
    assert [ask(client(), f"139123400{number:02}")[0] for number in range(40)] == [202] * 40
    for number, code in enumerate(codes()):
        assert enter(client("203.0.113.5"), code, f"139123400{number:02}")[0] == 200


def test_wrong_numbers_use_up_nobodys_turn(owner):
    set_policy("accounts.codes_asked", {"device": 5, "address": 5, "all": 500, "within": 3_600})
    assert [ask(client(), "nonsense")[0] for _try in range(20)] == [400] * 20
    assert ask(owner)[0] == 202


def test_another_purpose_is_the_same_phone(owner, noon):
    set_policy("accounts.codes_of_phone", {"target": 2, "within": 86_400})
    ask(owner)
    owner.post("/sign-in/password/", {"phone": PHONE})
    assert len(sent()) == 2
    noon.shift(120)
    assert ask(owner) == (429, "too_many_codes")


# --- Password reset ---


def test_a_phone_without_an_account_gets_no_code_and_the_same_answers(owner, noon):
    pages = []
    for phone in (PHONE, "13999990000"):
        here = client(f"203.0.113.{len(pages)}")
        first = here.post("/sign-in/password/", {"phone": phone})
        again = here.post("/sign-in/password/", {"phone": phone})
        guess = here.post(
            "/sign-in/password/", {"phone": phone, "code": "000000", "new": "a quite other one"}
        )
        pages.append(
            [
                (page.status_code, re.sub(rf"{phone}|\b[A-Za-z0-9]{{64}}\b", "", page.content.decode()))
                for page in (first, again, guess)
            ]
        )
    assert pages[0] == pages[1]
    assert [row.recipient for row in sent()] == ["+8613800000001"]
    assert not Account.objects.filter(code="").exists()
