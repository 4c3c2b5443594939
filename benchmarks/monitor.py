"""Positions per second and core through all detectors of the monitor, for planned ways of 50 and of 200 points.

Ours: `WatchTable.observe`, from batches as they come off the stream to detections, every rule on: off the
way, driving away, long stops, remote areas, and what is remembered. 2 000 trips, two phones each, 10 positions in
a batch. Peer: shapely, one call for each position, for the distance to the way alone. Limit: numba over arrays that
are ready, for the distance alone. One JSON line for 50 points; 200 points and the turns go to standard error.

A turn: a real monitor on a real database and stream, with 1 000, 10 000 and 50 000 trips under way of which 1 % changed:
their rows were written, and both phones of each posted five positions. Its CPU, and the database's beside it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.chdir(ROOT)
from config.pytest_stack import own_servers

own_servers()

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django

django.setup()

import numpy as np
import shapely
from numba import njit

from core import policy
from rides.positions import shard_stream
from rides.selectors import WatchedTrip
from rides.states import Line, Party, TripState
from safety.monitor.memory import WatchTable, limits_in_force
from safety.monitor.program import distance_to_way
from safety.monitor.warmup import warm_up

TRIPS, BATCH, TURNS = 2_000, 10, 12
LIVE, CHANGED, POINTS, ROUNDS = (1_000, 10_000, 50_000), 0.01, 50, 7
AIM = 0.5  # seconds of CPU for a turn with 50 000 trips under way
START = 1_535_086_800.0
Batch = tuple[str, Party, bool, list[tuple[float, float, float]]]


def way_of(rng: np.random.Generator, points: int) -> list[tuple[float, float]]:
    """A way of about 15 km with bends."""
    steps = np.cumsum(rng.normal(0.0001, 0.0001, (points, 2)) * 300 / points * 10, axis=0)
    return [(28.0 + lat, 120.8 + lon) for lat, lon in steps.tolist()]


def trips(points: int) -> list[WatchedTrip]:
    rng = np.random.default_rng(1)
    ways = [way_of(rng, points) for _trip in range(TRIPS)]
    return [
        WatchedTrip(
            pk=number,
            code=f"T-{number}",
            city="wenzhou",
            line=Line.HITCH,
            state=TripState.IN_PROGRESS,
            driver_state_since=datetime.fromtimestamp(START, tz=UTC),
            route=way,
            route_source="valhalla",
            origin=way[0],
            destination=way[-1],
            met=True,
            cancelled_at=None,
            planned_seconds=1800,
            places=tuple(way[:20]),
        )
        for number, way in enumerate(ways)
    ]


def turns(watched: list[WatchedTrip]) -> list[list[Batch]]:
    """What comes off the stream, turn by turn: cars on their ways with the noise of phones, one in twenty astray."""
    rng = np.random.default_rng(2)
    found = []
    for turn in range(TURNS):
        batches: list[Batch] = []
        for number, trip in enumerate(watched):
            share = (turn * BATCH + np.arange(BATCH)) / (TURNS * BATCH) * (len(trip.route) - 1)
            way = np.array(trip.route)
            place = (
                way[share.astype(int)] + rng.normal(0, 1e-4, (BATCH, 2)) + (0.01 if number % 20 == 0 else 0)
            )
            at = START + (turn * BATCH + np.arange(BATCH)) * 5.0
            near = np.full(BATCH, 10.0)  # metres of accuracy
            pings = [tuple(row) for row in np.column_stack([at, place, near]).tolist()]
            batches += [(trip.code, party, False, pings) for party in Party]
        found.append(batches)
    return found


@njit
def distances(pings: Any, way: Any, ways: Any) -> float:
    """The limit: nothing but the distance."""
    total = 0.0
    for i in range(len(pings)):
        row = int(pings[i, 0])
        total += distance_to_way(pings[i, 1], pings[i, 2], way, ways[row, 0], ways[row, 1])
    return total


def per_second(count: int, work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return count / (time.process_time() - began)


def measure(points: int) -> dict[str, Any]:
    watched = trips(points)
    stream = turns(watched)
    warm_up()
    table = WatchTable(limits_in_force())
    table.put(watched, {})
    table.observe(stream[0])
    clocks = {shard_stream("wenzhou"): START + 60}
    count = sum(len(pings) for batches in stream[1:] for *_rest, pings in batches)
    seen: list[Any] = []

    def ours() -> None:
        for batches in stream[1:]:
            seen.extend(table.observe(batches))
            table.tick(clocks)

    rate = per_second(count, ours)
    lines = [shapely.LineString(trip.route) for trip in watched]
    row_of = {trip.code: number for number, trip in enumerate(watched)}

    def peer() -> None:
        for code, _party, _away, pings in stream[1]:
            line = lines[row_of[code]]
            for _at, latitude, longitude, _accuracy in pings:
                line.distance(shapely.Point(latitude, longitude))

    peer_rate = per_second(sum(len(pings) for *_rest, pings in stream[1]), peer)
    ready = np.array(
        [
            (row_of[code], (lon - 120.8) * 98_000, (lat - 28) * 111_195)
            for batches in stream[1:]
            for code, _party, _away, pings in batches
            for _at, lat, lon, _accuracy in pings
        ]
    )
    way, ways = table._ways.points, table._ways.spans
    distances(ready[:2], way, ways)
    limit = per_second(len(ready), lambda: distances(ready, way, ways))
    if not seen:
        raise SystemExit("The detectors saw nothing: the measurement is worth nothing.")
    return {
        "name": f"monitor, ways of {points} points",
        "ours": round(rate),
        "peer": round(peer_rate),
        "limit": round(limit),
        "unit": "positions/s and core",
        "ratio_to_peer": round(rate / peer_rate, 2),
        "ratio_to_limit": round(rate / limit, 3),
    }


def fill(count: int) -> list[tuple[int, str]]:
    """So many trips under way in the database, each with a drawn way; as (primary key, code)."""
    from accounts.models import Account
    from core import clock
    from drivers.selectors import driver_of
    from rides.models import City, Trip

    passenger, driver = Account.objects.get(code="passenger"), driver_of(Account.objects.get(code="driver"))
    city, at = City.objects.get(code="wenzhou"), clock.now()
    vehicle = driver.bindings.first().vehicle
    rng, known = np.random.default_rng(3), Trip.objects.count()
    for start in range(known, count, 2_000):
        rows = []
        for number in range(start, min(start + 2_000, count)):
            way = way_of(rng, POINTS)
            rows.append(
                Trip(
                    code=f"T-BENCH{number:06d}",
                    line="hitch",
                    city=city,
                    passenger=passenger,
                    client_key=f"bench-{number}",
                    state="in_progress",
                    origin_name="a",
                    origin_latitude=way[0][0],
                    origin_longitude=way[0][1],
                    destination_name="b",
                    destination_latitude=way[-1][0],
                    destination_longitude=way[-1][1],
                    window_start=at,
                    window_end=at,
                    driver=driver,
                    vehicle=vehicle,
                    planned_route=way,
                    route_source="valhalla",
                    route_seconds=3600,
                    plate_registered=vehicle.plate,
                    plate_check="same",
                    boarding_code="0000",
                    requested_at=at,
                    accepted_at=at,
                    boarded_at=at,
                    departed_at=at + timedelta(hours=3),  # however long the rest takes, nobody is silent
                )
            )
        Trip.objects.bulk_create(rows)
    return list(Trip.objects.order_by("pk").values_list("pk", "code"))


def backend_seconds() -> float:
    """CPU of this connection's own process in PostgreSQL."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        fields = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def whole_turns() -> list[dict[str, Any]]:
    """The CPU of a turn: of this process, and of the database beside it."""
    from django.core.management import call_command

    from governance.demo import make_world
    from rides.models import Trip
    from rides.positions import StoredBatch, entry_of, shard_stream
    from safety.monitor.loop import Monitor

    call_command("migrate", verbosity=0, interactive=False)
    make_world(password="a password of benchmarks")
    found = []
    for live in LIVE:
        trips = fill(live)
        monitor = Monitor()
        monitor.redis.flushdb()
        monitor.prepare()
        with monitor.shards.kept_alive():
            monitor.step()
            while monitor.refresh.watchlist.loading:
                monitor.step()
            if len(monitor.table) != live:
                raise SystemExit(f"{len(monitor.table)} trips are watched instead of {live}")
            ours, database = [], []
            for turn in range(ROUNDS):
                some = trips[turn :: round(1 / CHANGED)]
                Trip.objects.filter(pk__in=[pk for pk, _code in some]).update(route_seconds=3600 + turn)
                way = [(pk, code, monitor.table.trip(code).route) for pk, code in some]
                now = time.time()
                batches = [
                    StoredBatch(code, party, False, [(now - 4 + step, *way[turn]) for step in range(5)])
                    for _pk, code, way in way
                    for party in Party
                ]
                stream = shard_stream("wenzhou")
                for start in range(0, len(batches), 20):
                    monitor.redis.xadd(stream, entry_of(batches[start : start + 20]))
                beside, began = backend_seconds(), time.process_time()
                monitor.refresh.looked = -float("inf")
                monitor.step()
                ours.append(time.process_time() - began)
                database.append(backend_seconds() - beside)
                if monitor.redis.xpending(stream, "monitor")["pending"] or monitor.pending.found:
                    raise SystemExit("The turn left something: the measurement is worth nothing.")
            monitor.shards.let_go()
        monitor.redis.flushdb()
        found.append(
            {
                "name": f"monitor, a whole turn, {live} trips, 1 % changed",
                "ours": round(sorted(ours)[len(ours) // 2], 4),
                "database": round(sorted(database)[len(database) // 2], 3),
                "aim": AIM if live == max(LIVE) else None,
                "unit": "CPU s",
            }
        )
    return found


def main() -> None:
    with policy.read_once(offline=True):
        rows = [measure(200), measure(50)]
    for row in [rows[0], *whole_turns()]:
        print(json.dumps(row), file=sys.stderr)
    print(json.dumps(rows[1]))


if __name__ == "__main__":
    main()
