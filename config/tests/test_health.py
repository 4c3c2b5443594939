"""Readiness: quick whatever hangs, and honest about the processes behind the pages."""

import re
import socket
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now

from config import health
from core import heartbeat
from core.models import Heartbeat
from core.tests.stopwatch import Stopwatch

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = health.WAIT


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """As in production."""
    monkeypatch.setattr(health, "WAIT", WAIT)


@pytest.fixture
def hanging():
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


def all_alive():
    for watcher in heartbeat.declared():
        heartbeat.write(watcher.name)


def test_beat_down_for_80_seconds_is_said_and_the_page_for_help_stays_ready(client, settings):
    all_alive()
    answer = client.get("/health/ready").json()
    assert (answer["status"], answer["late"]) == ("ready", [])
    Heartbeat.objects.filter(name="beat").update(at=Now() - timedelta(seconds=80))
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["late"] == ["beat"]
    assert answer.json()["degraded"] is True
    assert answer.json()["heartbeats"]["beat"]["age"] >= 80
    settings.METRICS_TOKEN = "token"
    figures = client.get("/metrics", headers={"authorization": "Bearer token"}).content.decode()
    age = next(line for line in figures.splitlines() if 'huhang_heartbeat_age_seconds{name="beat"}' in line)
    assert float(age.split()[-1]) >= 80


def test_a_database_that_hangs_is_said_within_two_seconds(client, hanging, monkeypatch):
    monkeypatch.setattr(health, "_database", health.Asked(health._signs))
    monkeypatch.setitem(connections.settings["default"], "PORT", str(hanging))
    for _ask in range(2):
        watch = Stopwatch()
        answer = client.get("/health/ready")
        assert watch.waited() < 2
        assert (answer.status_code, answer.json()["database"]) == (503, False)


def test_a_broker_that_hangs_is_said_within_two_seconds(client, hanging, settings):
    all_alive()
    settings.REDIS_URL = f"redis://127.0.0.1:{hanging}/0"
    watch = Stopwatch()
    answer = client.get("/health/ready")
    assert watch.waited() < 2
    assert (answer.status_code, answer.json()["broker"], answer.json()["degraded"]) == (200, False, True)


def test_the_handbooks_say_what_each_figure_is(client, settings):
    """A figure that nobody can read up is alarmed on by nobody."""
    settings.METRICS_TOKEN = "token"
    found = client.get("/metrics", headers={"authorization": "Bearer token"}).content.decode()
    figures = set(re.findall(r"^# TYPE (huhang_\w+)", found, re.M))
    assert len(figures) > 25
    handbooks = " ".join(path.read_text() for path in (settings.BASE_DIR / "docs").glob("*.md"))
    assert figures - set(re.findall(r"huhang_\w+", handbooks)) == set()
