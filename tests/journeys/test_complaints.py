"""A harassment complaint from telling to appeal, in real browsers, by people who use what the pages say."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from core.tests.factories import PDF
from tests.journeys.conftest import called, ways

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]


def act(page, key, words="", **choices):
    """Open one action of the case by what stands on it, fill it in and send it."""
    box = page.locator(f"#act-{key}")
    summary = box.locator("summary")
    if summary.count() and box.locator("details").get_attribute("open") is None:
        summary.click()
    for name, value in choices.items():
        box.locator(f"[name={name}]").first.select_option(value)
    if words:
        box.locator("textarea").fill(words)
    box.locator("form button").last.click()
    page.wait_for_load_state()


def decide(page, finding, outcome, reason, days="3"):
    box = page.locator("#act-decide")
    if box.locator("details").get_attribute("open") is None:
        box.locator("summary").click()
    box.locator(f"[name=finding][value={finding}]").check()
    if outcome:
        box.locator(f"[name=award][value='accused:{outcome}']").check()
        box.locator(f"[name='days:accused:{outcome}']").fill(days)
    else:
        box.locator("[name=award][value=nothing]").check()
    box.locator("[name=cites][value='statement:accused']").check()
    box.locator("textarea").fill(reason)
    box.locator("form button").last.click()
    page.wait_for_load_state()
    expect(page.locator("#act-decide")).to_have_count(0)


def test_a_harassment_complaint_from_telling_to_appeal(visitor, stack, request):
    trip = called(stack, "passenger2", "driver2")
    trip.board()
    trip.driver.must(trip.driver.post(f"/api/v1/trips/{trip.code}/end/"))
    hers = visitor("phone", "zh-CN")
    page = hers.sign_in("passenger2", f"/trips/{trip.code}/complaint/")
    page.check("[name=category][value=harassment]")
    page.fill("[name=words]", "他一路上说下流的话，还问我住哪里")
    page.set_input_files(
        "[name=uploads]", files=[{"name": "a.pdf", "mimeType": "application/pdf", "buffer": PDF}]
    )
    hers.look("complaint-file")
    page.click("main button.wide")
    page.wait_for_url("**/complaints/C-**")
    code = re.search(r"C-\w+", page.url)[0]
    hers.look("complaint-receipt-filed")

    # The stop on the driver's orders stands on the vetting desk with where it comes from.
    board = visitor("desktop", "en-US")
    stopped = board.sign_in("vetting", "/admin/drivers/hold/")
    board.look("holds", console=True)
    stopped.locator("a[href*='/release/']").first.click()
    expect(stopped.locator("#content, main").first).to_contain_text(code)
    board.look("hold-release", console=True)

    # Two agents at one case see each other; the one who types is seen to type.
    desk, other = visitor("desktop", "zh-CN"), visitor("desktop", "en-US")
    console = desk.sign_in("agent", "/admin/workspace/")
    desk.look("workspace-queue", console=True)
    console.keyboard.press("?")
    expect(console.locator("dialog[open]")).to_be_visible()
    desk.look("workspace-keys", console=True)
    console.keyboard.press("Escape")
    console.goto(f"/admin/workspace/{code}/")
    second = other.sign_in("agent2", f"/admin/workspace/{code}/")
    expect(second.locator("[data-here]")).to_contain_text("agent is here too", timeout=15_000)
    console.keyboard.press("t")
    console.wait_for_load_state()
    # The other page says by itself whose it is now, without being loaded again.
    expect(second.locator("#head")).to_contain_text("agent", timeout=15_000)
    expect(second.locator("#act-take")).to_have_count(0, timeout=15_000)
    second.locator("#act-note textarea").fill("I know this driver")
    act(console, "answer", "我们已收到，先确认您现在是否安全？")
    act(console, "ask_complainant", "请说明他具体说了什么、何时何地。")
    act(console, "ask_accused", "请说明该行程中您与乘客的对话。")
    desk.look("workspace-case", console=True)
    other.look("workspace-case-stale", console=True)

    # Whom it is about learns of it the next day, so that no minute says where it came from.
    today = datetime.fromtimestamp(stack.now()).astimezone()
    stack.set_clock(today + timedelta(hours=33))
    request.addfinalizer(lambda: stack.set_clock(today))
    his = visitor("phone", "en-US")
    for who, name, words in (
        (hers, "passenger2", "从虹桥到上塘一路都在说"),
        (his, "driver2", "只是聊天，没有恶意"),
    ):
        page = who.go(f"/complaints/{code}/") if who is hers else who.sign_in(name, f"/complaints/{code}/")
        page.locator("form[action$='statement/'] textarea").fill(words)
        who.look(f"complaint-statement-{name}")
        page.locator("form[action$='statement/'] button.wide").click()
        page.wait_for_load_state()

    for name, language in (("adjudicator", "zh-CN"), ("adjudicator2", "en-US")):
        judge = visitor("desktop", language)
        page = judge.sign_in(name, f"/admin/workspace/{code}/")
        if name == "adjudicator2":
            page.locator("#act-decide summary").click()
            expect(page.locator("#act-decide")).to_contain_text("You do not see what the first decided")
            expect(page.locator("main, #content").first).not_to_contain_text("双方陈述吻合")
            judge.look("workspace-second", console=True)
        decide(page, "upheld", "suspension", "双方陈述吻合，录音佐证。")
    expect(page.locator("#head")).to_contain_text("adjudicator2")

    page = his.go(f"/complaints/{code}/")
    expect(page.locator("main")).to_contain_text("suspension")
    page.locator("details.card summary").click()
    page.locator("form[action$='appeal/'] textarea").fill("三天太久，我靠开车谋生")
    his.look("complaint-appeal")
    page.locator("form[action$='appeal/'] button").click()
    page.wait_for_load_state()
    above = visitor("desktop", "zh-CN")
    page = above.sign_in("supervisor", f"/admin/workspace/{code}/")
    decide(page, "unproven", "", "新证据表明无法认定。")
    beside = visitor("desktop", "en-US")
    page = beside.sign_in("supervisor2", f"/admin/workspace/{code}/")
    expect(page.locator("main, #content").first).not_to_contain_text("新证据表明无法认定")
    decide(page, "unproven", "", "无法认定。")
    beside.look("workspace-final", console=True)
    page = his.go(f"/complaints/{code}/")
    expect(page.locator("main")).to_contain_text("the decision was changed")
    his.look("complaint-final")
    hers.go(f"/complaints/{code}/")
    hers.look("complaint-final-hers")


@pytest.mark.parametrize("language", ways("zh-CN", "en-US", usual=1))
def test_the_desk_reads_well(visitor, stack, language):
    """Every page of the desk in both languages and at both widths, and the pages that need no sign-in."""
    desk = visitor("desktop", language)
    someone = visitor("phone", language)
    page = someone.go("/complain/")
    someone.look("complain-street")
    page.check("[name=category][value=violence]")
    page.fill("[name=words]", "司机在路边打人")
    page.fill("[name=plate]", "浙C·D0002")
    page.fill("[name=name]", "路人")
    page.fill("[name=phone]", "13911112223" if language == "zh-CN" else "13911112224")
    page.click("main button.wide")
    page.wait_for_url("**/complaints/C-**")
    someone.look("complain-follow")
    boss = desk.sign_in("supervisor2" if language == "zh-CN" else "supervisor", "/admin/accidents/")
    boss.fill("[name=happened_at]", "2026-01-02T10:00")
    boss.fill("[name=place]", "G104 K12")
    boss.fill("[name=words]", "追尾，乘客受伤")
    boss.locator("form:has([name=place]) button").click()
    boss.wait_for_url("**/admin/accidents/A-**")
    boss.select_option("#id_kind", "advance")
    boss.fill("#id_name", "家属")
    boss.fill("#id_phone", "13911110005")
    boss.fill("#id_yuan", "30000")
    boss.locator("form:has(#id_yuan) button").click()
    boss.wait_for_load_state()
    desk.look("accident", console=True)
    for path in (
        "accidents", "care", "outside", "roster", "practice", "summaries", "team", "reports",
        "workspace", "workspace/new", "workspace/words", "workspace/macros", "workspace/guides",
    ):  # fmt: skip
        boss.goto(f"/admin/{path}/")
        desk.look("desk-" + path.replace("/", "-"), console=True)
    boss.goto("/admin/practice/")
    boss.locator("button[name=scenario]").first.click()
    boss.wait_for_load_state()
    desk.look("exercise", console=True)
    boss.locator(".options button").first.click()
    boss.wait_for_load_state()
    desk.look("exercise-answered", console=True)
    boss.goto("/admin/summaries/")
    boss.locator("form:has(#period) button").click()
    boss.wait_for_load_state()
    desk.look("summary", console=True)
