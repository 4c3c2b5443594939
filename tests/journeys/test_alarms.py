"""Two agents and a call for help: each of their pages rings, louder and louder, until one of them has taken it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Session
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.models import Incident
from tests.journeys.serving import Served, window

pytestmark = pytest.mark.journey

WIDE = {"viewport": {"width": 1280, "height": 800}}
# What is heard: the volume of each tone that the page makes.
LISTEN = """
window.tones = [];
const make = BaseAudioContext.prototype.createGain;
BaseAudioContext.prototype.createGain = function createGain() {
  const gain = make.call(this);
  const set = gain.gain.setValueAtTime.bind(gain.gain);
  gain.gain.setValueAtTime = (volume, at) => { window.tones.push(volume); return set(volume, at); };
  return gain;
};
"""


@pytest.fixture(autouse=True)
def own_thread(monkeypatch):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def desk(signed_in, browser: Browser) -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []

    def open_page(who: str, address: str, *, bare: tuple[int, int] = (640, 5)) -> Page:
        page = window(browser, Served(signed_in(who)), **WIDE)
        page.add_init_script(LISTEN)
        opened.append(page)
        page.goto(address)
        page.wait_for_selector("[data-alarms]", state="attached")
        # A browser makes no sound before somebody has touched the page, here where nothing is.
        page.mouse.click(*bare)
        return page

    yield open_page
    for page in opened:
        page.context.close()


def tap(trip) -> Incident:
    return services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))


def heard(page: Page) -> list[float]:
    return page.evaluate("window.tones.splice(0)")


def rings(page: Page, *, louder_than: float = 0.0) -> None:
    page.wait_for_function(
        "least => window.tones.some((each) => each > least)", arg=louder_than, timeout=12_000
    )


def test_it_rings_on_every_desk_until_one_has_taken_it(rides, noon, desk):
    first, second = desk("agent", "/admin/"), desk("agent2", "/admin/rides/trip/")
    assert heard(first) == heard(second) == []
    incident = tap(rides.under_way())
    for page in (first, second):
        expect(page.locator("[data-alarm]")).to_have_count(1, timeout=10_000)
        rings(page)
        heard(page)
        rings(page)  # and again
        expect(page).to_have_title(re.compile(r"^\(1\)"))
    noon.shift(12)
    for page in (first, second):
        heard(page)
        rings(page, louder_than=0.3)
    noon.shift(10)
    rings(second, louder_than=0.8)
    first.locator("[data-alarm] button").click()
    first.wait_for_url(f"**/incidents/{incident.code}/")
    expect(second.locator("[data-alarm]")).to_have_count(0, timeout=10_000)
    heard(second)
    second.wait_for_timeout(5_000)
    assert heard(second) == []


@pytest.mark.parametrize("address", ["/me/password/", "/admin/nowhere/"])
def test_it_rings_where_somebody_on_duty_stands_outside_the_console(rides, noon, desk, address):
    page = desk("agent", address, bare=(3, 600))
    assert heard(page) == []
    incident = tap(rides.under_way())
    expect(page.locator("[data-alarm]")).to_have_count(1, timeout=10_000)
    rings(page)
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    page.locator("[data-alarm] button").click()
    page.wait_for_url(f"**/incidents/{incident.code}/")
    incident.refresh_from_db()
    assert incident.taken_by


def test_a_desk_that_was_silenced_says_so_and_sounds_again_outside_the_console_too(rides, noon, desk):
    page = desk("agent", "/me/password/", bare=(3, 600))
    switch = page.locator("[data-bar] [data-sound]")
    expect(switch).to_have_text("Sound on")
    switch.click()
    expect(switch).to_have_text("Sound off")
    heard(page)
    tap(rides.under_way())
    expect(page.locator("[data-alarm]")).to_have_count(1, timeout=10_000)
    page.wait_for_timeout(5_000)
    assert heard(page) == []
    page.reload()
    expect(switch).to_have_text("Sound off")
    switch.click()
    expect(switch).to_have_text("Sound on")
    rings(page)


def test_the_bar_outside_the_console_fits_a_phone(rides, noon, desk):
    page = desk("agent", "/me/password/", bare=(3, 600))
    page.set_viewport_size({"width": 360, "height": 740})
    tap(rides.under_way())
    expect(page.locator("[data-alarm]")).to_have_count(1, timeout=10_000)
    wide = "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"
    assert not page.evaluate(wide)
    page.locator("[data-alarm] button").click()
    page.wait_for_url("**/incidents/**")


def test_a_second_tap_rings_for_its_owner_who_acknowledges_it_by_a_key(rides, people, noon, desk):
    trip = rides.under_way()
    incident = tap(trip)
    services.take_incident(account=people("agent"), code=incident.code)
    owner, other = desk("agent", f"/admin/incidents/{incident.code}/"), desk("agent2", "/admin/")
    noon.shift(60)
    tap(trip)
    rings(owner)
    expect(other.locator("tr.news")).to_have_count(1, timeout=35_000)
    assert heard(other) == [], "its owner first"
    noon.shift(11)
    rings(other)
    expect(owner.locator("#act-see")).to_be_visible(timeout=20_000)
    owner.mouse.click(640, 5)
    owner.keyboard.press("s")
    expect(owner.locator("[data-alarm]")).to_have_count(0, timeout=10_000)
    expect(other.locator("[data-alarm]")).to_have_count(0, timeout=10_000)
    incident.refresh_from_db()
    assert incident.news_at is None


def test_an_action_opens_its_form_when_it_is_chosen_by_its_key(rides, people, desk):
    incident = tap(rides.under_way())
    services.take_incident(account=people("agent"), code=incident.code)
    page = desk("agent", f"/admin/incidents/{incident.code}/")
    note = page.locator("#act-note textarea")
    expect(note).to_be_hidden()
    page.keyboard.press("n")
    expect(note).to_be_focused()
    box = page.locator("#actions").bounding_box()
    assert box is not None
    police = page.locator("[data-shortcut=p]").bounding_box()
    assert police is not None
    assert police["y"] < 800, "the call to the police stands on the first screen"


def test_what_may_be_done_with_an_incident_stands_before_its_history_on_a_phone(rides, people, desk):
    incident = tap(rides.under_way())
    services.take_incident(account=people("agent"), code=incident.code)
    page = desk("agent", f"/admin/incidents/{incident.code}/")
    page.set_viewport_size({"width": 360, "height": 800})

    def top(of: str) -> float:
        box = page.locator(of).bounding_box()
        assert box is not None
        return box["y"]

    in_turn = [top(part) for part in ("#head", "#actions", "#thread", "#map", "#lines", "#who")]
    assert in_turn == sorted(in_turn)
    assert top("#act-police") < 800, "the call to the police stands on the first screen"
    page.set_viewport_size({"width": 1280, "height": 800})
    assert top("#actions") < top("#who"), "beside the history where there is room"
    assert top("#who") < top("#lines")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_somebody_who_was_signed_out_is_told_that_nothing_is_heard(desk):
    page = desk("agent", "/admin/")
    expect(page.locator("[data-unheard]")).to_be_hidden()
    page.context.unroute_all()
    page.context.route("**/*", lambda route: route.abort())
    expect(page.locator("[data-unheard]")).to_be_visible(timeout=40_000)


def test_a_desk_that_was_signed_out_elsewhere_says_so_at_once_rings_nothing_old_and_keeps_what_was_typed(
    rides, people, desk
):
    incident = tap(rides.under_way())
    services.take_incident(account=people("agent"), code=incident.code)
    tap(incident.trip)  # rings again for its owner
    page = desk("agent", f"/admin/incidents/{incident.code}/")
    expect(page.locator("[data-alarm]").first).to_be_visible(timeout=10_000)
    page.keyboard.press("n")
    page.locator("#act-note textarea").fill("she whispers")
    Session.objects.filter(account=people("agent")).delete()
    expect(page.locator("[data-signed-out-note]")).to_be_visible(timeout=10_000)
    assert "signed out" in page.title()
    expect(page.locator("[data-alarm]")).to_have_count(0)
    page.wait_for_timeout(1000)
    heard(page)  # of the sign-out
    page.wait_for_timeout(5000)
    assert heard(page) == []
    expect(page.locator("#act-note textarea")).to_have_value("she whispers")
