"""Wrong passwords lock out where they come from, and nobody else (field: five wrong ones kept a specialist out)."""

import pytest
from django.test import Client

from core.models import Notification

PASSWORD = "a password of tests"


def client(address="127.0.0.1"):
    return Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)


def sign_in(browser, name="specialist", password=PASSWORD):
    answer = browser.post(
        "/api/v1/sign-in/", {"name": name, "password": password}, content_type="application/json"
    )
    return answer.status_code, answer.json()["code"]


LOCKED = (429, "locked_out")


@pytest.fixture
def own(world):
    """The browser in which the specialist signed in before."""
    browser = client()
    assert sign_in(browser) == (200, "specialist")
    del browser.cookies["sessionid"]
    return browser


def test_an_outsider_locks_out_nobody_but_themselves(own):
    outsider = client("203.0.113.1")
    assert [sign_in(outsider, password="wrong")[0] for _try in range(5)] == [400] * 5
    assert sign_in(outsider) == LOCKED
    assert sign_in(client("203.0.113.2")) == (200, "specialist")


def test_behind_the_same_address_a_known_device_is_let_in(own):
    outsider = client()
    for _try in range(12):
        sign_in(outsider, password="wrong")
    assert sign_in(outsider) == LOCKED
    assert sign_in(own) == (200, "specialist")


def test_many_outsiders_lock_strange_devices_and_no_known_one(own):
    for number in range(40):
        sign_in(client(f"203.0.113.{number}"), password="wrong")
    assert sign_in(client("198.51.100.1")) == LOCKED
    assert sign_in(own) == (200, "specialist")


def test_a_known_device_is_locked_by_its_own_wrong_ones(own):
    for _try in range(5):
        sign_in(own, password="wrong")
    assert sign_in(own) == LOCKED
    assert sign_in(client("203.0.113.9")) == (200, "specialist")


def test_a_device_of_somebody_else_is_no_known_one(own):
    other = client()
    assert sign_in(other, "specialist2") == (200, "specialist2")
    for _try in range(5):
        sign_in(other, password="wrong")
    assert sign_in(other) == LOCKED


def test_the_lock_ends_and_says_when(own, noon):
    outsider = client("203.0.113.1")
    for _try in range(5):
        sign_in(outsider, password="wrong")
    answer = outsider.post(
        "/api/v1/sign-in/", {"name": "specialist", "password": "x"}, content_type="application/json"
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    noon.shift(901)
    assert sign_in(outsider) == (200, "specialist")


def test_right_ones_use_up_no_tries(own):
    here = client("203.0.113.1")
    assert {sign_in(here)[0] for _time in range(12)} == {200}


def test_one_address_guesses_at_so_many_names(own):
    outsider = client("203.0.113.1")
    seen = [sign_in(outsider, f"139000000{number:02}", "wrong")[0] for number in range(100)]
    assert set(seen) == {400}
    assert sign_in(outsider, "agent", "wrong") == LOCKED
    assert sign_in(client("203.0.113.2"), "agent") == (200, "agent")


def test_a_name_that_is_nobodys_is_answered_as_one_that_is(own):
    answers = []
    for name in ("agent", "nobody-at-all", "13999990000"):
        outsider = client(f"203.0.113.{len(answers)}")
        answers.append([sign_in(outsider, name, "wrong") for _try in range(7)])
    assert answers[0] == answers[1] == answers[2]


def test_the_owner_is_told_a_few_times_a_day(own):
    for number in range(40):
        sign_in(client(f"203.0.113.{number}"), password="wrong")
    told = Notification.objects.filter(message="accounts.wrong_tries")
    assert 1 <= told.count() <= 3


def test_what_locks_a_name_says_nothing_of_whose_phone_it_is(own, people):
    """A stranger who locks a name and then tries phones would find the one that is locked as well, and the other way."""
    phone = people("specialist").phone
    for first, other in (("specialist", phone), (phone, "specialist")):
        outsider = client("203.0.113.1" if first == phone else "203.0.113.2")
        assert [sign_in(outsider, first, "wrong")[0] for _try in range(5)] == [400] * 5
        assert sign_in(outsider, first, "wrong") == LOCKED
        assert sign_in(outsider, other, "wrong") == (400, "sign_in_failed")
        assert sign_in(outsider, "13999990000", "wrong") == (400, "sign_in_failed")
        # In whatever way it is written it is the same.
        written = phone.removeprefix("+86") if first == phone else " specialist "
        assert sign_in(outsider, written, "wrong") == LOCKED
