"""A driver who would not be compared by a machine is called by a reviewer: a real call between two browsers, recorded by
consent, decided after both have seen each other, and the order is the driver's."""

import re

import pytest
from playwright.sync_api import expect

from core.languages import say_in
from tests.journeys.conftest import called, ways

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

# How far a video has played after a second more, and how wide its picture is.
PLAYS = """
async (video) => {
  const before = video.currentTime;
  await new Promise((done) => setTimeout(done, 1000));
  return { moved: video.currentTime - before, width: video.videoWidth, height: video.videoHeight };
}
"""
# The loudest frequency of the other side's sound, in hertz: the fake microphone's tone.
SOUNDS = """
async (video) => {
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(video.srcObject).connect(analyser);
  await new Promise((done) => setTimeout(done, 500));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  return Math.max(...bins);
}
"""


def seen(page):
    """The other side's picture moves on this page."""
    expect(page.locator("[data-call]")).to_have_attribute("data-state", "connected", timeout=60_000)
    found = page.locator("[data-call-theirs]").evaluate(PLAYS)
    assert found["width"] > 0, found
    assert found["height"] > 0, found
    assert found["moved"] > 0, found


@pytest.mark.parametrize("language", ways("zh-CN", "en-US"))
def test_a_reviewer_calls_sees_and_decides(visitor, stack, language):
    ride = called(stack, "passenger", "driver")
    his = visitor("phone", language)
    page = his.sign_in("driver", f"/drive/requests/{ride.code}/face/?itinerary={ride.itinerary}")
    page.click("button[name=video_call]")
    page.wait_for_url("**/drive/video/**")
    his.look("video-waiting")
    code = re.search(r"/drive/video/([^/]+)/", page.url)[1]
    if page.locator(
        "button[name=agreed][value='1']"
    ).count():  # an earlier journey may have agreed: it counts on
        page.click("button[name=agreed][value='1']")
    expect(page.locator("button[name=agreed][value='0']")).to_have_count(1)

    reviewer = visitor("desktop", language)
    desk = reviewer.sign_in("vetting", "/admin/vetting/")
    reviewer.look("video-desk", console=True)
    desk.click(f"form[data-action='video-{code}-take'] button")
    desk.wait_for_url(f"**/videos/{code}/")
    seen(desk)
    seen(page)
    assert desk.locator("[data-call-theirs]").evaluate(SOUNDS) > -100
    expect(desk.locator("[data-call-recorded].bad")).to_be_visible(timeout=20_000)
    his.look("video-call")
    reviewer.look("video-console", console=True)

    # Either page may be loaded anew: they find each other again.
    page.reload()
    seen(page)
    seen(desk)
    decide = f"form[data-action='video-{code}-decide']"
    expect(desk.locator(decide)).to_be_visible(timeout=30_000)  # once both have seen each other long enough
    desk.wait_for_timeout(6_000)
    desk.check(f"{decide} [name=same][value=yes]")
    desk.fill(f"{decide} [name=reason]", "与证件照和审核照片一致")
    desk.click(f"{decide} button[data-do=decide]")
    expect(desk.locator("#decide .badge.good")).to_be_visible(timeout=30_000)

    # What was recorded plays for whoever may decide.
    recorded = desk.locator("video[data-recorded]").first
    expect(recorded).to_be_visible()
    recorded.evaluate("(video) => { video.muted = true; return video.play(); }")
    found = recorded.evaluate(PLAYS)
    assert found["width"] > 0, found
    assert found["moved"] > 0, found
    reviewer.look("video-decided", console=True)

    expect(page.locator("main")).to_contain_text(say_in(language, "Seen: it is you."))
    page.click("#video a.button")
    page.click(f"form[action$='/{ride.code}/accept/'] button")
    page.wait_for_url(f"**/trips/{ride.code}/")


def test_a_driver_whose_camera_is_shut_is_told_and_so_is_the_reviewer(visitor, stack):
    ride = called(stack, "passenger2", "driver2")
    his, reviewer = visitor("phone", "en-US"), visitor("desktop", "en-US")
    page = his.sign_in("driver2", f"/drive/requests/{ride.code}/face/?itinerary={ride.itinerary}")
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));"
    )
    page.click("button[name=video_call]")
    page.wait_for_url("**/drive/video/**")
    code = re.search(r"/drive/video/([^/]+)/", page.url)[1]
    desk = reviewer.sign_in("vetting", f"/admin/vetting/videos/{code}/")
    desk.click(f"form[data-action='video-{code}-take'] button")
    expect(page.locator("[data-call-says]")).to_contain_text("cannot be used", timeout=20_000)
    expect(desk.locator("[data-call-says]")).to_contain_text("does not work yet", timeout=20_000)
    his.look("video-no-camera")
    expect(desk.locator(f"[id='act-video-{code}-decide'] .why")).to_contain_text("Call first")
    page.click("[data-call-off]")
    expect(page.locator("#video .state.wait")).to_be_visible()
    expect(desk.locator("[data-call-says]")).to_contain_text("hung up", timeout=20_000)
    his.complaints.clear()  # a browser notes each refused call of a page that is over
    reviewer.complaints.clear()
