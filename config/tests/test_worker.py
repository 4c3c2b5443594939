"""A worker whose broker was away."""

import os
import subprocess
import sys
import threading
import time
from uuid import uuid4

import psycopg
import pytest
import redis
from celery import signals
from celery.app.trace import build_tracer
from celery.fixups.django import DjangoWorkerFixup
from celery.worker import consumer
from django.db import connection
from kombu import Connection

from config.celery import app
from config.stack import free_port
from config.worker import Consumer


@pytest.fixture
def reconnecting(settings, tmp_path):
    """Seconds that a consumer of the given class needs from the moment when its broker is up."""
    servers = []

    def measure(kind):
        port = free_port()
        url = settings.REDIS_URL.rpartition(":")[0] + f":{port}/0"
        ours = kind.__new__(kind)
        ours.app, ours.first_connection_attempt, ours.broker_connection_retry_attempt = app, False, 0
        connected = []

        def connect():
            ours.ensure_connected(Connection(url))
            connected.append(time.monotonic())

        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        time.sleep(1.5)
        env = os.environ | {"HUHANG_VALKEY_PORT": str(port), "HUHANG_STATE": str(tmp_path / str(port))}
        servers.append(subprocess.Popen([sys.executable, "-m", "config.embedded", "valkey"], env=env))
        client = redis.Redis.from_url(url)
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert servers[-1].poll() is None
                time.sleep(0.01)
        up = time.monotonic()
        thread.join(30)
        return connected[0] - up

    yield measure
    for server in servers:
        server.terminate()
        server.wait(120)


def test_it_is_back_within_a_second_of_its_broker(reconnecting):
    assert reconnecting(Consumer) < 1


def test_the_workers_use_it():
    assert app.conf.worker_consumer == "config.worker:Consumer"
    assert issubclass(Consumer, consumer.Consumer)


@pytest.fixture
def run_task(transactional_db):
    """A task as a worker runs it, with what Celery and we do around it: the server's process that answered it."""
    fixup = DjangoWorkerFixup(app)
    fixup.install()

    @app.task(name="config.tests.backend")
    def backend():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    traced = build_tracer(backend.name, backend, app=app)

    def run():
        answer = traced(uuid4().hex, (), {}, {"is_eager": False})
        assert answer.info is None, answer.info
        return answer.retval

    yield run
    for signal, receiver in (
        (signals.task_prerun, fixup.on_task_prerun),
        (signals.task_postrun, fixup.on_task_postrun),
        (signals.beat_embedded_init, fixup.close_database),
        (signals.worker_process_init, fixup.on_worker_process_init),
    ):
        signal.disconnect(receiver)
    del app.tasks[backend.name]


def test_tasks_share_a_connection_to_the_database(run_task):
    first = run_task()
    assert [run_task() for _task in range(5)] == [first] * 5


def test_a_connection_that_the_server_ended_costs_no_task(run_task):
    first = run_task()
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [first])
    assert run_task() != first
