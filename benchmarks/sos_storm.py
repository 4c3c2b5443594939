"""SOS in a storm: from the tap's request to the console's open stream, and to the first message, in milliseconds.

50 taps at once, then 500 within 10 s, while one process posts as many positions as the machine takes. Ours: a whole
scratch stack (web, workers, monitor, sandbox) with a console stream open. Peer: a console that asks every 5 s, so on
average 2.5 s and at worst 5 s behind. Limit: a bare Django view behind granian with one commit and one stream write,
at the same concurrency, among the same positions, until a reader of the stream has it. The figure is p99 of both
parts together; the others go to standard error.
"""

import asyncio
import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.ping_ingest import load, serving

AT_ONCE, SPREAD, WITHIN = 50, 500, 10.0
POLL = 5.0
TABLE = "bench_bare"


def bare() -> Any:
    """The limit's WSGI application."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    import redis
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection, transaction
    from django.http import HttpRequest, JsonResponse
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    client = redis.Redis.from_url(settings.REDIS_URL)

    @csrf_exempt
    def take(request: HttpRequest) -> JsonResponse:
        number = json.loads(request.body)["number"]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE} (number) VALUES (%s)", [number])
        client.xadd("bench:sos", {"n": number})
        return JsonResponse({"taken": number}, status=201)

    module = type(sys)("bench_urls")
    module.urlpatterns = [path("sos/", take)]
    sys.modules["bench_urls"] = module
    settings.ROOT_URLCONF = "bench_urls"
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    return WSGIHandler()


def others(row: Any, count: int, **changes: Callable[[int], Any]) -> list[Any]:
    """As many rows like this one, of which `changes` tell what is each one's own."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    del values["id"]
    own = [{name: of(number) for name, of in changes.items()} for number in range(count)]
    made: list[Any] = type(row).objects.bulk_create(type(row)(**values | each) for each in own)
    return made


def make_trips(count: int) -> list[tuple[str, str]]:
    """Trips under way, each of two people of its own, written into the scratch stack's database: (code, the passenger's key)."""
    from accounts.models import Account, EmergencyContact
    from core import clock
    from core.codes import new_code
    from core.privacy import phone_index
    from drivers.selectors import driver_of
    from rides.models import City, Trip
    from rides.states import Party
    from rides.tokens import TripKey, make_key

    driver = driver_of(Account.objects.get(code="driver"))

    def people(like: Account, letter: str) -> list[Account]:
        return others(
            like,
            count,
            code=lambda number: f"{letter}-{number}",
            phone_index=lambda number: f"{letter}-{number}",
            id_index=lambda number: f"{letter}-{number}",
        )

    passengers, accounts = people(Account.objects.get(code="passenger"), "p"), people(driver.account, "d")
    drivers = others(
        driver,
        count,
        account_id=lambda number: accounts[number].pk,
        licence_index=lambda number: f"l-{number}",
    )
    EmergencyContact.objects.bulk_create(
        EmergencyContact(
            account=passenger,
            name="a",
            phone="+8613911110000",
            phone_index=phone_index("+8613911110000"),
            created_at=clock.now(),
        )
        for passenger in passengers
    )
    city, at = City.objects.get(code="wenzhou"), clock.now()
    vehicle = driver.bindings.first().vehicle
    rows = [
        Trip(
            code=new_code("T"),
            line="hitch",
            city=city,
            passenger=passengers[number],
            client_key=f"storm-{number}",
            state="in_progress",
            origin_name="a",
            origin_latitude=28.2,
            origin_longitude=121.0,
            destination_name="b",
            destination_latitude=28.1,
            destination_longitude=120.7,
            planned_route=[[28.2, 121.0], [28.15, 120.85], [28.1, 120.7]],
            route_source="drawn",
            route_metres=31_400,
            route_seconds=2_400,
            window_start=at,
            window_end=at,
            driver=drivers[number],
            vehicle=vehicle,
            plate_registered=vehicle.plate,
            plate_check="same",
            boarding_code="0000",
            requested_at=at,
            accepted_at=at,
            boarded_at=at,
            departed_at=at,
        )
        for number in range(count)
    ]
    Trip.objects.bulk_create(rows)
    return [(row.code, make_key(TripKey(row.code, Party.PASSENGER, "wenzhou"))) for row in rows]


class Stream(threading.Thread):
    """An open console: when which number of live incidents was told."""

    def __init__(self, url: str, cookie: str) -> None:
        super().__init__(daemon=True)
        self.url, self.cookie = url, cookie
        self.told: list[tuple[float, int]] = []

    def run(self) -> None:
        import httpx

        with httpx.stream(
            "GET",
            self.url + "/live/console/",
            cookies={"sessionid": self.cookie},
            timeout=300,
            trust_env=False,
        ) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    self.told.append((time.time(), json.loads(line[5:])["marks"]["live"]))

    def reached(self, count: int) -> float:
        """When so many were live for the first time."""
        until = time.time() + 30
        while time.time() < until:
            for at, live in list(self.told):
                if live >= count:
                    return at
            time.sleep(0.01)
        raise SystemExit(f"the console never told of {count} incidents: {self.told[-3:]}")


async def taps(
    port: int, calls: list[tuple[str, dict[str, Any]]], within: float
) -> list[tuple[float, float]]:
    """Post all calls, at once or spread over some seconds: (begun, answered) of each.

    Each phone has a connection of its own. A pool's client looks through all that wait whenever one is answered: it would
    take from the server the time that it measures.
    """

    async def one(number: int, path: str, body: dict[str, Any]) -> tuple[float, float]:
        await asyncio.sleep(within * number / len(calls))
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        begun = time.time()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + content)
        answer = await reader.read()
        writer.close()
        if b" 201 " not in answer[:20]:
            raise SystemExit(answer[:600].decode(errors="replace"))
        return begun, time.time()

    return await asyncio.gather(*[one(number, *call) for number, call in enumerate(calls)])


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ours(port: int, stream: Stream, trips: list[tuple[str, str]]) -> list[float]:
    """Seconds from each tap's request to the console's stream."""
    found: list[float] = []
    before = stream.told[-1][1] if stream.told else 0
    for some, within in ((trips[:AT_ONCE], 0.0), (trips[AT_ONCE:], WITHIN)):
        calls = [(f"/api/v1/trips/{code}/sos/", {"key": key}) for code, key in some]
        done = asyncio.run(taps(port, calls, within))
        # Whichever was answered as the nth is among the first n that the console counts.
        for rank, (begun, _answered) in enumerate(sorted(done, key=lambda each: each[1]), start=1):
            found.append(stream.reached(before + rank) - begun)
        before += len(some)
    return found


def limit(port: int, redis_url: str) -> list[float]:
    """Seconds from each request to a reader of the stream."""
    import redis

    client, seen = redis.Redis.from_url(redis_url), {}

    def read() -> None:
        last = "$"
        while len(seen) < AT_ONCE + SPREAD:
            for _stream, rows in client.xread({"bench:sos": last}, block=500) or []:
                for entry, fields in rows:
                    seen[int(fields[b"n"])] = time.time()
                    last = entry

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    time.sleep(0.3)
    found, first = [], 0
    for count, within in ((AT_ONCE, 0.0), (SPREAD, WITHIN)):
        calls = [("/sos/", {"number": first + each}) for each in range(count)]
        done = asyncio.run(taps(port, calls, within))
        reader.join(1.0)
        found += [seen[first + each] - begun for each, (begun, _answered) in enumerate(done)]
        first += count
    return found


def storm_of_positions(port: int, key: str, seconds: float, answer: Any) -> None:
    """As many positions as the machine takes, 20 in a request."""
    load(port, key, 20, seconds, answer)


def main() -> None:
    from governance.drills.report import Report
    from governance.drills.world import scratch_world

    noon = datetime.now(ZoneInfo("Asia/Shanghai"))
    with scratch_world(Report("storm"), "storm", noon) as world:
        os.environ.update(world.env)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        import psycopg

        from core.models import Notification
        from rides.states import Party
        from rides.tokens import TripKey, make_key
        from safety.models import SosCall

        trips = make_trips(AT_ONCE + SPREAD)
        agent = world.person("agent")
        stream = Stream(world.url, agent.http.cookies["sessionid"])
        stream.start()
        port = int(world.url.rsplit(":", 1)[1])
        pinged: Any = multiprocessing.Queue()
        key = make_key(TripKey("T-OTHER", Party.DRIVER, "hangzhou"))
        seconds = 2 * WITHIN + 40
        pings = multiprocessing.Process(target=storm_of_positions, args=(port, key, seconds, pinged))
        pings.start()
        time.sleep(1.0)
        mine = ours(port, stream, trips)
        # Promised by a handler first, then sent: none that waits may only mean that none was promised yet. Before they
        # have left the limit is not measured: it would take the time that they need.
        first = Notification.objects.filter(key__startswith="sos:").exclude(sent_at=None)
        until = time.time() + 120
        while first.count() < AT_ONCE + SPREAD and time.time() < until:
            time.sleep(0.5)
        with psycopg.connect(world.env["HUHANG_OWNER_URL"], autocommit=True) as owner:
            owner.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, number integer)")
            owner.execute(f"GRANT ALL ON TABLE {TABLE} TO PUBLIC")
            owner.execute(f"GRANT ALL ON SEQUENCE {TABLE}_id_seq TO PUBLIC")
        target = ["--interface", "wsgi", "--blocking-threads", "16", "--factory", "benchmarks.sos_storm:bare"]
        with serving(target) as (_pid, spare):
            most = limit(spare, world.env["REDIS_URL"])
        batches = pinged.get(timeout=120)
        pings.join()
        sent = {row.subject: row.sent_at for row in first}
        delays = [
            (sent[call.incident.code] - call.at) / timedelta(seconds=1)
            for call in SosCall.objects.select_related("incident")
            if call.incident.code in sent
        ]
    if len(delays) != AT_ONCE + SPREAD:
        raise SystemExit(f"only {len(delays)} first messages left")
    for name, values in (("console", mine), ("first message", delays), ("limit", most)):
        print(
            f"{name}: p50 {percentile(values, 0.5):.0f} ms, p99 {percentile(values, 0.99):.0f} ms,"
            f" at once p99 {percentile(values[:AT_ONCE], 0.99):.0f} ms",
            file=sys.stderr,
        )
    print(
        f"positions meanwhile: {batches * 20 / seconds:,.0f}/s; a console that polls: p99 {POLL * 990:.0f} ms",
        file=sys.stderr,
    )
    p99 = percentile(mine, 0.99)
    print(
        json.dumps(
            {
                "name": "sos_storm",
                "ours": round(p99),
                "peer": round(POLL * 990),
                "limit": round(percentile(most, 0.99)),
                "unit": "ms, p99 from the tap to the console",
                "ratio_to_peer": round(POLL * 990 / p99, 2),
                "ratio_to_limit": round(p99 / percentile(most, 0.99), 2),
                "first_message_p99_ms": round(percentile(delays, 0.99)),
            }
        )
    )


if __name__ == "__main__":
    main()
