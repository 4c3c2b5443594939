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
