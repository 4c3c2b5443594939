"""Positions per second and core through all detectors of the monitor, for planned ways of 50 and of 200 points.

Ours: `WatchTable.observe`, from batches as they come off the stream to detections, every rule on: off the
way, driving away, long stops, remote areas, and what is remembered. 2 000 trips, two phones each, 10 positions in
a batch. Peer: shapely, one call for each position, for the distance to the way alone. Limit: numba over arrays that
are ready, for the distance alone. One JSON line for 50 points; 200 goes to standard error.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from config.local import local_environment

os.environ.update(local_environment())
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
from safety.monitor.memory import WatchTable, limits_in_force, warm_up
from safety.monitor.program import distance_to_way

TRIPS, BATCH, TURNS = 2_000, 10, 12
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
            pings = [tuple(row) for row in np.column_stack([at, place]).tolist()]
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
            for _at, latitude, longitude in pings:
                line.distance(shapely.Point(latitude, longitude))

    peer_rate = per_second(sum(len(pings) for *_rest, pings in stream[1]), peer)
    ready = np.array(
        [
            (row_of[code], (lon - 120.8) * 98_000, (lat - 28) * 111_195)
            for batches in stream[1:]
            for code, _party, _away, pings in batches
            for _at, lat, lon in pings
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


def main() -> None:
    with policy.read_once(offline=True):
        rows = [measure(200), measure(50)]
    print(json.dumps(rows[0]), file=sys.stderr)
    print(json.dumps(rows[1]))


if __name__ == "__main__":
    main()
