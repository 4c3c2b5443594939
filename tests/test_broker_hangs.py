"""N3+: while the broker takes connections and answers nothing, no route waits for it, and whoever calls for help is heard.

The database is there. Every route of the permission table is asked by somebody whom it lets in, the lists of the console
and an empty form to each action with them, and all that an answer says to the broker after its commit is said. Each meets
a closed circuit (`core.broker`), so that none is quick because the one before it has waited.
"""

import os
import signal

import pytest
from django.db import connection
from starlette.testclient import TestClient

from config import outages
from core import broker, clock, presence
from core.actions import ACTION_SETS
from core.models import OutboxEvent
from core.tests.stopwatch import Stopwatch
from core.tests.test_broker import closed_circuit, own  # noqa: F401 - fixtures
from police.models import PoliceRequest
from police.tests.test_forms import SAID
from rides.models import Trip
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety import audio, chunks, services
from safety.models import Incident, WelfareCheck
from safety.states import RecordingPurpose, SignalKind
from safety.tests.factories import begin
from tests.doors import undone
from tests.test_covert import WORRIED, filled
from tests.test_permissions import (  # noqa: F401 - two are fixtures
    KEYED,
    MODELS,
    ROWS,
    TABLE,
    kept_board,
    people_who,
    route_of,
    things,
)

pytestmark = pytest.mark.edges
# Seconds for which an answer may wait longer than where the broker answers; what it computes is left out of both.
LONGEST = 1.0
PARTS = 6  # of the routes, for workers beside each other
METRICS = {"authorization": "Bearer of tests"}


@pytest.fixture
def stopped(own):  # noqa: F811 - the fixture
    """Valkey takes connections and says nothing; what was connected to it before hangs as well."""

    def stop(*, stops=True):
        os.kill(own.pid, signal.SIGSTOP if stops else signal.SIGCONT)

    return stop


def routes(things):  # noqa: F811 - the fixture
    """(who, method, route, body) of all that there is, each by somebody who may."""
    key = position_key(Trip.objects.get(code=things["trip"]), Party.PASSENGER)
    for method, route, allowed, *body in TABLE:
        yield max(allowed, default=""), method, route, body[0] if body else {}
    for method, route in KEYED:
        yield "", method, route, {"key": key}
    for model in MODELS:
        yield "admin", "GET", f"admin/{model}/", {}
    for desk in ACTION_SETS.values():
        name, whose = ROWS[desk.kind]
        for action in desk.actions.values():
            people = people_who(action.permission)
            row = route_of(desk).replace("{row}", f"{{{name}}}")
            yield max(people & (whose or people)), "POST", row.replace("{action}", action.key), {}


def answered(client, method, path, body):
    """The answer, and for how long it waited: what follows the commit follows it here."""
    headers = dict(METRICS)
    if method == "GET" and "key" in body:  # a key stands in no address
        headers["x-trip-key"] = body["key"]
    as_json = {"content_type": "application/json"} if path.startswith("/api/") and method != "GET" else {}
    broker.circuit.closed_again = 0
    connection.run_on_commit = []
    watch = Stopwatch()
    answer = getattr(client, method.lower())(
        path, body if method != "GET" else None, headers=headers, **as_json
    )
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for _savepoints, act, _robust in waiting:
        act()
    return answer, watch.waited() - watch.computed()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_route_waits_for_a_broker_that_hangs(things, kept_board, stopped, signed_in, settings, part):  # noqa: F811
    settings.METRICS_TOKEN = "of tests"
    every, clients, wrong = list(routes(things)), {}, {}
    assert len(every) > 500
    stopped()
    for who, method, route, body in every[part::PARTS]:
        client = clients.get(who) or clients.setdefault(who, signed_in(who))
        client.raise_request_exception = False
        given = method, "/" + filled(route, things), filled(body, things)
        with undone():
            answer, waited = answered(client, *given)
        if (
            waited > LONGEST
        ):  # for the broker, or for something else, which it does wherever the broker answers?
            with undone():
                waited = answered(client, *given)[1]
            stopped(stops=False)
            with undone():
                waited -= answered(client, *given)[1]
            stopped()
        if waited > LONGEST or (answer.status_code >= 500 and answer.status_code != 503):
            wrong[f"{method} {route} as {who or 'nobody'}"] = f"{answer.status_code} after {waited:.2f} s"
    assert not wrong, "\n".join(f"{name}: {how}" for name, how in wrong.items())


def test_whoever_was_connected_before_waits_no_longer(world, stopped):
    assert presence.seen("x", "x", writing=False) is not None
    stopped()
    watch = Stopwatch()
    assert presence.seen("x", "x", writing=False) is None
    assert watch.waited() < LONGEST


def calls_for_help(trip):
    """(who, address, body, what it leaves behind) of each door behind which a life may depend on an answer."""
    key = {"key": position_key(trip, Party.PASSENGER)}
    asked = {"query_value": trip.code, "submission": "s"} | SAID
    yield "", f"/trips/{trip.code}/sos/", key, Incident
    yield "", f"/api/v1/trips/{trip.code}/sos/", key, Incident
    yield "", f"/trips/{trip.code}/answer/", key | {"answer": "duress"}, Incident
    yield "", "/welfare-check/", WORRIED, WelfareCheck
    yield "", "/api/v1/welfare-checks/", WORRIED, WelfareCheck
    yield "officer", "/police/emergency/", asked, PoliceRequest


def test_whoever_calls_for_help_is_heard_within_a_second(rides, stopped, signed_in):
    trip = rides.under_way()
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    clients = {who: signed_in(who) for who in ("", "officer")}
    for who, path, body, _row in calls_for_help(
        trip
    ):  # what the first request of a process loads is not Valkey's
        with undone():
            answered(clients[who], "POST", path, body)
    stopped()
    for who, path, body, row in calls_for_help(trip):
        waits = []
        for _time in range(3):
            with undone():
                before = row.objects.count(), OutboxEvent.objects.count()
                answer, waited = answered(clients[who], "POST", path, body)
                waits.append(waited)
                assert answer.status_code in {201, 202, 204, 302}, (path, answer.status_code)
                assert (row.objects.count(), OutboxEvent.objects.count()) > before, path
        # The quickest of three: a machine that is busy with other things holds one of them up.
        assert min(waits) < LONGEST, (path, waits)


@pytest.mark.django_db(transaction=True)
def test_her_sound_is_kept_and_positions_are_asked_for_again(rides, stopped, monkeypatch):
    from config.asgi import lane

    monkeypatch.setattr(outages, "watch", lambda _ended: None)  # it would tell of what does not run here
    monkeypatch.setattr(audio, "_client", None)
    audio._known.clear()
    trip = rides.under_way()
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    phone = begin(trip, RecordingPurpose.SOS)
    with TestClient(lane) as client:
        stopped()
        for number in range(2):
            watch = Stopwatch()
            head = {"Authorization": f"Bearer {phone.token}", "X-Chunk": str(number)}
            assert client.post("/live/audio/", content=phone.seal(number), headers=head).status_code == 202
            assert watch.waited() < 2
        assert chunks.numbers(phone.code) == [0, 1]
        watch = Stopwatch()
        head = {"Authorization": f"Bearer {position_key(trip, Party.PASSENGER)}"}
        said = {"crs": "WGS84", "pings": [{"at": clock.now().timestamp(), "lat": 28.2, "lon": 121.0}]}
        assert client.post("/live/positions/", json=said, headers=head).status_code == 503
        assert watch.waited() < 2
