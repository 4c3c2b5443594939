"""Pytest plugin: real PostgreSQL and Valkey for the test session, before Django's settings are read.

The first process starts both and passes their addresses to xdist's workers through the environment.
Tests connect as the owner, because they flush tables; what the platform's own role may not do has its own tests.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import redis

from config.embedded import OWNER_ROLE, make_cluster
from config.local import new_secrets
from config.stack import APP_ROLE, free_port


def _start() -> None:
    state = Path(tempfile.mkdtemp(prefix="huhang-test-"))
    secrets = new_secrets()
    pg, vk = free_port(), free_port()
    env = {
        **secrets,
        "HUHANG_STAGE": "scratch",
        "HUHANG_STATE": str(state),
        "HUHANG_POSTGRES_PORT": str(pg),
        "HUHANG_VALKEY_PORT": str(vk),
        "HUHANG_REGISTRY_URL": "http://127.0.0.1:1/registries",
        "HUHANG_MONEY_URL": "http://127.0.0.1:1/money",
        "HUHANG_RELAY_URL": "http://127.0.0.1:1/relay",
        "HUHANG_PICTURES": str(state / "pictures"),
        "HUHANG_RECORDINGS": str(state / "recordings"),
        "HUHANG_RECORDING_KEYS": str(state / "recording-keys"),
        "HUHANG_CLOCK_FILE": "",
        "DATABASE_URL": f"postgres://{OWNER_ROLE}:{secrets['HUHANG_OWNER_PASSWORD']}@127.0.0.1:{pg}/postgres",
        "REDIS_URL": f"redis://:{secrets['HUHANG_VALKEY_PASSWORD']}@127.0.0.1:{vk}/0",
        "HUHANG_SANDBOX_URL": "http://127.0.0.1:1",
        "HUHANG_SMS_URL": "json://127.0.0.1:1/messages/sms/?:to={to}&:key={key}",
        "HUHANG_WECHAT_URL": "json://127.0.0.1:1/messages/wechat/?:to={to}&:key={key}",
        "HUHANG_WEIBO_URL": "json://127.0.0.1:1/messages/weibo/?:to={to}&:key={key}",
        "HUHANG_EMAIL_URL": "json://127.0.0.1:1/messages/email/?:to={to}&:key={key}",
        "HUHANG_TEST_STACK": str(os.getpid()),
    }
    os.environ.update(env)
    os.environ.pop("HUHANG_STATIC_ROOT", None)  # straight from the sources: nothing has to be collected first
    make_cluster(state / "postgres", owner_password=secrets["HUHANG_OWNER_PASSWORD"])
    servers = [
        subprocess.Popen(
            [sys.executable, "-m", "config.embedded", name],
            stdout=(state / f"{name}.log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        for name in ("postgres", "valkey")
    ]

    def stop() -> None:
        for server in servers:
            server.terminate()
        for server in servers:
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
        shutil.rmtree(state, ignore_errors=True)

    atexit.register(stop)
    _wait(env["DATABASE_URL"], env["REDIS_URL"])


def _wait(database: str, broker: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(database, autocommit=True, connect_timeout=2) as connection:
                connection.execute(f"CREATE ROLE {APP_ROLE}")
            redis.Redis.from_url(broker).ping()
            return
        except psycopg.errors.DuplicateObject:
            return
        except (psycopg.OperationalError, redis.ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


if "HUHANG_TEST_STACK" not in os.environ:
    _start()
