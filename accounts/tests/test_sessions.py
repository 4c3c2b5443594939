"""Sessions: what a dump opens, when one ends by itself, and who ends whose."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from psycopg import sql

from accounts.models import Account, Authenticator, Session
from accounts.tasks import forget_sessions
from core.access import staff_of_session
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


def test_what_is_over_is_deleted(signed_in, noon):
    signed_in("passenger")
    signed_in("agent")
    noon.shift(timedelta(days=1))
    forget_sessions()
    assert [row.account.code for row in Session.objects.all()] == ["passenger"]
