"""A trip as two phones see it, and what staff, driver and passenger are shown: what the branches of the drills share."""

import html
import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from governance.drills.report import HumanStep
from governance.drills.world import Person, Surprise, World, new_key

CASE: dict[str, Any] = json.loads((Path(__file__).parent / "yueqing.json").read_text())
PLANNED: list[list[float]] = CASE["planned_route"]
DRIVEN: list[list[float]] = CASE["driven_route"]
REGISTERED, SEEN = CASE["plates"]["registered"], CASE["plates"]["seen"]
DAY = "2018-08-24T"
ZONE = "+08:00"
PASSENGER_PHONE, DRIVER_SECRETS = (
    "13800000001",
    (REGISTERED, REGISTERED[-5:], "钟大勇", "13800000003", "510112199106150034"),
)
NEWS = "New in an incident: not looked at"  # as it rings on the console
STEP_SECONDS = 90  # between two batches of a phone, below the silence that the monitor takes for a lost one


def at(clock: str, *, day: str = DAY) -> datetime:
    return datetime.fromisoformat(f"{day}{clock}:00{ZONE}")


TZ = at("12:00")


def along(route: list[list[float]], share: float) -> tuple[float, float]:
    """The point at a share of a route's legs, each leg counting the same."""
    legs = len(route) - 1
    leg = min(int(share * legs), legs - 1)
    inner = share * legs - leg
    (lat1, lon1), (lat2, lon2) = route[leg], route[leg + 1]
    return lat1 + (lat2 - lat1) * inner, lon1 + (lon2 - lon1) * inner


class Ride:
    """A trip from booking on, as two phones see it."""

    def __init__(
        self,
        world: World,
        passenger: Person,
        driver: Person,
        *,
        face: str = "driver",
        plate: str = REGISTERED,
    ) -> None:
        """`face` is who sits before the driver's camera and `plate` that of the car, unless a call says otherwise."""
        self.world, self.passenger, self.driver = world, passenger, driver
        self.face, self.plate = face, plate
        self.code = self.itinerary = ""
        self.keys: dict[str, str] = {}
        self.token = new_key()

    def way(self, start: datetime, end: datetime) -> dict[str, Any]:
        places = CASE["places"]
        return {
            "city": "wenzhou",
            "origin": {"name": "虹桥镇 Hongqiao", **places["hongqiao_pickup"]},
            "destination": {"name": "上塘 Shangtang", **places["shangtang_destination"]},
            "window_start": start.isoformat(),
            "window_end": end.isoformat(),
            "seats": 1,
        }

    def offer(self, start: datetime, end: datetime) -> None:
        body = self.way(start, end) | {"client_key": new_key(), "route": PLANNED, "seats": 3}
        self.itinerary = Person.must(self.driver.post("/api/v1/itineraries/", body))["code"]

    def book(self, start: datetime, end: datetime, *, rider: dict[str, str] | None = None) -> None:
        """Ask for a ride, for oneself or for a `rider` (kind, name, phone)."""
        body = self.way(start, end) | {"client_key": self.token} | ({"rider": rider} if rider else {})
        trip = Person.must(self.passenger.post("/api/v1/trips/", body))
        self.code, self.keys["passenger"] = trip["code"], trip["key"]

    def wait_until_held_out(self) -> None:
        """Until this request is held out to its driver, on whichever of their ways that is; what others asked for is left
        to others. Raises `Surprise`."""
        for _turn in range(40):
            page = self.driver.get("/drive/").text
            for code, way in re.findall(r"/([\w-]+)/face/\?itinerary=([\w-]+)", page):
                if code == self.code:
                    self.itinerary = way
                    return
                Person.must(self.driver.post(f"/api/v1/trips/{code}/decline/", {"itinerary": way}))
            time.sleep(0.5)
        main = page.partition("<main")[2].partition(">")[2].partition("</main>")[0]
        words = " ".join(re.sub(r"<[^>]+>", " ", main).split())
        raise Surprise(f"{self.code} was not held out to its driver, whose page says: {words[:1500]}")

    def accept(self, face: str = "") -> Any:
        """Somebody shows their face on the driver's phone and takes the order; the answer of the first that refuses."""
        shown = self.driver.until_read(lambda: self.driver.show_face(face or self.face, "accept", self.code))
        if shown.status_code != 200:
            return shown
        body = {"itinerary": self.itinerary, "face_token": shown.json()["token"]}
        accepted = self.driver.post(f"/api/v1/trips/{self.code}/accept/", body)
        if accepted.is_success:
            self.keys["driver"] = accepted.json()["key"]
        return accepted

    def arrive(self, face: str = "", plate: str = "") -> Any:
        """Face and plate before the pick-up, where the driver's phone says that it is, then 'I am here'; the answer of
        the first that refuses."""
        pickup = CASE["places"]["hongqiao_pickup"]
        self.send("driver", [(pickup["lat"], pickup["lon"])])
        self.world.positions_read()
        arrived = self._show_car(face, plate)
        if "plate_photo_waiting" in arrived.text:  # not read for sure: the page says to take another one
            arrived = self._show_car(face, plate)
        return arrived

    def _show_car(self, face: str, plate: str) -> Any:
        shown = self.driver.until_read(lambda: self.driver.show_face(face or self.face, "pickup", self.code))
        if shown.status_code != 200:
            return shown
        passed = shown.json()
        photo = self.driver.until_read(
            lambda: self.driver.upload(
                f"/api/v1/trips/{self.code}/plate-photo/",
                [("photo", self.world.car(plate or self.plate, spot=passed["spot"]))],
                {"token": passed["token"]},
            )
        )
        if photo.status_code != 201:
            return photo
        return self.driver.post(f"/api/v1/trips/{self.code}/arrive/")

    def take(self) -> None:
        """The driver accepts."""
        Person.must(self.accept())

    def board(self) -> None:
        """Accepted, if it was not before; arrived, plate compared, code entered, off."""
        if "driver" not in self.keys:
            self.take()
        Person.must(self.arrive())
        shown = Person.must(self.passenger.post(f"/api/v1/trips/{self.code}/confirm-car/"))
        Person.must(self.driver.post(f"/api/v1/trips/{self.code}/board/", {"code": shown["boarding_code"]}))
        Person.must(self.driver.post(f"/api/v1/trips/{self.code}/depart/"))

    def send(
        self,
        side: str,
        points: list[tuple[float, float]],
        *,
        every: float = 30,
        accuracy: float | None = None,
        away: bool = False,
    ) -> None:
        """One batch whose last position is now. `accuracy` in metres; `away` says that the page goes to the background."""
        now = self.world.now()
        pings = [
            {"at": now - every * (len(points) - 1 - index), "lat": lat, "lon": lon, "accuracy": accuracy}
            for index, (lat, lon) in enumerate(points)
        ]
        answer = self.driver.http.post(
            "/live/positions/",
            json={"crs": "WGS84", "pings": pings, "away": away},
            headers={"Authorization": f"Bearer {self.keys[side]}"},
        )
        if answer.status_code != 202:
            raise Surprise(answer.text)

    def drive(
        self,
        until: datetime,
        route: list[list[float]],
        first: float,
        last: float,
        *sides: str,
        step: float = STEP_SECONDS,
    ) -> None:
        """Both or one of the phones move along a part of a route until a time, a batch every `step` seconds."""
        start = self.world.now()
        total = until.timestamp() - start
        steps = max(1, int(total // step))
        for number in range(1, steps + 1):
            self.world.set_clock(datetime.fromtimestamp(start + total * number / steps, tz=TZ.tzinfo))
            shares = [first + (last - first) * (number - 1 + part / 3) / steps for part in (1, 2, 3)]
            for side in sides:
                self.send(side, [along(route, share) for share in shares])
            self.world.positions_read()  # the monitor reads as the phones send


# --- What the driver may see ------------------------------------------------------------------------------------


def driver_view(ride: Ride) -> dict[str, str]:
    """All that the driver's pages and API say, without what differs in every answer: tokens, keys, clocks, positions."""
    key = ride.keys["driver"]
    paths = [
        "/",
        "/drive/",
        "/me/",
        f"/trips/{ride.code}/",
        f"/trips/{ride.code}/status/",
        "/api/v1/driver/",
        f"/api/v1/trips/{ride.code}/",
        f"/trips/{ride.code}/question/",
        "/api/v1/itineraries/",
        f"/api/v1/itineraries/{ride.itinerary}/request/",
    ]
    seen = {}
    for path in paths:
        answer = ride.driver.get(path, key=key)
        text = f"{answer.status_code} {answer.headers.get('location', '')} {answer.text}"
        for pattern in (
            r'name="csrfmiddlewaretoken" value="[^"]*"',
            r'"X-CSRFToken": "[^"]*"',
            r'data-token="[^"]*"',
            r'data-now="[^"]*"',
            r'<script id="trip-map".*?</script>',
            r'<p class="left">.*?</p>',  # how far he still has to go from where he is
            r'"key":"[^"]*"',
            r'"X-Trip-Key": "[^"]*"',
            r'(?:data-key|data-live|name="key" value)="[^"]*"',
            r'name="(?:window_start|window_end|client_key)"[^>]*',
            r'value="[^"]*" (?:required )?id="id_window[^>]*',
        ):
            text = re.sub(pattern, "", text, flags=re.S)
        seen[path.split("?")[0]] = text
    return seen


def tries(order: Ride, meanwhile: Callable[[], None] = lambda: None) -> dict[str, str]:
    """All that a driver is told who wants the order held out to him: status, names of headers and text of each answer.

    `meanwhile` is what happens between his look at it and his acceptance. What names this one order, way or check is
    taken out, so that two days can be compared.
    """
    driver = order.driver
    held_out, trip = f"/api/v1/itineraries/{order.itinerary}/request/", f"/api/v1/trips/{order.code}/"

    def comes() -> httpx.Response | None:
        answer = driver.get(held_out)
        return answer if answer.status_code == 200 and answer.json()["code"] == order.code else None

    answers = {"what is held out": order.world.wait(comes)}
    answers["his face"] = shown = driver.until_read(
        lambda: driver.show_face(order.face, "accept", order.code)
    )
    meanwhile()
    token = shown.json().get("token", "")
    answers["the order"] = driver.post(f"{trip}accept/", {"itinerary": order.itinerary, "face_token": token})
    answers["once more"] = driver.post(f"{trip}accept/", {"itinerary": order.itinerary, "face_token": token})
    answers["the trip"] = driver.get(trip)
    answers["what is held out afterwards"] = driver.get(held_out)
    answers["himself"] = driver.get("/api/v1/driver/")
    told = {}
    for what, answer in answers.items():
        text = answer.text.replace(order.code, "ORDER").replace(order.itinerary, "WAY")
        text = text.replace(token, "TOKEN") if token else text
        if what == "himself":  # his trips are others on another day
            text = f"{answer.json()['state']} {answer.json()['holds']}"
        told[what] = f"{answer.status_code} {sorted(answer.headers)} {text}"
    return told


def differences(before: dict[str, str], after: dict[str, str]) -> str:
    return ", ".join(path for path in before if before[path] != after[path])


def asked(ride: Ride) -> tuple[bool, str]:
    """Whether the question stands on her page and nothing on his, by the key of each side."""

    def page(side: str) -> str:
        return ride.world.person().get(f"/trips/{ride.code}/question/", key=ride.keys[side]).text.strip()

    hers, his = "How is the ride?" in page("passenger"), bool(page("driver"))
    return (
        hers and not his,
        f"passenger {'asked' if hers else 'not asked'}, driver {'asked' if his else 'not asked'}",
    )


# --- What staff see -----------------------------------------------------------------------------------------------


def incident_of(staff: Person, trip: str) -> str:
    """The code of the trip's incident on the console's first strip, empty where there is none."""
    rows = staff.get("/admin/burning/").text.split("<tr>")
    return next((re.findall(r"I-\w{10}", row)[0] for row in rows if trip in row), "")


def page_has(staff: Person, incident: str, *texts: str) -> tuple[bool, str]:
    """Whether the incident's page says all of these."""
    page = staff.get(f"/admin/incidents/{incident}/").text
    missing = [text for text in texts if text not in page]
    return not missing, "all said" if not missing else f"not said: {', '.join(missing)}"


def shown_on(staff: Person, incident: str) -> str:
    """What the incident's page says that it shows, which goes with every act that means 'I have seen it'."""
    found = re.findall(r'name="shown" value="([^"]*)"', staff.get(f"/admin/incidents/{incident}/").text)
    return found[0] if found else ""


def look_at_news(staff: Person, incident: str) -> None:
    """Somebody opens the incident's page, and says that they saw what is new on it."""
    staff.submit(f"/admin/incidents/{incident}/do/see/", {"do": "1", "shown": shown_on(staff, incident)})


def rings(staff: Person, code: str) -> str:
    """All that rings about a case on somebody's console now, in the words of its bar; empty where nothing does."""
    bar = staff.get("/admin/alarms/").text
    texts = re.findall(r'data-alarm-text="([^"]*)"', bar)
    return " · ".join(html.unescape(text) for text in texts if code in text)


# What people do while an officer without account is on the line, in seconds.
BY_PHONE = [
    HumanStep("the agent takes down station and badge number", 40),
    HumanStep("calls the published number back and reaches the officer", 90),
    HumanStep("a second person confirms on their own screen", 20),
]


# What an officer says of an emergency, beside what is known.
EMERGENCY = {
    "danger": "A young woman wrote for help from the car and cannot be reached.",
    "why_not_written": "She may be alive; the letter follows tonight.",
    "supervisor_name": "陈所长",
    "supervisor_phone": "13911110110",
    "declared": True,
}


def emergency(query: str, value: str) -> dict[str, Any]:
    """What an officer sends who declares danger to life, by the form's own call (P3)."""
    return {"query": query, "value": value, "urgency": "emergency", "submission": new_key()} | EMERGENCY


def station_rings(
    world: World,
    first: Person,
    second: Person,
    *,
    agency: str,
    badge: str,
    phone: str,
    mailbox: str,
) -> tuple[float, str]:
    """An officer without account rings and asks by her phone: call-back, two people, pack on the screen, link (P4).

    Returns (machine seconds, the page behind the link). Raises `Surprise` where the pack did not come.
    """
    form = {
        "agency": agency,
        "badge": badge,
        "query": "phone",
        "query_value": phone,
        "why_not_written": "the officer is on the road",
    }
    code, machine = serve_by_phone(world, first, second, form, BY_PHONE)
    page = first.get(f"/admin/police-line/{code}/").text
    spoken = (re.findall(r'class="phone">(\d{6})<', page) or [""])[0]
    if REGISTERED not in page or not spoken:
        raise Surprise("no pack and no code to be spoken on the screen")
    began = time.monotonic()
    mail = world.message(lambda row: row["channel"] == "email" and code in row["text"])
    if mail["to"] != mailbox:
        raise Surprise(f"the link went to {mail['to']}")
    link = urlsplit(re.findall(r"https?://\S+", mail["text"])[0]).path
    station = world.person()
    opened = station.submit(link, {"spoken": spoken}).text
    machine += time.monotonic() - began
    again = station.submit(link, {"spoken": spoken}).status_code
    if REGISTERED not in opened or "510112199106150034" not in opened or again != 404:
        raise Surprise(f"the link does not open once: {again}")
    return machine, opened


def serve_by_phone(
    world: World, agent: Person, second: Person, form: dict[str, str], steps: list[HumanStep]
) -> tuple[str, float]:
    """P4 from the opened request to the release; returns (request's code, machine seconds). People's seconds pass on the clock."""
    machine = 0.0
    for step, act in zip(steps, ("open", "call-back", "confirm"), strict=True):
        world.pass_time(step.assumed_seconds)
        began = time.monotonic()
        if act == "open":
            answer = agent.submit("/admin/police-line/", form | {"submission": new_key()})
            if answer.status_code != 302:
                raise Surprise(
                    f"police line: {answer.status_code} {re.findall('errorlist.*?</ul>', answer.text, re.S)}"
                )
            code = answer.headers["location"].rstrip("/").rsplit("/", 1)[1]
        else:
            who = agent if act == "call-back" else second
            answer = who.submit(f"/admin/police-line/{code}/do/{act}/", {"do": "1"})
            if answer.status_code != 302:
                raise Surprise(f"{act}: {answer.status_code}")
        machine += time.monotonic() - began
    return code, machine


# --- Branches -------------------------------------------------------------------------------------------------------


def filed(person: Person, body: dict[str, Any]) -> tuple[bool, str]:
    answer = person.post("/api/v1/complaints/", body)
    return answer.status_code == 201 and answer.json()[
        "state"
    ] == "open", f"{answer.status_code} {answer.json().get('state')}"


def refused(answer: Any, status: int, code: str) -> tuple[bool, str]:
    seen = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else ""
    return answer.status_code == status and seen == code, f"{answer.status_code} {seen}"


def not_his(answer: Any) -> tuple[bool, str]:
    """An order that a stopped driver does not get: lost like a race, and from the next day on with the reason (S11)."""
    held, _seen = refused(answer, 403, "driver_held")
    lost, seen = refused(answer, 409, "no_longer_available")
    return held or lost, seen


def status(answer: Any, status: int) -> tuple[bool, str]:
    return answer.status_code == status, str(answer.status_code)


def found(code: str) -> tuple[bool, str]:
    return bool(code), code or "none"
