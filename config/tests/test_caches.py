"""No answer about somebody stays in a browser or on the way."""

import pytest
from django.urls import resolve
from starlette.requests import Request

from config.tests.addresses import addresses
from core.errors import NotFound
from core.lane import refusal


@pytest.mark.django_db
def test_what_these_walks_ask_for_reaches_a_view():
    asked = [path for path in addresses() if not path.startswith("/admin/")]
    assert len(asked) > 150
    for path in asked:
        resolve(path)


@pytest.mark.edges
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
