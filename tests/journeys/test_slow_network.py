"""The first page and a trip's page on a phone that has never been here, at slow 3G: 400 kbit/s, 400 ms there and back.

`make slow` prints what it took, as it stands in docs/performance.md.
"""

import sys
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_journeys import where

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
OF_MAP = ("/vendor/leaflet/", "/maps/", "/land.", "/picker.", "/pin.", "/map.", "/marks.")
KB = 1024
HEAD = "| page | answer begins, s | first paint, s | one may type, s | KiB without the map | KiB of the map | requests | shift |"
SEEN = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const [page] = performance.getEntriesByType("navigation");
  return { paint: paint.startTime / 1000, ready: page.domContentLoadedEventEnd / 1000, answer: page.responseStart / 1000 };
}"""
MOVED = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { if (!each.hadRecentInput) sum += each.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 800);
})"""


@dataclass
class Load:
    """One load of a page: seconds until something is seen and until one may type, bytes over the wire, what moved."""

    name: str
    bytes_of: dict[str, int] = field(default_factory=dict)
    answer: float = 0.0
    paint: float = 0.0
    ready: float = 0.0
    shift: float = 0.0

    def kib(self, *, of_map: bool) -> float:
        """Of the map, or of all else."""
        is_map = {url: any(part in url for part in OF_MAP) for url in self.bytes_of}
        return sum(size for url, size in self.bytes_of.items() if is_map[url] == of_map) / KB

    def row(self) -> str:
        """As in docs/performance.md."""
        return (
            f"| {self.name} | {self.answer:.1f} | {self.paint:.1f} | {self.ready:.1f} "
            f"| {self.kib(of_map=False):.0f} | {self.kib(of_map=True):.0f} | {len(self.bytes_of)} | {self.shift:.3f} |"
        )


def first_load(page: Page, name: str, address: str) -> Load:
    """Open a page with an empty cache through a slow network, when what the window asked for before has ended."""
    page.goto("about:blank")
    browser = page.context.new_cdp_session(page)
    browser.send("Network.enable")
    browser.send("Network.clearBrowserCache")
    browser.send("Network.setBypassServiceWorker", {"bypass": True})
    browser.send("Network.emulateNetworkConditions", SLOW)
    load, urls = Load(name), dict[str, str]()
    browser.on(
        "Network.requestWillBeSent", lambda said: urls.setdefault(said["requestId"], said["request"]["url"])
    )
    browser.on(
        "Network.loadingFinished",
        lambda said: load.bytes_of.update({urls.get(said["requestId"], "?"): int(said["encodedDataLength"])}),
    )
    page.goto(address)
    expect(page.locator(".map").first).to_have_attribute("data-land", "drawn", timeout=60_000)
    seen = page.evaluate(SEEN)
    load.answer, load.paint, load.ready = seen["answer"], seen["paint"], seen["ready"]
    load.shift = page.evaluate(MOVED)
    browser.send(
        "Network.emulateNetworkConditions",
        SLOW | {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    browser.detach()
    return load


def test_the_first_page_and_a_trip_come_soon_at_slow_3g(visitor, capsys):
    hers = visitor("phone", "zh-CN")
    page = hers.sign_in("passenger2")
    loads = [first_load(page, "booking", "/")]
    where(page)
    page.click("main form[novalidate] button.wide")
    page.wait_for_url("**/trips/**")
    loads.append(first_load(page, "trip", page.url))
    said = ["", HEAD, "|---|---|---|---|---|---|---|---|", *(load.row() for load in loads), ""]
    with capsys.disabled():
        sys.stdout.write("\n".join(said))
    for load in loads:
        assert load.kib(of_map=False) < 60, load.row()
        assert load.paint < 1.5, load.row()
        assert load.shift < 0.01, load.row()
