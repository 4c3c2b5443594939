"""Somebody looks at what is kept of them, takes a copy, takes a consent back, and leaves."""

import re
import zipfile

import httpx
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import ways
from tests.journeys.test_driver import sign_up

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

PHONES = {"zh-CN": "13700000401", "en-US": "13700000402"}


def typed_code(window, phone, button):
    """The code that the button sends to this phone, typed into the page."""
    sent = httpx.get(window.world.sandbox + "/messages/", trust_env=False).json()["messages"]
    page, seen = window.page, {row["key"] for row in sent}
    page.click(button)
    text = window.world.message(
        lambda row: row["to"].endswith(phone) and "code" in row["key"] and row["key"] not in seen
    )["text"]
    page.fill("[name=code]", re.findall(r"\d{6}", text)[0])


@pytest.mark.parametrize("language", ways("zh-CN", "en-US", usual=1))
def test_ones_own_data_from_a_copy_to_the_end(visitor, language, tmp_path):
    window = visitor("phone", language)
    page = sign_up(window, PHONES[language], "/me/data/")
    expect(page.locator("form[id^=consent-]").first).to_be_visible()
    window.look("own-data")

    switch = page.locator("#consent-trip_sharing button")
    before = page.locator("#consent-trip_sharing .state").inner_text()
    switch.click()
    expect(page.locator("#consent-trip_sharing .state")).not_to_have_text(before)

    page.click("a[href$='/me/data/copy/']")
    typed_code(window, PHONES[language], "main form button")
    window.look("own-data-code")
    page.click("main form[novalidate] button")
    link = page.locator("a[download]")
    expect(link).to_be_visible(timeout=60_000)
    window.look("own-data-copy")
    with page.expect_download() as waiting:
        link.click()
    waiting.value.save_as(tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as copy:
        assert copy.testzip() is None
        assert PHONES[language] in copy.read("account.json").decode()

    window.world.pass_time(120)  # a phone gets a code a minute
    window.go("/me/data/close/")
    window.look("own-data-close")
    typed_code(window, PHONES[language], "main form button")
    page.check("main form[novalidate] [name=sure]")
    page.click("main form[novalidate] button.danger")
    page.wait_for_load_state()
    expect(page.locator("header a[href='/me/']")).to_have_count(0)
