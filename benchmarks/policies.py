"""A week of a million orders by another rule (G5+): wall seconds of one simulation, of which there are so many as rules.

The rows are made once and kept in `var/bench-policies` (`HUHANG_BENCH_ROWS` orders of one week). Ours: the curfew and the tariff, each by both values and parted by city, hour and line, the slower one of them. Peer: orders
as rows of the ORM, each with the fares of both tariffs by the real rule, of a twentieth of them, times twenty. Limit: the rows
of the slower one read part by part, and nothing done with them.
"""

import json
import os
import signal
import sys
import time
from datetime import datetime, timedelta
from datetime import time as daytime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HUHANG_BENCH_STATE", str(ROOT / "var" / "bench-policies"))

from benchmarks.board import ROWS, fill, platform, without_laws

MOST = 60.0  # seconds, G5+
PART = 20  # of the orders one in so many is decided one by one


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_given: sys.exit(1))  # stopped, it stops its server
    with platform():
        print(json.dumps(measured()))


def _newest() -> datetime:
    """The newest of the orders, which are made where there are none: kept for the next run."""
    from django.core.management import call_command
    from django.db.models import Max

    from rides.models import Trip

    call_command("migrate", verbosity=0, interactive=False)
    made = Trip.objects.filter(client_key__startswith="rules")
    if made.count() < ROWS:
        with without_laws():
            _fill()
    newest: datetime = made.aggregate(newest=Max("requested_at"))["newest"]
    return newest


def _fill() -> None:
    from django.db import connection

    fill("rides.City", 1, id="900001", code="'bench'", radius="120000")
    fill("accounts.Account", 1, id="900001", code="'bench'")
    asked = "now() - (n % 604800) * interval '1 s'"
    fill(
        "rides.Trip",
        ROWS,
        code="'B-' || n",
        client_key="'rules' || n",
        line="(ARRAY['hitch', 'express', 'premier', 'luxury'])[1 + n % 4]",
        city_id="900001",
        passenger_id="900001",
        state="'requested'",
        requested_at=asked,
        window_start=f"{asked} + (n % 7200) * interval '1 s'",
        window_end=f"{asked} + (n % 7200 + 1800) * interval '1 s'",
        route_metres="500 + n % 60000",
        route_seconds="120 + n % 5000",
        seats="1 + n % 3",
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measured() -> dict[str, object]:
    from core import policy
    from core.policy import simulation
    from rides.curfew import CURFEW, Hours
    from rides.policies import TARIFF

    until = _newest() + timedelta(seconds=1)
    period, longer = (until - timedelta(days=7), until), Hours(daytime(21), daytime(7))
    dearer = policy.value(TARIFF) | {"hitch": policy.value(TARIFF)["express"]}
    simulations = {}
    for rule, new in ((CURFEW, longer), (TARIFF, dearer)):
        how, begun = simulation.of(rule), time.perf_counter()
        if how is None:
            raise KeyError(rule.key)
        rows = simulation.count(how, *period)  # of so many whoever waits sees how many are done
        found = simulation.simulate(how, policy.value(rule), new, *period)
        simulations[time.perf_counter() - begun] = how
        print(rule.key, rows, found["all"], file=sys.stderr)
    ours = max(simulations)
    begun, rows = time.perf_counter(), 0
    for columns in simulation.read(simulations[ours], *period):
        rows += len(columns["id"])
    limit = time.perf_counter() - begun
    peer = one_by_one(period) * PART
    if ours > MOST:
        print(f"{ours} s are more than {MOST} s", file=sys.stderr)
        sys.exit(1)
    return {
        "name": f"another rule over a week of {rows} orders",
        "unit": "s",
        "ours": round(ours, 2),
        "peer": round(peer, 2),
        "limit": round(limit, 2),
        "ratio_to_peer": round(peer / ours, 2),
        "ratio_to_limit": round(ours / limit, 2),
    }


def one_by_one(period: tuple[datetime, datetime]) -> float:
    """Seconds for a part of the orders, each a row of the ORM with the fares of both tariffs."""
    from rides.fares import estimate
    from rides.models import Trip

    begun = time.perf_counter()
    rows = Trip.objects.filter(requested_at__gte=period[0], requested_at__lt=period[1]).select_related("city")
    for trip in rows.order_by("pk")[: ROWS // PART].iterator():
        for _value in range(2):
            estimate(trip.line, trip.route_metres, trip.route_seconds, seats=trip.seats)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
