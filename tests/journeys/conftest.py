"""A real browser in front of a real stack."""

import os
import shutil
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from governance.drills.report import Report
from governance.drills.rides import REGISTERED, TZ, Ride
from governance.drills.world import World, scratch_world
from tests.stacks import let_owners_drive_all_day

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
# The virtual one of Chromium (WebAuthn level 3 §11).
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PLATES = {"driver": REGISTERED, "driver2": "浙C·D0002"}
# On a busy machine a page says late what it says; how soon it has to has its own measures.
expect.set_options(timeout=20_000)
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}
USED: dict[str, str] = {}
SESSIONS: dict[str, list[Any]] = {}
# Lists that show less of one of their choices than its words take, beside the arrow.
CUT = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  return [...document.querySelectorAll("select")].filter((list) => {
    if (!list.offsetParent) return false;
    const style = getComputedStyle(list);
    pen.font = style.font;
    const room = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 18;
    return [...list.options].some((each) => pen.measureText(each.text).width > room + 1);
  }).map((list) => list.name || list.id);
}"""
# A row where no event waits for its handlers but those that are tried again later.
ALL_DONE = """
SELECT 1 WHERE NOT EXISTS (
  SELECT FROM core_outboxevent WHERE delivered_at IS NULL AND not_before <= %s
)"""
HERE = {"latitude": 28.2127, "longitude": 121.026}


TONE = 1000.0  # hertz, what the fake microphone plays


def ways(*rows: Any, usual: int = 0) -> list[Any]:
    """All the ways in which a journey can be walked where pictures are asked for, the usual one otherwise.

    Widths are looked at on each way; journeys take turns with their usual language, so that both are walked each time.
    """
    return list(rows) if os.environ.get("HUHANG_SCREENSHOTS") else [rows[usual]]


def write_tone(path: Path) -> Path:
    """Ten seconds of a tone; the fake microphone plays them again and again."""
    rate = 48_000
    samples = (12_000 * np.sin(2 * np.pi * TONE * np.arange(10 * rate) / rate)).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    return path


# Not longer than a file: while Playwright runs, this thread has a loop, and in it Django asks no database.
@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("HUHANG_BROWSER_REQUIRED"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        tone = write_tone(tmp_path_factory.mktemp("sound") / "tone.wav")
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={tone}"]
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture(scope="session")
def stack() -> Iterator[World]:
    """Noon of today in Shanghai, so that no hour of the night stops a hitch trip."""
    noon = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0, second=0, microsecond=0)
    with scratch_world(Report("journeys"), "journey", noon) as world:
        let_owners_drive_all_day(world)
        yield world


class Visitor:
    """Somebody with a browser window; their pages must say nothing to the console and pass axe."""

    def __init__(self, browser: Browser, world: World, size: str, language: str) -> None:
        self.world, self.size, self.language = world, size, language
        self.context: BrowserContext = browser.new_context(
            viewport=SIZES[size],
            locale=language,
            geolocation=HERE,
            permissions=["geolocation", "camera", "microphone"],
            base_url=world.url,
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on(
            "console",
            lambda message: self._complain(message) if message.type == "error" else None,
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _complain(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def go(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def trip(self, code: str) -> str:
        """All that the trip's page says, once its parts have come."""
        page = self.go(f"/trips/{code}/")
        page.wait_for_selector("[data-recording] section")
        return page.inner_text("main")

    def sign_in(self, name: str, path: str = "/") -> Page:
        """Through the door the first time; whoever needed a second factor keeps their session for a later window."""
        if name in SESSIONS:
            self.context.add_cookies(SESSIONS[name])
            page = self.go(path)
            if "/sign-in/" not in page.url:
                return page
            self.context.clear_cookies()
        page = self.go(f"/sign-in/?next={path}")
        page.fill("[name=name]", name)
        page.fill("[name=password]", self.world.password)
        page.click("main button.wide")  # beside the one that shows the password
        if "second-factor" in page.url:
            page.fill("[name=token]", self.fresh_code(name))
            page.click("main button")
            page.wait_for_load_state()
            # Only cookies of the door: a window's own language stays its own.
            SESSIONS[name] = [
                each for each in self.context.cookies() if each["name"] in {"sessionid", "csrftoken"}
            ]
        return page

    def fresh_code(self, name: str) -> str:
        """A code that nobody has used: each opens one door once, so a second sign-in waits for the next."""
        while True:
            code: str = self.context.request.get(self.world.sandbox + "/codes.json").json()[name]
            if USED.get(name) != code:
                USED[name] = code
                return code
            self.page.wait_for_timeout(500)

    def cuts(self) -> list[str]:
        """Lists that at one of the widths show less of a choice than its words take."""
        found: list[str] = []
        for room in SIZES.values():
            self.page.set_viewport_size(room)
            found += self.page.evaluate(CUT)
        self.page.set_viewport_size(SIZES[self.size])
        return found

    def look(self, name: str, *, console: bool = False) -> None:
        """Keep a picture where one is asked for; fail on what assistive technology would stumble over."""
        self.page.wait_for_load_state()
        for size, room in SIZES.items():
            self.page.set_viewport_size(room)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= room["width"], f"{name} is {wide} px wide"
            folder = os.environ.get("HUHANG_SCREENSHOTS")
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                self.page.wait_for_timeout(150)
                path = f"{folder}/{name}-{size}-{self.language[:2]}.png"
                self.page.screenshot(path=path, full_page=True)
        if folder:  # taking a picture sets styles of its own, which the page's policy refuses
            self.complaints = [each for each in self.complaints if "inline style" not in each]
        self.page.set_viewport_size(SIZES[self.size])
        if not console:
            found = Axe().run(self.page)
            bad = [row["id"] for row in found.response["violations"]]
            assert not bad, f"{name}: {bad} {found.generate_report()[:1500]}"
        assert not self.complaints, f"{name}: {self.complaints}"


def drive_again(stack: World) -> None:
    """Who drove in an earlier journey's danger may drive again, as if two people had said its outcome, and its passengers
    had said that they are fine: what nobody answers stops a driver minutes later, in the middle of another journey.

    What follows from that journey is done before: a busy machine holds its driver a while later.
    """
    with psycopg.connect(stack.env["HUHANG_OWNER_URL"], autocommit=True) as owner:

        def all_done() -> Any:
            return owner.execute(ALL_DONE, [datetime.fromtimestamp(stack.now(), tz=UTC)]).fetchone()

        stack.wait(all_done)
        now = datetime.fromtimestamp(stack.now(), tz=UTC)
        owner.execute(
            "UPDATE safety_safetyquestion SET answer = 'fine', answered_at = %s WHERE answer = ''", [now]
        )
        owner.execute("DELETE FROM drivers_hold WHERE kind = 'safety' AND released_at IS NULL")


@pytest.fixture
def visitor(browser: Browser, stack: World) -> Iterator[Callable[..., Visitor]]:
    """Opens windows of people whom no earlier journey keeps from theirs."""
    for name in PLATES:
        free(stack, name)
    drive_again(stack)
    opened: list[Visitor] = []

    def open_window(size: str = "phone", language: str = "zh-CN") -> Visitor:
        opened.append(Visitor(browser, stack, size, language))
        return opened[-1]

    yield open_window
    for each in opened:
        each.context.close()


def free(stack: World, name: str) -> None:
    """Whatever an earlier journey left a driver with is ended or given back."""
    person = stack.person(name)
    for trip in person.get("/api/v1/driver/").json()["trips"]:
        if trip["state"] in {"boarded", "in_progress"}:
            person.must(person.post(f"/api/v1/trips/{trip['code']}/end/"))
        elif trip["state"] in {"accepted", "arrived"}:
            person.must(person.post(f"/api/v1/trips/{trip['code']}/cancel/", {"reason": "changed_plans"}))


def called(stack: World, passenger: str, driver: str) -> Ride:
    """A ride that is asked for and offered by calls, and held out to its driver: for journeys about what comes after."""
    free(stack, driver)
    drive_again(stack)
    rider, owner = stack.person(passenger), stack.person(driver)
    ride = Ride(stack, rider, owner, face=driver, plate=PLATES[driver])
    now = datetime.fromtimestamp(stack.now(), tz=TZ.tzinfo)
    span = now + timedelta(minutes=10), now + timedelta(minutes=60)
    ride.offer(*span)
    ride.book(*span)
    ride.wait_until_held_out()
    return ride


def aboard(
    visitor: Callable[..., Visitor], stack: World, language: str, passenger: str, driver: str
) -> tuple[Visitor, Visitor, str]:
    """Both phones on the page of a ride that has begun by calls, and the trip's code."""
    ride = called(stack, passenger, driver)
    ride.board()
    hers, his = visitor("phone", language), visitor("phone", language)
    hers.sign_in(passenger, f"/trips/{ride.code}/")
    his.sign_in(driver, f"/trips/{ride.code}/")
    return hers, his, ride.code
