"""Drivers screened per second by one worker, each registry answering in 50 ms.

Ours: stretches claimed, four registries asked for each driver, judged, written, progress kept, on real PostgreSQL.
Limit: the same questions at the same concurrency by bare HTTP calls, nothing judged or written. Peer: the same fleet
one driver after another, as a loop without a job would do it. One JSON line.
"""

import asyncio
import json
import multiprocessing
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from config.pytest_stack import own_servers

own_servers()

DRIVERS, ONE_BY_ONE = 1500, 15
ANSWERS = {
    "identity": {"match": True},
    "licence": {
        "match": True, "class": "C1", "first_issued": "2011-08-02", "valid_until": None, "status": "normal", "points": [0, 0, 0],
    },
    "police": {"records": []},
    "vehicle": {
        "match": True, "owner": "x", "model": "x", "colour": "x", "seats": 4, "registered_on": "2019-05-20",
        "valid_until": "2029-05-31", "use": "private",
    },
}  # fmt: skip
LATENCY = 0.05


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        length = next(
            int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length")
        )
        await reader.readexactly(length)
        name = head.split(b" ")[1].decode().strip("/").split("/")[-1]
        await asyncio.sleep(LATENCY)
        body = json.dumps(ANSWERS[name]).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (len(body), body)
        )


def serve(port: int) -> None:
    """The registries, as a process of their own."""

    async def run() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", port, backlog=256)
        await server.serve_forever()

    asyncio.run(run())


def make_fleet() -> None:
    from django.db import transaction

    from accounts.models import Account
    from core import clock
    from drivers.models import Binding, Driver, Vehicle

    at = clock.now()
    with transaction.atomic():
        people = Account.objects.bulk_create(
            Account(code=f"f{n}", phone_index=f"p{n}", real_name=f"司机{n}", id_number=f"{n}", created_at=at)
            for n in range(DRIVERS)
        )
        drivers = Driver.objects.bulk_create(
            Driver(
                account=account,
                state="vetted",
                licence_number=account.code,
                licence_index=account.code,
                vetted_at=at,
            )
            for account in people
        )
        cars = Vehicle.objects.bulk_create(
            Vehicle(plate=f"浙C·{n:05d}", vin=f"VIN{n:014d}", model="x", colour="x") for n in range(DRIVERS)
        )
        Binding.objects.bulk_create(
            Binding(driver=driver, vehicle=car, bound_at=at)
            for driver, car in zip(drivers, cars, strict=True)
        )


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import transaction

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    registry = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    registry.start()
    settings.REGISTRY_URL = f"http://127.0.0.1:{port}"
    call_command("migrate", verbosity=0)
    make_fleet()

    import httpx

    from core import policy
    from core.actors import SYSTEM
    from drivers.models import Driver, Screening
    from drivers.policies import RUN_LIMIT
    from drivers.screening import questions
    from drivers.services import begin_run, work_on_run
    from drivers.services.runs import subject_of_driver

    rows = list(Driver.objects.select_related("account").prefetch_related("bindings__vehicle"))
    asked = [questions(subject_of_driver(row)) for row in rows]
    client = httpx.Client(
        trust_env=False, limits=httpx.Limits(max_connections=200, max_keepalive_connections=200)
    )

    def bare(wanted: list) -> None:
        for question in wanted:
            client.post(f"{settings.REGISTRY_URL}/{question.registry}/", json=question.body).json()

    until = time.monotonic() + 10
    while True:
        try:
            bare(asked[0])
            break
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    began = time.perf_counter()
    with ThreadPoolExecutor(policy.value(RUN_LIMIT)) as pool:
        list(pool.map(bare, asked))
    limit = DRIVERS / (time.perf_counter() - began)

    began = time.perf_counter()
    for wanted in asked[:ONE_BY_ONE]:
        bare(wanted)
    peer = ONE_BY_ONE / (time.perf_counter() - began)

    with transaction.atomic():
        run = begin_run(actor=SYSTEM, reason="benchmark")
    began = time.perf_counter()
    while work_on_run() is not None:
        pass
    ours = DRIVERS / (time.perf_counter() - began)
    done = Screening.objects.filter(subject=run.code, verdict="clear").count()
    if done != DRIVERS:
        raise SystemExit(f"{done} of {DRIVERS} were screened")
    registry.terminate()
    print(
        json.dumps(
            {
                "name": "rescreen",
                "ours": round(ours, 1),
                "peer": round(peer, 1),
                "limit": round(limit, 1),
                "unit": "drivers per second and worker, registries answering in 50 ms",
                "ratio_to_peer": round(ours / peer, 1),
                "ratio_to_limit": round(ours / limit, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
