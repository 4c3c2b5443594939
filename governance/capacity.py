"""The capacity run (G2+): orders at twice the expected load against the live stack, by the drill's marked passenger.

An open loop: each order is sent at its moment, whether or not those before it were answered, so a slow platform shows as late
answers and not as fewer questions. She orders on the line that is to return, which nobody drives while it is suspended, and
takes each order back at once.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx
from django.conf import settings

from core import build, clock, policy
from core.api import tokens_of
from governance.drills.hourly import AWAY, Hourly, sign_in
from governance.drills.world import Surprise, new_key
from governance.models import Proof
from governance.policies import EXPECTED_ORDERS
from governance.relaunch import record_proof
from governance.states import ProofKind
from rides.selectors import city_by_code
from rides.states import Line

SLOWEST = 2.0  # seconds in which 95 of 100 orders have to be answered
THREADS = 32
OVER = 1.05  # so that the last answer, which comes after the time, does not make it less than twice


class OtherBuild(Exception):
    """The stack that answers is not of the build that asks, or does not say so: its figures need a token."""


def run(*, line: str, city: str, seconds: int) -> Proof:
    """Order for so many seconds, and keep what was measured. Raises `OtherBuild`, and `NotFound` for no city of ours."""
    place = city_by_code(city)
    person = Hourly()
    try:
        token = next(iter(tokens_of(settings.METRICS_TOKEN)), "")
        figures = person.http.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        if f'huhang_build{{digest="{build.digest()}"}} 1' not in figures.text:
            raise OtherBuild
        sign_in(person)
        rate = OVER * 2 * policy.value(EXPECTED_ORDERS) / 60
        count = max(1, int(rate * seconds))
        begun = time.monotonic()

        def order(number: int) -> float | None:
            """How long one order took from its moment on; None where it was not taken."""
            moment = begun + number / rate
            time.sleep(max(0.0, moment - time.monotonic()))
            try:
                trip = person.post("/api/v1/trips/", _body(line, place.code, place.latitude, place.longitude))
                took = time.monotonic() - moment
                person.post(f"/api/v1/trips/{trip['code']}/cancel/", {"reason": "changed_plans"})
            except (Surprise, httpx.HTTPError):
                return None
            return took

        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(order, range(count)))
        lasted = time.monotonic() - begun
    finally:
        person.http.close()
    taken = sorted(each for each in answers if each is not None)
    slow = taken[int(0.95 * (len(taken) - 1))] if taken else 0.0
    return record_proof(
        kind=ProofKind.CAPACITY,
        of=build.digest(),
        passed=len(taken) == count and slow <= SLOWEST,
        figures={
            "line": line,
            "city": city,
            "seconds": round(lasted, 1),
            "orders": count,
            "failed": count - len(taken),
            "p95": round(slow, 3),
            "orders_a_minute": round(60 * len(taken) / max(lasted, seconds), 1),
        },
    )


def _body(line: str, city: str, latitude: float, longitude: float) -> dict[str, object]:
    body: dict[str, object] = {
        "city": city,
        "line": line,
        "origin": {"name": "drill", "lat": latitude, "lon": longitude},
        "destination": {"name": "drill", "lat": latitude + AWAY, "lon": longitude},
        "seats": 1,
        "client_key": new_key(),
    }
    if line == Line.HITCH:
        local = (clock.now() + timedelta(days=1)).astimezone(ZoneInfo("Asia/Shanghai"))
        noon = local.replace(hour=12, minute=0)
        body |= {
            "window_start": noon.isoformat(),
            "window_end": (noon + timedelta(minutes=30)).isoformat(),
        }
    return body
