"""Megabytes of sound per second and core of the server, through the real endpoint, in chunks of 64 KiB.

Ours: `POST /live/audio/` of `config.asgi` behind granian, with real tokens and keys: each chunk is authenticated,
checked against its recording, written whole under its own name and acknowledged once it is kept. Peer: Django's
ordinary view with `startproject`'s middleware behind granian's WSGI, an upload in a form, saved as a plain file through
the default storage. Limit: our endpoint that reads and discards the body. CPU seconds are those of the serving
processes alone; 32 connections on loopback.
"""

import asyncio
import json
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from benchmarks.ping_ingest import cpu, serving

CHUNK = 64 * 1024
CONNECTIONS, SECONDS = 32, 4.0
RECORDINGS = 64


def discard() -> Any:
    """The limit: the lane of sound with everything but reading the body taken out."""
    import django

    django.setup()
    from core.lane import read_body

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await read_body(receive, 256 * 1024)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"kept":1}'})

    return application


def peer() -> Any:
    """The peer's WSGI application: what a team would write first."""
    import django
    from django.conf import settings

    django.setup()
    from django.core.files.storage import FileSystemStorage
    from django.core.handlers.wsgi import WSGIHandler
    from django.http import HttpRequest, JsonResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    store = FileSystemStorage(location=os.environ["BENCH_FILES"])

    @csrf_exempt
    def take(request: HttpRequest) -> JsonResponse:
        name = store.save(
            f"{request.headers['X-Recording']}/{request.headers['X-Chunk']}", request.FILES["chunk"]
        )
        return JsonResponse({"kept": name}, status=202)

    module = type(sys)("bench_urls")
    module.urlpatterns = [path("live/audio/", take)]
    sys.modules["bench_urls"] = module
    settings.ROOT_URLCONF = "bench_urls"
    settings.MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    return WSGIHandler()


def prepare() -> list[tuple[str, str, bytes]]:
    """A database with the demo world, one trip and its recordings as phones begin them: (code, token, key)."""
    import hashlib
    from datetime import timedelta

    from django.core import signing
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    from accounts.models import Account
    from core import clock
    from governance.demo import make_world
    from rides.models import City, Trip
    from safety import keys
    from safety.models import Recording, RecordingKey
    from safety.services.recordings import SALT

    make_world(password="a password of benchmarks")
    at = clock.now()
    trip = Trip.objects.create(
        code="T-BENCH", line="hitch", city=City.objects.get(code="wenzhou"),
        passenger=Account.objects.get(code="passenger"), client_key="bench", origin_name="a", origin_latitude=28.2,
        origin_longitude=121.0, destination_name="b", destination_latitude=28.1, destination_longitude=120.7,
        window_start=at, window_end=at, boarding_code="0000", requested_at=at,
    )  # fmt: skip
    phones = []
    with transaction.atomic():
        for number in range(RECORDINGS):
            raw, code = secrets.token_bytes(32), f"A-BENCH{number:05d}"
            row = Recording.objects.create(
                code=code, trip=trip, party="passenger", purpose="trip", mime="audio/webm", slice_ms=10_000,
                key_digest=hashlib.sha256(raw).hexdigest(), begun_at=at, destroy_at=at + timedelta(days=1),
            )  # fmt: skip
            day, wrapped = keys.wrap(raw, context=code)
            RecordingKey.objects.create(recording=row, wrapped_by=day, wrapped=wrapped)
            phones.append((code, signing.dumps(code, salt=SALT), raw))
    return phones


async def _client(
    port: int, phone: tuple[str, str, bytes], multipart: bool, until: float, done: list[int]
) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    code, token, raw = phone
    key, number = AESGCM(raw), int(time.time() * 1000) % 90_000
    sound = secrets.token_bytes(CHUNK - 28)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        nonce = secrets.token_bytes(12)
        body = nonce + key.encrypt(nonce, sound, f"{code}:{number}".encode())
        kind = "application/octet-stream"
        if multipart:
            body = (
                b'--boundary-of-the-benchmark\r\nContent-Disposition: form-data; name="chunk"; filename="c"\r\n'
                b"Content-Type: application/octet-stream\r\n\r\n"
                + body
                + b"\r\n--boundary-of-the-benchmark--\r\n"
            )
            kind = "multipart/form-data; boundary=boundary-of-the-benchmark"
        writer.write(
            f"POST /live/audio/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nX-Recording: {code}\r\n"
            f"X-Chunk: {number}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 202 " not in head[:20]:
            raise RuntimeError(head)
        rows = head.lower().split(b"\r\n")
        length = next(int(row[15:]) for row in rows if row.startswith(b"content-length"))
        await reader.readexactly(length)
        done[0] += 1
        number += 1
    writer.close()


def load(
    port: int, phones: list[tuple[str, str, bytes]], multipart: bool, seconds: float, answer: Any
) -> None:
    done = [0]

    async def run() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(
            *[_client(port, phones[each], multipart, until, done) for each in range(CONNECTIONS)]
        )

    asyncio.run(run())
    answer.put(done[0])


def measure(target: list[str], phones: list[tuple[str, str, bytes]], *, multipart: bool = False) -> float:
    """Megabytes per CPU second of the server."""
    with serving(target) as (pid, port):
        for seconds in (1.0, SECONDS):  # the first one warms up
            answer: Any = multiprocessing.Queue()
            before = cpu(pid)
            client = multiprocessing.Process(target=load, args=(port, phones, multipart, seconds, answer))
            client.start()
            done = answer.get(timeout=60)
            client.join()
            used = cpu(pid) - before
    return float(done * CHUNK / 1e6 / used)


def main() -> None:
    import django

    from config.pytest_stack import own_servers

    own_servers()

    django.setup()
    phones = prepare()
    with tempfile.TemporaryDirectory() as files:
        os.environ["BENCH_FILES"] = files
        limit = measure(["--interface", "asgi", "--factory", "benchmarks.recording_ingest:discard"], phones)
        mine = measure(["--interface", "asgi", "config.asgi:application"], phones)
        theirs = measure(
            ["--interface", "wsgi", "--factory", "benchmarks.recording_ingest:peer"], phones, multipart=True
        )
    print(
        json.dumps(
            {
                "name": "recording_ingest",
                "ours": round(mine, 1),
                "peer": round(theirs, 1),
                "limit": round(limit, 1),
                "unit": "MB/s and core, chunks of 64 KiB",
                "ratio_to_peer": round(mine / theirs, 2),
                "ratio_to_limit": round(mine / limit, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
