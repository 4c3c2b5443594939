"""The stream of a trip: opened by its key in a header, never by one in the address, and closed with the key."""

import asyncio
import re
from pathlib import Path

import pytest
from django.conf import settings
from starlette.requests import Request

from core import lane
from drivers.selectors import driver_of
from rides import live
from rides.models import Trip
from rides.selectors import position_key
from rides.states import Party

pytestmark = pytest.mark.django_db(transaction=True)


def asked(*, key="", query=""):
    return Request(
        {
            "type": "http", "method": "GET", "path": "/live/trips/", "query_string": query.encode(),
            "headers": [(b"authorization", f"Bearer {key}".encode())] if key else [],
        }
    )  # fmt: skip


def test_a_key_in_the_address_opens_nothing(rides):
    key = position_key(rides.under_way(), Party.DRIVER)
    assert asyncio.run(live.trip_stream(asked(query=f"key={key}"))).status_code == 401
    assert asyncio.run(live.trip_stream(asked(key=key))).status_code == 200


def test_it_ends_when_somebody_else_has_the_trip(rides, people, monkeypatch):
    monkeypatch.setattr(lane, "ASKED_AGAIN", 0.1)
    monkeypatch.setattr(live, "KNOWN_FOR", 0.1)
    trip, other = rides.under_way(), driver_of(people("driver2"))
    key = position_key(trip, Party.DRIVER)

    @lane.in_thread
    def leaves():
        Trip.objects.filter(pk=trip.pk).update(driver=other)

    async def watches():
        events = (await live.trip_stream(asked(key=key))).body_iterator
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.3)
        live.hub.wake(f"trip:{trip.code}")
        await first
        await leaves()
        async with asyncio.timeout(60):
            return [event async for event in events]

    asyncio.run(watches())


def test_no_page_and_no_script_writes_a_secret_into_an_address():
    written = re.compile(r"[?&](?:key|token|secret|session)=", re.IGNORECASE)
    base = Path(settings.BASE_DIR)
    files = [*base.glob("templates/**/*.html"), *base.glob("static/js/**/*.js")]
    assert len(files) > 100
    assert [
        str(each) for each in files if "vendor" not in each.parts and written.search(each.read_text())
    ] == []
