"""50 hostile files at once: what the web process grows by, and what an SOS waits meanwhile.

Ours: a whole scratch stack; 25 complaints and 25 reports of strangers, each with a file that is made to cost memory or
time, all sent at once, while somebody taps SOS 20 times a second; the figure is what the web's own process held at most
beyond what it held before (its children excepted, which are bound one by one). Peer: a process that opens the same
pictures itself, as a server did that has Pillow in it. Limit: the same requests with a small picture each. The
requirement is 100 MB, and 50 ms more for an SOS; all words must be there afterwards.
"""

import concurrent.futures
import io
import json
import multiprocessing
import os
import secrets
import sys
import threading
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.sos_storm import make_trips, percentile

FILES = 50
TAPS, EVERY = 100, 0.05  # taps on SOS calm and under fire, and seconds between two
MOST_MEMORY, MOST_DELAY = 100, 50  # MB, ms
MOST_TRIES = 5  # of one request, where the platform says that it should be sent again


def saved(picture: Any, kind: str, **more: Any) -> bytes:
    drawn = io.BytesIO()
    picture.save(drawn, kind, **more)
    return drawn.getvalue()


def hostile() -> dict[str, bytes]:
    """Files that are small or large and cost much: a picture of 25 megapixels is the most that is opened."""
    import numpy as np
    from PIL import Image

    noise = Image.fromarray(np.random.default_rng(7).integers(0, 255, (1600, 2400, 3), dtype=np.uint8))
    claims = bytearray(saved(Image.new("RGB", (9, 9)), "PNG"))
    claims[16:24] = (60_000).to_bytes(4, "big") * 2
    bomb = zlib.compress(b"\0" * 300_000_000, 9)
    return {
        "webp of 119 megapixels": saved(Image.new("RGB", (10_900, 10_900)), "WEBP", quality=1, method=0),
        "webp of 25 megapixels": saved(Image.new("RGBA", (4_999, 5_000)), "WEBP", quality=1),
        "png of 25 megapixels": saved(Image.new("RGBA", (4_999, 5_000)), "PNG"),
        "png of 16 bits": saved(Image.fromarray(np.full((5_000, 4_999), 9, np.uint16)), "PNG"),
        "progressive jpeg": saved(noise.resize((4_999, 4_998)), "JPEG", progressive=True, quality=30)[
            :8_000_000
        ],
        "png that claims": bytes(claims),
        "half a jpeg": saved(noise, "JPEG", quality=95)[:2_000_000],
        "noise of 8 MB": b"\xff\xd8" + os.urandom(8_000_000),
        "deep pdf": b"%PDF-1.7\n" + b"1 0 obj <<" * 500_000,
        "pdf with a bomb": b"%PDF-1.5\n1 0 obj<</Type/ObjStm/N 9/First 9/Filter/FlateDecode/Length "
        + b"%d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>" % (len(bomb), bomb),
    }


def opened_here(files: list[bytes], answer: Any) -> None:
    """The peer: one process opens all pictures, one after the other, and says by how many MB it grew at most."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    before = held(os.getpid())
    most = Most(lambda: held(os.getpid()))
    for content in files:
        try:
            Image.open(io.BytesIO(content)).convert("RGB").thumbnail((2_400, 2_400))
        except Exception:  # noqa: S112 - what cannot be opened costs nothing more
            continue
    answer.put(most.end() - before)


def held(pid: int) -> float:
    """MB that a process holds."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE") / 1024 / 1024


class Most:
    """The largest value of something that is looked at 50 times a second until `end`."""

    def __init__(self, look: Callable[[], float]) -> None:
        self._look, self._over = look, threading.Event()
        self.most = look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, self._look())

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return max(self.most, self._look())


def web_of(port: int) -> int:
    """The process that answers at a port: the child of granian's main that is ours."""
    children: dict[int, list[int]] = {}
    words: dict[int, str] = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(each.name)
            words[pid] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = int((each / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(pid)
    main = next(pid for pid, said in words.items() if "granian" in said and f"--port {port} " in said)
    return max(children.get(main, [main]), key=held)


def send_all(url: str, files: list[bytes], answer: Any) -> None:
    """All files at once, each with words; says the status of each and how long it took."""
    import httpx

    gate = threading.Barrier(len(files))

    def one(number: int) -> tuple[int, float, int]:
        phone = f"139{number:04d}{os.getpid() % 10_000:04d}"
        words = {"phone": phone, "words": f"words {number}", "submission": secrets.token_urlsafe(16)}
        with httpx.Client(base_url=url, timeout=120, trust_env=False) as client:
            gate.wait()
            begun, tries = time.time(), 1
            while (sent := post(client, number, words)).status_code == 503 and tries < MOST_TRIES:
                tries += 1  # twice does no harm: the same key
            if sent.status_code not in {201, 302}:
                print(f"{sent.status_code} {sent.text[:300]}", file=sys.stderr)
            return sent.status_code, time.time() - begun, tries

    def post(client: httpx.Client, number: int, words: dict[str, str]) -> httpx.Response:
        if number % 2:
            return client.post(
                "/complain/",
                data=words | {"category": "dispute", "name": "x"},
                files={"uploads": files[number]},
            )
        return client.post(
            "/api/v1/mismatch-reports/",
            data=words | {"plate": f"京A{number:05d}"},
            files={"photo": files[number]},
        )

    with concurrent.futures.ThreadPoolExecutor(len(files)) as pool:
        answer.put(list(pool.map(one, range(len(files)))))


def taps(url: str, trips: list[tuple[str, str]]) -> list[float]:
    """Seconds from tap to answer of an SOS on each trip, one after the other."""
    import httpx

    found = []
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        for code, key in trips:
            begun, tries = time.time(), 1
            while (
                sent := client.post(f"/api/v1/trips/{code}/sos/", json={"key": key})
            ).status_code == 503 and tries < MOST_TRIES:
                tries += 1  # as the page does, and its time counts
            found.append(time.time() - begun)
            if sent.status_code != 201:
                raise SystemExit(f"{sent.status_code} {sent.text[:300]}")
            time.sleep(max(0.0, EVERY - found[-1]))
    return found


def fire(url: str, files: list[bytes], trips: list[tuple[str, str]], web: int) -> tuple[float, list[float]]:
    """Files and taps at once: MB held at most, and seconds of each tap."""
    said: Any = multiprocessing.Queue()
    sender = multiprocessing.Process(target=send_all, args=(url, files, said))
    most = Most(lambda: held(web))
    sender.start()
    time.sleep(1.0)  # the other process has its modules by now
    waited = taps(url, trips)
    answers = said.get(timeout=300)
    sender.join()
    refused = sorted({status for status, _seconds, _tries in answers} - {201, 302})
    if refused:
        raise SystemExit(f"answered with {refused}")
    slowest, again = (
        max(seconds for _status, seconds, _tries in answers),
        sum(tries - 1 for *_, tries in answers),
    )
    print(f"slowest upload: {slowest:.1f} s; sent again after a 503: {again}", file=sys.stderr)
    return most.end(), waited


def main() -> None:
    from governance.drills.report import Report
    from governance.drills.world import scratch_world

    bad = hostile()
    files = (list(bad.values()) * FILES)[:FILES]
    fresh = multiprocessing.get_context("spawn")
    peer: Any = fresh.Queue()
    alone = fresh.Process(target=opened_here, args=(list(bad.values()), peer))
    alone.start()
    theirs = peer.get(timeout=300)
    alone.join()
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    with scratch_world(Report("pictures"), "pictures", now) as world:
        os.environ.update(world.env)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from PIL import Image

        from complaints.models import Complaint
        from drivers.models import MismatchReport

        trips = make_trips(3 * TAPS)
        web = web_of(int(world.url.rsplit(":", 1)[1]))
        taps(world.url, trips[:20])
        calm = taps(world.url, trips[20:TAPS])
        before = held(web)
        small = [saved(Image.new("RGB", (64, 64)), "JPEG")] * FILES
        least, among_small = fire(world.url, small, trips[TAPS : 2 * TAPS], web)
        most, among = fire(world.url, files, trips[2 * TAPS :], web)
        kept = Complaint.objects.count() + MismatchReport.objects.count()
        if kept < 2 * FILES:
            raise SystemExit(f"words of {2 * FILES - kept} were lost")
    for name, waited in (
        ("calm", calm),
        ("among small pictures", among_small),
        ("among hostile files", among),
    ):
        print(
            f"SOS {name}: p50 {percentile(waited, 0.5):.0f} ms, p95 {percentile(waited, 0.95):.0f} ms,"
            f" most {percentile(waited, 1):.0f} ms",
            file=sys.stderr,
        )
    grown, delay = most - before, percentile(among, 0.5) - percentile(calm, 0.5)
    within = grown < MOST_MEMORY and delay < MOST_DELAY
    print(
        json.dumps(
            {
                "name": "hostile_pictures",
                "ours": round(grown, 1),
                "peer": round(theirs, 1),
                "limit": round(least - before, 1),
                "unit": "MB that the web process grows by",
                "ratio_to_peer": round(theirs / grown, 1) if grown else None,
                "ratio_to_limit": round(grown / (least - before), 2) if least > before else None,
                "sos_later_by_ms": round(delay, 1),
                "sos_p95_later_by_ms": round(percentile(among, 0.95) - percentile(calm, 0.95), 1),
                "within": within,
            }
        )
    )
    if not within:
        raise SystemExit("hostile pictures cost more than they may")


if __name__ == "__main__":
    main()
