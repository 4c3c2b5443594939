"""The map of a city, places as one types them, and the way on the trip's page: by hand, by keyboard, by a tap."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

# What moved on a page that somebody only looks at (https://web.dev/articles/cls), without what they did themselves.
SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { if (!each.hadRecentInput) sum += each.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 800);
})"""


@pytest.mark.parametrize(("language", "typed", "said"), [("zh-CN", "wenzhoudaxue", "温州大学"), ("en-US", "wenzhou uni", "Wenzhou University")])  # fmt: skip
def test_a_place_is_found_while_one_types_and_booked_by_keyboard(visitor, language, typed, said):
    hers = visitor("phone", language)
    page = hers.sign_in("passenger")
    expect(page.locator("[data-pick][data-land=drawn] .map-name").first).to_be_attached()
    expect(page.locator("[name=origin]")).not_to_have_value("")  # where this phone is, in words of the map
    assert page.evaluate(SHIFT) < 0.01
    hers.look("book-first")
    field = page.locator("[name=destination]")
    field.focus()
    field.press_sequentially(typed[:-1])
    option = page.locator("[role=option]", has_text=said)
    expect(option).to_be_visible()
    hers.look("book-found")
    field.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    field.press("Enter")
    expect(field).to_have_value(said)
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(page.locator("label.line strong").first).to_be_visible()
    expect(page.locator(".map-pin")).to_have_count(2)
    hers.look("book-lines")
    page.check("[name=line][value=express]")
    page.locator("form[data-book] button.wide").first.press("Enter")
    page.wait_for_url("**/trips/**")
    expect(page.locator("h1")).to_contain_text(said)
    expect(page.locator("[data-map][data-land=drawn] .map-end")).to_have_count(2)
    hers.look("trip-waits-map")
    page.click("form[action$='/cancel/'] button")
    page = hers.go("/")
    page.locator("[name=destination]").focus()
    expect(page.locator("[role=option]", has_text=said)).to_be_visible()  # where she went before
    page.keyboard.press("Escape")
    expect(page.locator("#id_destination-found")).to_be_hidden()


def test_a_start_is_corrected_on_the_map_and_said_in_words(visitor):
    hers = visitor("phone", "zh-CN")
    page = hers.sign_in("passenger")
    box = page.locator("[data-pick]")
    expect(box).to_have_attribute("data-land", "drawn")
    start = page.locator("[name=origin]")
    expect(page.locator(".map-pin")).to_have_count(1)
    before = start.input_value()
    pin = page.locator(".map-pin").bounding_box()
    page.mouse.move(pin["x"] + 22, pin["y"] + 30)
    page.mouse.down()
    page.mouse.move(pin["x"] + 80, pin["y"] + 70, steps=6)
    page.mouse.up()
    expect(start).not_to_have_value(before)
    moved = start.input_value()
    assert moved
    box.click(position={"x": 60, "y": 60})  # the other end: one had been known
    expect(page.locator(".map-pin")).to_have_count(2)
    expect(page.locator("[name=destination]")).not_to_have_value("地图上的点")
    expect(page.locator("#prices")).to_contain_text("元")
    hers.look("book-map")


# A phone that finds itself when it is told to.
LATE = """navigator.geolocation.getCurrentPosition = (found) => {
  window.findNow = () => found({ coords: { latitude: 28.1535, longitude: 120.6905 } });
  document.documentElement.dataset.seeks = "1";
};"""


def test_enter_and_a_late_phone_order_and_change_nothing_and_no_price_is_of_another_way(visitor):
    hers = visitor("phone", "zh-CN")
    hers.page.add_init_script(LATE)
    page = hers.sign_in("passenger")
    start, goal = page.locator("[name=origin]"), page.locator("[name=destination]")
    expect(page.locator("html")).to_have_attribute("data-seeks", "1")
    start.fill("柳市")
    expect(page.locator("[name=origin_lat]")).not_to_have_value("")
    page.evaluate("() => window.findNow()")
    page.wait_for_timeout(300)
    expect(start).to_have_value("柳市")  # she chose it after the phone was asked
    goal.focus()
    goal.press_sequentially("wenzhou")
    goal.press("Enter")
    expect(goal).not_to_be_focused()
    expect(page.locator("form[data-book]")).to_be_visible()  # nothing was ordered
    expect(page.locator("[name=destination_lat]")).to_have_value("")
    goal.fill("wenzhou uni")
    goal.press("Enter")  # the only one that fits
    expect(goal).to_have_value("温州大学")
    amount = page.locator("label.line strong").first
    expect(amount).to_be_visible()
    words, sums = [], []
    page.route("**/book/places/", lambda route: words.append(route))
    page.route("**/book/prices/", lambda route: sums.append(route))
    page.locator("[data-pick]").click(position={"x": 60, "y": 60})
    expect(goal).to_have_value("地图上的点")
    expect(amount).to_be_hidden()
    page.wait_for_timeout(600)
    sums[-1].continue_()  # the words did not come yet
    expect(amount).to_be_visible()
    assert page.url.endswith("/")


def test_a_late_phone_writes_nothing_where_she_is_about_to_type(visitor):
    hers = visitor("phone", "zh-CN")
    hers.page.add_init_script(LATE)
    page = hers.sign_in("passenger")
    start = page.locator("[name=origin]")
    expect(page.locator("html")).to_have_attribute("data-seeks", "1")
    start.focus()
    page.evaluate("() => window.findNow()")
    page.wait_for_timeout(300)
    expect(start).to_have_value("")
    page.locator("[name=destination]").focus()  # she typed nothing
    expect(page.locator("[name=origin_lat]")).not_to_have_value("")
    expect(start).not_to_have_value("")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-seeks", "1")
    start.focus()
    page.evaluate("() => window.findNow()")
    page.keyboard.insert_text("柳市")
    page.locator("[name=destination]").focus()
    expect(start).to_have_value("柳市")


def test_a_price_that_did_not_come_is_asked_for_again(visitor):
    hers = visitor("phone", "zh-CN")
    page = hers.sign_in("passenger")
    lost = [2]

    def fails(route):
        lost[0] -= 1
        if lost[0] < 0:
            route.continue_()
        elif lost[0]:
            route.abort()
        else:
            route.fulfill(status=503, body="")

    expect(page.locator("[data-pick]")).to_have_attribute("data-land", "drawn")
    page.route("**/book/prices/", fails)
    page.locator("[name=origin]").fill("柳市")
    page.locator("[name=destination]").fill("温州大学")
    expect(page.locator("label.line strong").first).to_be_visible(timeout=20_000)
    assert lost[0] < 0
