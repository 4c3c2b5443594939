"""The way from the server to pages in threads: what is whole goes in one piece, what is not goes by pieces, as they are taken."""

import asyncio
import threading
from functools import partial

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from config.bridge import SHORT, bridged


def asked(page, *parts, length=None, given=None):
    """What the application gives for a request whose body comes in these parts."""
    left = [*parts] or [b""]
    given = [] if given is None else given

    async def receive():
        body = left.pop(0)
        if body is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message):
        given.append(message)

    said = sum(len(each) for each in parts if each) if length is None else length
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-length", str(said).encode())] if said != "" else [],
    }
    asyncio.run(bridged(page, workers=2)(scope, receive, send))
    return given, left


def whole(environ, start, *, of=b"read"):
    start("201 Created", [("X-Name", "a"), ("Set-Cookie", "b"), ("Set-Cookie", "c")])
    return HttpResponse(of)


def test_an_answer_that_is_whole_leaves_in_one_piece():
    given, _left = asked(whole)
    assert given == [
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [(b"x-name", b"a"), (b"set-cookie", b"b"), (b"set-cookie", b"c")],
        },
        {"type": "http.response.body", "body": b"read"},
    ]


def test_a_short_body_is_there_before_a_thread_begins():
    """Whoever sends it by the byte takes no thread from others meanwhile."""
    begun, seen = [], []

    def page(environ, start):
        begun.append(threading.current_thread())
        seen.append((environ["wsgi.input"].read(), environ["CONTENT_LENGTH"]))
        return whole(environ, start)

    async def slow():
        more = asyncio.Event()
        parts = [b"a", b"bc"]

        async def receive():
            if len(parts) == 1:
                await more.wait()
            body = parts.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(parts)}

        async def send(_message):
            pass

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/",
            "query_string": b"",
            "headers": [(b"content-length", b"3")],
        }
        work = asyncio.ensure_future(bridged(page, workers=1)(scope, receive, send))
        await asyncio.sleep(0.1)
        assert not begun
        more.set()
        await work

    asyncio.run(slow())
    assert seen == [(b"abc", "3")]


@pytest.mark.parametrize("length", [3 * SHORT, ""])
def test_a_long_body_and_one_of_unknown_length_are_read_when_they_are_asked_for(length):
    parts = [b"x" * SHORT] * 3
    _given, left = asked(whole, *parts, length=length)
    assert len(left) == 3, "a page that refuses it reads none of it"

    read = []

    def page(environ, start):
        read.append(environ["wsgi.input"].read(SHORT + 1))
        return whole(environ, start)

    _given, left = asked(page, *parts, length=length)
    assert (len(read[0]), len(left)) == (SHORT + 1, 1)


def test_whoever_hangs_up_within_a_body_has_sent_what_came():
    read = []

    def page(environ, start):
        read.append(environ["wsgi.input"].read())
        return whole(environ, start)

    asked(page, b"half", None, length=8)
    assert read == [b"half"]


def test_pieces_go_as_they_are_made_and_not_before_the_one_before_was_taken():
    given, closed = [], []

    def pieces():
        for number in range(3):
            assert len(given) == (number + 1 if number else 0)
            yield b"%d" % number

    def page(environ, start):
        start("200 OK", [])
        answer = StreamingHttpResponse(pieces())
        answer._resource_closers.append(partial(closed.append, True))
        return answer

    asked(page, given=given)
    assert [each.get("body") for each in given] == [None, b"0", b"1", b"2", b""]
    assert [each.get("more_body", False) for each in given[1:]] == [True, True, True, False]
    assert closed == [True]


def test_what_a_page_raises_is_the_servers_to_answer():
    def page(environ, start):
        raise LookupError("x")

    with pytest.raises(LookupError):
        asked(page)
