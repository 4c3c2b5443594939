"""The hourly drill (G3): a marked passenger calls for help on the live stack, over HTTP, in real time.

What she does enters no figure and no strip of the console. Nobody is called: her contact is a marked number.
"""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext_noop as noop

from accounts.services import mark_drill_account
from core import clock
from core.messages import outbox
from governance.drills.report import Step
from governance.drills.sound import SoundPhone
from governance.drills.world import Surprise, new_key
from rides.selectors import cities, city_by_code
from rides.states import Line
from safety import chunks
from safety.selectors import incident_by_code, live_counts, sos_answered, sound_of
from safety.services import close_drill

CODE = "drill-passenger"
AWAY = 0.05  # degrees of latitude between where the trip would begin and end: some 5.5 km
PATIENCE = 30.0


class Hourly:
    """One run; `steps` says what was expected and seen."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.http = httpx.Client(
            base_url=settings.PUBLIC_URL,
            timeout=PATIENCE,
            trust_env=False,
            headers={"Accept-Language": "en", "Referer": settings.PUBLIC_URL + "/"},
        )

    def expect(
        self, what: str, expected: str, look: Callable[[], tuple[bool, str]], *, patient: bool = False
    ) -> bool:
        """See something, waiting for it where it takes a while, and write it down."""
        began = time.monotonic()
        while True:
            try:
                ok, seen = look()
            except (Surprise, httpx.HTTPError) as why:
                ok, seen = False, str(why)
            if ok or not patient or time.monotonic() - began > PATIENCE:
                break
            time.sleep(0.2)
        at = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds")
        self.steps.append(Step(at, what, expected, seen[:300], ok, round(time.monotonic() - began, 3)))
        return ok

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """A call of the API, as a native client makes it."""
        token = self.http.cookies.get(settings.CSRF_COOKIE_NAME) or ""
        answer = self.http.post(path, json=body, headers={"X-CSRFToken": token})
        if answer.status_code >= 400:
            raise Surprise(f"{path}: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else {}


def play() -> list[Step]:
    """Run it; every step that was reached is in the list."""
    run = Hourly()
    found: dict[str, str] = {}
    before = (live_counts(), sos_answered(clock.now() - timedelta(days=1)))
    try:
        begun = run.expect(
            noop("the marked passenger signs in"), noop("she is signed in"), lambda: sign_in(run)
        )
        if begun and run.expect(
            noop("she has a trip"), noop("a trip's code and key"), lambda: _trip(run, found)
        ):
            _help(run, found, before)
    finally:
        if found.get("incident"):
            close_drill(code=found["incident"])
        run.http.close()
    return run.steps


def sign_in(run: Hourly) -> tuple[bool, str]:
    password = secrets.token_urlsafe(24)
    mark_drill_account(code=CODE, phone=settings.DRILL_PHONE, password=password)
    run.http.get("/sign-in/")
    run.post("/api/v1/sign-in/", {"name": CODE, "password": password})
    contacts = run.http.get("/api/v1/me/contacts/").json()
    if not contacts:
        run.post("/api/v1/me/contacts/", {"name": "drill", "phone": settings.DRILL_CONTACT_PHONE})
    return True, "signed in"


def _trip(run: Hourly, found: dict[str, str]) -> tuple[bool, str]:
    """A request that is cancelled at once, on the first line that takes it; the last trip where none does."""
    city = city_by_code(settings.DRILL_CITY) if settings.DRILL_CITY else cities()[0]
    middle, north = (city.latitude, city.longitude), (city.latitude + AWAY, city.longitude)
    noon = (clock.now() + timedelta(days=1)).astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0)
    why = ""
    for line in (Line.HITCH, Line.EXPRESS, Line.PREMIER, Line.LUXURY):
        body = {
            "city": city.code,
            "line": line,
            "origin": {"name": "drill", "lat": middle[0], "lon": middle[1]},
            "destination": {"name": "drill", "lat": north[0], "lon": north[1]},
            "seats": 1,
            "client_key": new_key(),
        }
        if line == Line.HITCH:
            body |= {
                "window_start": noon.isoformat(),
                "window_end": (noon + timedelta(minutes=30)).isoformat(),
            }
        try:
            trip = run.post("/api/v1/trips/", body)
        except Surprise as refused:
            why = str(refused)
            continue
        run.post(f"/api/v1/trips/{trip['code']}/cancel/", {"reason": "changed_plans"})
        found["trip"], found["key"] = trip["code"], trip["key"]
        return True, f"{trip['code']} ({line})"
    rows = run.http.get("/api/v1/trips/").json()
    rows = rows.get("results", rows) if isinstance(rows, dict) else rows
    for row in rows[:1]:
        found["trip"], found["key"] = row["code"], row["key"]
        return True, f"{row['code']} (an earlier one: {why})"
    return False, why


def _help(run: Hourly, found: dict[str, str], before: object) -> None:
    code, key = found["trip"], found["key"]

    def call() -> tuple[bool, str]:
        anybody = httpx.post(
            settings.PUBLIC_URL + f"/api/v1/trips/{code}/sos/",
            json={"key": key, "lat": 28.2, "lon": 121.0},
            trust_env=False,
        )
        found["incident"] = anybody.json().get("incident", "")
        return anybody.status_code == 201 and incident_by_code(found["incident"]).drill, found["incident"]

    if not run.expect(noop("one tap without a session"), noop("an incident, marked as a drill"), call):
        return
    run.expect(
        noop("her contact is told"),
        noop("a provider has the message"),
        lambda: _told(found["incident"]),
        patient=True,
    )

    def sound() -> tuple[bool, str]:
        phone = SoundPhone(settings.PUBLIC_URL, code, key, "sos")
        phone.record(3)
        opened = AESGCM(sound_of(phone.code).key)
        kept = [chunks.read(phone.code, number) for number in range(3)]
        heard = b"".join(
            chunks.open_chunk(opened, phone.code, n, each) for n, each in enumerate(kept) if each
        )
        phone.end()
        return heard == phone.whole(), f"{len(heard)} bytes"

    run.expect(noop("sound from the scene is kept and opens"), noop("all of it"), sound)

    def check() -> tuple[bool, str]:
        filed = run.post(
            "/api/v1/welfare-checks/",
            {
                "missing_phone": settings.DRILL_PHONE,
                "reporter_phone": settings.DRILL_CONTACT_PHONE,
                "words": "drill",
                "submission": new_key(),
            },
        )
        rows = incident_by_code(found["incident"]).welfare_checks.filter(code=filed["code"])
        return rows.exists(), filed["code"]

    run.expect(noop("a friend's welfare check joins the incident"), noop("the same incident"), check)
    run.expect(
        noop("no figure and no strip knows of it"),
        noop("the same as before"),
        lambda: ((live_counts(), sos_answered(clock.now() - timedelta(days=1))) == before, str(before)),
    )


def _told(incident: str) -> tuple[bool, str]:
    rows = [row for row in outbox.about(incident) if row.key.startswith("sos:")]
    handed_over = bool(rows) and all(row.handed_over for row in rows)
    return handed_over, ", ".join(row.state for row in rows) or "no message"
