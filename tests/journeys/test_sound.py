"""Sound from the scene: a tone that the phone's microphone hears is heard by the agent, and played again in the case."""

import re
import statistics
import time

import pytest
from playwright.sync_api import expect

from core.languages import say_in
from tests.journeys.conftest import TONE, aboard

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

# The loudest frequency that the page's player plays, in hertz.
HEARD = """
async (audio) => {
  const context = new AudioContext();
  await context.resume();
  const source = context.createMediaStreamSource(audio.captureStream());
  const analyser = source.context.createAnalyser();
  analyser.fftSize = 8192;
  source.connect(analyser);
  await new Promise((done) => setTimeout(done, 600));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const loudest = bins.indexOf(Math.max(...bins));
  return loudest * source.context.sampleRate / analyser.fftSize;
}
"""


def hears_the_tone(page):
    audio = page.locator("[data-listen] audio")
    heard = 0.0
    for _again in range(20):
        heard = audio.evaluate(HEARD)
        if abs(heard - TONE) < 20:
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"heard {heard} Hz")


def lags(phone, page, count=40):
    """Seconds between the moment a sound was made and its play, again and again."""
    began = float(phone.evaluate("document.documentElement.dataset.soundBegan")) / 1000
    found = []
    for _sample in range(count):
        position = page.locator("[data-listen] audio").evaluate("(audio) => audio.currentTime")
        found.append(time.time() - began - position)
        page.wait_for_timeout(150)
    return sorted(found)


def test_the_agent_hears_the_scene_and_the_contact_sees_the_car(visitor, stack, record_property):
    hers, his, code = aboard(visitor, stack, "zh-CN", "passenger", "driver2")
    page = hers.go("/me/")
    if "13800000002" not in page.content().replace(" ", ""):
        page.fill("[name=name]", "周晴")
        page.fill("[name=phone]", "13800000002")
        page.click("main form[novalidate] button.wide")
    page = hers.go(f"/trips/{code}/")
    expect(page.locator("[data-shares] section")).to_be_visible(timeout=10_000)
    before = his.trip(code)
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    expect(page.locator("[data-sound-state].good")).to_be_visible(timeout=20_000)
    hers.look("sos-sound")

    agent = visitor("desktop", "zh-CN")
    console = agent.sign_in("agent", "/admin/")
    console.locator("tr", has_text=code).locator("button").click()
    console.wait_for_url("**/incidents/**")
    incident = console.url.rstrip("/").rsplit("/", 1)[1]
    console.click("[data-listen-begin]")
    expect(console.locator("[data-listen-state].good")).to_be_visible(timeout=20_000)
    hears_the_tone(console)
    measured = lags(page, console)
    record_property("lag_median", round(statistics.median(measured), 2))
    record_property("lag_p95", round(measured[int(len(measured) * 0.95)], 2))
    assert measured[0] > 0, "the page plays what was not said yet: the lag is not measured right"
    agent.look("incident-sound", console=True)

    # Either side may load its page anew.
    page.reload()
    expect(page.locator("[data-sound-state].good")).to_be_visible(timeout=20_000)
    console.wait_for_timeout(1500)
    hears_the_tone(console)
    console.reload()
    console.click("[data-listen-begin]")
    expect(console.locator("[data-listen-state].good")).to_be_visible(timeout=20_000)
    hears_the_tone(console)

    # A gap in the network: what was heard meanwhile is sent afterwards, nothing of it is lost.
    hers.context.set_offline(True)
    page.wait_for_timeout(3000)
    hers.context.set_offline(False)
    hers.complaints.clear()  # the browser notes each failed call
    expect(page.locator("[data-sound-state].good")).to_be_visible(timeout=20_000)
    console.wait_for_timeout(1500)
    hears_the_tone(console)

    # Nothing on the driver's page has changed.
    assert his.trip(code) == before

    # The contact opens the link of the message, without an account, and the car moves.
    text = stack.message(lambda row: row["key"].startswith(f"sos:{incident}"))["text"]
    link = re.search(r"https?://\S+/share/\S+", text)[0]
    friend = visitor("phone", "en-US")
    shared = friend.go(link)
    friend.look("share")
    # Beside her number; the list of links says it a second time, as soon as it is brought anew.
    told = page.locator("section", has=page.get_by_role("heading", name=say_in("zh-CN", "Your contacts")))
    expect(told.locator("li", has_text=say_in("zh-CN", "seen"))).to_be_visible(timeout=20_000)
    points = "JSON.stringify(JSON.parse(document.getElementById('share-map-data').textContent).points)"
    first = shared.evaluate(points)
    # Half a kilometre, which a car can have come meanwhile: a jump would wait for a second position.
    his.context.set_geolocation({"latitude": 28.209, "longitude": 121.023})
    his.go(f"/trips/{code}/")
    shared.wait_for_function(f"(first) => {points} !== first", arg=first, timeout=30_000)

    # Inside the case it is played again, chunk by chunk.
    recording = page.evaluate("document.documentElement.dataset.soundCode")
    console.goto(f"/admin/recordings/{recording}/?case={incident}")
    agent.look("recording", console=True)
    console.fill("#reason", "what was said before the call broke off")
    console.locator("main form button, .hh form button").filter(has_text="播放器").click()
    expect(console.locator("canvas[data-drawn]")).to_be_visible(timeout=20_000)
    agent.look("recording-played", console=True)


def test_without_a_network_the_message_is_ready_on_a_page_that_was_opened_before(visitor, stack):
    hers, _his, code = aboard(visitor, stack, "en-US", "passenger2", "driver")
    page = hers.go(f"/trips/{code}/")
    page.wait_for_selector("[data-offline-help]", state="attached")
    expect(page.locator("[data-offline-help]")).to_be_hidden()
    expect(page.locator(".sosbar input[name=lat]")).not_to_have_value("")  # a position comes
    hers.context.set_offline(True)
    expect(page.locator("[data-offline-help]")).to_be_visible()
    page.click("button.sos", force=True)
    link = page.locator("[data-offline-help] a[href^='sms:']").get_attribute("href")
    hers.complaints.clear()
    hers.look("offline")
    hers.complaints.clear()  # the browser notes each try that did not get through
    hers.context.set_offline(False)
    page.wait_for_url("**/sos/")  # the tap was kept, and goes out by itself
    # The message reaches us another way: an agent reads it and opens the incident.
    agent = visitor("desktop", "en-US")
    console = agent.sign_in("agent", "/admin/sos-packet/")
    console.fill("#text", link.split("?body=")[1])
    console.locator(".hh form button.plain", has_text="Read it").click()
    expect(console.locator("dl")).to_contain_text("28.2127")
    agent.look("packet", console=True)
    console.click("form button.danger")
    console.wait_for_url("**/incidents/**")
