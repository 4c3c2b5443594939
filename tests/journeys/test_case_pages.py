"""A case on a phone: what may be done with it stands before what was done; where there is room, beside it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from complaints import services
from complaints.states import Category
from core import clock
from tests.journeys.serving import Served, window

pytestmark = pytest.mark.journey

PHONE, WIDE = {"width": 360, "height": 800}, {"width": 1280, "height": 800}


@pytest.fixture(autouse=True)
def own_thread(monkeypatch):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def agents_page(signed_in, browser: Browser) -> Iterator[Page]:
    page = window(browser, Served(signed_in("specialist")), viewport=PHONE)
    yield page
    page.context.close()


def top(page: Page, of: str) -> float:
    box = page.locator(of).bounding_box()
    assert box is not None
    return box["y"]


def tops(page: Page, *parts: str) -> list[float]:
    """Where the parts begin; no page is wider than its window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return [top(page, part) for part in parts]


def test_what_may_be_done_with_a_complaint_stands_before_its_history_on_a_phone(rides, people, agents_page):
    page = agents_page
    complaint = services.file_complaint(
        account=people("passenger"), trip_code=rides.under_way().code, category=Category.HARASSMENT,
        words="他一直问我住哪里", submission="s-1",
    )  # fmt: skip
    page.goto(f"/admin/workspace/{complaint.code}/")
    in_turn = tops(page, "#head", "#actions", "#said", "#map", "#statements", "#lines", "#who")
    assert in_turn == sorted(in_turn)
    page.set_viewport_size(WIDE)
    actions, said, who, lines = tops(page, "#actions", "#said", "#who", "#lines")
    assert abs(actions - said) < 60, "beside the history where there is room"
    assert actions < who < lines


def test_what_may_be_done_with_an_accident_stands_before_its_history_on_a_phone(rides, people, agents_page):
    page = agents_page
    accident = services.open_accident(
        account=people("agent"), trip_code=rides.under_way().code, happened_at=clock.now() - timedelta(hours=1),
        place="G104", words="撞上护栏", submission="a-1",
    )  # fmt: skip
    page.goto(f"/admin/accidents/{accident.code}/")
    in_turn = tops(page, "#head", "#contact", "#write", "#happened", "#lines")
    assert in_turn == sorted(in_turn)
    page.set_viewport_size(WIDE)
    contact, happened, write = tops(page, "#contact", "#happened", "#write")
    assert abs(contact - happened) < 60, "beside the history where there is room"
    assert contact < write
