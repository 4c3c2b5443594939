"""Crashes that are made on real rides: how many of them the monitor finds, and how often it finds one on rides without any.

`python benchmarks/crashes.py FOLDER` with trails as CSV of lat, lon and time (`manage.py replay_trail` reads the same). Each
ride is played through the rule as it was, then, up to twelve times, with a crash where chance chooses among the places at
which it was faster than 30 km/h: it stops between two positions, and its phone then tells that place with the wander of a
receiver that stands. So few hours say nothing of one false alarm in a thousand: the rate that they rule out stands beside
them (95 %, three over the hours where none was seen).
"""

import csv
import json
import os
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
FOLDER = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
os.chdir(ROOT)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django

from config.local import throwaway_environment

os.environ.update(throwaway_environment())
django.setup()

import numpy as np

from core import policy
from rides.trails import DEGREE, Fix
from safety.replay import ReplayedTrip, replay
from safety.states import SignalKind

FAST, FASTER_THAN_CARS = 30 / 3.6, 40.0  # metres per second
LONGEST = 10.0  # seconds between two positions
WANTED = 0.9  # share of the crashes, S12
MOST = 12  # crashes made on one ride
STANDS = 150.0  # seconds that are played after it
WANDER, EASE = (
    3.0,
    0.03,
)  # metres by which a standing receiver is off, and the share of it that is new each second


def read(path: Path) -> list[Fix]:
    """The positions of a trail."""
    with path.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    return [
        Fix(datetime.fromisoformat(row["time"]).timestamp(), float(row["lat"]), float(row["lon"]))
        for row in rows
    ]


def metres(one: Fix, other: Fix) -> float:
    """Between two positions."""
    east = (other.longitude - one.longitude) * np.cos(np.radians(one.latitude))
    return float(np.hypot(other.latitude - one.latitude, east) * DEGREE)


def crashed(trail: list[Fix], number: int, rng: np.random.Generator) -> list[Fix]:
    """The ride up to a position, and a crash on the way to the next one."""
    last, following = trail[number], trail[number + 1]
    share = rng.uniform()
    place = np.array(last.point) + share * (np.array(following.point) - np.array(last.point))
    step = max(1.0, float(np.median(np.diff([each.at for each in trail]))))
    cosine = np.cos(np.radians(place[0]))
    off, found, at = np.zeros(2), trail[: number + 1], following.at
    while at < last.at + STANDS:
        keep = (1 - EASE) ** step
        off = off * keep + rng.normal(0, WANDER * np.sqrt(1 - keep**2), 2)
        found.append(Fix(at, place[0] + off[0] / DEGREE, place[1] + off[1] / DEGREE / cosine))
        at += step
    return found


def places(trail: list[Fix], rng: np.random.Generator) -> list[int]:
    """Positions before which, and after which, the car was fast."""
    pace = [metres(one, other) / (other.at - one.at) for one, other in pairwise(trail)]
    fast = [
        number
        for number in range(2, len(trail) - 1)
        if all(FAST < each < FASTER_THAN_CARS for each in pace[number - 1 : number + 1])
        and trail[number + 1].at - trail[number].at <= LONGEST
    ]
    return sorted(rng.permutation(fast)[:MOST].tolist())


def seen(trail: list[Fix]) -> list[float]:
    """When the rule spoke."""
    story = ReplayedTrip(trail, trail[-1].point)
    return [each.detection.at for each in replay(story).raised if each.kind == SignalKind.CRASH]


def main() -> int:
    row = {
        "name": "crashes found that were made on real rides",
        "unit": "share",
        "peer": "–",
        "limit": WANTED,
    }
    if FOLDER is None:
        print(json.dumps(row | {"ours": "no rides given", "ratio_to_peer": "–", "ratio_to_limit": "–"}))
        return 0
    rng = np.random.default_rng(12)
    rides = [read(path) for path in sorted(FOLDER.glob("*.csv"))]
    hours = sum(trail[-1].at - trail[0].at for trail in rides) / 3600
    false = made = found = 0
    with policy.read_once(offline=True):
        for trail in rides:
            false += len(seen(trail))
            for number in places(trail, rng):
                made += 1
                found += any(at > trail[number].at for at in seen(crashed(trail, number, rng)))
    print(f"{len(rides)} rides, {hours:.1f} h: {false} false alarms", file=sys.stderr)
    print(f"{made} crashes made, {found} found: {found / made:.1%}", file=sys.stderr)
    share = found / made
    row |= {"ours": round(share, 3), "ratio_to_peer": "–", "ratio_to_limit": round(share / WANTED, 2)}
    row |= {"made": made, "found": found, "hours": round(hours, 1), "false": false}
    if not false:
        row["false_in_1000_h_below"] = round(3000 / hours)
    print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
