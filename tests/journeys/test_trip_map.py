"""The trip's page under way: the car as it moves, how far it is, and nothing hidden under what the thumb reaches."""

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rides.models import LatestPosition, Trip
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.models import EmergencyPush
from tests.journeys.serving import Served, window

pytestmark = pytest.mark.journey

HERE = {"latitude": 28.2127, "longitude": 121.026}
ALLOWED = {"geolocation": HERE, "permissions": ["geolocation", "microphone"]}
NEAR, NEARER = (28.2220, 121.0330), (28.2160, 121.0285)


@pytest.fixture(autouse=True)
def own_thread(monkeypatch):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def served(signed_in) -> Served:
    return Served(signed_in("passenger"))


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []

    def open_window(**options: object) -> Page:
        opened.append(window(browser, served, **(ALLOWED | options)))
        return opened[-1]

    yield open_window
    for page in opened:
        page.context.close()


def car_at(trip: Trip, point: tuple[float, float]) -> None:
    """His phone says where it is."""
    LatestPosition.objects.update_or_create(
        trip=trip,
        party=Party.DRIVER,
        defaults={"at": timezone.now(), "latitude": point[0], "longitude": point[1]},
    )


def test_the_car_comes_nearer_and_turns_without_a_load(rides, phone, served):
    trip = rides.accepted()
    car_at(trip, NEAR)
    page = phone(viewport={"width": 360, "height": 740})
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("#status .left")).to_contain_text("until the car is at the pick-up")
    far = int(page.inner_text("#status .left .big"))
    car = page.locator(".map-car")
    expect(car).to_have_count(1)
    before = car.get_attribute("style"), car.locator("svg").get_attribute("style")
    car_at(trip, NEARER)
    page.evaluate("htmx.trigger('#status', 'changed')")
    page.wait_for_function(
        "was => document.querySelector('.map-car').getAttribute('style') !== was", arg=before[0]
    )
    assert car.locator("svg").get_attribute("style") != before[1]  # it points where it goes: south-west
    assert int(page.inner_text("#status .left .big")) <= far
    assert page.locator(".map-end").count() == 2
    assert len(served.loads) == 1


@pytest.mark.parametrize(
    ("size", "text"), [((360, 740), 100), ((740, 360), 100), ((360, 740), 200), ((1280, 800), 100)]
)
def test_help_and_share_are_under_the_thumb_and_hide_nothing(rides, phone, size, text):
    trip = rides.accepted()
    page = phone(viewport={"width": size[0], "height": size[1]})
    page.goto(f"/trips/{trip.code}/")
    page.evaluate("percent => { document.documentElement.style.fontSize = 17 * percent / 100 + 'px'; }", text)
    expect(page.locator("[data-shares] section")).to_be_visible()
    sos, share = page.locator("button.sos").bounding_box(), page.locator(".sosbar .share").bounding_box()
    assert abs((sos["y"] + sos["height"] / 2) - (share["y"] + share["height"] / 2)) < 2  # side by side
    assert sos["width"] > share["width"]
    for box in (sos, share):
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    last = page.locator("footer.site a[href='tel:110']").bounding_box()
    assert last["y"] + last["height"] <= page.locator(".sosbar").bounding_box()["y"]
    page.locator(".sosbar .share").click()
    who = page.locator("#shares h2").bounding_box()
    assert 0 <= who["y"] < page.locator(".sosbar").bounding_box()["y"]


def test_plate_and_three_equal_buttons_stand_before_the_fold(rides, phone):
    trip = rides.accepted()
    page = phone(viewport={"width": 360, "height": 740})
    page.goto(f"/trips/{trip.code}/")
    bar = page.locator(".sosbar").bounding_box()["y"]
    boxes = [page.locator(".plate").bounding_box()]
    boxes += [page.locator(".three button").nth(each).bounding_box() for each in range(3)]
    for box in boxes:
        assert box["y"] + box["height"] <= bar, boxes
    assert len({(round(box["width"]), round(box["height"])) for box in boxes[1:]}) == 1


def test_one_place_alone_is_shown_among_its_streets(rides, phone):
    """Both phones are in one car, and 110 sees no way: what has no width was drawn nowhere, and the page broke."""
    trip = rides.under_way()
    car_at(trip, NEAR)
    incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    push = EmergencyPush.objects.create(
        incident=incident, key="a case", cause="sos", asked_at=timezone.now(), next_at=timezone.now()
    )
    page, broken = phone(), []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"/110/{push.secret}/")
    expect(page.locator("[data-map][data-land=drawn] .map-car")).to_be_visible()
    page.wait_for_timeout(6000)  # it comes anew each five seconds
    assert broken == []


ANEW = """() => {
  const box = document.querySelector("[data-map]"), part = box.parentElement;
  const fresh = box.cloneNode(false), before = document.createElement("div");
  delete fresh.dataset.drawn;
  box.replaceWith(fresh);
  before.append(box);
  part.dispatchEvent(new CustomEvent("huhang-fresh", { bubbles: true, detail: { before } }));
}"""


def test_a_map_that_was_taken_away_says_nothing_more(rides, phone):
    """A window that becomes smaller moves its maps a moment later, also those that a new part has taken the place of."""
    trip = rides.under_way()
    car_at(trip, NEAR)
    page, broken = phone(viewport={"width": 1280, "height": 800}), []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-map][data-land=drawn]")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(60)
    page.evaluate(ANEW)
    page.wait_for_timeout(600)
    assert broken == []


def test_a_map_that_was_taken_away_before_its_land_came_says_nothing_more(rides, phone):
    trip = rides.under_way()
    car_at(trip, NEAR)
    page, broken, moved = phone(viewport={"width": 1280, "height": 800}), [], []
    page.on("pageerror", lambda error: broken.append(str(error)))

    def late(route):
        if not moved:
            moved.append(route)
            page.evaluate(ANEW)
        route.fallback()

    page.route("**/parts/land*.js", late)
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-map][data-land=drawn]")).to_be_visible()
    page.wait_for_timeout(300)
    assert moved
    assert broken == []
