"""What people see while our own data cannot be reached."""

import re

import pytest
from django.test import RequestFactory

from core.errors import StoresHang, unavailable


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_page_that_was_only_looked_at_comes_by_itself(method):
    answer = unavailable(getattr(RequestFactory(), method)("/trips/T-1/"), StoresHang())
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert '<meta http-equiv="refresh" content="2">' in answer.content.decode()
    assert str(StoresHang().detail) not in answer.content.decode()


def test_what_was_sent_is_not_sent_again_by_itself_and_its_page_says_what_became_of_it():
    page = unavailable(RequestFactory().post("/welfare-check/"), StoresHang()).content.decode()
    assert "refresh" not in page
    assert str(StoresHang().detail) in page


def test_it_says_whom_the_police_ring_who_cannot_ask_here(settings):
    settings.LIAISON_LINE = "400-123-9876"
    page = unavailable(RequestFactory().get("/police/"), StoresHang()).content.decode()
    assert 'href="tel:400-123-9876"' in page


@pytest.mark.parametrize(("method", "comes_by_itself"), [("get", True), ("post", False)])
def test_a_desk_says_that_nothing_rings_and_is_heard_without_being_loaded_anew(method, comes_by_itself):
    page = unavailable(getattr(RequestFactory(), method)("/admin/incidents/"), StoresHang()).content.decode()
    assert re.search(r'<script type="module" src="/static/js/away[.\w]*js"></script>', page)
    assert "data-sound-blocked" in page
    assert ("data-looked" in page) == comes_by_itself
    assert ("<noscript><meta" in page) == comes_by_itself
    assert "refresh" not in re.sub("<noscript>.*?</noscript>", "", page)
    assert len(page) < 3_000


def test_nobody_else_is_told_of_alarms():
    page = unavailable(RequestFactory().get("/trips/T-1/"), StoresHang()).content.decode()
    assert "<script" not in page
    assert "data-away" not in page
