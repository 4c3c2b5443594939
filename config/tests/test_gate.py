"""The database away, refusing or silent: every route answers within two seconds and says so. And no server leaves an orphan."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connections

from config.gate import BREATH, PROBE, STILL, Database, gated
from config.stack import free_port
from config.tests.addresses import VALUES, addresses
from core.errors import StoresHang, server_error
from core.models import Notification, Outage
from core.rehearsal import Connection

LIMIT = 2.0
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("stack")]


class Between:
    """What stands between the server and PostgreSQL: it passes all on, or nothing and keeps silent, or refuses."""

    def __init__(self, port):
        self.to, self.silent = port, threading.Event()
        self.pairs = []
        self.listener = None
        self.port = free_port()
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._take, args=(self.listener,), daemon=True).start()

    def refuse(self):
        self.listener.close()
        with suppress(OSError):  # the one that is waited for in accept()
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        for pair in self.pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _take(self, listener):
        while True:
            try:
                near, _address = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            self.pairs.append((near, far))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one, other):
        with suppress(OSError):
            while data := one.recv(65_536):
                while self.silent.is_set():
                    time.sleep(0.02)
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module", autouse=True)
def nothing_told(django_db_setup, django_db_blocker):
    """A server watches, and of all else that is not here it tells: what it wrote is for no other test."""
    yield
    with django_db_blocker.unblock():
        Outage.objects.all().delete()
        Notification.objects.filter(subject__startswith="outage:").delete()
        connections["default"].close()


def serve(env):
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port),
         "--no-ws", "--workers", "1", "config.asgi:application"],
        env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=settings.BASE_DIR, start_new_session=True,
    )  # fmt: skip
    web = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 120
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(web + "/health/live", trust_env=False).status_code == 200:
                return server, port, web
        assert server.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.fixture
def between(django_db_setup):
    """A server of its own on the database of the tests, which can be taken away from it."""
    given = connections.settings["default"]
    between = Between(int(given["PORT"]))
    address = f"postgres://{given['USER']}:{given['PASSWORD']}@127.0.0.1:{between.port}/{given['NAME']}"
    env = os.environ | {"DATABASE_URL": address, "HUHANG_DATABASE_POOL": "true"}
    server, _port, between.web = serve(env)
    yield between
    between.silent.clear()
    os.killpg(server.pid, signal.SIGKILL)
    server.wait(120)


LIVE = ["/live/console/", f"/live/listen/{VALUES['code']}/", "/live/audio/"]


def requests():
    """Each route of the resolver and of the lane, read and written to."""
    for path in [*addresses(), *LIVE]:
        for method in ("GET", "POST"):
            yield method, path


def ask(client, method, path, **more):
    began = time.monotonic()
    answer = client.request(method, path, **more)
    return answer, time.monotonic() - began


@pytest.mark.fault
@pytest.mark.parametrize("how", ["silent", "refuse"])
@pytest.mark.django_db(transaction=True)
def test_every_route_answers_within_two_seconds(between, how):
    with closing(httpx.Client(base_url=between.web, trust_env=False, timeout=30)) as client:
        assert client.get("/welfare-check/").status_code == 200
        between.silent.set() if how == "silent" else between.refuse()
        # From the first on who needs it, everybody is told, whatever they ask for.
        assert ask(client, "POST", "/api/v1/welfare-checks/", json={})[0].status_code == 503
        late, wrong, said = [], [], 0
        for method, path in requests():
            answer, seconds = ask(client, method, path)
            said += answer.status_code == 503
            if seconds > LIMIT:
                late.append((method, path, seconds))
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append((method, path, answer.status_code))
        assert (late, wrong) == ([], [])
        assert said > 800
        page = client.get("/welfare-check/", headers={"Accept-Language": "zh-CN"})
        assert (page.status_code, page.headers["retry-after"]) == (503, "2")
        assert "110" in page.text
        problem = client.post("/api/v1/welfare-checks/", json={}).json()
        assert problem["code"] in {"stores_down", "stores_hang"}
        between.silent.clear() if how == "silent" else between.open()
        until = time.monotonic() + 15
        while client.get("/welfare-check/").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_many_at_once_answer_within_two_seconds_while_the_database_is_silent(between):
    """More than there are threads: those that wait for one are told as well."""
    from concurrent.futures import ThreadPoolExecutor

    between.silent.set()

    def tap(_number):
        with closing(httpx.Client(base_url=between.web, trust_env=False, timeout=30)) as client:
            answer, seconds = ask(
                client, "POST", "/api/v1/welfare-checks/", json={"missing_phone": "13800000001"}
            )
            return answer.status_code, seconds < LIMIT + 0.5  # sixty clients share this machine

    with ThreadPoolExecutor(60) as pool:
        assert set(pool.map(tap, range(60))) == {(503, True)}


@pytest.fixture
def where(monkeypatch):
    """Says where the gate asks."""
    given = dict(connections.settings["default"])
    monkeypatch.setitem(connections.settings, "default", given)
    return given


def test_a_database_that_takes_no_further_connection_is_not_away(db, where):
    with psycopg.connect(
        host=where["HOST"], port=where["PORT"], user=where["USER"], password=where["PASSWORD"],
        dbname=where["NAME"], autocommit=True,
    ) as admin:  # fmt: skip
        admin.execute("CREATE ROLE gate_full LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
        try:
            where |= {"USER": "gate_full", "PASSWORD": "x"}
            database = Database()
            assert asyncio.run(database.answers())
            assert not database.away
        finally:
            admin.execute("DROP ROLE gate_full")


def test_one_slow_answer_is_not_away_and_two_are(django_db_setup, where):
    between = Between(int(where["PORT"]))
    where |= {"HOST": "127.0.0.1", "PORT": between.port}

    async def slow_once():
        database = Database()
        between.silent.set()
        asyncio.get_running_loop().call_later(PROBE + BREATH / 2, between.silent.clear)
        return await database.answers()

    async def silent():
        database = Database()
        between.silent.set()
        return await database.answers()

    try:
        assert asyncio.run(slow_once())
        assert not asyncio.run(silent())
    finally:
        between.silent.clear()
        between.refuse()


@pytest.fixture
def slow_to_begin(where):
    """A database that says nothing to a new connection; those that are open already are none of its business."""
    between = Between(int(where["PORT"]))
    before = where["PORT"]
    where |= {"HOST": "127.0.0.1", "PORT": between.port}
    between.silent.set()
    yield before
    between.silent.clear()
    between.refuse()


def test_a_database_that_answers_the_threads_is_not_away(db, where, slow_to_begin):
    """A new connection takes long where the machine is busy; what was asked on an old one was answered meanwhile."""
    old = Connection.connect(
        host=where["HOST"], port=slow_to_begin, user=where["USER"], password=where["PASSWORD"],
        dbname=where["NAME"], autocommit=True,
    )  # fmt: skip

    async def busy(asks):
        database, loop = Database(), asyncio.get_running_loop()
        if asks:
            loop.call_later(PROBE / 2, old.execute, "SELECT 1")
            loop.call_later(PROBE + BREATH + PROBE / 2, old.execute, "SELECT 1")
        return await database.answers()

    with old:
        assert asyncio.run(busy(asks=True))
        assert not asyncio.run(busy(asks=False))


def test_a_process_that_stood_still_learns_nothing(where, slow_to_begin):
    async def stands_still(away):
        database, loop = Database(), asyncio.get_running_loop()
        database.away = away
        loop.call_later(PROBE / 2, time.sleep, PROBE + 2 * STILL)
        return await database.answers()

    assert asyncio.run(stands_still(away=False))
    assert not asyncio.run(stands_still(away=True))


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [("POST", "/trips/T-1/sos/", 201), ("POST", "/api/v1/welfare-checks/", 201), ("GET", "/welfare-check/", 503),
     ("POST", "/trips/", 503), ("POST", "/practice/sos/", 503), ("POST", "/x/sos/", 503)],
)  # fmt: skip
def test_who_calls_for_help_is_let_in_to_try(where, method, path, said):
    where |= {"HOST": "127.0.0.1", "PORT": free_port()}
    database = Database()
    database.away = True
    statuses = []

    async def app(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 201, "headers": []})

    async def send(message):
        statuses.append(message.get("status"))

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    asyncio.run(gated(app, database)(scope, None, send))
    assert statuses[0] == said


def test_what_the_database_raises_anywhere_is_no_500(rf):
    from django.db import OperationalError

    try:
        raise OperationalError("away")
    except OperationalError:
        answer = server_error(rf.get("/api/v1/trips/", headers={"Accept": "application/json"}))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (503, StoresHang.code)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        assert server_error(rf.get("/api/v1/trips/")).status_code == 500


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    with suppress(FileNotFoundError):
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    return False


def is_free(port):
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def test_a_killed_server_leaves_nobody_on_its_port():
    server, port, web = serve(dict(os.environ))
    workers = children(server.pid)
    assert workers
    os.kill(server.pid, signal.SIGKILL)
    server.wait(120)
    until = time.monotonic() + 20
    while any(alive(pid) for pid in workers) or not is_free(port):
        assert time.monotonic() < until, "an orphan listens on"
        time.sleep(0.05)
    with pytest.raises(httpx.TransportError):
        httpx.get(web + "/health/live", trust_env=False)
