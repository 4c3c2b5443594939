"""Sessions: what a dump opens, when one ends by itself, and who ends whose."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from psycopg import sql

from accounts.models import Account, Authenticator, Session
from accounts.sessions import digest
from accounts.tasks import forget_sessions
from core.access import staff_of_session
from core.models import AuditEntry, Notification
from core.tests.factories import set_policy


def dump(*tables):
    """Every value of these tables, as a dump has them."""
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def sessions_of(name):
    return Session.objects.filter(account__code=name)


def left_alone(client):
    """The same browser with nothing that keeps its session in use."""
    other = Client(headers={"accept-language": "en"})
    other.cookies["sessionid"] = client.cookies["sessionid"].value
    return other


def opens(client, path="/admin/"):
    return client.get(path).status_code == 200


def test_no_value_of_the_table_is_a_cookie_that_opens_anything(signed_in):
    client = signed_in("agent")
    assert opens(client)
    assert client.cookies["sessionid"].value not in dump("accounts_session")
    for row in Session.objects.all():
        thief = Client()
        thief.cookies["sessionid"] = row.session_key
        assert not opens(thief)


def test_the_seed_of_an_authenticator_is_in_no_dump(world):
    for device in Authenticator.objects.all():
        assert len(bytes.fromhex(device.key)) == 20
        assert device.key not in dump("accounts_authenticator")


@pytest.mark.parametrize("name", ["agent", "officer", "admin"])
def test_staff_and_police_are_signed_out_when_they_do_nothing(signed_in, name, noon):
    path = "/police/" if name == "officer" else "/admin/"
    idle = left_alone(signed_in(name))
    for _half in range(3):
        noon.shift(timedelta(minutes=20))
        assert opens(idle, path)
    noon.shift(timedelta(minutes=31))
    assert not opens(idle, path)


def test_a_shift_ends_also_for_who_never_rests(signed_in, noon):
    client = left_alone(signed_in("agent"))
    for _third in range(36):
        assert opens(client)
        noon.shift(timedelta(minutes=20))
    assert not opens(client)


def test_an_open_console_keeps_its_session_in_use(signed_in, noon):
    key = signed_in("agent").cookies["sessionid"].value
    for _third in range(5):
        noon.shift(timedelta(minutes=20))
        assert staff_of_session(key) is not None


def test_a_shorter_rule_holds_for_sessions_that_exist(signed_in, noon):
    client = left_alone(signed_in("agent"))
    set_policy("accounts.staff_session_idle", 300)
    noon.shift(timedelta(minutes=6))
    assert not opens(client)


def test_a_member_stays_for_a_fortnight(signed_in, noon):
    client = left_alone(signed_in("passenger"))
    noon.shift(timedelta(days=13, hours=23))
    assert opens(client, "/me/")
    noon.shift(timedelta(hours=2))
    assert not opens(client, "/me/")


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "agent"}, {"password": "another"}])
def test_who_is_suspended_or_changed_is_signed_out_for_good(signed_in, change):
    client = signed_in("specialist")
    key = client.cookies["sessionid"].value
    person = Account.objects.filter(code="specialist")
    before = person.values(*change).get()
    person.update(**change)
    assert staff_of_session(key) is None
    assert not opens(client)
    if "password" not in change:
        person.update(**before)
        assert staff_of_session(key) is None


def test_a_request_that_was_under_way_brings_no_ended_session_back(signed_in):
    client = signed_in("passenger")
    store = client.session
    assert store["_auth_user_id"]
    sessions_of("passenger").delete()
    store["x"] = 1
    with pytest.raises(UpdateError):
        store.save()
    assert not sessions_of("passenger").exists()


def forgotten(answer):
    """Whether an answer takes the session's cookie from the browser."""
    return "sessionid" in answer.cookies and answer.cookies["sessionid"]["max-age"] == 0


@pytest.mark.parametrize(
    ("ask", "path"),
    [("get", "/"), ("get", "/admin/"), ("post", "/admin/incidents/I-1/here/"), ("get", "/nowhere/")],
)
def test_an_answer_to_an_ended_session_takes_no_cookie_from_who_signed_in_meanwhile(signed_in, ask, path):
    """The old tab's request left with the session from before the second factor, and is answered after the new one."""
    old = left_alone(signed_in("agent"))
    sessions_of("agent").delete()
    assert not forgotten(getattr(old, ask)(path))


def test_signing_out_takes_the_cookie(signed_in):
    client = signed_in("agent")
    assert forgotten(client.post("/sign-out/"))
    assert forgotten(signed_in("passenger").post("/sign-out/"))


def test_what_is_over_is_deleted(signed_in, noon):
    signed_in("passenger")
    signed_in("agent")
    noon.shift(timedelta(days=1))
    forget_sessions()
    assert [row.account.code for row in Session.objects.all()] == ["passenger"]


def rows_shown(client):
    page = client.get("/me/sessions/").content.decode()
    return re.findall(r'name="session" value="(\w{16})"', page), page


def test_a_person_sees_where_they_are_signed_in_and_ends_one(people):
    here, there = Client(headers={"accept-language": "en"}), Client()
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
    for client, address in ((here, "198.51.100.7"), (there, "203.0.113.9")):
        client.post(
            "/sign-in/",
            {"name": "passenger", "password": "a password of tests"},
            headers={"user-agent": agent},
            REMOTE_ADDR=address,
        )
    names, page = rows_shown(here)
    assert len(names) == 2
    assert page.count("this device") == 1
    assert "Chrome, Android" in page
    assert "203.0.113.*" in page
    assert "203.0.113.9" not in page
    other = Session.objects.get(network="203.0.113.*").name
    assert here.post("/me/sessions/end/", {"session": other}).status_code == 302
    assert not opens(there, "/me/")
    assert opens(here, "/me/")
    assert here.post("/me/sessions/end/", {"session": other}).status_code == 404


def test_nobody_ends_another_persons_session(signed_in):
    signed_in("passenger")
    name = sessions_of("passenger").get().name
    assert signed_in("driver").post("/me/sessions/end/", {"session": name}).status_code == 404
    assert signed_in("driver").post("/me/sessions/end/", {"session": ""}).status_code == 400
    assert sessions_of("passenger").exists()


def test_who_only_finds_a_page_open_ends_no_other_session(people, noon):
    """ASVS 3.3.4: the password, or the code, is asked for again; signing out here is asked nothing."""
    here, there = Client(headers={"accept-language": "en"}), Client()
    given = {"name": "passenger", "password": "a password of tests"}
    for client in (here, there):
        client.post("/sign-in/", given)
    noon.shift(timedelta(minutes=11))
    names, _page = rows_shown(here)
    other = next(name for name in names if not digest(here.cookies["sessionid"].value).startswith(name))
    for name in (other, "all"):
        answer = here.post("/me/sessions/end/", {"session": name})
        assert answer.headers["location"] == "/sign-in/?next=%2Fme%2Fsessions%2F"
        assert opens(there, "/me/")
    assert "Sign in again here first" in here.get(answer.headers["location"]).content.decode()
    for path in (f"/api/v1/me/sessions/{other}/", "/api/v1/me/sessions/"):
        refused = here.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert opens(there, "/me/")
    again = here.post(answer.headers["location"], given)
    assert again.headers["location"] == "/me/sessions/"
    assert here.post("/me/sessions/end/", {"session": other}).status_code == 302
    assert not opens(there, "/me/")


def test_the_session_that_asks_ends_however_old_it_is(signed_in, noon):
    client = signed_in("passenger")
    noon.shift(timedelta(days=3))
    name = digest(client.cookies["sessionid"].value)[:16]
    assert client.delete(f"/api/v1/me/sessions/{name}/").status_code == 204
    assert not opens(client, "/me/")


def test_all_end_at_once_here_as_well(signed_in):
    first, second = signed_in("passenger"), signed_in("passenger")
    first.post("/me/sessions/end/", {"session": "all"})
    assert not opens(first, "/me/")
    assert not opens(second, "/me/")


def test_staff_sign_somebody_out_with_a_reason_and_they_are_told(signed_in):
    lost, admin = signed_in("specialist"), signed_in("admin")
    path = "/admin/people/specialist/sessions/"
    assert admin.post(path, {"reason": ""}).status_code == 400
    assert opens(lost)
    assert admin.post(path, {"reason": "phone lost"}).status_code == 302
    assert not opens(lost)
    entry = AuditEntry.objects.get(action="accounts.session_ended")
    assert (entry.actor, entry.subject, entry.reason) == ("admin", "specialist", "phone lost")
    assert Notification.objects.latest("pk").message == "accounts.signed_out"
    assert signed_in("agent").post(path, {"reason": "x"}).status_code == 403


def test_staff_who_sign_in_again_show_their_second_factor_again(signed_in, people):
    client = signed_in("agent")
    assert opens(client)
    client.post("/sign-in/", {"name": "agent", "password": "a password of tests"})
    assert not opens(client)
