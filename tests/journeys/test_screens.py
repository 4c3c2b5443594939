"""The main screens of passengers, drivers, friends and everybody, by day and by night, in both languages, on a phone and a
wide screen: nothing stands outside of the window and axe has nothing to say. `make screens` keeps pictures of all of them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from core import clock
from drivers.selectors import driver_of
from rides.models import City, Trip
from rides.services import dispatch_batch, keep_place
from rides.states import Line, OwnPlaceKind
from rides.tests.factories import go_on_duty
from tests.journeys.conftest import SIZES, ways
from tests.journeys.serving import Served, window
from tests.journeys.test_trip_map import ALLOWED, NEAR, car_at

pytestmark = pytest.mark.journey
PICTURES = os.environ.get("HUHANG_SCREENSHOTS", "")


@pytest.fixture(autouse=True)
def own_thread(monkeypatch):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def opened(browser: Browser, signed_in) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def open_page(who: str, address: str, scheme: str, language: str) -> Page:
        client = signed_in(who)
        client.cookies["django_language"] = language
        served = Served(client, policy=True)
        page = window(browser, served, color_scheme=scheme, reduced_motion="reduce", **ALLOWED)
        pages.append(page)
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.context.close()


def look(page: Page, name: str, scheme: str, language: str) -> None:
    """Nothing stands outside of the window, nothing is hard to read, and a picture where one is asked for."""
    for size, room in SIZES.items():
        page.set_viewport_size(room)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: {wide} pixels too wide on a {size}"
        if PICTURES:
            page.wait_for_timeout(250)
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}-{size}-{language[:2]}-{scheme}.png")
        found = Axe().run(page)
        bad = [(row["id"], row["nodes"][0]["html"][:200]) for row in found.response["violations"]]
        assert not bad, f"{name} on a {size}, {scheme}: {bad}"


def drawn(page: Page) -> None:
    expect(page.locator("[data-land=drawn]").first).to_be_attached()


# As `ways` says: all of them where pictures are asked for, else each page by night once, and the languages take turns.
SEEN = [("dark", "en"), ("light", "zh-hans"), ("dark", "zh-hans"), ("light", "en")]
BY_NIGHT = ways(*SEEN)
IN_CHINESE = ways(*SEEN, usual=2)


@pytest.mark.parametrize(("scheme", "language"), BY_NIGHT)
@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("welcome", "/"), ("sign-in", "/sign-in/"), ("welfare-check", "/welfare-check/"), ("practice", "/practice/sos/"),
        ("promises", "/promises/"), ("without-network", "/without-network/{language}/"), ("street-report", "/report-a-car/"),
    ],
)  # fmt: skip
def test_pages_of_everybody(world, opened, name, address, scheme, language):
    page = opened("", address.format(language=language), scheme, language)
    look(page, name, scheme, language)


@pytest.mark.parametrize(("scheme", "language"), IN_CHINESE)
def test_the_first_page_with_own_places_and_prices(rides, people, opened, scheme, language):
    city = City.objects.get(code="wenzhou")
    rides.ended()
    for kind, point, label in (
        (OwnPlaceKind.HOME, (28.2127, 121.0260), ""),
        (OwnPlaceKind.WORK, (27.9231, 120.7021), ""),
        (OwnPlaceKind.NAMED, (28.0180, 120.6550), "妈妈家"),
    ):
        keep_place(account=people("passenger"), city=city, kind=kind, point=point, label=label)
    page = opened("passenger", "/", scheme, language)
    drawn(page)
    expect(page.locator("[name=origin]")).not_to_have_value("")  # where this phone is
    page.locator(".chip.work").click()
    expect(page.locator("[name=destination_lat]")).not_to_have_value("")
    expect(page.locator("label.line strong").first).to_be_visible()
    expect(page.locator(".map-pin")).to_have_count(2)
    look(page, "book", scheme, language)
    page.locator("[name=destination]").fill("")
    page.locator("[name=destination]").click()
    first = page.locator("#id_destination-found [role=option]").first
    expect(first).to_contain_text("Home" if language == "en" else "家")
    look(page, "book-suggested", scheme, language)


def test_a_place_that_its_field_has_no_room_for_is_read_whole_at_twice_the_size_of_text(
    rides, people, opened
):
    rides.ended()
    page = opened("passenger", "/", "light", "en")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.locator("[name=origin]").fill("Crossing of the road to the southern station")
    label = page.locator("label[for=id_origin]")

    def said() -> str:
        return str(label.evaluate("el => getComputedStyle(el, '::after').content"))

    assert "Crossing of the road to the southern station" in said()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("[name=origin]").fill("Uni")
    assert "Uni" not in said(), "what is seen in the field is not said twice"


@pytest.mark.parametrize(("scheme", "language"), BY_NIGHT)
def test_own_places(rides, people, opened, scheme, language):
    city = City.objects.get(code="wenzhou")
    rides.ended()
    keep_place(account=people("passenger"), city=city, kind=OwnPlaceKind.HIDDEN, point=(28.1535, 120.6905))
    page = opened("passenger", "/book/places/mine/", scheme, language)
    drawn(page)
    expect(page.locator("[data-kind-named]")).to_be_hidden()
    page.locator("#id_place").fill("daxue")
    page.locator("[role=option]", has_text="University" if language == "en" else "大学").click()
    expect(page.locator(".map-pin")).to_have_count(1)
    page.locator("label.choice").last.click()
    page.locator("[name=label]").fill("学校")
    page.locator("form.card button.wide").click()
    expect(page.locator("ul.card").first).to_contain_text("学校")
    look(page, "own-places", scheme, language)


@pytest.mark.parametrize(("scheme", "language"), IN_CHINESE)
@pytest.mark.parametrize("state", ["booked", "accepted", "under_way", "ended"])
def test_the_trip(rides, opened, state, scheme, language):
    trip: Trip = getattr(rides, state)()
    if state in {"accepted", "under_way"}:
        car_at(trip, NEAR)
    page = opened("passenger", f"/trips/{trip.code}/", scheme, language)
    drawn(page)
    look(page, f"trip-{state.replace('_', '-')}", scheme, language)
    his = opened("driver", f"/trips/{trip.code}/", scheme, language) if state not in {"booked"} else None
    if his:
        look(his, f"driver-{state.replace('_', '-')}", scheme, language)


@pytest.mark.parametrize(("scheme", "language"), BY_NIGHT)
def test_help_was_called(rides, opened, scheme, language):
    trip = rides.under_way()
    page = opened("passenger", f"/trips/{trip.code}/", scheme, language)
    page.locator("button.sos").click()
    page.wait_for_url("**/sos/**")
    expect(page.locator(".calls").first).to_be_visible()
    look(page, "sos", scheme, language)


@pytest.mark.parametrize(("scheme", "language"), IN_CHINESE)
def test_the_drivers_day(rides, people, opened, scheme, language):
    page = opened("driver", "/drive/", scheme, language)
    look(page, "drive", scheme, language)
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2127, 121.0260))
    page = opened("driver", "/drive/", scheme, language)
    look(page, "drive-online", scheme, language)
    rides.booked("passenger2", line=Line.EXPRESS)
    dispatch_batch(city=City.objects.get(code="wenzhou"), line=Line.EXPRESS, at=clock.now())
    page = opened("driver", "/drive/", scheme, language)
    expect(page.locator(".ring")).to_be_visible()
    look(page, "drive-offer", scheme, language)
