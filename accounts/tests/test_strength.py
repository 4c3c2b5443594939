"""What a password must be, how it is kept, and what helps to choose one."""

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account
from accounts.passwords import LONGEST, SHORTEST, worth

OLD = "a password of tests"
GOOD = (
    "correct horse battery staple",
    "我家的猫喜欢晒太阳不喜欢雨",
    "🐈🐈‍⬛ sit in the 🌞 here",
    "x7Qp-93kd-Lm2w",
    "482915730264917",
    "nuvola senza perche",
)
# Each is long enough and is what somebody who guesses tries early.
GUESSED = (
    "password1234",
    "huhang123456",
    "Huhang@2026!!",
    "护航护航护航护航护航护航",
    "qwertyuiop12",
    "woaini1314520",
    "aaaaaaaaaaaa",
    "123456789012",
    "abcabcabcabc",
    "1qaz2wsx3edc4rfv",
    "ｐａｓｓｗｏｒｄ１２３４",
    "p a s s w o r d",
)


@pytest.mark.parametrize("password", GOOD)
def test_whoever_thinks_of_their_own_may_have_it_in_whatever_script(password):
    validate_password(password, Account(code="A-X", phone="+8613800000001"))


@pytest.mark.parametrize("password", GUESSED)
def test_what_many_people_have_is_refused_however_it_is_dressed(password):
    with pytest.raises(ValidationError):
        validate_password(password, Account(code="A-X", phone="+8613800000001"))


@pytest.mark.parametrize(
    "password",
    ["+8613800000001", "13800000001ab", "A-7K2M9QX4ZB2", "wangxiaoming1", "王小明王小明王小明王小明"],
)
def test_what_anybody_knows_of_its_owner_is_refused(password):
    owner = Account(code="A-7K2M9QX4ZB", phone="+8613800000001", real_name="王小明")
    owner.real_name = "Wang Xiaoming" if password.startswith("wang") else "王小明"
    with pytest.raises(ValidationError):
        validate_password(password, owner)


@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("k3#vT9pQz!m", False),
        ("k3#vT9pQz!mw", True),
        ("k3#vT9    p!", False),  # spaces in a row are one
        ("k3#vT9pQz!mw" * 10, True),
        ("Wq7#" + "k3#vT9pQz!mw" * 10 + "abcdefg", False),
    ],
)
def test_its_length_is_bounded_on_both_sides(signed_in, password, taken):
    answer = signed_in("passenger").post("/me/password/", {"current": OLD, "new": password})
    assert (answer.status_code == 302) == taken
    assert Account.objects.get(code="passenger").check_password(password) == taken


def test_nothing_of_a_long_one_is_cut_off(signed_in):
    long = "".join(f"k{n}#vT" for n in range(30))[:LONGEST]
    assert signed_in("passenger").post("/me/password/", {"current": OLD, "new": long}).status_code == 302
    owner = Account.objects.get(code="passenger")
    assert (owner.check_password(long), owner.check_password(long[:-1])) == (True, False)


def test_the_length_that_the_page_names_is_the_one_that_is_asked(signed_in):
    page = signed_in("passenger").get("/me/password/").content.decode()
    assert f"At least {SHORTEST} characters" in page


@given(st.text(max_size=LONGEST))
def test_no_text_breaks_the_reading(text):
    assert 0 <= worth(text, ["13800000001", ""]) <= len(text) * 20


@pytest.fixture
def kept(settings):
    """As production keeps them."""
    from config import settings as ours

    settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS
    return settings


def test_a_dump_of_hashes_cannot_be_tried_without_the_key(kept):
    mine, again = make_password("k3#vT9pQz!mw"), make_password("k3#vT9pQz!mw")
    assert mine != again
    assert len(mine.split("$")[2]) >= 22  # characters of salt: above 128 bits
    assert int(mine.split("$")[1]) >= 600_000
    assert check_password("k3#vT9pQz!mw", mine)
    kept.INDEX_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    assert not check_password("k3#vT9pQz!mw", mine)


def test_a_hash_of_before_the_key_opens_and_is_made_anew(kept):
    old = make_password("k3#vT9pQz!mw", hasher="pbkdf2_sha256")
    renewed = []
    assert check_password("k3#vT9pQz!mw", old, setter=renewed.append)
    assert renewed == ["k3#vT9pQz!mw"]


def test_a_field_lets_itself_be_pasted_into_kept_by_a_browser_and_looked_at(signed_in, world):
    page = signed_in("passenger").get("/me/password/").content.decode()
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="new-password"' in page
    assert (page.count("data-show="), page.count("data-strength=")) == (2, 1)
    assert "onpaste" not in page
    signing_in = signed_in("").get("/sign-in/").content.decode()
    assert (signing_in.count("data-show="), signing_in.count("data-strength=")) == (1, 0)
    for each in (page, signing_in, signed_in("").get("/sign-in/password/").content.decode()):
        assert "js/password.js" in each
