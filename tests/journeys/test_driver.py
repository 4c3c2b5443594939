"""From an application on a phone to the first accepted order, before a camera that follows what the page asks."""

import json
import re

import pytest
from playwright.sync_api import expect

from core.languages import say_in
from drivers.vision.poses import Pose, shares
from tests.journeys.conftest import ways
from tests.journeys.test_journeys import ride, where

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

# A camera device whose picture follows the instruction on the page: frames of an invented person come through
# getUserMedia like those of any camera, and the page's own code takes them from the video. No two pictures of a camera
# are the same: each has its own noise.
OBEYING_CAMERA = """
(sandbox, name, poses) => {
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement("canvas");
    canvas.width = 640; canvas.height = 480;
    const pen = canvas.getContext("2d");
    // A head follows at once, however busy what draws it is: all that it can be asked for is there before it is seen.
    const heads = new Map();
    for (const [pose, shares] of Object.entries(poses)) {
      for (const share of shares) {
        const which = pose + ".jpg?share=" + share + "&n=" + (2 + heads.size);
        const answer = await fetch(sandbox + "/camera/" + name + "/" + which);
        heads.set(pose + share, await createImageBitmap(await answer.blob()));
      }
    }
    let asked = "centre", since = 0;
    const draw = () => {
      const line = document.querySelector("[data-says]");
      const pose = (line && line.dataset.pose) || "centre";
      if (pose !== asked) { asked = pose; since = performance.now(); }
      // A little ahead of where it is photographed.
      const gone = (performance.now() - since) / 1700 + 0.1;
      const share = poses[pose].findLast((each) => each <= gone) ?? poses[pose][0];
      const picture = heads.get(pose + share);
      pen.fillStyle = "#777"; pen.fillRect(0, 0, 640, 480);
      pen.drawImage(picture, 80, 0, 480, 480);
      for (let x = 0; x < 640; x += 20) {
        pen.fillStyle = `hsl(${360 * Math.random()} 40% 50%)`;
        pen.fillRect(x, 476, 20, 4);
      }
    };
    draw();
    setInterval(draw, 50);
    return canvas.captureStream(20);
  };
}
"""


def with_camera(visitor, size, language, world, name):
    window = visitor(size, language)
    poses = json.dumps({pose: shares(pose) for pose in Pose})
    window.context.add_init_script(f"({OBEYING_CAMERA})({world.sandbox!r}, {name!r}, {poses})")
    return window


def sign_up(window, phone, path):
    page = window.go(f"/sign-in/code/?next={path}")
    page.fill("[name=phone]", phone)
    page.click("main button")
    text = window.world.message(lambda row: row["to"].endswith(phone) and "code" in row["key"])["text"]
    page.fill("[name=code]", re.findall(r"\d{6}", text)[0])
    page.click("main button")
    return page


def use_real_camera(page):
    page.select_option("[data-person]", "")
    page.click("[data-start]")


def send_certificate(page, kind, face):
    form = page.locator(f"form[action$='/photos/{kind}/']")
    form.locator("[data-sandbox-certificate]").select_option(face)
    with page.expect_navigation():
        form.locator("[data-take-certificate]").click()


def decide(visitor, language, code, outcome):
    reviewer, second = visitor("desktop", language), visitor("desktop", language)
    desk = reviewer.sign_in("vetting", "/admin/vetting/")
    reviewer.look("vetting-desk", console=True)
    desk.click(f"a[href*='/applications/{code}/']")
    desk.wait_for_url(f"**/applications/{code}/")
    reviewer.look("vetting-application", console=True)
    desk.check(f"[name=outcome][value={outcome}]")
    desk.fill("#act-propose [name=reason]", "三证、登记机关与人脸一致")
    desk.click("[data-do=propose]")
    expect(desk.locator("[data-do=agree]")).to_have_count(0)
    other = second.sign_in("supervisor", f"/admin/vetting/applications/{code}/")
    other.click("[data-do=agree]")
    expect(other.locator("#content")).to_contain_text("vetting + supervisor")
    second.look("vetting-decided", console=True)


@pytest.mark.parametrize("language", ["zh-CN"])
def test_an_applicant_becomes_a_driver_and_accepts_an_order(visitor, stack, language):
    his = with_camera(visitor, "phone", language, stack, "applicant")
    page = sign_up(his, "13700000001", "/drive/apply/")
    expect(page.locator("form[action$='/begin/']")).to_be_visible()
    his.look("apply-begin")
    page.click("form[action$='/begin/'] button")
    page.click("form[action$='/send/'] button")  # too early: every field says what to do
    expect(page.locator("#fault-vin .errorlist")).to_be_visible()
    his.look("apply-faults")
    for kind in ("id_card", "driving_licence", "vehicle_licence"):
        send_certificate(page, kind, "applicant")
    expect(page.locator("#id_vin")).to_have_value("LSVCF6C40KN000001")
    page.fill("#id_vin", "LSVCF6C41KN000001")  # a slip of the finger
    page.locator("#id_vin").blur()
    expect(page.locator("#fault-vin .errorlist")).to_be_visible()
    expect(page.locator("#fault-vin")).to_contain_text("LSVCF6C40KN000001")  # what the photo says
    his.look("apply-vin-fault")
    page.fill("#id_vin", "LSVCF6C40KN000001")
    page.locator("#id_vin").blur()
    expect(page.locator("#fault-vin .errorlist")).to_have_count(0)
    for field, value in (("colour", "灰色"), ("seats", "4")):
        page.fill(f"#id_{field}", value)
        page.locator(f"#id_{field}").blur()
    page.wait_for_timeout(500)
    page.click("form[action$='/face-consent/'] button.wide >> nth=0")
    expect(page.locator("[data-start]")).to_be_visible()
    his.look("apply-camera")
    use_real_camera(page)
    expect(page.locator("main .card > .state.good")).to_be_visible(timeout=60_000)
    his.look("apply-ready")
    page.click("form[action$='/send/'] button")
    code = page.inner_text("main section.card p >> nth=1").split(" ")[0]
    expect(page.locator("main .state.wait")).to_have_text(
        say_in("zh-CN", "a reviewer looks at it"), timeout=20_000
    )
    his.look("apply-review")
    decide(visitor, language, code, "approve")
    road = his.go("/drive/apply/")
    his.look("apply-approved")

    hers = visitor("phone", language)
    asked = hers.sign_in("passenger")
    where(asked)
    asked.click("main form[novalidate] button.wide")
    asked.wait_for_url("**/trips/**")
    trip = asked.url.rstrip("/").rsplit("/", 1)[1]
    road = his.go("/drive/")
    where(road)
    road.click("main form[novalidate] button.wide")
    expect(road.locator(f"a[href*='/{trip}/face/']").first).to_be_visible()
    his.look("drive-new-driver")
    road.locator(f"a[href*='/{trip}/face/']").first.click()
    use_real_camera(road)
    road.wait_for_url("**/trips/**", timeout=60_000)
    asked.reload()
    expect(asked.locator(".plate")).to_have_text("浙C·A6789")


def test_a_device_without_a_face_is_told_so_and_nothing_is_counted(visitor, stack):
    """Chromium's own fake device shows a test picture: the page says that no face was found."""
    his = visitor("phone", "en-US")
    page = his.sign_in("driver2", "/drive/")
    hers = visitor("phone", "en-US")
    asked = hers.sign_in("passenger2")
    where(asked, destination="乐清市区")
    asked.click("main form[novalidate] button.wide")
    trip = asked.url.rstrip("/").rsplit("/", 1)[1]
    where(page, destination="乐清市区")
    page.click("main form[novalidate] button.wide")
    page.locator(f"a[href*='/{trip}/face/']").first.click()
    use_real_camera(page)
    expect(page.locator("[data-face]")).to_have_attribute("data-state", "failed", timeout=60_000)
    expect(page.locator("[data-says]")).to_contain_text("No face was found")
    his.complaints.clear()


@pytest.mark.parametrize("language", ways("zh-CN", "en-US", usual=1))
def test_a_mismatch_is_told_quietly_and_from_the_street(visitor, stack, language):
    passenger, driver = ("passenger", "driver") if language == "zh-CN" else ("passenger2", "driver2")
    hers, his, code = ride(visitor, "phone", language, passenger, driver)
    before = his.trip(code)
    page = hers.go(f"/trips/{code}/")
    page.click("details summary")
    hers.look("trip-mismatch")
    page.click("button[value=car]")
    # Whoever looks over her shoulder learns nothing.
    expect(page.locator("main")).to_contain_text(say_in(language, "Noted."))
    hers.look("trip-reported")
    assert his.trip(code) == before
    page = hers.go("/report-a-car/")
    hers.look("street-report")
    reviewer, second = visitor("desktop", language), visitor("desktop", language)
    desk = reviewer.sign_in("vetting", "/admin/vetting/fleet/")
    reviewer.look("fleet", console=True)
    desk.goto("/admin/vetting/")
    row = desk.locator("tr", has_text=say_in(language, "a driver or car that is not the registered one"))
    row.filter(has=desk.get_by_role("cell", name=driver, exact=True)).locator("a").first.click()
    expect(desk.locator("main, #content").first).to_contain_text(code)
    reviewer.look("mismatch-case", console=True)
    desk.check("[name=outcome][value=cleared]")
    desk.fill("[name=reason]", "车主换了牌照，已核对")
    desk.click("[data-do=propose]")
    other = second.sign_in("supervisor", desk.url.split(stack.url)[1])
    other.click("[data-do=agree]")
    expect(other.locator("#content")).to_contain_text("vetting + supervisor")
    second.look("mismatch-cleared", console=True)
