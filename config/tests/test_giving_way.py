"""While many call for help positions wait, also between two calls, and never for long; nobody without a trip brings it about."""

import asyncio
from time import monotonic

import pytest

from config import asgi
from rides.states import Party
from rides.tokens import TripKey, make_key


@pytest.fixture
def help_():
    return asgi._Help()


async def answered(help_, trip, status=302, *, path="/trips/{}/sos/", method="POST"):
    scope = {"type": "http", "method": method, "path": path.format(trip)}

    async def page(_scope, _receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(_message):
        await asyncio.sleep(0)

    await help_.answering(page)(scope, None, send)


async def storm_of(help_):
    for number in range(asgi.STORM):
        await answered(help_, f"T-{number}")


def test_who_posts_positions_waits_through_the_gaps_of_a_storm(help_):
    async def storm():
        passed = []

        async def post():
            await help_.let_pass()
            passed.append(monotonic())

        await storm_of(help_)
        waiting = asyncio.ensure_future(post())
        for number in range(8):
            await asyncio.sleep(asgi.PAUSE / 4)
            assert not passed, "a gap between two calls is no end of the storm"
            await answered(help_, f"T-further-{number}")
        over = monotonic()
        await waiting
        assert passed[0] - over >= asgi.PAUSE * 0.9
        await asyncio.wait_for(post(), 1)

    asyncio.run(storm())


def test_a_single_call_makes_nobody_wait_after_it(help_):
    """Whoever posts positions all the time would see by the clock that somebody called for help."""

    async def calls():
        for number in range(asgi.STORM - 1):
            await answered(help_, f"T-{number}")
            assert help_.none.is_set()

    asyncio.run(calls())


def test_a_single_call_makes_nobody_wait_while_it_is_answered(help_):
    async def call():
        scope = {"type": "http", "method": "POST", "path": "/trips/T-1/sos/"}
        going = asyncio.Event()

        async def page(_scope, _receive, _send):
            going.set()
            await asyncio.sleep(10)

        work = asyncio.ensure_future(help_.answering(page)(scope, None, None))
        await going.wait()
        await asyncio.wait_for(help_.let_pass(), 0.05)
        assert not work.done()
        work.cancel()

    asyncio.run(call())


@pytest.mark.parametrize(
    "calls",
    [
        {"status": 403},
        {"status": 404},
        {"status": 503},
        {"status": 200, "path": "/practice/sos/"},
        {"status": 200, "path": "/x/{}/sos/"},
        {"status": 201, "path": "/api/v1/welfare-checks/"},
        {"status": 302, "path": "/welfare-check/"},
        {"status": 200, "method": "GET"},
    ],
)
def test_nobody_without_a_trip_holds_positions_back(help_, calls):
    """Refused, practised or told by whoever: anybody can send ten of these a second."""

    async def flood():
        for number in range(3 * asgi.STORM):
            await answered(help_, f"T-{number}", **calls)
            assert help_.none.is_set()

    asyncio.run(flood())


def test_one_trip_alone_is_no_storm(help_):
    """Whoever has booked one may tap as fast as they like, by both doors."""

    async def taps():
        for _tap in range(3 * asgi.STORM):
            await answered(help_, "T-1")
            await answered(help_, "T-1", path="/api/v1/trips/{}/sos/", status=201)
            assert help_.none.is_set()

    asyncio.run(taps())


def test_a_call_that_hangs_prolongs_a_storm_by_a_second_at_most(help_, monkeypatch):
    """Anybody can begin to call and send the rest of it by the byte."""
    monkeypatch.setattr(asgi, "HANGS", 0.3)

    async def storm():
        async def page(_scope, _receive, _send):
            await asyncio.sleep(10)

        scope = {"type": "http", "method": "POST", "path": "/trips/T-slow/sos/"}
        await storm_of(help_)
        slow = asyncio.ensure_future(help_.answering(page)(scope, None, None))
        began = monotonic()
        await help_.let_pass()
        assert asgi.PAUSE * 2 < monotonic() - began < asgi.HANGS + 3 * asgi.PAUSE
        slow.cancel()

    asyncio.run(storm())


def test_a_call_after_the_storm_ends_the_wait_for_what_hangs(help_):
    async def storm():
        await storm_of(help_)
        help_.heard = {trip: at - 1 for trip, at in help_.heard.items()}
        await answered(help_, "T-later")
        assert help_.none.is_set()
        await asyncio.sleep(2 * asgi.PAUSE)
        assert help_.none.is_set()

    asyncio.run(storm())


def test_nobody_waits_for_longer_than_is_promised(help_, monkeypatch):
    monkeypatch.setattr(asgi, "GIVE_WAY", 0.2)

    async def storm():
        await storm_of(help_)

        async def go_on():
            while True:
                await storm_of(help_)
                await asyncio.sleep(asgi.PAUSE / 4)

        going = asyncio.ensure_future(go_on())
        began = monotonic()
        await help_.let_pass()
        assert 0.19 <= monotonic() - began < 2
        going.cancel()

    asyncio.run(storm())


@pytest.mark.parametrize("door", ["/trips/{}/sos/", "/api/v1/trips/{}/sos/"])
@pytest.mark.parametrize("key", ["", "made up", "of another trip"])
def test_who_has_no_key_is_refused_and_not_led_elsewhere(client, rides, door, key):
    """An answer that redirects would count as a call."""
    trip = rides.under_way()
    body = {"key": make_key(TripKey("T-OTHER", Party.PASSENGER, "wenzhou")) if "other" in key else key}
    of_api = {"content_type": "application/json"} if "api" in door else {}
    assert client.post(door.format(trip.code), body, **of_api).status_code >= 400
