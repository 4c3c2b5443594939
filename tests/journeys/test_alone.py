"""A phone that has lost the network and loads its page anew: help is still there, and goes out by itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import aboard

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_a_page_loaded_anew_without_a_network_still_calls_for_help(visitor, stack, language):
    hers, _his, code = aboard(visitor, stack, language, "passenger", "driver2")
    page = hers.go(f"/trips/{code}/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("localStorage.getItem('huhang-sos')?.includes('HH1')")
    hers.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("没有网络" if language == "zh-CN" else "No network")
    expect(page.locator("[data-sms]")).to_have_attribute("href", re.compile(r"^sms:\d+\?body=HH1"))
    expect(page.locator("a[href='tel:110']")).to_be_visible()
    hers.complaints.clear()  # the browser notes each failed call
    hers.look("alone")
    page.click("button.sos")
    expect(page.locator("[data-unsent]")).to_be_visible()
    hers.context.set_offline(False)
    page.wait_for_url("**/sos/")
    expect(page.locator("#sos-live")).to_be_visible()
    hers.complaints.clear()
    # Signed out, this phone keeps nothing of her.
    hers.go("/")
    page.click("form[action='/sign-out/'] button")
    assert page.evaluate("localStorage.getItem('huhang-sos')") is None


def test_without_a_trip_there_are_numbers_to_call_and_the_page_comes_back(visitor, stack):
    friend = visitor("phone", "en-US")
    page = friend.go("/welfare-check/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # read by a page that the worker already serves
    friend.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text("No network")
    expect(page.locator(".sosbar")).to_have_count(0)
    friend.context.set_offline(False)
    expect(page.locator("input[name=missing_phone]")).to_be_visible()
    assert page.url.endswith("/welfare-check/")
