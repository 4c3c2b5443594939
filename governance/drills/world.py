"""A scratch stack and the people in front of it. Everything goes over HTTP, like anybody's calls.

The stack is started as a process of its own; its clock is shifted through the file that only a scratch stack reads.
"""

import hashlib
import io
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from PIL import Image

from drivers.vision.poses import Pose, shares
from governance.drills.report import Report, Step

ROOT = Path(__file__).resolve().parents[2]
# Real seconds until a drill takes something for not having happened: what comes at once on a quiet machine may take
# this long on a busy one, and how long it took is in the report.
PATIENCE = 180.0
BETWEEN_FRAMES = 0.16  # seconds between two pictures of a face: no head turns in less than 0.3
IDLE_STEP = 10 * 60  # seconds of the stack's clock between two signs of an open console
TRUSTED = (
    ssl.create_default_context()
)  # one for all: reading the certificates anew takes longer than a request
T = TypeVar("T")


class Surprise(Exception):
    """An answer that the drill cannot go on from."""


class Person:
    """Somebody with a browser or an app: cookies, CSRF token, and a name under which they sign in again when they must."""

    def __init__(self, world: "House") -> None:
        self.world = world
        self.name = ""
        self.http = httpx.Client(
            base_url=world.url,
            timeout=world.patience,
            verify=TRUSTED,
            headers={"Accept-Language": "en"},
            follow_redirects=False,
            trust_env=False,
        )

    def sign_in(self, name: str) -> "Person":
        """By password, and by the authenticator where one is asked for."""
        self.name = ""  # whoever is at the door is not sent there
        answer = self.post("/api/v1/sign-in/", {"name": name, "password": self.world.password})
        if answer.status_code != 200:
            raise Surprise(answer.text)
        if answer.json()["role"] != "member":
            self.must(self.post("/api/v1/sign-in/second-factor/", {"token": self.world.unused_digits(name)}))
            self.world.at_work.append(self)
        self.name = name
        return self

    def stay(self) -> None:
        """Their console is open, and asks by itself."""
        self.http.get("/me/sessions/")

    def _ask(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Whoever's session has ended meanwhile signs in again."""
        answer = send()
        to = answer.headers.get("location", "")
        if self.name and ("/sign-in/" in to or "/login/" in to or answer.status_code == 401):
            name = self.name
            try:
                self.sign_in(name)
            finally:
                self.name = name
            answer = send()
        return answer

    def sign_up(self, phone: str) -> "Person":
        """A new person, by a one-time code."""
        self.must(self.post("/api/v1/sign-in/code/", {"phone": phone}))
        text = self.world.message(lambda row: row["to"] == phone and "code" in row["key"])["text"]
        digits = re.findall(r"\d{6}", text)[0]
        self.must(self.post("/api/v1/sign-in/", {"name": phone, "code": digits}))
        return self

    def _headers(self) -> dict[str, str]:
        if "csrftoken" not in self.http.cookies:
            self.http.get("/sign-in/")
        return {"X-CSRFToken": self.http.cookies.get("csrftoken") or "", "Referer": self.world.url}

    def get(self, path: str, *, key: str = "") -> httpx.Response:
        """A page or a part of one, which a trip's key may open."""
        return self._ask(lambda: self.http.get(path, headers={"X-Trip-Key": key} if key else None))

    def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """JSON to the API."""
        return self._ask(lambda: self.http.post(path, json=body or {}, headers=self._headers()))

    def put(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """JSON to the API, in the place of what is there."""
        return self._ask(lambda: self.http.put(path, json=body, headers=self._headers()))

    def submit(self, path: str, body: dict[str, str] | None = None) -> httpx.Response:
        """A form, as a page sends it; the answer is where the page leads."""
        return self._ask(lambda: self.http.post(path, data=body or {}, headers=self._headers()))

    def upload(
        self, path: str, files: list[tuple[str, bytes]], body: dict[str, str] | None = None
    ) -> httpx.Response:
        """Pictures by field name, as a phone sends them."""
        rows = [(name, ("picture.jpg", content, "image/jpeg")) for name, content in files]
        return self._ask(lambda: self.http.post(path, data=body or {}, files=rows, headers=self._headers()))

    def show_face(
        self, face: str, purpose: str, subject: str = "", *, poses: list[str] | None = None
    ) -> httpx.Response:
        """A face check with somebody of the sandbox before the camera; `poses` instead of those asked for, if given."""

        def taken(number: int, pose: Pose) -> list[bytes]:
            seen = Pose(poses[number % len(poses)]) if poses else pose
            return [
                self.world.frame(face, seen, number * 7 + again, share)
                for again, share in enumerate(shares(seen))
            ]

        return self.follow_poses(purpose, subject, taken)

    def follow_poses(
        self, purpose: str, subject: str, taken: Callable[[int, Pose], list[bytes]]
    ) -> httpx.Response:
        """A face check with the pictures that are `taken` of each pose, by its number, when it is said."""
        check = self.must(self.post("/api/v1/driver/face-checks/", {"purpose": purpose, "subject": subject}))
        path, pose = f"/api/v1/driver/face-checks/{check['code']}/", check["pose"]
        frames: list[tuple[str, bytes]] = []
        while pose:
            number, begun, named = len({name for name, _picture in frames}), time.monotonic(), []
            for picture in taken(number, Pose(pose)):
                time.sleep(BETWEEN_FRAMES)
                frames.append((f"step{number}", picture))
                moment = int((time.monotonic() - begun) * 1_000)
                named.append({"digest": hashlib.sha256(picture).hexdigest(), "at": moment})
            said = self.post(f"{path}next/", {"frames": named})
            if "face_too_slow" in said.text:
                return said
            pose = self.must(said)["pose"]
        return self.upload(f"{path}frames/", frames)

    def until_read(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Pictures, sent once more where so many were being read that they were to come again, after the time that the
        answer names, and where a busy machine drew them too slowly: for as long as somebody waits for one."""
        until = time.monotonic() + self.world.patience
        while True:
            answer = send()
            wait = float(answer.headers.get("retry-after", "0"))
            again = "reader_busy" in answer.text or "face_too_slow" in answer.text
            if answer.status_code < 400 or not again or time.monotonic() + wait > until:
                return answer
            time.sleep(wait)

    @staticmethod
    def must(answer: httpx.Response) -> Any:
        """The JSON of an answer that has to be a good one."""
        if answer.status_code >= 400:
            raise Surprise(
                f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}"
            )
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None


class House:
    """A platform and the sandbox beside it, as people in front of them know them."""

    def __init__(self, *, url: str, sandbox: str, password: str, patience: float = PATIENCE) -> None:
        """`patience` is how many seconds somebody waits for an answer."""
        self.url, self.sandbox, self.password, self.patience = url, sandbox, password, patience
        self.at_work: list[Person] = []
        self.used_digits: dict[str, str] = {}

    # --- the sandbox's camera ---
    def frame(self, face: str, pose: str, number: int = 0, share: float = 1.0) -> bytes:
        """One frame of an invented person, who is such a share of the way to the pose."""
        return self._picture(f"/camera/{face}/{pose}.jpg?n={number}&share={share}")

    def car(self, plate: str, *, spot: str = "", blurred: bool = False) -> bytes:
        """A photo of a car with this plate, which stands at a place of the photo."""
        asked = f"spot={spot}&n={secrets.randbelow(10**9)}" + ("&blurred=1" if blurred else "")
        return self._picture(f"/plates/{plate}.jpg?{asked}")

    def _picture(self, path: str) -> bytes:
        answer = httpx.get(self.sandbox + path, trust_env=False, timeout=self.patience)
        if answer.status_code != 200:
            raise Surprise(f"sandbox {path}: {answer.status_code}")
        return answer.content

    # --- people ---
    def person(self, name: str = "") -> Person:
        return Person(self).sign_in(name) if name else Person(self)

    def unused_digits(self, name: str) -> str:
        """What the authenticator of somebody shows, which opens one door: whoever has used it waits for the next."""

        def look() -> str:
            shown = httpx.get(self.sandbox + "/codes.json", trust_env=False, timeout=self.patience)
            digits: str = shown.json()[name]
            return "" if digits == self.used_digits.get(name) else digits

        self.used_digits[name] = digits = self.wait(look)
        return digits

    def message(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The newest message that left the platform and is wanted; waits for it."""

        def look() -> dict[str, Any] | None:
            rows = httpx.get(self.sandbox + "/messages/", trust_env=False, timeout=self.patience).json()[
                "messages"
            ]
            return next((row for row in reversed(rows) if wanted(row)), None)

        return self.wait(look)

    def wait(self, look: Callable[[], T | None]) -> T:
        """Ask until there is an answer. Raises `Surprise` when patience ends."""
        until = time.monotonic() + self.patience
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > until:
                raise Surprise(f"nothing came within {self.patience:.0f} s")
            time.sleep(0.05)


class World(House):
    """A running scratch stack whose clock the drill sets."""

    def __init__(self, started: dict[str, Any], report: Report, branch: str) -> None:
        super().__init__(
            url=started["HUHANG_PUBLIC_URL"],
            sandbox=started["HUHANG_SANDBOX_URL"],
            password=started["HUHANG_DEMO_PASSWORD"],
        )
        self.env: dict[str, str] = started["env"]
        self.clock_file = Path(started["HUHANG_CLOCK_FILE"])
        self.report = report
        self.branch = branch
        self._shown: tuple[float, float] = (time.time(), time.time())

    # --- time ---
    def set_clock(self, at: datetime) -> None:
        """From now on the stack's clock shows `at` and goes on from there. Staff who are signed in are there meanwhile."""
        stays = range(int(self.now()) + IDLE_STEP, int(at.timestamp()), IDLE_STEP)
        for moment in stays if self.at_work and len(stays) < 50 else ():
            self._write_clock(moment)
            for person in self.at_work:
                person.stay()
        self._write_clock(at.timestamp())

    def _write_clock(self, shown: float) -> None:
        self._shown = (time.time(), shown)
        written = self.clock_file.with_suffix(".new")
        written.write_text(json.dumps({"real": self._shown[0], "shown": self._shown[1], "rate": 1.0}))
        written.replace(self.clock_file)

    def now(self) -> float:
        """What the stack's clock shows, in Unix seconds."""
        real, shown = self._shown
        return shown + time.time() - real

    def pass_time(self, seconds: float) -> None:
        """Let time pass for what a person does."""
        self.set_clock(datetime.fromtimestamp(self.now() + seconds).astimezone())

    def clock_text(self, like: datetime) -> str:
        return datetime.fromtimestamp(self.now(), tz=like.tzinfo).isoformat(timespec="seconds")

    def positions_read(self) -> None:
        """Wait until the monitor has read and judged every position that was sent."""
        token = self.env["HUHANG_METRICS_TOKEN"]

        def nothing_left() -> bool:
            answer = httpx.get(
                self.url + "/metrics",
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=PATIENCE,
            )
            return re.search(r"^huhang_monitor_backlog 0\.0$", answer.text, re.MULTILINE) is not None

        self.wait(nothing_left)

    # --- expectations ---
    def expect(
        self,
        what: str,
        expected: str,
        look: Callable[[], tuple[bool, str]],
        *,
        tz: datetime,
        patient: bool = False,
    ) -> float:
        """Do or see something, write the step down, and return the machine's seconds."""
        began = time.monotonic()
        until = began + (PATIENCE if patient else 0)
        while True:
            try:
                ok, seen = look()
            except (Surprise, httpx.HTTPError) as why:
                ok, seen = False, str(why)
            if ok or time.monotonic() >= until:
                break
            time.sleep(0.05)
        seconds = round(time.monotonic() - began, 3)
        self.report.add(Step(f"{self.branch} {self.clock_text(tz)}", what, expected, seen[:300], ok, seconds))
        return seconds

    def pids(self) -> dict[str, int]:
        """Process ids by name as the stack recorded them when it was ready."""
        found: dict[str, int] = json.loads((Path(self.env["HUHANG_STATE"]) / "run" / "pids.json").read_text())
        return found

    def audit_ok(self) -> tuple[bool, str]:
        """`manage.py audit_verify` on this stack, once lines have their places."""
        env = {**os.environ, **self.env}
        done = subprocess.run(
            [sys.executable, "manage.py", "audit_verify", "--json"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(done.stdout or "{}")
        return bool(found.get("ok")) and found.get("seals", 0) > 0, done.stdout.strip() or done.stderr[-200:]


def new_key() -> str:
    """An idempotency key."""
    return uuid4().hex


def picture_of_nothing() -> bytes:
    """A JPEG of noise, unlike every other: a paper of which only matters that it is a file."""
    file = io.BytesIO()
    Image.frombytes("RGB", (16, 16), secrets.token_bytes(16 * 16 * 3)).save(file, "JPEG")
    return file.getvalue()


@contextmanager
def scratch_world(report: Report, branch: str, at: datetime) -> Iterator[World]:
    """Start a scratch stack whose clock shows `at`, and stop it afterwards."""
    process = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", "config.stack", "--at", at.isoformat(), "scratch"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - pipes were asked for
    try:
        line = process.stdout.readline()
        if not line:
            raise Surprise("the scratch stack did not start")
        world = World(json.loads(line), report, branch)
        world.set_clock(at)
        yield world
    finally:
        process.stdin.close()
        process.wait(30)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
