"""Two of the staff change a rule in their browsers: look at the difference, propose, read the figures, agree."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from core import clock, policy
from core.models import PolicyVersion
from governance import rules
from governance.models import RuleChange
from rides.curfew import CURFEW
from tests.journeys.serving import Served, window

pytestmark = pytest.mark.journey
WIDTHS = {"console": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}


@pytest.fixture(autouse=True)
def own_thread(monkeypatch):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def opened(browser: Browser, signed_in) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def open_page(who: str, size: str, said: list[str], language: str = "en") -> Page:
        for before in pages:
            before.context.close()
        pages.clear()
        client = signed_in(who)
        client.cookies["django_language"] = language
        page = window(browser, Served(client, policy=True), viewport=WIDTHS[size])
        page.on("pageerror", lambda error: said.append(str(error)))
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.context.close()


def is_whole(page: Page) -> None:
    """Nothing stands outside of the window, and axe has nothing to say."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{wide} pixels too wide"
    found = [(row["id"], row["nodes"][0]["html"][:200]) for row in Axe().run(page).response["violations"]]
    assert not found, found


def test_two_of_the_staff_change_the_hours_of_hitch(rides, opened, noon):
    said: list[str] = []
    rides.ended()
    noon.shift(timedelta(hours=1))
    page = opened("admin", "console", said)
    page.goto("/admin/rules/")
    is_whole(page)
    page.click("text=Curfew of hitch")
    expect(page.locator("#rule-head")).to_contain_text("22:00")
    page.fill("#id_v0", "10:00")
    page.fill("#id_reason", "The night is assessed anew")
    page.fill("#id_effective_from", "2036-01-01T08:00")
    page.click("button[value=look]")
    expect(page.locator("#looked")).to_contain_text("10:00")
    expect(page.locator("#id_reason")).to_have_value("The night is assessed anew")
    is_whole(page)
    page.click("button[value=propose]")
    expect(page.locator("#waiting")).to_contain_text("The night is assessed anew")
    assert not PolicyVersion.objects.exists()
    row = RuleChange.objects.get()
    rules.SIMULATE.run(at=clock.now())
    noon.shift(timedelta(hours=1))
    rules.SHADOW.run(at=clock.now())

    for size in WIDTHS:
        for language in ("zh-hans", "en"):
            page = opened("supervisor", size, said, language)
            page.goto("/admin/rules/")
            is_whole(page)
            page.goto(f"/admin/rules/{CURFEW.key}/")
            for each in page.locator("details summary").all():
                if each.is_visible() and each.locator("xpath=ancestor::*[@id='waiting']").count():
                    each.click()
            is_whole(page)
    page.locator(f"[data-action='rule_change-{row.code}-agree'] button").click()
    expect(page.locator("#versions")).to_contain_text("The night is assessed anew")
    version = PolicyVersion.objects.get()
    assert (version.proposed_by, version.approved_by) == ("admin", "supervisor")
    assert policy.value(CURFEW).from_.hour == 22
    assert not said, said
