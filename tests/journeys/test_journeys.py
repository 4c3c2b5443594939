"""Four journeys through the pages, as their people walk them, at both widths and in both languages."""

import re
import time

import pytest
from playwright.sync_api import expect
from pypdfium2 import PdfDocument

from governance.measures import measures
from tests.journeys.conftest import AUTHENTICATOR, aboard, called, ways

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

LOOKS = [("phone", "zh-CN", "passenger", "driver"), ("desktop", "en-US", "passenger2", "driver2")]


def where(page, origin="虹桥镇", destination="上塘"):
    """Type both ends of a way."""
    page.fill("[name=origin]", origin)
    page.fill("[name=destination]", destination)


def take_by_lot(road, code):
    """Leave what other journeys asked for to others until the lot falls on this request, then open its face check."""
    for _turn in range(20):
        if road.locator(f"a[href*='/{code}/face/']").count():
            break
        other = road.locator("form[action$='/decline/'] button")
        if other.count():
            other.first.click()
        road.wait_for_timeout(1000)
    road.locator(f"a[href*='/{code}/face/']").first.click()


def ride(visitor, size, language, passenger, driver, boards=True):
    """A passenger books, a driver offers and accepts, both by their pages; returns both and the trip's code."""
    hers, his = visitor(size, language), visitor(size, language)
    page = hers.sign_in(passenger)
    where(page)
    hers.look("book")
    page.click("main form[novalidate] button.wide")
    page.wait_for_url("**/trips/**")
    code = page.url.rstrip("/").rsplit("/", 1)[1]
    road = his.sign_in(driver, "/drive/")
    where(road)
    road.click("main form[novalidate] button.wide")
    road.wait_for_url("**/drive/")
    his.look("drive")
    take_by_lot(road, code)
    his.look("face")
    road.click("[data-start]")
    road.wait_for_url("**/trips/**", timeout=60_000)
    his.look("driver-accepted")
    road.click("a[href$='/pickup/']")
    road.click("[data-start]")
    road.wait_for_selector("[data-after-face]:not([hidden])", timeout=60_000)
    road.click("[data-sandbox-plate]")
    expect(road.locator("[data-photo]")).to_have_value(re.compile("car.jpg"))
    his.look("pickup")
    road.click("form[data-after-face] button.wide:not([type=button])")
    road.wait_for_url("**/trips/**", timeout=60_000)
    road.click("form[action$='/arrive/'] button")
    page.reload()
    hers.look("card")
    page.click("form[action$='/confirm-car/'] button")
    digits = page.inner_text(".code4")
    hers.look("boarding-code")
    if boards:
        road.reload()
        road.fill("[name=code]", digits)
        his.look("driver-boarding")
        road.click("form[action$='/board/'] button")
        road.click("form[action$='/depart/'] button")
        his.look("driver-trip")
    return hers, his, code


@pytest.mark.parametrize(("size", "language", "passenger", "driver"), ways(*LOOKS))
def test_a_passenger_books_boards_and_taps_sos(visitor, size, language, passenger, driver):
    hers, _his, code = ride(visitor, size, language, passenger, driver)
    page = hers.go("/me/")
    page.fill("[name=name]", "周晴")
    page.fill("[name=phone]", "13800000002" if passenger == "passenger" else "13800000001")
    page.click("main form button.wide")
    hers.look("me")
    page = hers.go(f"/trips/{code}/")
    hers.look("trip")
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    expect(page.locator("main h1")).to_be_visible()
    hers.look("sos")
    agent = visitor("desktop", language)
    console = agent.sign_in("agent", "/admin/")
    row = console.locator("tr", has_text=code)
    row.locator("button").click()
    expect(page.locator("main .state.good").first).to_be_visible(timeout=20_000)
    hers.look("sos-taken")


def test_two_phones_that_post_by_themselves_reach_the_map(visitor, stack):
    hers, _his, _code = aboard(visitor, stack, "zh-CN", "passenger", "driver2")
    page = hers.page
    page.wait_for_timeout(7000)
    page.reload()
    points = page.evaluate("JSON.parse(document.getElementById('trip-map').textContent).points")
    assert any(point[2] == "passenger" for point in points)


@pytest.mark.parametrize(("size", "language"), ways(("phone", "zh-CN"), ("desktop", "en-US"), usual=1))
def test_a_friend_files_a_welfare_check(visitor, size, language):
    friend = visitor(size, language)
    page = friend.go("/")
    friend.look("welcome")
    page = friend.go("/welfare-check/")
    page.fill("[name=missing_phone]", "12")
    page.fill("[name=words]", "电话关机")
    page.fill("[name=reporter_phone]", "13911110001")
    page.click("main button.danger")
    # Taken at once, however its numbers are written, and shown back to be put right.
    expect(page.locator(".code-big")).to_have_text(re.compile(r"R-\w{8}"))
    code = page.text_content(".code-big")
    mend = page.locator("form[action$='mend/']")
    mend.locator("[name=missing_phone]").fill("13800000001")
    friend.look("welfare-check")
    mend.locator("button").click()
    expect(mend.locator("[name=missing_phone]")).to_have_count(0)
    expect(page.locator(".code-big")).to_have_text(code)
    friend.look("report")
    for secret in ("川A", "浙C", "钟大勇", "何平"):
        assert secret not in page.content()


@pytest.mark.parametrize(("language", "other"), ways(("zh-CN", "passenger"), ("en-US", "passenger2")))
def test_an_agent_takes_the_incident_and_serves_an_officer_on_the_phone(visitor, stack, language, other):
    hers, _his, code = aboard(visitor, stack, language, other, "driver")
    agent, second = visitor("desktop", language), visitor("desktop", language)
    console = agent.sign_in("agent2", "/admin/")
    before = console.title()
    hers.page.click("button.sos")
    row = console.locator("tr", has_text=code)
    expect(row).to_be_visible(timeout=20_000)  # by itself, without a reload
    expect(console).not_to_have_title(before, timeout=20_000)  # the badge comes with the bar, a moment later
    agent.look("console", console=True)
    row.locator("button").click()
    console.wait_for_url("**/incidents/**")
    agent.look("incident", console=True)
    console.goto(f"/admin/police-line/?query=trip&value={code}")
    console.fill("[name=agency]", "shangtang")
    console.fill("[name=badge]", "331777")
    agent.look("police-line", console=True)
    console.click("#content form button:has-text('计时'), form button:has-text('clock')")
    console.wait_for_url(re.compile(r"police-line/P-"))
    console.click("form[action$='/call-back/'] button")
    confirm = (
        second.sign_in("specialist", "/admin/")
        if language == "zh-CN"
        else second.sign_in("supervisor", "/admin/")
    )
    confirm.goto(console.url)
    second.look("police-confirm", console=True)
    confirm.click("form[action$='/confirm/'] button")
    console.reload()
    expect(console.locator("dd.phone", has_text="川A·H0001")).to_be_visible()
    agent.look("police-released", console=True)


@pytest.mark.parametrize(
    ("size", "language", "who"),
    ways(("phone", "zh-CN", "officer"), ("desktop", "en-US", "officer2"), usual=1),
)
def test_an_officer_gets_the_pack_from_the_form(visitor, stack, size, language, who):
    begun = called(stack, "passenger", "driver")
    begun.board()
    code = begun.code
    begun.passenger.must(begun.passenger.post(f"/api/v1/trips/{code}/sos/", {"key": begun.keys["passenger"]}))
    officer = visitor(size, language)
    page = officer.sign_in(who, "/police/")
    officer.look("police-choice")
    page.click("a.way.danger")
    # From here on by the keyboard alone: what stands after one another is gone through with the tabulator.
    page.focus("[name=query_value]")
    for typed in (code, None, "一名女乘客呼救后失联", "来不及，函件随后补交", "陈所长", "13911110110"):
        if typed:
            page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    officer.look("police-form")
    page.keyboard.press("Enter")
    page.wait_for_url("**/police/requests/**")
    expect(page.locator(".plates")).to_contain_text("川A·H0001")
    expect(page.locator(".sheet").first).to_contain_text("510112199106150034")
    officer.look("police-pack")
    # As it is printed: one sheet.
    assert len(PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))) == 1
    if language == "en-US":
        assert not re.search("T\\d\\d:\\d\\d:\\d\\d", page.inner_text("main"))


def test_an_officer_with_a_passkey_holds_the_signed_pack_within_a_minute(visitor, stack):
    """From the sign-in page to the paper, by the plate that was seen; the platform's part of the minute, and a hand's."""
    begun = called(stack, "passenger", "driver")
    begun.board()
    begun.passenger.must(
        begun.passenger.post(f"/api/v1/trips/{begun.code}/sos/", {"key": begun.keys["passenger"]})
    )
    officer = visitor("phone", "zh-CN")
    page = officer.page
    door = stack.url.replace("127.0.0.1", "localhost")  # passkeys belong to a name, not to an address

    def sign_in(path, *, passkey):
        page.goto(f"{door}/sign-in/?next={path}")
        page.fill("[name=name]", "officer2")
        page.fill("[name=password]", stack.password)
        page.click("main button.wide")
        if passkey:
            page.click("[data-passkey=get] button")
        else:
            page.fill("[name=token]", officer.fresh_code("officer2"))
            page.click("main form:not([data-passkey]) button")
        page.wait_for_url(f"{door}{path}")

    keys = officer.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    sign_in("/me/passkeys/", passkey=False)
    page.fill("[name=name]", "the station's desk")
    page.fill("[name=token]", officer.fresh_code("officer2"))
    page.click("[data-passkey=create] button")
    expect(page.locator("main")).to_contain_text("the station's desk")
    officer.context.clear_cookies()

    began = time.monotonic()
    sign_in("/police/", passkey=True)
    page.click("a.way.danger")
    for name, typed in {
        "query_value": "川A·H0001",
        "danger": "一名女乘客呼救后失联",
        "why_not_written": "来不及，函件随后补交",
        "supervisor_name": "陈所长",
        "supervisor_phone": "13911110110",
    }.items():
        page.locator(f"[name={name}]").press_sequentially(typed, delay=100)  # ten signs a second
    page.check("[name=declared]")
    page.click("button.wide.danger")
    page.wait_for_url("**/police/requests/**")
    expect(page.locator(".plates")).to_contain_text("川A·H0001")
    with page.expect_download(timeout=60_000) as paper:
        page.click("a:has-text('下载带电子印章的 PDF')")
    took = time.monotonic() - began
    assert "川A·H0001" in PdfDocument(paper.value.path())[0].get_textpage().get_text_range()
    assert took < 60, f"{took:.0f} s"


@pytest.mark.parametrize(
    ("size", "language", "who"),
    ways(("phone", "zh-CN", "officer"), ("desktop", "en-US", "officer2"), usual=1),
)
def test_an_officer_fills_in_a_notice_and_reads_how_police_ask(visitor, size, language, who):
    officer = visitor(size, language)
    page = officer.sign_in(who, "/police/ordinary/")
    officer.look("police-ordinary")
    page.click("main button.wide")
    page.wait_for_url("**/police/ordinary/N-**")
    page.fill("[name=number]", "乐公（刑）调证字〔2018〕0824 号")
    page.click("button[value=save]")
    expect(page.locator("#lacks li")).to_have_count(16)
    expect(page.locator("[name=number]")).to_have_value("乐公（刑）调证字〔2018〕0824 号")
    officer.look("police-notice")
    officer.go("/police/how/")
    officer.look("police-how")


def test_a_station_is_found_as_it_is_typed_and_chosen_by_the_keyboard(visitor):
    agent = visitor("desktop", "en-US")
    page = agent.sign_in("agent", "/admin/police-line/")
    with page.expect_response("**/admin/stations/find/?*paichusuo") as found:
        page.locator("[name=agency]").press_sequentially("paichusuo", delay=20)
    assert found.value.ok, found.value.status
    expect(page.locator("[name=picked]")).to_have_count(2)
    agent.look("police-line", console=True)
    page.locator("[name=agency]").fill("")
    page.locator("[name=agency]").press_sequentially("shangtang", delay=20)
    expect(page.locator("[name=picked]")).to_have_count(1)
    supervisor = visitor("desktop", "zh-CN")
    supervisor.sign_in("supervisor", "/admin/stations/?q=hongqiao")
    supervisor.look("stations", console=True)


def test_the_board_shows_every_measure(visitor):
    supervisor = visitor("desktop", "zh-CN")
    page = supervisor.sign_in("adjudicator", "/admin/board/")
    expect(page.locator("tbody tr")).to_have_count(len(measures()))
    supervisor.look("board", console=True)


@pytest.mark.parametrize("language", ways("zh-CN", "en-US"))
def test_doors_errors_and_documents_read_well(visitor, stack, language):
    someone = visitor("phone", language)
    page = someone.go("/sign-in/")
    someone.look("sign-in")
    page.fill("[name=name]", "agent")
    page.fill("[name=password]", "wrong")
    page.click("main button.wide")
    expect(page.locator(".errorlist")).to_be_visible()
    someone.complaints.clear()
    page.fill("[name=password]", stack.password)
    page.click("main button.wide")
    page.wait_for_url("**/second-factor/**")
    someone.look("second-factor")
    page = someone.go("/nowhere/")
    someone.complaints.clear()
    someone.look("error")
    someone.go("/api/v1/docs/")
    someone.look("api-docs")
    someone.go(stack.sandbox + "/")
    someone.look("sandbox")
    someone.go(stack.sandbox + "/codes/")
    someone.look("sandbox-codes")
