"""The async lane: bodies, refusals, and one hub that fans out to the pages of its process."""

import asyncio
from itertools import pairwise
from time import monotonic, sleep

import pytest
import redis
from starlette.requests import Request

from config.stack import free_port
from core.errors import NotFound
from core.lane import Counted, Hub, in_thread, read_body, refusal, stream

LONGEST = 60  # seconds that a busy machine may need for what happens at once


def sent(*messages):
    waiting = list(messages)

    async def receive():
        return waiting.pop(0)

    return receive


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_comes_whole_and_not_beyond_its_limit():
    assert asyncio.run(read_body(sent(part(b"ab", True), part(b"cd")), 4)) == b"abcd"
    assert asyncio.run(read_body(sent(part(b"ab", True), part(b"cde")), 4)) is None
    assert asyncio.run(read_body(sent(part(b"ab", True), {"type": "http.disconnect"}), 4)) is None


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "没有"), ("en", "nothing")])
def test_a_refusal_speaks_the_readers_language(language, word):
    headers = [(b"accept-language", language.encode())]
    answer = refusal(Request({"type": "http", "headers": headers, "method": "GET", "path": "/"}), NotFound())
    assert answer.status_code == 404
    assert word in answer.body.decode()


async def _soon(page, seconds=LONGEST):
    await asyncio.wait_for(page.wait(), seconds)
    page.clear()


async def _until(true):
    async with asyncio.timeout(LONGEST):
        while not true():
            await asyncio.sleep(0.02)


@pytest.mark.valkey
def test_a_word_wakes_the_pages_of_its_topic_alone(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)

    async def pages():
        hub = Hub("live:test")
        mine, other = hub.join("T1"), hub.join("T2")
        await _until(lambda: client.pubsub_numsub("live:test")[0][1] == 1)
        client.publish("live:test", "trip:T1")
        await _soon(mine)
        assert not other.is_set()
        hub.leave("T1", mine)
        hub.leave("T2", other)
        # The last page takes the reader and its connection with it.
        await asyncio.wait_for(hub.reader, LONGEST)
        assert not hub.pages
        await _until(lambda: client.pubsub_numsub("live:test")[0][1] == 0)

    asyncio.run(pages())


@pytest.mark.valkey
def test_a_hub_that_looks_asks_once_for_all_and_wakes_them_when_it_is_another_answer(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    said, asked = ["one"], []

    async def look():
        asked.append(said[0])
        return said[0]

    async def pages():
        hub = Hub("live:test", look)
        first, second = hub.join("console"), hub.join("console")
        await asyncio.gather(_soon(first), _soon(second))
        assert hub.last == "one"
        await _until(lambda: client.pubsub_numsub("live:test")[0][1] == 1)
        said[0], count = "two", len(asked)
        for _word in range(50):
            client.publish("live:test", "console")
        await asyncio.gather(_soon(first), _soon(second))
        assert hub.last == "two"
        assert len(asked) - count < 10, "a storm of words is answered by few looks"
        await asyncio.sleep(0.2)
        assert not first.is_set()
        hub.leave("console", first)
        hub.leave("console", second)
        await asyncio.wait_for(hub.reader, LONGEST)

    asyncio.run(pages())


def test_a_hub_that_looks_goes_on_each_second_without_valkey_and_after_a_look_that_failed(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    answers = iter(["one", OSError("the database restarts"), "two"])

    async def look():
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    async def pages():
        hub = Hub("live:test", look)
        page = hub.join("console")
        await _soon(page)
        assert hub.last == "one"
        await _soon(page, 6)
        assert hub.last == "two"
        hub.leave("console", page)
        await asyncio.wait_for(hub.reader, LONGEST)

    asyncio.run(pages())


def test_a_look_that_takes_long_leaves_most_of_the_time_to_others(settings):
    """550 incidents that ring made each look long, and a hub that went on looking left SOS calls no turn."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    looked = []

    async def look():
        began = monotonic()
        await asyncio.sleep(0.1)
        looked.append((began, monotonic()))
        return str(len(looked))

    async def pages():
        hub = Hub("live:test", look)
        page = hub.join("console")
        await _until(lambda: len(looked) == 4)
        hub.leave("console", page)
        await asyncio.wait_for(hub.reader, LONGEST)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.lane.Wake.wait", _words_without_end)
        asyncio.run(pages())
    for (began, over), (again, _over) in pairwise(looked):
        assert again - over >= min(0.99, 2.9 * (over - began))


def test_a_look_that_mostly_waits_for_its_turn_does_not_put_off_the_next_one(settings):
    """In a storm a look waits behind calls for help: it works for a moment and takes long, and the console waited for
    three times as long again."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    looked = []

    @Counted
    def ask():
        began = monotonic()
        sleep(0.2)
        looked.append((began, monotonic()))
        return str(len(looked))

    async def pages():
        hub = Hub("live:test", in_thread(ask), clock=lambda: ask.seconds)
        page = hub.join("console")
        await _until(lambda: len(looked) == 6)
        hub.leave("console", page)
        await asyncio.wait_for(hub.reader, LONGEST)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.lane.Wake.wait", _words_without_end)
        asyncio.run(pages())
    assert ask.seconds < 0.2
    assert min(again - over for (_began, over), (again, _over) in pairwise(looked)) < 0.4


async def _words_without_end(_wake, _seconds):
    await asyncio.sleep(0.001)
    return {"console"}


def test_a_stream_says_the_newest_at_once_then_each_change_and_leaves_its_hub(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

    async def pages():
        plain, asking = Hub("live:test"), Hub("live:test")
        asking.last = "one"
        events = stream(asking, "console", ping=600).body_iterator
        assert await anext(events) == {"data": "one"}
        asking.last = "two"
        asking.wake("console")
        assert await asyncio.wait_for(anext(events), LONGEST) == {"data": "two"}
        await events.aclose()
        assert not asking.pages
        events = stream(plain, "T1", ping=600).body_iterator
        waiting = asyncio.ensure_future(anext(events))
        await _until(lambda: plain.pages)
        plain.wake("trip:T1")
        assert await asyncio.wait_for(waiting, LONGEST) == {"data": "changed"}
        await events.aclose()
        assert not plain.pages

    asyncio.run(pages())
