"""One JSON object a line, whichever process says it: nothing within a text, nothing that goes over several lines."""

import configparser
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from config.collector import HELD, Collector
from config.stack import free_port

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
# What happens in a process, whoever set it up: our own word, somebody else's, a warning, two lines, and what nobody caught.
SAID = """
import logging, threading, warnings, structlog
structlog.get_logger().info("test.ours", words='quoted "words"')
logging.getLogger("celery.worker").info("of a library\\nin two lines")
warnings.warn("a warning", stacklevel=1)
thread = threading.Thread(target=lambda: [][0], name="beside")
thread.start()
thread.join()
raise ValueError("nobody\\ncaught it")
"""
# As `celery worker` and `celery beat` begin, and the child of a worker.
CELERY = """
from config.celery import app
app.log.setup(loglevel="WARNING", redirect_stdouts=True, redirect_level="WARNING")
import django
django.setup()
"""
PAGES = "import config.asgi"
COMMAND = (
    "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings'); django.setup()"
)


def read(said):
    """The lines, each of which has to be an object; its words must not be one themselves."""
    found = []
    for line in said.splitlines():
        row = json.loads(line)
        assert isinstance(row, dict) and {"event", "level", "timestamp"} <= row.keys(), line
        assert not row["event"].lstrip().startswith("{"), line
        found.append(row)
    return found


@pytest.mark.parametrize("begins", [CELERY, PAGES, COMMAND], ids=["celery", "pages", "command"])
def test_all_that_a_process_says_are_lines(begins):
    done = subprocess.run(
        [sys.executable, "-c", begins + SAID],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    rows = read(done.stdout) + read(done.stderr)
    events = [row["event"] for row in rows]
    assert {"test.ours", "of a library\nin two lines", "thread.uncaught", "process.uncaught"} <= set(events)
    assert any("a warning" in each for each in events)
    (uncaught,) = [row for row in rows if row["event"] == "process.uncaught"]
    assert "ValueError: nobody\ncaught it" in uncaught["exception"]


# Lines that are longer than what Python holds back, from a worker and its child.
MANY = """
import os, sys, structlog
log = structlog.get_logger()
other = os.fork()
for number in range(300):
    log.error("test.long", number=number, of=os.getpid(), exception="x" * 9000)
sys.stdout.flush()
if other:
    os.waitpid(other, 0)
"""


@pytest.mark.parametrize(
    "begins", [COMMAND, "from core import logs; logs.begin()"], ids=["django", "by HTTP alone"]
)
def test_a_worker_and_its_child_do_not_write_into_each_others_lines(begins, tmp_path):
    written = tmp_path / "worker.log"
    with written.open("ab") as log:  # a pipe that is full takes a long write in parts, whoever writes it
        subprocess.run(
            [sys.executable, "-c", begins + MANY],
            cwd=ROOT,
            env=os.environ,
            stdout=log,
            check=True,
            timeout=120,
        )
    assert len([row for row in read(written.read_text()) if row["event"] == "test.long"]) == 600


class _Collector(BaseHTTPRequestHandler):
    """Takes lines; refuses as often as it is told to."""

    refuse = 0
    too_long = 1_000_000  # characters of a batch, which is refused whole
    lines: ClassVar[list] = []
    shown: ClassVar[set] = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        _Collector.shown.add((self.headers["Authorization"], self.headers["Content-Type"]))
        if _Collector.refuse:
            _Collector.refuse -= 1
            self.send_response(503)
        elif len(body) > _Collector.too_long:
            self.send_response(413)
        else:
            _Collector.lines += body.splitlines()
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_said):
        """Says nothing."""


@pytest.fixture
def collector():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    _Collector.refuse, _Collector.lines, _Collector.shown = 0, [], set()
    _Collector.too_long = 1_000_000
    yield f"http://127.0.0.1:{server.server_port}/lines"
    server.shutdown()
    server.server_close()


FORKED = """
import os, time
child = os.fork()
if not child:
    structlog.get_logger().info("test.child")
    time.sleep(5)
    os._exit(0)
os.waitpid(child, 0)
"""


def said_by(code, url):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "HUHANG_LOGS_URL": url, "HUHANG_LOGS_TOKEN": "shown to the collector"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("begins", [CELERY, COMMAND], ids=["celery", "command"])
@pytest.mark.parametrize("refuse", [0, 2])
def test_each_line_goes_to_the_collector_at_once(collector, begins, refuse):
    """Also of a child, of what nobody caught, and of what was said while the collector did not take it."""
    _Collector.refuse = refuse
    done = said_by(begins + SAID.replace("raise Value", FORKED + "raise Value"), collector)
    written = [each for each in (done.stdout + done.stderr).splitlines() if each]
    assert len(written) > 4
    missing = [each for each in written if each not in _Collector.lines and '"collector.' not in each]
    assert missing == []
    assert len(_Collector.lines) == len(set(_Collector.lines))
    assert _Collector.shown == {("Bearer shown to the collector", "application/x-ndjson")}


def test_a_collector_that_is_away_holds_up_nothing_and_loses_nothing_here():
    begun = time.monotonic()
    done = said_by(COMMAND + SAID, f"http://127.0.0.1:{free_port()}/")
    assert time.monotonic() - begun < 60
    events = [row["event"] for row in read(done.stdout) + read(done.stderr)]
    assert {"test.ours", "thread.uncaught", "process.uncaught", "collector.away"} <= set(events)
    assert events.count("collector.away") == 1


def test_who_says_more_than_can_be_held_is_not_held_up(monkeypatch):
    away = Collector("http://127.0.0.1:1/", "")
    monkeypatch.setattr(away, "_run", lambda: None)
    for number in range(HELD + 3):
        away.hand(str(number))
    assert (len(away.lines), away.lost) == (HELD, 3)


def arrives(*lines):
    until = time.monotonic() + 20
    while not set(lines) <= set(_Collector.lines) and time.monotonic() < until:
        time.sleep(0.05)
    return set(lines) <= set(_Collector.lines)


@pytest.fixture
def handed(collector):
    """One that hands on to a collector that takes lines; its thread ends with the test."""
    made = Collector(collector, "shown")
    yield made
    made.end()


def test_what_no_line_should_hold_is_handed_on_escaped_and_stops_no_other(handed):
    handed.hand("\ud800 of a name")
    assert arrives("\\ud800 of a name")
    handed.hand("after it")
    assert arrives("after it")


@pytest.mark.parametrize("wrong", [{"token": "口令"}, {"url": "https://[:::"}, {"url": "no address"}])
def test_whatever_is_wrong_with_the_way_there_the_lines_go_once_it_is_right(handed, wrong):
    right = {name: getattr(handed, name) for name in wrong}
    for name, value in wrong.items():
        setattr(handed, name, value)
    handed.hand("first")
    until = time.monotonic() + 20
    while not handed.away and time.monotonic() < until:
        time.sleep(0.05)
    assert handed.away
    for name, value in right.items():
        setattr(handed, name, value)
    assert arrives("first")


def test_a_line_that_is_refused_is_let_go_and_counted_and_the_others_arrive(handed, monkeypatch):
    """A batch is refused whole: it is halved until only the line that is the reason is left."""
    _Collector.too_long = 100
    lost = []
    monkeypatch.setattr(
        "config.collector.log.warning", lambda event, **facts: lost.append(facts.get("lost", event))
    )
    others = [f"line {number}" for number in range(40)]
    for line in [*others[:20], "x" * 200, *others[20:]]:
        handed.hand(line)
    assert arrives(*others)
    assert lost == ["collector.away", 1]
    assert len(_Collector.lines) == 40


def test_handing_a_line_never_raises_and_a_thread_is_tried_for_again(handed, monkeypatch):
    def none_left(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as no_threads:
        no_threads.setattr(threading.Thread, "start", none_left)
        handed.hand("first")
        handed.hand("second")
    handed.hand("third")
    assert arrives("first", "second", "third")


@pytest.mark.parametrize("program", [[sys.executable, "-m", "granian"], [f"{sys.prefix}/bin/granian"]])
def test_all_that_a_server_says_are_lines(program, tmp_path):
    options = ["--log-config", "config/granian.json", "--interface", "wsgi", "--port", str(free_port())]
    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*program, *options, "--access-log", "sandbox.wsgi:application"], cwd=ROOT, stdout=out, stderr=out
        )
        try:
            until = time.monotonic() + 60
            while "Started worker" not in log.read_text() and time.monotonic() < until:
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(120)
    assert any("Started worker" in row["event"] for row in read(log.read_text()))


def test_what_a_server_says_of_itself_goes_to_the_collector_too(collector, tmp_path):
    """Its main process says that a worker ended; its worker, what nobody caught in an answer."""
    options = ["--log-config", "config/granian.json", "--interface", "wsgi", "--port", str(free_port())]
    env = {**os.environ, "HUHANG_LOGS_URL": collector, "HUHANG_LOGS_TOKEN": "shown to the collector"}
    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [f"{sys.prefix}/bin/granian", *options, "wsgiref.simple_server:demo_app"], cwd=ROOT, env=env,
            stdout=out, stderr=out,
        )  # fmt: skip
        try:
            # Whoever hands lines on reads the settings first, which takes its time on a busy machine.
            until = time.monotonic() + 120
            while not any("Started worker" in each for each in _Collector.lines) and time.monotonic() < until:
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(120)
    written = log.read_text().splitlines()
    assert any("Started worker" in each for each in written)
    assert [each for each in written if each not in _Collector.lines and '"collector.' not in each] == []


def commands():
    """Each command by which a process of ours starts: of `make run`, and of the handbook."""
    conf = configparser.RawConfigParser(inline_comment_prefixes=None, strict=False)
    conf.read(ROOT / "supervisord.conf")
    ours = conf["group:platform"]["programs"].split(",")
    yield from (conf[f"program:{name}"]["command"] for name in ours)
    handbook = (ROOT / "docs" / "operations.md").read_text()
    yield from re.findall(r"`((?:granian|celery --|celery ).*?)`", handbook)
    yield from re.findall(r"^ *ExecStart=(.*)$", handbook, re.MULTILINE)


def test_each_process_is_started_so():
    """What granian and Celery print by themselves before anybody set up logging is asked for otherwise."""
    found = list(commands())
    assert len(found) > 12
    for command in found:
        words = shlex.split(command)
        if any(word.endswith("granian") for word in words):
            assert words[words.index("--log-config") + 1] == "config/granian.json", command
        elif any(word.endswith("celery") for word in words):
            assert "--quiet" in words and "--loglevel" not in words, command
        elif words[words.index("-m") + 1 if "-m" in words else 0] in {"core.journal.witness", "sandbox.city"}:
            # Know the platform by HTTP alone, without Django: they begin their log by themselves.
            place = words[words.index("-m") + 1].replace(".", "/")
            file = next(
                each for each in (ROOT / f"{place}.py", ROOT / place / "__main__.py") if each.exists()
            )
            assert re.search(r"logs\.begin\(|config/granian\.json", file.read_text()), command
        else:
            assert "manage.py" in words, command
