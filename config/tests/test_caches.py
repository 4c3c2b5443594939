"""No answer about somebody stays in a browser or on the way."""

import re

import pytest
from django.urls import get_resolver
from starlette.requests import Request

from core.errors import NotFound
from core.lane import refusal

VALUE = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000000"}


def addresses():
    """An address of every route, whether or not something is there."""

    def walk(resolver, before=""):
        for pattern in resolver.url_patterns:
            route = before + str(pattern.pattern).strip("^$")
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern, route)
            else:
                filled = re.sub(r"<(?:(\w+):)?\w+>", lambda found: VALUE.get(found[1], "x"), route)
                yield "/" + re.sub(r"\(\?P<\w+>[^)]*\)", "x", filled)

    return sorted(set(walk(get_resolver())))


@pytest.mark.parametrize("who", ["", "passenger", "officer", "supervisor"])
def test_no_answer_of_any_route_is_kept(signed_in, who):
    client = signed_in(who)
    client.raise_request_exception = False
    kept = []
    for address in addresses():
        answer = client.get(address)
        if "no-store" not in answer.headers.get("Cache-Control", ""):
            kept.append((address, answer.status_code))
    assert kept == []


def test_what_is_refused_by_the_lane_is_not_kept():
    answer = refusal(Request({"type": "http", "headers": [], "method": "GET", "path": "/"}), NotFound())
    assert answer.headers["cache-control"] == "no-store"
