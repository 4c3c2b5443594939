"""Acknowledged positions per second and core of the server, through the real endpoint, 1, 20 and 100 in a request.

Ours: `POST /live/positions/` of `config.asgi` behind granian, with real keys, answered once the stream in Valkey has
them. Peer: a Django REST Framework view with a serializer and `bulk_create` into PostgreSQL, behind granian's WSGI.
Limit: packed XADD pipelines of redis-py without HTTP. CPU seconds are those of the serving processes alone. One JSON
line for 20 in a request; the other figures go to standard error.
"""

import asyncio
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

SIZES = (1, 20, 100)
CONNECTIONS, SECONDS = 32, 4.0
PEER_TABLE = "bench_ping"


def peer() -> Any:
    """The peer's WSGI application: what a team would write first."""
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import models
    from django.urls import path
    from rest_framework import serializers
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class PeerPing(models.Model):
        trip = models.CharField(max_length=20)
        at = models.FloatField()
        lat = models.FloatField()
        lon = models.FloatField()

        class Meta:
            app_label = "rides"
            db_table = PEER_TABLE

        def __str__(self) -> str:
            return self.trip

    class PingInput(serializers.Serializer):
        at = serializers.FloatField()
        lat = serializers.FloatField(min_value=-90, max_value=90)
        lon = serializers.FloatField(min_value=-180, max_value=180)

    class BatchInput(serializers.Serializer):
        crs = serializers.ChoiceField(choices=["WGS84"])
        pings = PingInput(many=True)

    class Take(APIView):
        authentication_classes: list = []
        permission_classes: list = []

        def post(self, request):
            body = BatchInput(data=request.data)
            body.is_valid(raise_exception=True)
            PeerPing.objects.bulk_create(PeerPing(trip="T", **ping) for ping in body.validated_data["pings"])
            return Response({"accepted": len(body.validated_data["pings"])}, status=202)

    module = type(sys)("bench_urls")
    module.urlpatterns = [path("live/positions/", Take.as_view())]
    sys.modules["bench_urls"] = module
    from django.conf import settings

    settings.ROOT_URLCONF = "bench_urls"
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    return WSGIHandler()


async def _client(port: int, request: bytes, until: float, done: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 202 " not in head[:20]:
            raise RuntimeError(head)
        length = next(
            int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length")
        )
        await reader.readexactly(length)
        done[0] += 1
    writer.close()


def load(port: int, key: str, size: int, seconds: float, answer: "multiprocessing.Queue[int]") -> None:
    """Many connections that post one batch after another; how many were acknowledged."""
    now = time.time()
    pings = [{"at": now - size + each, "lat": 28.2 + each * 1e-5, "lon": 121.0} for each in range(size)]
    body = json.dumps({"crs": "WGS84", "pings": pings, "away": False}).encode()
    request = (
        f"POST /live/positions/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    done = [0]

    async def run() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*[_client(port, request, until, done) for _each in range(CONNECTIONS)])

    asyncio.run(run())
    answer.put(done[0])


def cpu(root: int) -> float:
    """CPU seconds of a process and its children."""
    import psutil

    found = psutil.Process(root)
    return sum(sum(each.cpu_times()[:2]) for each in (found, *found.children(recursive=True)))


@contextmanager
def serving(target: list[str]) -> Iterator[tuple[int, int]]:
    """A granian with one worker in a process of its own: (process id, port)."""
    from config.stack import free_port

    port = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ws",
        "--workers",
        "1",
    ]
    server = subprocess.Popen(
        [*command, *target],
        env=os.environ | {"HUHANG_DATABASE_POOL": "true", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _each in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield server.pid, port
    finally:
        # Threads that wait for work end for nothing less; its worker is another process, and would keep the port.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)


def measure(target: list[str], key: str) -> dict[int, float]:
    """Pings per CPU second of the server, by size of the request."""
    rates = {}
    with serving(target) as (pid, port):
        for size in SIZES:
            answer: multiprocessing.Queue[int] = multiprocessing.Queue()
            for seconds in (1.0, SECONDS):  # the first one warms up
                before = cpu(pid)
                client = multiprocessing.Process(target=load, args=(port, key, size, seconds, answer))
                client.start()
                done = answer.get(timeout=60)
                client.join()
                used = cpu(pid) - before
            rates[size] = done * size / used
    return rates


def limit() -> dict[int, float]:
    """Packed batches by pipelined XADD, 100 commands in a pipeline, pings per CPU second of this process."""
    import redis
    from django.conf import settings

    from rides.positions import StoredBatch, _pack
    from rides.states import Party

    client = redis.Redis.from_url(settings.REDIS_URL)
    rates = {}
    for size in SIZES:
        now = time.time()
        batch = StoredBatch("T-1", Party.DRIVER, False, [(now + each, 28.2, 121.0) for each in range(size)])
        began, sent = time.process_time(), 0
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            pipe = client.pipeline(transaction=False)
            for _each in range(100):
                pipe.xadd("bench", {b"b": _pack([batch])}, maxlen=10_000, approximate=True)
            pipe.execute()
            sent += 100 * size
        rates[size] = sent / (time.process_time() - began)
    return rates


def main() -> None:
    import django

    from config.pytest_stack import own_servers

    own_servers()

    django.setup()
    from django.db import connection

    from rides.states import Party
    from rides.tokens import TripKey, make_key

    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {PEER_TABLE} (id bigserial PRIMARY KEY, trip varchar(20), at float8, lat float8, lon float8)"
        )
    key = make_key(TripKey("T-1", Party.DRIVER, "wenzhou"))
    mine = measure(["--interface", "asgi", "config.asgi:application"], key)
    theirs = measure(["--interface", "wsgi", "--factory", "benchmarks.ping_ingest:peer"], key)
    most = limit()
    for size in SIZES:
        print(
            f"{size} in a request: ours {mine[size]:,.0f}/s and core, DRF {theirs[size]:,.0f}"
            f" ({mine[size] / theirs[size]:.1f} times), XADD alone {most[size]:,.0f}",
            file=sys.stderr,
        )
    print(
        json.dumps(
            {
                "name": "ping_ingest",
                "ours": round(mine[20]),
                "peer": round(theirs[20]),
                "limit": round(most[20]),
                "unit": "positions/s and core, 20 in a request",
                "ratio_to_peer": round(mine[20] / theirs[20], 1),
                "ratio_to_limit": round(mine[20] / most[20], 2),
                "by_size": {size: [round(mine[size]), round(mine[size] / theirs[size], 1)] for size in SIZES},
            }
        )
    )


if __name__ == "__main__":
    main()
