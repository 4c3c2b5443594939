"""A hundred officers at once: from the POST of an emergency to the car part on the page, and to the sealed PDF, in milliseconds.

Ours: a whole scratch stack (web, workers, sandbox with its time authority), each officer of a station of their own, each
about another trip, among as many trips as `ROWS` says in the same table. Peer: the 10 minutes that a competitor published
in 2019 for complete papers; history took 92. Limit: what cannot be left out, one after another in one process: the trip
by its code, one row committed, one document signed. The figure is p99 of the page; the others go to standard error.
"""

import asyncio
import json
import os
import re
import secrets
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sos_storm import make_trips, others, percentile

OFFICERS = 100
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
PUBLISHED = 600_000.0  # ms
TOKEN = "b" * 32  # of the officers' browsers, as cookie and as field


def fill(owner: Any, code: str) -> None:
    """As many further trips, over long ago, as copies of one."""
    columns = [row[0] for row in owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'rides_trip' AND column_name <> 'id'"
    )]  # fmt: skip
    own = {
        "code": "'T-' || upper(substr(md5(n::text), 1, 10))",
        "client_key": "'bench-' || n",
        "state": "'ended'",
        "ended_at": "now() - interval '400 days'",
        "fare": "1000",
        "requested_at": "now() - interval '400 days'",
        "plate_registered": "'川A·' || upper(substr(md5('p' || n::text), 1, 5))",
    }
    chosen = ", ".join(own.get(name, f"t.{name}") for name in columns)
    owner.execute(
        f"INSERT INTO rides_trip ({', '.join(columns)}) SELECT {chosen} FROM rides_trip t,"
        f" generate_series(1, {ROWS}) n WHERE t.code = %s ON CONFLICT DO NOTHING",
        [code],
    )
    owner.execute("ANALYZE rides_trip")


def officers() -> list[str]:
    """The cookies of officers who are signed in with their second factor, each of a station of their own."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.models import Account, Authenticator
    from police.models import Agency, Officer

    first = Officer.objects.select_related("agency", "account").get(account__code="officer")
    device = Authenticator.objects.get(user=first.account, confirmed=True)
    names = [f"bench-{number}" for number in range(OFFICERS)]
    stations: list[Agency] = others(
        first.agency, OFFICERS, code=lambda n: names[n], name_zh=lambda n: f"派出所 {n}"
    )
    accounts: list[Account] = others(
        first.account,
        OFFICERS,
        code=lambda n: names[n],
        phone_index=lambda n: names[n],
        id_index=lambda n: names[n],
    )
    others(first, OFFICERS, account_id=lambda n: accounts[n].pk, agency_id=lambda n: stations[n].pk)
    devices = others(device, OFFICERS, user_id=lambda n: accounts[n].pk)
    cookies = []
    for account, shown in zip(accounts, devices, strict=True):
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(account.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = account.get_session_auth_hash()
        session["otp_device_id"] = shown.persistent_id
        session.save()
        cookies.append(
            f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        )
    return cookies


async def call(port: int, method: str, path: str, cookie: str, body: str = "") -> bytes:
    """The whole answer; who is told to wait asks again when the answer says, as its page does."""
    while (answer := await once(port, method, path, cookie, body)).startswith(b"HTTP/1.1 503"):
        told = re.search(rb"(?i)\r\nretry-after: (\d+)\r\n", answer)
        await asyncio.sleep(float(told[1]) if told else 2.0)
    return answer


async def once(port: int, method: str, path: str, cookie: str, body: str) -> bytes:
    """One request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nCookie: {cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    writer.write(head.encode() + body.encode())
    answer = await reader.read()
    writer.close()
    return answer


async def ask(port: int, cookie: str, trip: str) -> tuple[float, float]:
    """Seconds to the car part on the page, and to the sealed PDF, from the press of the button."""
    form = {
        "csrfmiddlewaretoken": TOKEN, "query_value": trip, "query": "trip", "danger": "x", "why_not_written": "x",
        "supervisor_name": "陈所长", "supervisor_phone": "13955550001", "declared": "on",
        "submission": secrets.token_urlsafe(16),
    }  # fmt: skip
    begun = time.perf_counter()
    sent = await call(port, "POST", "/police/emergency/", cookie, urlencode(form))
    found = re.search(rb"[Ll]ocation: (/police/requests/[^/\s]+/)", sent)
    if not found:
        raise SystemExit(sent[:1500].decode(errors="replace"))
    path = found[1].decode()
    page = await call(port, "GET", path, cookie)
    if b'class="plates"' not in page:
        raise SystemExit(page[:1500].decode(errors="replace"))
    shown = time.perf_counter() - begun
    paper = await call(port, "GET", path + "pack.pdf", cookie)
    if b"%PDF" not in paper:
        raise SystemExit(paper[:600].decode(errors="replace"))
    return shown, time.perf_counter() - begun


async def all_ask(port: int, cookies: list[str], trips: list[str]) -> list[tuple[float, float]]:
    return await asyncio.gather(*(ask(port, *each) for each in zip(cookies, trips, strict=True)))


def limit(codes: list[str]) -> list[float]:
    """Seconds of each: the trip by its code, one row committed, one document signed."""
    from django.db import connection, transaction

    from core.pdf import Sheet
    from police.documents import seal

    sheet = Sheet("x", foot="x")
    sheet.text("x" * 2_000)
    drawn, took = sheet.draw(), []
    for code in codes:
        begun = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM rides_trip WHERE code = %s", [code])
            cursor.execute("INSERT INTO bench_release (code) VALUES (%s)", [code])
        seal.seal(drawn)
        took.append(time.perf_counter() - begun)
    return took


def main() -> None:
    from governance.drills.report import Report
    from governance.drills.world import scratch_world

    with scratch_world(Report("release"), "release", datetime.now(ZoneInfo("Asia/Shanghai"))) as world:
        os.environ.update(world.env)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        import psycopg

        trips = [code for code, _key in make_trips(OFFICERS + 1)]
        with psycopg.connect(world.env["HUHANG_OWNER_URL"], autocommit=True) as owner:
            begun = time.perf_counter()
            fill(owner, trips[-1])
            owner.execute("CREATE TABLE bench_release (code text)")
            owner.execute("GRANT ALL ON TABLE bench_release TO PUBLIC")
            filled = timedelta(seconds=round(time.perf_counter() - begun))
        cookies = officers()
        port = int(world.url.rsplit(":", 1)[1])
        warm = [cookies[0]], [trips[-1]]
        asyncio.run(all_ask(port, *warm))
        alone = asyncio.run(all_ask(port, [cookies[0]], [trips[0]]))
        done = asyncio.run(all_ask(port, cookies[1:], trips[1:OFFICERS]))
        most = limit(trips[:30])
    pages, papers = [each[0] for each in done], [each[1] for each in done]
    print(
        f"among {ROWS:,} trips (filled in {filled}); alone: page {1000 * alone[0][0]:.0f} ms, sealed PDF"
        f" {1000 * alone[0][1]:.0f} ms; {len(done)} at once: page p50 {percentile(pages, 0.5):.0f}, p99"
        f" {percentile(pages, 0.99):.0f} ms, sealed PDF p50 {percentile(papers, 0.5):.0f}, p99"
        f" {percentile(papers, 0.99):.0f} ms; limit p50 {percentile(most, 0.5):.0f} ms",
        file=sys.stderr,
    )
    p99 = percentile(pages, 0.99)
    bare = percentile(most, 0.99)
    print(
        json.dumps(
            {
                "name": "release",
                "ours": round(p99),
                "peer": round(PUBLISHED),
                "limit": round(bare, 1),
                "unit": f"ms, p99 of {len(done)} officers at once, to the car part on the page",
                "ratio_to_peer": round(PUBLISHED / p99, 1),
                "ratio_to_limit": round(p99 / bare, 1),
                "sealed_pdf_p99_ms": round(percentile(papers, 0.99)),
                "alone_page_ms": round(1000 * alone[0][0]),
                "rows": ROWS,
            }
        )
    )


if __name__ == "__main__":
    main()
