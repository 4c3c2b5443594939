"""Events on their way: a lock that somebody holds stops neither their queue nor the database for long."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import ClassVar

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from core import events, retry
from core.models import FailedWork, HandlerRun, OutboxEvent

LOCK = 4_711


@dataclass(frozen=True, slots=True)
class Told(events.Event):
    name: ClassVar[str] = "test.told"
    queue: ClassVar[str] = events.LIFE_SAFETY


@pytest.fixture
def held():
    """A lock that another session holds, as one that hangs would."""
    given = connections.settings["default"]
    with psycopg.connect(
        host=given["HOST"],
        port=given["PORT"],
        user=given["USER"],
        password=given["PASSWORD"],
        dbname=given["NAME"],
    ) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield other


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_waits_for_a_lock_fails_soon_and_the_next_one_runs(held, monkeypatch):
    def hangs(_event):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])

    ran = []
    named = {"hangs": hangs, "runs": ran.append}.items()
    handlers = [events._Declared(name, Told, do, Told.queue) for name, do in named]
    monkeypatch.setitem(events._handlers, Told.name, handlers)
    with transaction.atomic():
        events.publish(Told())
    row = OutboxEvent.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20s'")  # without the mend it would wait without end
    began = time.monotonic()
    try:
        assert not events.EVENTS.attempt(row.pk)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
    assert time.monotonic() - began < events.EVENTS.lease.total_seconds()
    assert (len(ran), "lock timeout" in FailedWork.objects.get().error) == (1, True)
    held.rollback()
    assert events.EVENTS.attempt(row.pk)
    assert (len(ran), HandlerRun.objects.filter(event_id=row.pk).count()) == (1, 2)


@pytest.mark.django_db
def test_who_holds_locks_and_does_nothing_is_cut_off():
    """Asked in a process without what tests set: their own transactions stand open for as long as they run."""
    given = {name: value for name, value in os.environ.items() if name != "HUHANG_DATABASE_IDLE"}
    ask = "from config import settings; print(settings.DATABASES['default']['OPTIONS']['options'])"
    shown = subprocess.run([sys.executable, "-c", ask], env=given, capture_output=True, text=True, check=True)
    with psycopg.connect(os.environ["DATABASE_URL"], options=shown.stdout.strip()) as fresh:
        assert fresh.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1min",)


def test_what_asks_the_relay_has_no_place_among_the_workers_of_life_safety():
    entry = next(
        each for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == "safety.tasks.follow_calls"
    )
    assert entry["options"]["queue"] == "live"


def test_a_handler_that_names_a_queue_runs_there_and_stands_in_no_other_ones_way(db, monkeypatch):
    ran = []

    def elsewhere(_event):
        raise RuntimeError

    handlers = [
        events._Declared("first", Told, ran.append, Told.queue),
        events._Declared("later", Told, elsewhere, "default"),
    ]
    monkeypatch.setitem(events._handlers, Told.name, handlers)
    events.publish(Told())
    events.EVENTS.work_off(queue=Told.queue)
    assert len(ran) == 1
    rows = OutboxEvent.objects.filter(name=Told.name).order_by("queue")
    assert [(row.queue, row.delivered_at is None) for row in rows] == [("default", True), (Told.queue, False)]
    events.EVENTS.work_off(queue="default")
    assert OutboxEvent.objects.get(name=Told.name, queue="default").attempts == 1


def test_an_event_in_a_queue_where_no_handler_waits_for_it_is_not_called_delivered(db, monkeypatch):
    """Another release wrote it there: absence of a handler is no delivery."""
    monkeypatch.setitem(
        events._handlers, Told.name, [events._Declared("first", Told, lambda _event: None, Told.queue)]
    )
    events.publish(Told())
    OutboxEvent.objects.update(queue="default")
    row = OutboxEvent.objects.get()
    assert not events.EVENTS.attempt(row.pk)
    row.refresh_from_db()
    assert (row.delivered_at, row.attempts) == (None, 1)


def commits_of(captured):
    return [each["sql"] for each in captured if each["sql"].startswith("COMMIT")]


@pytest.mark.django_db(transaction=True)
def test_an_event_is_delivered_with_the_effect_of_its_last_handler(monkeypatch):
    """One commit for each handler and none beside: hundreds may wait behind it, each for a life."""
    effects = []
    handlers = [
        events._Declared(name, Told, lambda _event, name=name: effects.append(name), Told.queue)
        for name in ("first", "last")
    ]
    monkeypatch.setitem(events._handlers, Told.name, handlers)
    with transaction.atomic():
        events.publish(Told())
    row = OutboxEvent.objects.get()
    with CaptureQueriesContext(connection) as asked:
        events._deliver(row)
    assert len(commits_of(asked)) == 2
    row.refresh_from_db()
    assert (effects, row.delivered_at is None, row.runs.count()) == (["first", "last"], False, 2)


@pytest.mark.parametrize("failing", ["first", "last"])
def test_an_event_of_which_a_handler_failed_is_not_delivered_and_the_other_one_runs_once(
    db, monkeypatch, failing
):
    effects, broken = [], {failing}

    def handle(name):
        def run(_event):
            if name in broken:
                raise RuntimeError
            effects.append(name)

        return run

    handlers = [events._Declared(name, Told, handle(name), Told.queue) for name in ("first", "last")]
    monkeypatch.setitem(events._handlers, Told.name, handlers)
    events.publish(Told())
    row = OutboxEvent.objects.get()
    assert not events.EVENTS.attempt(row.pk)
    row.refresh_from_db()
    assert (row.delivered_at, len(effects)) == (None, 1)
    broken.clear()
    assert events.EVENTS.attempt(row.pk)
    row.refresh_from_db()
    assert (row.delivered_at is None, sorted(effects)) == (False, ["first", "last"])
    assert not FailedWork.objects.filter(closed_at=None).exists()


def test_that_an_event_failed_elsewhere_meanwhile_is_closed_when_it_is_delivered(db, monkeypatch):
    """A worker that was slow has it still, another took it when the lease was over and failed: one question for eight events."""
    monkeypatch.setitem(
        events._handlers, Told.name, [events._Declared("first", Told, lambda _event: None, Told.queue)]
    )
    for _each in range(8):
        events.publish(Told())
    rows = events.EVENTS.claim()
    assert len(rows) == 8
    retry.failed(events.EVENTS.work, str(rows[3].pk), "x", life_safety=True)
    with CaptureQueriesContext(connection) as asked:
        events.EVENTS._attempt_each(rows)
    closes = [each for each in asked if FailedWork._meta.db_table in each["sql"]]
    assert len(closes) == 1
    assert not FailedWork.objects.filter(closed_at=None).exists()
