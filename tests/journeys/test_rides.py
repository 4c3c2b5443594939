"""Journeys of rides: find each other, travel, rate; an order dispatched; a line suspended; a ride for somebody else."""

import re

import pytest
from playwright.sync_api import expect

from core.languages import say_in
from tests.journeys.conftest import free
from tests.journeys.test_journeys import ride, where

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

# A drive from Hongqiao to Shangtang, one fix for each step (WGS-84).
TRAIL = [
    (28.2127, 121.0260),
    (28.1800, 120.9900),
    (28.1290, 120.9650),
    (28.1150, 120.8800),
    (28.1250, 120.7900),
    (28.1535, 120.6905),
]


def drive_along(*visitors, trail=TRAIL[::2]):
    """Both phones in one car: the browser's own position moves, the page posts it."""
    for latitude, longitude in trail:
        for each in visitors:
            each.context.set_geolocation({"latitude": latitude, "longitude": longitude})
        visitors[0].page.wait_for_timeout(1200)


def go_offline(his):
    page = his.go("/drive/")
    button = page.locator("form[action$='/drive/offline/'] button")
    if button.count():
        button.click()


def test_two_people_find_each_other_travel_and_rate(visitor):
    """In two browsers: request, offer, face, plate, code, the way with positions, the end, two numbers."""
    hers, his, code = ride(visitor, "phone", "en-US", "passenger2", "driver2")
    page, road = hers.go(f"/trips/{code}/"), his.page
    page.select_option("#phrase", "slower")
    page.click("form[action$='/say/'] button")
    expect(road.locator(".said")).to_contain_text("Please drive more slowly.")
    his.look("driver-phrase")
    page.click("form[action$='/call/'] button")
    expect(page.locator("a[href^='tel:+8617']")).to_be_visible()
    hers.look("relay")
    page = hers.go(f"/trips/{code}/")
    drive_along(hers, his)
    expect(page.locator("#status")).to_contain_text("minutes left")
    hers.look("trip-travelling")
    road.click("form[action$='/end/'] button")
    expect(page.locator("#status")).to_contain_text("You have arrived.")  # by itself
    page = hers.go(f"/trips/{code}/")
    hers.look("receipt")
    page.click("button[name=stars][value='5']")
    expect(page.locator("main")).to_contain_text("You gave 5")
    road = his.go(f"/trips/{code}/")
    road.click("button[name=stars][value='4']")
    his.look("driver-rated")
    page = hers.go("/me/shared/")
    expect(page.locator("main")).to_contain_text("the driver with badge")
    hers.look("shared")


def go_online(his, line="express"):
    """The day's face where it is not shown yet, then the line."""
    page = his.go("/drive/online/")
    if page.locator("[data-start]").count():
        his.look("online-face")
        page.click("[data-start]")
        page.wait_for_selector("[data-after-face]:not([hidden])", timeout=60_000)
    page.check(f"[name=line][value={line}]")
    page.fill("[name=place]", "虹桥镇")
    his.look("online")
    page.click("form[data-after-face] button.wide:not([type=button])")
    expect(page.locator(".errorlist")).to_have_count(0)
    page.wait_for_url("**/drive/")


@pytest.mark.parametrize("language", ["zh-CN"])
def test_an_express_order_is_dispatched_by_itself(visitor, stack, language):
    free(stack, "driver2")
    his = visitor("phone", language)
    his.sign_in("driver2", "/drive/")
    go_online(his)
    his.look("on-duty")
    hers = visitor("phone", language)
    page = hers.sign_in("passenger")
    where(page)
    page.check("[name=line][value=express]")
    expect(page.locator("#prices")).to_contain_text("元")  # while she still looks
    hers.look("book-express")
    page.click("main form[novalidate] button.wide")
    page.wait_for_url("**/trips/**")
    offer = his.page.locator("form[action$='/accept/'] button")
    expect(offer).to_be_visible(timeout=60_000)  # by itself, however busy the machine is
    his.look("offer")
    his.page.locator("form[action$='/accept/'] button").click()
    his.page.wait_for_url("**/trips/**")
    expect(page.locator(".plate")).to_have_text("浙C·D0002")  # by itself
    hers.look("express-card")
    code = page.url.rstrip("/").rsplit("/", 1)[1]
    hers.go(f"/trips/{code}/").click("form[action$='/cancel/'] button")
    go_offline(his)


@pytest.mark.parametrize(("language", "line"), [("en-US", "premier")])
def test_suspending_a_line_shows_at_once_in_both_browsers(visitor, language, line):
    """Two of the staff suspend it; who waits learns it on her open page, and who books reads why."""
    hers = visitor("phone", language)
    page = hers.sign_in("passenger")
    where(page)
    page.check(f"[name=line][value={line}]")
    page.click("main form[novalidate] button.wide")
    page.wait_for_url("**/trips/**")
    first, second = visitor("desktop", language), visitor("desktop", language)
    console = first.sign_in("supervisor", "/admin/lines/")
    console.select_option("[name=line]", line)
    console.select_option("[name=city]", "wenzhou")
    console.fill("[name=reason]", "安全核查 safety review")
    first.look("lines", console=True)
    console.click("form:has([name=city]) button.danger")
    other = second.sign_in("specialist", "/admin/lines/")
    second.look("lines-proposed", console=True)
    other.click("[data-do=agree]")
    said = say_in(language, "This line was suspended.")
    expect(page.locator("#status")).to_contain_text(said)  # by itself
    second.look("lines-suspended", console=True)
    hers.look("trip-suspended")
    page = hers.go("/")
    where(page)
    page.check(f"[name=line][value={line}]")
    page.click("main form[novalidate] button.wide")
    expect(page.locator(".errorlist").first).to_be_visible()
    hers.complaints.clear()  # the refusal is a 400
    hers.look("book-suspended")


def test_a_ride_for_somebody_else_opens_by_its_message(visitor, stack):
    hers = visitor("phone", "zh-CN")
    page = hers.sign_in("passenger")
    where(page, "柳市", "温州南站")
    page.click("details.more summary")
    page.check("[name=rider_kind][value=other]")
    page.fill("[name=rider_name]", "李奶奶")
    page.fill("[name=rider_phone]", "13911110066")
    hers.look("book-other")
    page.click("main form[novalidate] button.wide")
    page.wait_for_url("**/trips/**")
    expect(page.locator("main button.sos")).to_have_count(0)  # help is who travels', on a page of their own
    hers.look("booked")
    told = stack.message(lambda row: row["to"] == "+8613911110066")["text"]
    path = re.findall(r"https?://[^/]+(/ride/\S+)", told)[0]
    grandma = visitor("phone", "zh-CN")
    ride_page = grandma.go(path)
    expect(ride_page.locator("main")).to_contain_text("柳市")
    grandma.look("ride")
    page.click("form[action$='/cancel/'] button")


def test_a_point_on_the_map_books_as_well_as_a_name(visitor):
    hers = visitor("phone", "zh-CN")
    page = hers.sign_in("passenger")
    box = page.locator("[data-pick]")
    expect(box.locator(".leaflet-pane").first).to_be_attached()
    expect(page.locator("[name=origin]")).not_to_have_value("")  # where this phone is
    page.fill("[name=origin]", "")
    box.click(position={"x": 120, "y": 100})
    box.click(position={"x": 200, "y": 170})
    expect(page.locator("#prices")).to_contain_text("元")
    hers.look("book-map")
    page.click("main form[novalidate] button.wide")
    page.wait_for_url("**/trips/**")
    expect(page.locator("h1")).to_contain_text("公里")
    page.click("form[action$='/cancel/'] button")


def test_booking_works_without_scripts(browser, stack):
    """Prices by their own button, then the order; every field is there."""
    context = browser.new_context(base_url=stack.url, java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto("/sign-in/?next=/")
    page.fill("[name=name]", "passenger")
    page.fill("[name=password]", stack.password)
    page.click("main button.wide")
    where(page, "瓯北", "瑞安")
    page.check("[name=line][value=express]")
    page.click("button[name=prices]")
    expect(page.locator("#prices")).to_contain_text("¥")
    page.click("main form[novalidate] button.wide >> nth=0")
    page.wait_for_url("**/trips/**")
    expect(page.locator("#status")).to_contain_text("The nearest driver is being looked for")
    page.click("form[action$='/cancel/'] button")
    context.close()
