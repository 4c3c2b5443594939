"""Pytest plugin: real PostgreSQL and Valkey for the tests that need them, chosen before Django's settings are read.

The first process chooses folder, keys and ports and passes them to xdist's workers through the environment; the servers
start when a collected test needs a database (or has the mark `valkey`), and at once where workers share them.
`--reuse-db` keeps folder, keys and databases in `var/tests` between runs.
Tests connect as the owner, because they flush tables; what the platform's own role may not do has its own tests.
"""

import atexit
import contextlib
import fcntl
import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config.embedded import OWNER_ROLE, make_cluster
from config.local import BASE_DIR, new_secrets, refuse_production
from config.stack import APP_ROLE, BOARD_ROLE, free_port

KEPT = BASE_DIR / "var" / "tests"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}
OURS = "HUHANG_TEST_STACK"
# Over tables of a few rows each order of joins is as good as another, and to look for the best one of nine takes four times
# as long as to plan the one that stands in the query. Answers are the same; benchmarks plan as the platform does.
PLAN = "join_collapse_limit = 1\njit = off\n"

# What a server does beside its answers is for one that runs for months.
QUIET = "update_process_title = off\ncheckpoint_timeout = 1h\nmax_wal_size = 8GB\n"


class _Servers:
    """The two servers of a run, and the folder in which they keep what they hold."""

    def __init__(self, *, kept: bool) -> None:
        # Not all that settings name is given a place of its own here: pictures may lie in a company's bucket.
        refuse_production("A test")
        self.kept = kept
        self.running: list[subprocess.Popen[bytes]] = []
        if kept:
            KEPT.mkdir(parents=True, exist_ok=True)
            self.state = KEPT
            self._only_one()
            # Rows stay; what stood in streams and folders belongs to the run that made it.
            stale = [self.state / name for name in ("valkey", "pictures", "recordings", "recording-keys")]
            for folder in (*stale, *self.state.glob("read-*")):
                shutil.rmtree(folder, ignore_errors=True)
        else:
            self.state = Path(tempfile.mkdtemp(prefix="huhang-test-"))
        self.secrets = self._secrets()
        os.environ.update(self._environment())
        os.environ.pop(
            "HUHANG_STATIC_ROOT", None
        )  # straight from the sources: nothing has to be collected first
        atexit.register(self.stop)

    def _only_one(self) -> None:
        self._lock = (KEPT / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise pytest.UsageError(
                f"Another run uses the databases in {KEPT}. Wait for it, or run without --reuse-db."
            ) from None

    def _secrets(self) -> dict[str, str]:
        """The cluster's password is among them: a kept cluster keeps them."""
        path = self.state / "secrets.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        found = new_secrets() | known
        path.touch(mode=0o600)
        path.write_text(json.dumps(found))
        return found

    def _ports(self) -> tuple[int, int]:
        """Of the last run where they are free."""
        path = self.state / "ports.json"
        known = json.loads(path.read_text()) if path.exists() else []
        ports = [free_port(wanted) for wanted in known] or [free_port(), free_port()]
        path.write_text(json.dumps(ports))
        return ports[0], ports[1]

    def _environment(self) -> dict[str, str]:
        state, secrets = self.state, self.secrets
        pg, vk = self._ports()
        return {
            **secrets,
            "HUHANG_STAGE": "scratch",
            "ORT_DISABLE_TELEMETRY": "1",  # where a test reads text by itself; see `core.reader.pool`
            "HUHANG_STATE": str(state),
            "HUHANG_POSTGRES_PORT": str(pg),
            "HUHANG_VALKEY_PORT": str(vk),
            "HUHANG_REGISTRY_URL": "http://127.0.0.1:1/registries",
            "HUHANG_MONEY_URL": "http://127.0.0.1:1/money",
            "HUHANG_RELAY_URL": "http://127.0.0.1:1/relay",
            "HUHANG_TIME_URL": "http://127.0.0.1:1/time/",
            "HUHANG_CENTRE_URL": "",
            "HUHANG_REGULATOR_URL": "",
            "HUHANG_PICTURES": str(state / "pictures"),
            "HUHANG_RECORDINGS": str(state / "recordings"),
            "HUHANG_RECORDING_KEYS": str(state / "recording-keys"),
            "HUHANG_CLOCK_FILE": "",
            # The world of all tests of a process stands in a transaction that is open for as long as they run.
            "HUHANG_DATABASE_IDLE": "0",
            "DATABASE_URL": f"postgres://{OWNER_ROLE}:{secrets['HUHANG_OWNER_PASSWORD']}@127.0.0.1:{pg}/postgres",
            "REDIS_URL": f"redis://:{secrets['HUHANG_VALKEY_PASSWORD']}@127.0.0.1:{vk}/0",
            "HUHANG_SANDBOX_URL": "http://127.0.0.1:1",
            "HUHANG_ADVISORIES_URL": "http://127.0.0.1:1",
            "HUHANG_SCRIPTS_URL": "http://127.0.0.1:1",
            "HUHANG_SMS_TRANSPORTS": "gateway=json://127.0.0.1:1/messages/sms/?:to={to}&:key={key}",
            "HUHANG_WECHAT_TRANSPORTS": "gateway=json://127.0.0.1:1/messages/wechat/?:to={to}&:key={key}",
            "HUHANG_WEIBO_TRANSPORTS": "gateway=json://127.0.0.1:1/messages/weibo/?:to={to}&:key={key}",
            "HUHANG_VOICE_TRANSPORTS": "gateway=json://127.0.0.1:1/messages/voice/?:to={to}&:key={key}",
            "HUHANG_EMAIL_TRANSPORTS": "gateway=json://127.0.0.1:1/messages/email/?:to={to}&:key={key}",
            OURS: str(os.getpid()),
        }

    def start(self, *, plan: str = "") -> None:
        """Start both, once; `plan` is what the planner is told beside its usual ways."""
        if self.running:
            return
        make_cluster(self.state / "postgres", owner_password=self.secrets["HUHANG_OWNER_PASSWORD"])
        # Nothing of a test outlives a machine that loses its power: no commit waits for the disk.
        settings = self.state / "postgres" / "postgresql.auto.conf"
        settings.write_text(f"fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n{QUIET}{plan}")
        self.running = [
            subprocess.Popen(
                [sys.executable, "-m", "config.embedded", name],
                stdout=(self.state / f"{name}.log").open("wb"),
                stderr=subprocess.STDOUT,
            )
            for name in ("postgres", "valkey")
        ]
        _wait(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], self.running)

    def stop(self) -> None:
        for server in self.running:
            server.terminate()
        for server in self.running:
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
        if not self.kept:
            shutil.rmtree(self.state, ignore_errors=True)


def own_servers() -> None:
    """Start both for this process alone, until it ends, and put them into its environment: for benchmarks."""
    _Servers(kept=False).start()


def _wait(database: str, broker: str, servers: list[subprocess.Popen[bytes]]) -> None:
    """For as long as both servers live, however busy the machine is."""
    while True:
        try:
            with psycopg.connect(database, autocommit=True, connect_timeout=2) as connection:
                for role in (APP_ROLE, f"{BOARD_ROLE} IN ROLE {APP_ROLE}"):
                    with contextlib.suppress(psycopg.errors.DuplicateObject):
                        connection.execute(f"CREATE ROLE {role}")
            redis.Redis.from_url(broker).ping()
            return
        except (psycopg.OperationalError, redis.ConnectionError):
            if any(server.poll() is not None for server in servers):
                raise
            time.sleep(0.1)


def digest_of_migrations(root: Path) -> str:
    """Changes with any migration's text: one that was applied already and then edited would not be applied again."""
    digest = hashlib.sha256()
    for path in sorted(root.glob("*/migrations/*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def needs_servers(item: pytest.Item) -> bool:
    """A test of a database, or one that says that it needs Valkey alone."""
    fixtures = getattr(item, "fixturenames", ())
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("valkey")
    return bool(marked) or not DATABASE_FIXTURES.isdisjoint(fixtures)


_servers: _Servers | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django reads the settings. A worker finds everything in its environment."""
    global _servers
    if OURS not in os.environ:
        _servers = _Servers(kept=bool(early_config.known_args_namespace.reuse_db))
    elif worker := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw"):
        # Two of Valkey's sixteen databases for each: what one worker's tests count is not another's.
        url = os.environ["REDIS_URL"].rsplit("/", 1)[0]
        os.environ["REDIS_URL"] = f"{url}/{2 * int(worker) % 16}"
        # Folders of its own as well: a test counts the files that it made.
        for name in ("HUHANG_PICTURES", "HUHANG_RECORDINGS", "HUHANG_RECORDING_KEYS"):
            os.environ[name] = f"{os.environ[name]}/{worker}"
    yield


def pytest_configure(config: pytest.Config) -> None:
    if _servers is None:
        return
    if _servers.kept and _mark().exists() and _mark().read_text() != digest_of_migrations(BASE_DIR):
        print("Migrations changed since the databases were made: they are made anew.")  # noqa: T201
        config.option.create_db = True
    if getattr(config.option, "numprocesses", None) and not config.option.collectonly:
        _servers.start(plan=PLAN)


def _mark() -> Path:
    return KEPT / "migrations.digest"


def pytest_collection() -> None:
    """What is imported stays to the end, and is not searched for garbage meanwhile."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What is left after `-k` and `-m` decides."""
    plugins = session.config.pluginmanager
    if plugins.hasplugin("hypothesispytest") and not any(map(_draws_examples, session.items)):
        plugins.unregister(name="hypothesispytest")  # its summary would import all of it
    # What was imported and collected stays to the end: it is not searched for garbage again and again, and what a test
    # leaves behind is searched for less often than a server's.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()
    if getattr(session.config.option, "loadgroup", False) and not all(map(_is_grouped, session.items)):
        raise pytest.UsageError(
            "Groups of tests do nothing: this pytest and pytest-xdist do not go together."
        )
    if _servers and not session.config.option.collectonly and any(map(needs_servers, session.items)):
        _servers.start(plan=PLAN)


def _draws_examples(item: pytest.Item) -> bool:
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)


def _is_grouped(item: pytest.Item) -> bool:
    """pytest-xdist keeps together what has the same end of its id."""
    return item.get_closest_marker("xdist_group") is None or "@" in item.nodeid


def pytest_sessionfinish(session: pytest.Session, exitstatus: Any) -> None:
    """Written last: databases of a run that was cut off may be half made."""
    if _servers and _servers.kept and _servers.running and exitstatus in {0, 1}:
        _mark().write_text(digest_of_migrations(BASE_DIR))
