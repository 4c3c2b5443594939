"""While somebody calls for help positions wait, also between two calls of a storm, and never for long."""

import asyncio
from time import monotonic

import pytest

from config import asgi


@pytest.fixture
def help_():
    return asgi._Help()


def test_who_posts_positions_waits_through_the_gaps_of_a_storm(help_):
    async def storm():
        passed = []

        async def post():
            await help_.let_pass()
            passed.append(monotonic())

        for _call in range(asgi.STORM):
            with help_.answering():
                await asyncio.sleep(0)
        waiting = asyncio.ensure_future(post())
        for _call in range(8):
            await asyncio.sleep(asgi.PAUSE / 4)
            assert not passed, "a gap between two calls is no end of the storm"
            with help_.answering():
                await asyncio.sleep(0)
        over = monotonic()
        await waiting
        assert passed[0] - over >= asgi.PAUSE * 0.9
        await asyncio.wait_for(post(), 1)

    asyncio.run(storm())


def test_a_single_call_makes_nobody_wait_after_it(help_):
    """Whoever posts positions all the time would see by the clock that somebody called for help."""

    async def calls():
        for _call in range(asgi.STORM - 1):
            with help_.answering():
                await asyncio.sleep(0)
            assert help_.none.is_set()

    asyncio.run(calls())


def test_nobody_waits_for_longer_than_is_promised(help_, monkeypatch):
    monkeypatch.setattr(asgi, "GIVE_WAY", 0.2)

    async def storm():
        with help_.answering():
            began = monotonic()
            await help_.let_pass()
            assert monotonic() - began >= 0.19

    asyncio.run(storm())
