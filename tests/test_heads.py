"""`HEAD` at every door: what `GET` would answer, without the body, and nobody has seen anything by it.

A monitor, a checker of links, a messenger that draws a preview: each asks so, and none of them is a person who looked.
"""

import re
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse
from starlette.testclient import TestClient

from config import middleware
from core import retention
from core.models import AuditEntry
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety import services as safety
from safety.models import RecordingPlay
from safety.states import RecordingPurpose
from safety.tests.factories import begin
from tests.test_permissions import PEOPLE, TABLE, things  # noqa: F401 - one is the fixture

pytestmark = pytest.mark.long

_WRITTEN = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
# What is told of an answer that is the same whoever asks twice.
SAME = ("content-type", "location", "cache-control", "content-disposition", "retry-after", "allow")


@contextmanager
def writing():
    """Which tables are written to inside, whether or not that is undone."""
    tables = set()

    def look(execute, sql, params, many, context):
        if found := _WRITTEN.match(sql):
            tables.add(found[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield tables


def rows_of(tables):
    """What stands in these tables, as one number each."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "{table}" t')  # noqa: S608 - a table of ours
            found[table] = cursor.fetchone()
    return found


@contextmanager
def undone():
    outer = transaction.atomic()
    outer._from_testcase = True  # Django's mark for a test's own transaction
    with outer:
        yield
        transaction.set_rollback(True)


def reads():
    """(route, who gets past the door, query): each route of the table that is read, and each list of the console."""
    for method, route, allowed, *given in TABLE:
        if method == "GET":
            yield route, allowed, *given
    for table in sorted(retention.rules()):
        app, _dot, name = table.lower().partition(".")
        try:
            yield reverse(f"admin:{app}_{name}_changelist").lstrip("/"), {"supervisor"}
        except NoReverseMatch:
            continue


def ask(client, method, route, things, query):  # noqa: F811 - what the fixture gives
    said = {name: value.format(**things) for name, value in query.items()}
    key = said.pop("key", None)
    headers = {"x-trip-key": key} if key else {}
    return getattr(client, method)("/" + route.format(**things), said, headers=headers)


@pytest.mark.edges
def test_every_page_is_asked_for_its_head_and_nobody_saw_it(things, signed_in):  # noqa: F811 - the fixture
    clients, wrong, opened = {who: signed_in(who) for who in PEOPLE}, [], []
    for route, allowed, *given in reads():
        query = given[0] if given else {}
        insiders = sorted(set(allowed) & set(PEOPLE))[-1:]
        for who in {*insiders, "passenger2"}:
            client = clients[who]
            with undone(), writing() as by_get:
                got = ask(client, "get", route, things, query)
                # A page that is made piece by piece may ask while it leaves.
                _body = b"".join(got) if got.streaming else got.content
            before = rows_of(by_get)
            waiting = len(connection.run_on_commit)
            with undone(), writing() as by_head:
                head = ask(client, "head", route, things, query)
                after = rows_of(by_get | by_head)
                waits = len(connection.run_on_commit)
            if got.status_code < 400 and by_get:
                opened.append(route)
            said = {name: (got.headers.get(name), head.headers.get(name)) for name in SAME}
            if head.status_code != got.status_code or any(one != other for one, other in said.values()):
                wrong.append(f"{route} as {who}: {got.status_code}, {head.status_code}, {said}")
            if head.status_code < 400:
                changed = {name for name in after if after[name] != before.get(name, rows_of([name])[name])}
                if changed or waits != waiting or head.cookies:
                    wrong.append(f"{route} as {who} left {changed}, {waits - waiting} to do, {head.cookies}")
    assert wrong == [], "\n".join(wrong)
    # Pages that write down who opened them are among those that were asked.
    assert len(opened) > 40 and any("incident" in route for route in opened)


def test_opening_a_page_is_written_down_and_asking_for_its_head_is_not(things, signed_in):  # noqa: F811 - the fixture
    client = signed_in("supervisor")
    path = f"/admin/incidents/{things['incident']}/"
    lines = AuditEntry.objects.count
    before = lines()
    assert client.head(path).status_code == 200
    assert lines() == before
    assert client.get(path).status_code == 200
    assert lines() > before


def test_a_refusal_that_is_written_down_is_also_where_the_head_was_asked_for(world, db):
    """Who tries doors leaves the same lines, whichever way they knock."""

    def refuses(request):
        safety_line()
        answer = StreamingHttpResponse([b"x"], status=403)
        answer.set_cookie("seen", "1")
        return answer

    def safety_line():
        from core import audit
        from core.actors import SYSTEM
        from core.transactions import begins_transaction

        begins_transaction(lambda: audit.record(SYSTEM, "core.list_read", "x"))()

    before = AuditEntry.objects.count()
    answer = middleware.heads(refuses)(RequestFactory().head("/x/"))
    assert (answer.status_code, b"".join(answer), answer.cookies) == (403, b"", {})
    assert AuditEntry.objects.count() == before + 1


# --- What never ends ---


@pytest.mark.django_db(transaction=True)
def test_each_stream_answers_its_head_and_ends(rides, signed_in, valkey):
    from config.asgi import application, streams

    trip = rides.under_way()
    safety.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    phone = begin(trip, RecordingPurpose.SOS)
    session = {"sessionid": signed_in("agent").cookies["sessionid"].value}
    key = {"authorization": f"Bearer {position_key(trip, Party.PASSENGER)}"}
    asked = {
        "/live/trips/": ({}, key),
        "/live/console/": (session, {}),
        f"/live/listen/{phone.code}/": (session, {}),
    }
    assert {
        re.sub(r"\{\w+\}", phone.code, f"/live{route.path}") for route in streams.routes[0].routes
    } == set(asked)
    for path, (cookies, headers) in asked.items():
        with TestClient(application, cookies=cookies) as client:
            answer = client.head(path, headers=headers)
            assert (answer.status_code, answer.content) == (200, b""), path
            assert answer.headers["content-type"].startswith(("text/event-stream", "audio/")), path
        with TestClient(application) as client:
            assert client.head(path).status_code in {401, 403, 404}, path
    # Who asked for the head of her sound did not hear her.
    assert not RecordingPlay.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_body_leaves(world, valkey):
    from config.asgi import application

    with TestClient(application, follow_redirects=False) as client:
        for path in (
            "/",
            "/sign-in/",
            "/api/v1/schema/",
            "/health/live",
            "/health/ready",
            "/static/img/avatar.svg",
        ):
            got, head = client.get(path), client.head(path)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.headers["content-type"] == got.headers["content-type"], path
