"""A case on a phone: what may be done with it stands before what was done; where there is room, beside it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
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


def bottom(page: Page, of: str) -> float:
    box = page.locator(of).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def tops(page: Page, *parts: str) -> list[float]:
    """Where the parts begin; no page is wider than its window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return [top(page, part) for part in parts]


def test_what_may_be_done_with_a_complaint_stands_between_what_was_said_and_its_history_on_a_phone(
    rides, people, agents_page
):
    page = agents_page
    complaint = services.file_complaint(
        account=people("passenger"), trip_code=rides.under_way().code, category=Category.HARASSMENT,
        words="他一直问我住哪里", submission="s-1",
    )  # fmt: skip
    page.goto(f"/admin/workspace/{complaint.code}/")
    in_turn = tops(page, "#head", "#said", "#actions", "#map", "#statements", "#lines", "#who")
    assert in_turn == sorted(in_turn)
    assert in_turn[1] < PHONE["height"], "what it is about is seen before anything is asked for"
    page.set_viewport_size(WIDE)
    actions, said, who, lines = tops(page, "#actions", "#said", "#who", "#lines")
    assert abs(actions - said) < 60, "beside the history where there is room"
    assert actions < who < lines
    assert 0 <= top(page, "#map") - bottom(page, "#said") < 20, "one column has no hole beside the other"


def test_a_complaint_of_many_words_leaves_its_actions_within_reach_on_a_phone(rides, people, agents_page):
    page = agents_page
    complaint = services.file_complaint(
        account=people("passenger"), trip_code=rides.under_way().code, category=Category.HARASSMENT,
        words="他一直问我住哪里。" * 200, submission="s-2",
    )  # fmt: skip
    page.goto(f"/admin/workspace/{complaint.code}/")
    assert bottom(page, "#said") - top(page, "#said") < PHONE["height"] / 2
    assert not Axe().run(page).response["violations"]


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


def test_many_messages_from_outside_are_short_until_one_says_what_they_are(world, agents_page):
    page = agents_page
    for number in range(12):
        services.take_message(
            channel="email", key=str(number), sender="a@example.org", words="空调不开，态度很差。"
        )
    page.goto("/admin/outside/")
    rows = page.locator("#letters > .run")
    assert rows.count() == 12
    assert max(row.bounding_box()["height"] for row in rows.all()) < 240
    first = rows.first
    first.locator("summary", has_text="It is a complaint").click()
    assert first.locator("[name=category]").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not Axe().run(page).response["violations"]


def test_what_is_tapped_in_a_list_has_room_for_a_finger(world, agents_page):
    """WCAG 2.2, 2.5.8: 24 by 24 pixels, also where the theme draws it."""
    page = agents_page
    page.goto("/admin/police/policerequest/")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select")]
          .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.type !== "hidden")
          .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24).map(([what]) => what)"""
    )
    assert not small


def test_a_line_of_the_timeline_is_read_whole(rides, people, agents_page):
    """A badge of several words, or a long sentence, does not make the line wider than the list."""
    page = agents_page
    complaint = services.file_complaint(
        account=people("passenger"), trip_code=rides.under_way().code, category=Category.VIOLENCE,
        words="救命 他打我", submission="s-wide",
    )  # fmt: skip
    page.goto(f"/admin/workspace/{complaint.code}/")
    for room in (PHONE, WIDE):
        page.set_viewport_size(room)
        cut = page.evaluate(
            "[...document.querySelectorAll('.timeline')].filter((l) => l.scrollWidth > l.clientWidth).length"
        )
        assert cut == 0, room
