"""A passkey is a second factor beside the authenticator: who adds, shows and removes one, and what opens nothing."""

import html
import json
import re
from datetime import timedelta

import pytest
from django_otp.oath import TOTP

from accounts.models import Account, Authenticator, Passkey
from accounts.tests.authenticators import PRESENT, VERIFIED, SoftKey
from accounts.tests.test_sign_in import last_code
from core.access import staff_of_session
from core.models import AuditEntry, Notification
from core.tests.factories import set_policy


def token_of(name):
    return f"{TOTP(bytes.fromhex(Authenticator.objects.get(user__code=name).key)).token():06}"


def options_of(page):
    found = re.search(r'data-options="([^"]*)"', page.content.decode())
    return json.loads(html.unescape(found[1])) if found else None


def add(client, name, key, **more):
    asked = options_of(client.get("/me/passkeys/"))
    given = {"name": "blue key", "token": token_of(name), "passkey": key.create(asked)} | more
    return client.post("/me/passkeys/", given)


def show(client, key, **more):
    asked = options_of(client.get("/sign-in/second-factor/"))
    return client.post("/sign-in/second-factor/?next=/admin/", {"passkey": key.get(asked)} | more)


def opens(client):
    return client.get("/admin/").status_code == 200


@pytest.fixture
def key(signed_in):
    made = SoftKey()
    assert add(signed_in("agent"), "agent", made).status_code == 302
    return made


def test_a_passkey_signs_in_instead_of_the_digits(signed_in, key, noon):
    noon.shift(timedelta(minutes=1))
    client = signed_in("agent", second_factor=False)
    assert not opens(client)
    answer = show(client, key)
    assert (answer.status_code, answer.headers["location"]) == (302, "/admin/")
    assert opens(client)
    assert staff_of_session(client.cookies["sessionid"].value).code == "agent"
    row = Passkey.objects.get()
    assert (row.name, row.counter, row.used_at is None) == ("blue key", 1, False)
    page = client.get("/me/passkeys/").content.decode()
    assert "blue key" in page
    assert "last used" in page
    entry = AuditEntry.objects.filter(action="accounts.second_factor_passed").latest("pk")
    assert (entry.actor, entry.facts) == ("agent", {"by": "passkey"})


def test_its_owner_is_told(key):
    assert Notification.objects.filter(message="accounts.passkey_added").count() == 1
    assert AuditEntry.objects.get(action="accounts.passkey_added").subject == "agent"


def test_the_digits_still_open(signed_in, key, noon):
    noon.shift(timedelta(minutes=1))
    client = signed_in("agent", second_factor=False)
    client.post("/sign-in/second-factor/", {"token": token_of("agent")})
    assert opens(client)


def test_adding_one_asks_for_the_digits(signed_in):
    client = signed_in("agent")
    for token in ("", "000000"):
        assert add(client, "agent", SoftKey(), token=token).status_code == 400
    assert not Passkey.objects.exists()


def test_without_a_script_nothing_is_kept_and_the_page_says_so(signed_in):
    answer = add(signed_in("agent"), "agent", SoftKey(), passkey="")
    assert answer.status_code == 400
    assert "not accepted" in answer.content.decode()


@pytest.mark.parametrize(
    "broken",
    ["", "{}", "[]", "null", "x", '{"id": 1}', '{"id": "AA", "rawId": "AA", "response": {}}', "[" * 9_000],
)
def test_an_answer_that_is_none_is_refused(signed_in, key, broken):
    client = signed_in("agent", second_factor=False)
    client.get("/sign-in/second-factor/")
    assert client.post("/sign-in/second-factor/", {"passkey": broken}).status_code == 400
    assert not opens(client)
    mine = signed_in("agent")
    assert add(mine, "agent", SoftKey(), passkey=broken).status_code == 400


def test_a_false_page_gets_nothing(signed_in, key):
    client = signed_in("agent", second_factor=False)
    for origin, host in (("https://huhang.example", "testserver"), ("http://testserver", "huhang.example")):
        key.origin, key.host = origin, host
        assert show(client, key).status_code == 400
    assert not opens(client)


def test_an_answer_is_taken_once_and_soon(signed_in, key, noon):
    client = signed_in("agent", second_factor=False)
    asked = options_of(client.get("/sign-in/second-factor/"))
    noon.shift(timedelta(minutes=6))
    assert client.post("/sign-in/second-factor/", {"passkey": key.get(asked)}).status_code == 400
    asked = options_of(client.get("/sign-in/second-factor/"))
    answer = key.get(asked)
    assert client.post("/sign-in/second-factor/", {"passkey": answer}).status_code == 302
    again = signed_in("agent", second_factor=False)
    again.get("/sign-in/second-factor/")
    assert again.post("/sign-in/second-factor/", {"passkey": answer}).status_code == 400
    assert not opens(again)


def test_what_was_made_to_be_added_does_not_sign_in(signed_in, key):
    client = signed_in("agent", second_factor=False)
    asked = options_of(client.get("/sign-in/second-factor/"))
    assert client.post("/sign-in/second-factor/", {"passkey": key.create(asked)}).status_code == 400
    assert not opens(client)


def test_a_copy_falls_behind_and_is_refused(signed_in, key):
    client = signed_in("agent", second_factor=False)
    key.counter = 5
    assert show(client, key).status_code == 302
    copy = signed_in("agent", second_factor=False)
    key.counter = 3
    assert show(copy, key).status_code == 400
    assert not opens(copy)
    assert AuditEntry.objects.filter(action="accounts.second_factor_failed", facts__copied=True).exists()


def test_a_key_that_does_not_count_is_taken_again_and_again(signed_in, key):
    for _time in range(2):
        client = signed_in("agent", second_factor=False)
        key.counter = -1
        assert show(client, key).status_code == 302


def test_it_signs_in_its_owner_alone(signed_in, key):
    other = signed_in("agent2", second_factor=False)
    assert options_of(other.get("/sign-in/second-factor/")) is None
    assert add(signed_in("agent2"), "agent2", SoftKey()).status_code == 302
    assert show(other, key).status_code == 400
    assert not opens(other)


def test_one_passkey_is_kept_once(signed_in, key):
    assert add(signed_in("agent2"), "agent2", key).status_code == 409
    assert Passkey.objects.count() == 1


def test_ten_are_enough(signed_in, noon):
    client = signed_in("agent")
    for _each in range(10):
        noon.shift(timedelta(seconds=31))
        assert add(client, "agent", SoftKey()).status_code == 302
    noon.shift(timedelta(seconds=31))
    assert add(client, "agent", SoftKey()).status_code == 409


def test_removed_it_opens_nothing_and_its_sessions_neither(signed_in, key):
    client = signed_in("agent", second_factor=False)
    show(client, key)
    assert opens(client)
    row = Passkey.objects.get()
    assert signed_in("agent2").post(f"/me/passkeys/{row.pk}/remove/").status_code == 404
    assert signed_in("agent").post(f"/me/passkeys/{row.pk}/remove/").status_code == 302
    assert not opens(client)
    assert staff_of_session(client.cookies["sessionid"].value) is None
    assert options_of(signed_in("agent", second_factor=False).get("/sign-in/second-factor/")) is None


def test_a_new_set_up_code_ends_passkeys_too(people, key):
    from django.db import transaction

    from accounts.enrolment import give_set_up_code
    from core.actors import SYSTEM

    with transaction.atomic():
        give_set_up_code(actor=SYSTEM, account=people("agent"))
    assert not Passkey.objects.exists()


def test_a_bare_address_makes_none(client, signed_in):
    for page in (
        signed_in("passenger").post("/me/passkeys/", headers={"host": "127.0.0.1:8000"}),
        client.get("/sign-in/passkey/", headers={"host": "127.0.0.1:8000"}),
    ):
        assert options_of(page) is None
    page = signed_in("officer").get("/me/passkeys/", headers={"host": "127.0.0.1:8000"})
    assert options_of(page) is None
    assert "Open this one by its name" in page.content.decode()


def test_nothing_secret_is_kept(key):
    from accounts.tests.test_sessions import dump

    private = f"{key.key.private_numbers().private_value:x}"
    assert private not in dump("accounts_passkey")
    assert Account.objects.get(code="agent").code in dump("accounts_account")


# --- Members ---------------------------------------------------------------------------------------------------------


def add_as_member(client, key, **more):
    asked = options_of(client.post("/me/passkeys/"))
    given = {"name": "my phone", "code": last_code(), "passkey": key.create(asked)} | more
    return client.post("/me/passkeys/", given)


def enter(client, key, page=None, **more):
    page = page or client.get("/sign-in/passkey/")
    sealed = re.search(r'name="sealed" value="([^"]*)"', page.content.decode())[1]
    given = {"passkey": key.get(options_of(page)), "sealed": html.unescape(sealed)} | more
    return client.post("/sign-in/passkey/?next=/me/", given)


def who(client):
    return client.session.get("_auth_user_id")


@pytest.fixture
def phone(signed_in):
    """A passkey of the passenger's phone."""
    made = SoftKey(saw=PRESENT | VERIFIED)
    assert add_as_member(signed_in("passenger"), made).status_code == 302
    return made


def test_a_member_signs_in_by_it_alone(client, signed_in, phone, people):
    answer = enter(client, phone)
    assert (answer.status_code, answer.headers["location"]) == (302, "/me/")
    assert who(client) == str(people("passenger").pk)
    assert AuditEntry.objects.filter(action="accounts.signed_in").latest("pk").facts == {"how": "passkey"}
    assert "last used" in signed_in("passenger").get("/me/passkeys/").content.decode()
    assert Notification.objects.filter(message="accounts.passkey_added").count() == 1


def test_sms_is_offered_last(client):
    page = client.get("/sign-in/").content.decode()
    places = [page.index(what) for what in ('name="password"', "/sign-in/passkey/", "/sign-in/code/")]
    assert places == sorted(places)


def test_an_open_session_alone_adds_none_to_a_member(signed_in, noon):
    client = signed_in("passenger")
    assert options_of(client.get("/me/passkeys/")) is None  # before a code was asked for there is no field
    for code in ("", "000000"):
        noon.shift(timedelta(minutes=10))
        answer = add_as_member(client, SoftKey(saw=PRESENT | VERIFIED), code=code)
        assert answer.status_code == 400
        assert options_of(answer)  # what was typed stays, and it can be tried once more
    assert not Passkey.objects.exists()


def test_a_code_for_something_else_adds_none(signed_in):
    client = signed_in("passenger")
    asked = options_of(client.post("/me/passkeys/"))
    client.post("/me/data/copy/")
    given = {"name": "x", "code": last_code(), "passkey": SoftKey(saw=PRESENT | VERIFIED).create(asked)}
    assert client.post("/me/passkeys/", given).status_code == 400
    assert not Passkey.objects.exists()


def test_a_phone_that_did_not_know_its_owner_does_not_open(client, signed_in, phone):
    phone.saw = PRESENT
    assert enter(client, phone).status_code == 400
    assert who(client) is None
    assert add_as_member(signed_in("passenger2"), SoftKey()).status_code == 400


def test_an_answer_signs_in_once_and_soon(client, phone, noon):
    page = client.get("/sign-in/passkey/")
    noon.shift(timedelta(minutes=6))
    assert enter(client, phone, page).status_code == 400
    phone.counter = -1  # as a passkey that is on several devices: it does not count
    page = client.get("/sign-in/passkey/")
    assert enter(client, phone, page).status_code == 302
    again = type(client)()
    phone.counter = -1
    assert enter(again, phone, page).status_code == 400
    assert who(again) is None


def test_what_nobody_sealed_signs_nobody_in(client, phone):
    for sealed in ("", "x", "a:b:c"):
        assert enter(client, phone, sealed=sealed).status_code == 400
    for broken in ("", "{}", "null", "x"):
        assert enter(client, phone, passkey=broken).status_code == 400
    assert enter(client, SoftKey(saw=PRESENT | VERIFIED)).status_code == 400
    assert who(client) is None


def test_a_false_page_signs_no_member_in(client, phone):
    for origin, host in (("https://huhang.example", "testserver"), ("http://testserver", "huhang.example")):
        phone.origin, phone.host = origin, host
        assert enter(client, phone).status_code == 400
    assert who(client) is None


def test_another_name_in_the_answer_opens_nothing(client, phone, people):
    for whose in (people("driver").code.encode(), b""):
        phone.whose = whose
        assert enter(client, phone).status_code == 400
    assert who(client) is None


def test_that_of_staff_does_not_sign_in_alone(client, key, people):
    key.saw, key.whose = PRESENT | VERIFIED, b"agent"
    assert enter(client, key).status_code == 400
    assert who(client) is None


def test_a_member_who_becomes_staff_shows_it_nowhere(client, phone, people):
    Account.objects.filter(code="passenger").update(role="agent")
    assert enter(client, phone).status_code == 400
    assert who(client) is None


@pytest.mark.parametrize("gone", [{"is_active": False}])
def test_who_is_suspended_is_not_let_in(client, phone, gone):
    Account.objects.filter(code="passenger").update(**gone)
    assert enter(client, phone).status_code == 400
    assert who(client) is None


def test_a_member_removes_it(client, signed_in, phone):
    row = Passkey.objects.get()
    assert signed_in("driver").post(f"/me/passkeys/{row.pk}/remove/").status_code == 404
    assert signed_in("passenger").post(f"/me/passkeys/{row.pk}/remove/").status_code == 302
    assert enter(client, phone).status_code == 400
    assert (
        Notification.objects.filter(message="accounts.passkey_removed").count() == 1
    )  # it may be a stranger's hand


def test_a_visit_to_the_page_keeps_nothing(client, people):
    from accounts.models import Session

    client.get("/sign-in/passkey/")
    assert not Session.objects.exists()


def test_many_wrong_ones_from_one_address_are_refused(client, phone):
    set_policy("accounts.wrong_codes", {"device": 2, "address": 2, "within": 3_600})
    for _time in range(2):
        assert enter(client, phone, passkey="x").status_code == 400
    answer = enter(client, phone)
    assert answer.status_code == 429
    assert who(client) is None
