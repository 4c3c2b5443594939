"""A worker whose broker was away."""

import os
import subprocess
import sys
import threading
import time

import pytest
import redis
from celery.worker import consumer
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
                time.sleep(0.01)
        up = time.monotonic()
        thread.join(30)
        return connected[0] - up

    yield measure
    for server in servers:
        server.terminate()
        server.wait(10)


def test_it_is_back_within_a_second_of_its_broker(reconnecting):
    assert reconnecting(Consumer) < 1


def test_the_workers_use_it():
    assert app.conf.worker_consumer == "config.worker:Consumer"
    assert issubclass(Consumer, consumer.Consumer)
