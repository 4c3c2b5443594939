"""The case of 2018-08-24 (`yueqing.json`), in branches, because the platform's own rules stop it early.

1. The complaint of the day before is known: acceptance is refused.
2. The plate differs and the passenger sees it: the trip stops before it begins.
3. Nothing is known and nothing is seen: she boards, and everything after is played, with her phone silent from 14:00.
4. The same without anybody who tries to cancel: the monitor alone opens the incident.
"""

import json
import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from governance.drills.report import ClockResult, HumanStep, Report, play_branches
from governance.drills.world import Person, Surprise, World, minutes, new_key, scratch_world

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

    def book(self, start: datetime, end: datetime) -> None:
        trip = Person.must(
            self.passenger.post("/api/v1/trips/", self.way(start, end) | {"client_key": self.token})
        )
        self.code, self.keys["passenger"] = trip["code"], trip["key"]

    def accept(self, face: str = "") -> Any:
        """Somebody shows their face on the driver's phone and takes the order; the answer of the first that refuses."""
        shown = self.driver.show_face(face or self.face, "accept", self.code)
        if shown.status_code != 200:
            return shown
        body = {"itinerary": self.itinerary, "face_token": shown.json()["token"]}
        return self.driver.post(f"/api/v1/trips/{self.code}/accept/", body)

    def arrive(self, face: str = "", plate: str = "") -> Any:
        """Face and plate before the pick-up, then 'I am here'; the answer of the first that refuses."""
        shown = self.driver.show_face(face or self.face, "pickup", self.code)
        if shown.status_code != 200:
            return shown
        photo = self.driver.upload(
            f"/api/v1/trips/{self.code}/plate-photo/",
            [("photo", self.world.car(plate or self.plate))],
            {"token": shown.json()["token"]},
        )
        if photo.status_code != 201:
            return photo
        return self.driver.post(f"/api/v1/trips/{self.code}/arrive/")

    def board(self) -> None:
        """Accepted, arrived, plate compared, code entered, off."""
        self.keys["driver"] = Person.must(self.accept())["key"]
        Person.must(self.arrive())
        shown = Person.must(self.passenger.post(f"/api/v1/trips/{self.code}/confirm-car/"))
        Person.must(self.driver.post(f"/api/v1/trips/{self.code}/board/", {"code": shown["boarding_code"]}))
        Person.must(self.driver.post(f"/api/v1/trips/{self.code}/depart/"))

    def send(self, side: str, points: list[tuple[float, float]], *, every: float = 30) -> None:
        """One batch whose last position is now."""
        now = self.world.now()
        pings = [
            {"at": now - every * (len(points) - 1 - index), "lat": lat, "lon": lon}
            for index, (lat, lon) in enumerate(points)
        ]
        answer = self.driver.http.post(
            "/live/positions/",
            json={"crs": "WGS84", "pings": pings},
            headers={"Authorization": f"Bearer {self.keys[side]}"},
        )
        if answer.status_code != 202:
            raise Surprise(answer.text)

    def drive(
        self, until: datetime, route: list[list[float]], first: float, last: float, *sides: str
    ) -> None:
        """Both or one of the phones move along a part of a route until a time, a batch every 90 seconds."""
        start = self.world.now()
        total = until.timestamp() - start
        steps = max(1, int(total // STEP_SECONDS))
        for number in range(1, steps + 1):
            self.world.set_clock(datetime.fromtimestamp(start + total * number / steps, tz=TZ.tzinfo))
            shares = [first + (last - first) * (number - 1 + part / 3) / steps for part in (1, 2, 3)]
            for side in sides:
                self.send(side, [along(route, share) for share in shares])
            time.sleep(0.12)  # the monitor reads as the phones send


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
        f"/trips/{ride.code}/question/?key={key}",
        "/api/v1/itineraries/",
        f"/api/v1/itineraries/{ride.itinerary}/requests/",
    ]
    seen = {}
    for path in paths:
        answer = ride.driver.get(path)
        text = f"{answer.status_code} {answer.headers.get('location', '')} {answer.text}"
        for pattern in (
            r'name="csrfmiddlewaretoken" value="[^"]*"',
            r'"X-CSRFToken": "[^"]*"',
            r'data-now="[^"]*"',
            r'<script id="trip-map".*?</script>',
            r'"key":"[^"]*"',
            r'(?:data-key|data-live|name="key" value)="[^"]*"',
            r'name="(?:window_start|window_end|client_key)"[^>]*',
            r'value="[^"]*" (?:required )?id="id_window[^>]*',
        ):
            text = re.sub(pattern, "", text, flags=re.S)
        seen[path.split("?")[0]] = text
    return seen


def differences(before: dict[str, str], after: dict[str, str]) -> str:
    return ", ".join(path for path in before if before[path] != after[path])


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
            answer = who.submit(f"/admin/police-line/{code}/{act}/")
            if answer.status_code != 302:
                raise Surprise(f"{act}: {answer.status_code}")
        machine += time.monotonic() - began
    return code, machine


# --- Branches -------------------------------------------------------------------------------------------------------


def complaint_known(report: Report) -> None:
    """The day before, somebody complained about this driver."""
    with scratch_world(report, "1 complaint known", at("12:00", day="2018-08-23T")) as world:
        driver, earlier, passenger = (
            world.person("driver"),
            world.person("passenger2"),
            world.person("passenger"),
        )
        before = Ride(world, earlier, driver)
        before.offer(at("12:30", day="2018-08-23T"), at("13:30", day="2018-08-23T"))
        before.book(at("12:30", day="2018-08-23T"), at("13:30", day="2018-08-23T"))
        before.board()
        today = Ride(world, passenger, driver)
        today.offer(at("12:30"), at("13:30"))
        world.set_clock(at("14:00", day="2018-08-23T"))
        Person.must(driver.post(f"/api/v1/trips/{before.code}/end/"))
        body = {
            "trip": before.code,
            "category": "harassment",
            "words": "司机把我带到偏僻的地方，下车后还跟着我。",
            "submission": new_key(),
        }
        world.expect("the earlier passenger complains", "201, open", lambda: filed(earlier, body), tz=TZ)
        world.set_clock(at("12:45"))
        today.book(at("12:45"), at("13:15"))
        world.expect(
            "the driver accepts the next day's passenger",
            "403 driver_held",
            lambda: refused(today.accept(), 403, "driver_held"),
            tz=TZ,
        )
        state = Person.must(passenger.get(f"/api/v1/trips/{today.code}/"))
        world.expect(
            "she has no driver",
            "no car",
            lambda: (state["car"] is None and state["state"] in {"requested", "matched"}, state["state"]),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def filed(person: Person, body: dict[str, Any]) -> tuple[bool, str]:
    answer = person.post("/api/v1/complaints/", body)
    return answer.status_code == 201 and answer.json()[
        "state"
    ] == "open", f"{answer.status_code} {answer.json().get('state')}"


def refused(answer: Any, status: int, code: str) -> tuple[bool, str]:
    seen = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else ""
    return answer.status_code == status and seen == code, f"{answer.status_code} {seen}"


def plate_seen(report: Report) -> None:
    """The plate on the car is not the registered one, and the passenger sees it."""
    with scratch_world(report, "2 plate seen", at("12:30")) as world:
        driver, passenger, specialist = (
            world.person("driver"),
            world.person("passenger"),
            world.person("specialist"),
        )
        ride = Ride(world, passenger, driver)
        ride.offer(at("12:40"), at("13:30"))
        ride.book(at("12:40"), at("13:30"))
        Person.must(ride.accept())
        later = Ride(world, world.person("passenger2"), driver)
        later.itinerary = ride.itinerary
        later.book(at("12:50"), at("13:30"))
        world.set_clock(at("13:00"))
        Person.must(ride.arrive())
        card = Person.must(passenger.get(f"/api/v1/trips/{ride.code}/"))["car"]
        world.expect(
            "the card shows the registered plate",
            REGISTERED,
            lambda: (card["plate"] == REGISTERED, card["plate"]),
            tz=TZ,
        )

        def stop() -> tuple[bool, str]:
            answer = Person.must(
                passenger.post(f"/api/v1/trips/{ride.code}/mismatch/", {"what": "car", "plate_seen": SEEN})
            )
            return answer["state"] == "cancelled", answer["state"]

        world.expect("'not this car': the trip stops before it begins", "cancelled", stop, tz=TZ)
        world.expect(
            "boarding is not possible any more",
            "409",
            lambda: status(driver.post(f"/api/v1/trips/{ride.code}/board/", {"code": "0000"}), 409),
            tz=TZ,
        )
        world.expect(
            "the driver is held",
            "403 driver_held",
            lambda: refused(later.accept(), 403, "driver_held"),
            tz=TZ,
        )
        world.expect(
            "an incident is on the console",
            "one for this trip",
            lambda: _found(incident_of(specialist, ride.code)),
            tz=TZ,
            patient=True,
        )
        incident = incident_of(specialist, ride.code)
        world.expect(
            "both plates stand in the timeline",
            f"{REGISTERED} and {SEEN}",
            lambda: page_has(specialist, incident, REGISTERED, SEEN),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def status(answer: Any, status: int) -> tuple[bool, str]:
    return answer.status_code == status, str(answer.status_code)


def _found(code: str) -> tuple[bool, str]:
    return bool(code), code or "none"


def nothing_known(report: Report) -> None:
    """She boards; nobody knows of the complaint and she does not see the plate."""
    with scratch_world(report, "3 nothing known", at("12:30")) as world:
        cast = {
            name: world.person(name)
            for name in ("passenger", "driver", "agent", "specialist", "supervisor", "officer", "officer3")
        }
        ride = Ride(world, cast["passenger"], cast["driver"])
        ride.offer(at("12:40"), at("13:30"))
        ride.book(at("12:40"), at("13:30"))
        world.set_clock(at("13:00"))
        ride.board()
        contact = {"name": "周晴", "phone": "13800000002"}
        Person.must(cast["passenger"].post("/api/v1/me/contacts/", contact))
        ride.drive(at("14:00"), PLANNED, 0.0, 0.3, "passenger", "driver")
        world.expect(
            "an ordinary hour raises nothing",
            "no incident",
            lambda: (not incident_of(cast["agent"], ride.code), "none"),
            tz=TZ,
        )
        quiet = driver_view(ride)
        _alarm(world, ride, cast)
        incident = incident_of(cast["agent"], ride.code)
        _escalation(world, ride, cast, incident)
        report_code = _friends(world, ride, cast, incident)
        _first_station(world, cast, ride)
        _second_station(world, cast, report_code)
        _impostors(world, cast, ride)
        after = driver_view(ride)
        world.expect(
            "the driver's pages and API say nothing of it (S11)",
            "the same as at 14:00",
            lambda: (quiet == after, differences(quiet, after) or "the same"),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _alarm(world: World, ride: Ride, cast: dict[str, Person]) -> None:
    """14:00 her phone goes silent; 14:10 somebody tries to cancel; the car leaves the way."""
    ride.drive(at("14:02"), PLANNED, 0.3, 0.31, "driver")
    ride.drive(at("14:03"), PLANNED, 0.31, 0.32, "driver")
    world.set_clock(at("14:03") + minutes(0.05))
    ride.send("driver", [along(PLANNED, 0.32)])
    key = ride.keys
    world.expect(
        "her phone is silent: she alone is asked",
        "asked, on her page only",
        lambda: _asked(ride, key),
        tz=TZ,
        patient=True,
    )
    ride.drive(at("14:04") + minutes(0.2), PLANNED, 0.32, 0.33, "driver")
    ride.drive(at("14:10"), PLANNED, 0.33, 0.36, "driver")
    began = time.monotonic()

    def cancel() -> tuple[bool, str]:
        return refused(
            cast["driver"].post(f"/api/v1/trips/{ride.code}/cancel/", {"reason": "not_boarded"}),
            409,
            "cannot_cancel_after_boarding",
        )

    world.expect("the cancel as 'not boarded' is refused", "409 cannot_cancel_after_boarding", cancel, tz=TZ)
    world.expect(
        "the attempt is an alert on the console",
        "an incident",
        lambda: _found(incident_of(cast["agent"], ride.code)),
        tz=TZ,
        patient=True,
    )
    alerted = time.monotonic() - began
    incident = incident_of(cast["agent"], ride.code)
    world.expect(
        "it says what was tried, and that nobody answered",
        "both signals",
        lambda: page_has(cast["agent"], incident, "not_boarded", "no answer to the question"),
        tz=TZ,
        patient=True,
    )
    human = [HumanStep("a specialist reads the strip and takes the incident", 10)]
    world.pass_time(10)
    cast["specialist"].submit(f"/admin/incidents/{incident}/do/take/")
    world.expect(
        "a person has it",
        "taken by specialist",
        lambda: page_has(cast["agent"], incident, "Taken by specialist"),
        tz=TZ,
    )
    history = CASE["historical_clocks_minutes"]["cancellation_to_anyone_at_the_platform_acting"]
    world.report.clocks["cancellation_to_anyone_at_the_platform_acting"] = ClockResult(
        history, round(alerted, 3), human
    )
    world.set_clock(at("14:11"))
    ride.send("driver", [along(DRIVEN, 0.3)])
    world.pass_time(40)
    ride.send("driver", [along(DRIVEN, 0.32), along(DRIVEN, 0.34)], every=20)
    world.expect(
        "the monitor sees that the car left the way",
        "off the planned route",
        lambda: page_has(cast["agent"], incident, "off the planned route"),
        tz=TZ,
        patient=True,
    )


def _asked(ride: Ride, keys: dict[str, str]) -> tuple[bool, str]:
    hers = ride.passenger.get(f"/trips/{ride.code}/question/?key={keys['passenger']}").text
    his = ride.driver.get(f"/trips/{ride.code}/question/?key={keys['driver']}").text
    return (
        "question" in hers and not his.strip(),
        f"passenger {'asked' if 'question' in hers else 'not asked'}, driver {'asked' if his.strip() else 'not asked'}",
    )


def _escalation(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> None:
    """S10: no safe check within three minutes, so the specialist calls the police of the place with the pack."""
    world.set_clock(at("14:13") + minutes(0.2))
    ride.send("driver", [along(DRIVEN, 0.4)])
    world.expect(
        "S10's clock has run out on the console",
        "overdue",
        lambda: page_has(cast["specialist"], incident, "overdue"),
        tz=TZ,
    )
    form = {
        "agency": "hongqiao",
        "badge": "330001",
        "query": "trip",
        "query_value": ride.code,
        "outbound": "on",
    }
    steps = [
        HumanStep("the specialist opens the request", 15),
        HumanStep("reaches the station's desk", 60),
        HumanStep("the supervisor confirms on their own screen", 20),
    ]

    def call() -> tuple[bool, str]:
        code, _machine = serve_by_phone(world, cast["specialist"], cast["supervisor"], form, steps)
        return page_has(cast["specialist"], incident, "The police of the place were called", code)

    world.expect(
        "the specialist calls the police of the place with the pack", "released, on the timeline", call, tz=TZ
    )
    ride.drive(at("14:50"), DRIVEN, 0.45, 1.0, "driver")


def _friends(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> str:
    """15:42 the friend reports, and six more times; 17:32's message comes from the second friend."""
    friend = world.person()
    world.set_clock(at("15:42"))
    codes: list[str] = []
    told: list[str] = []

    def report(person: Person, phone: str, words: str) -> tuple[bool, str]:
        body = {
            "missing_phone": PASSENGER_PHONE,
            "reporter_phone": phone,
            "words": words,
            "submission": new_key(),
        }
        answer = Person.must(person.post("/api/v1/welfare-checks/", body))
        told.append(
            json.dumps(answer, ensure_ascii=False) + person.get(f"/welfare-check/{answer['secret']}/").text
        )
        codes.append(answer["code"])
        return bool(answer["owned_since"]), f"{answer['code']}, owned since {answer['owned_since']}"

    began = time.monotonic()
    world.expect(
        "the friend files a welfare check",
        "taken at once, has an owner",
        lambda: report(friend, "13911110001", "朋友下午一点上了顺风车，现在手机关机，没有到。"),
        tz=TZ,
    )
    first = time.monotonic() - began
    for number in range(6):
        world.set_clock(at("15:42") + minutes(10 * (number + 1)))
        report(friend, "13911110001", "还是联系不上，电话关机。")
    world.expect(
        "six more reports merge and raise the priority",
        "seven checks, six repetitions, one incident",
        lambda: _merged(cast["agent"], incident, codes),
        tz=TZ,
    )
    world.set_clock(at("16:43"))
    second = world.person()
    world.expect(
        "the second friend adds the message 'help'",
        "distress on the incident",
        lambda: _distress(report, second, cast, incident),
        tz=TZ,
        patient=True,
    )
    leaks = [secret for secret in DRIVER_SECRETS for text in told if secret in text]
    world.expect(
        "the friends are told nothing about driver or car",
        "nothing",
        lambda: (not leaks, ", ".join(leaks) or "nothing"),
        tz=TZ,
    )
    unknown = friend.post(
        "/api/v1/welfare-checks/",
        {
            "missing_phone": "13999998888",
            "reporter_phone": "13911110009",
            "words": "x",
            "submission": new_key(),
        },
    )
    same = unknown.status_code == 201 and set(unknown.json()) == {"code", "secret", "owned_since", "police"}
    world.expect(
        "an unknown phone gets the same answer",
        "201, same members",
        lambda: (same, str(unknown.status_code)),
        tz=TZ,
    )
    history = CASE["historical_clocks_minutes"]["friend_first_report_to_disclosure"]["minutes"]
    human = [
        HumanStep(
            "the friend tells the report code at a police station and the officer types it into the form", 600
        )
    ]
    world.report.clocks["friend_first_report_to_disclosure"] = ClockResult(history, round(first, 3), human)
    return codes[0]


def _merged(staff: Person, incident: str, codes: list[str]) -> tuple[bool, str]:
    page = staff.get(f"/admin/incidents/{incident}/").text
    shown = sum(f"{code} ·" in page for code in codes)
    again = page.count("<td>reported again</td>")
    return shown == 7 and again == 6, f"{shown} checks, {again} repetitions"


def _distress(report: Any, person: Person, cast: dict[str, Person], incident: str) -> tuple[bool, str]:
    report(person, "13911110002", "下午两点她给我发了一条消息：救命。")
    return page_has(cast["agent"], incident, "a message of distress was reported")


def _first_station(world: World, cast: dict[str, Person], ride: Ride) -> None:
    """16:41 the officer of the first station is on the friend's phone, without account."""
    world.set_clock(at("16:44"))
    steps = [
        HumanStep("the agent takes down station and badge number", 40),
        HumanStep("calls the published number back and reaches the officer", 90),
        HumanStep("a second person confirms on their own screen", 20),
    ]
    form = {"agency": "shangtang", "badge": "331777", "query": "phone", "query_value": PASSENGER_PHONE}
    found: dict[str, Any] = {}

    def serve() -> tuple[bool, str]:
        found["code"], found["machine"] = serve_by_phone(
            world, cast["agent"], cast["specialist"], form, steps
        )
        page = cast["agent"].get(f"/admin/police-line/{found['code']}/").text
        found["spoken"] = (re.findall(r'class="phone">(\d{6})<', page) or [""])[0]
        return REGISTERED in page and bool(
            found["spoken"]
        ), "pack and spoken code on the agent's screen" if found["spoken"] else "nothing"

    world.expect("the first officer is served on the phone by call-back", "released", serve, tz=TZ)

    def open_link() -> tuple[bool, str]:
        began = time.monotonic()
        mail = world.message(lambda row: row["channel"] == "email" and found["code"] in row["text"])
        if mail["to"] != "shangtang@police.example":
            return False, mail["to"]
        link = urlsplit(re.findall(r"https?://\S+", mail["text"])[0]).path
        station = world.person()
        page = station.submit(link, {"spoken": found["spoken"]}).text
        again = station.submit(link, {"spoken": found["spoken"]}).status_code
        found["machine"] += time.monotonic() - began
        return (
            REGISTERED in page and "510112199106150034" in page and again == 404,
            f"pack shown once, then {again}",
        )

    world.expect(
        "the link in the station's mailbox opens once with the spoken code",
        "minimum pack, then 404",
        open_link,
        tz=TZ,
    )
    history = CASE["historical_clocks_minutes"]["first_police_ask_to_disclosure"]
    world.report.clocks["first_police_ask_to_disclosure"] = ClockResult(
        history, round(found.get("machine", 0.0), 3), steps
    )


def _second_station(world: World, cast: dict[str, Person], report_code: str) -> None:
    """17:36 the officer of the second station uses the form with the report code; paperwork comes later."""
    world.set_clock(at("17:36"))
    officer = cast["officer"]
    seen: dict[str, Any] = {}

    def ask() -> tuple[bool, str]:
        began = time.monotonic()
        body = {"query": "report", "value": report_code, "urgency": "emergency", "submission": new_key()}
        seen.update(Person.must(officer.post("/api/v1/police/requests/", body)))
        seen["machine"] = time.monotonic() - began
        pack = seen["pack"] or {}
        return seen["state"] == "released" and pack.get("plate_registered") == REGISTERED and pack["driver"][
            "phone"
        ] == "+8613800000003", seen["state"]

    world.expect(
        "the second station asks by the form with the report code",
        "released with plate and driver",
        ask,
        tz=TZ,
    )
    world.expect(
        "paperwork is outstanding",
        "due in 24 h, none yet",
        lambda: (
            bool(seen.get("papers_due_at")) and not seen.get("papers_at"),
            str(seen.get("papers_due_at")),
        ),
        tz=TZ,
    )
    linked = [row["agency"] for row in seen.get("linked", []) if row["state"] == "released"]
    world.expect(
        "it sees that the first station has it",
        "Shangtang among the linked",
        lambda: (any("Shangtang" in name for name in linked), "; ".join(linked)),
        tz=TZ,
    )
    history_of_states = [row["kind"] for row in (seen.get("pack") or {}).get("history", [])]
    true_history = (
        "trip.boarded" in history_of_states
        and "trip.cancel_refused" in history_of_states
        and "trip.cancelled" not in history_of_states
    )
    world.expect(
        "the pack tells the true history",
        "boarded, a cancel refused, not cancelled",
        lambda: (true_history, ", ".join(history_of_states)),
        tz=TZ,
    )
    human = [HumanStep("the officer signs in with the second factor and fills in the form", 90)]
    clocks = CASE["historical_clocks_minutes"]
    world.report.clocks["second_station_call_to_disclosure"] = ClockResult(
        clocks["second_station_call_to_disclosure"], round(seen.get("machine", 0.0), 3), human
    )
    world.set_clock(at("18:04"))

    def papers() -> tuple[bool, str]:
        body = {"letter_number": "乐公介字2018-0824", "certificates": ["331001", "331002"]}
        answer = Person.must(officer.post(f"/api/v1/police/requests/{seen['code']}/papers/", body))
        return bool(answer["papers_at"]), str(answer["papers_at"])

    world.expect("paperwork follows afterwards", "received", papers, tz=TZ)
    # Disclosure came before the paperwork: nothing waits for it.
    world.report.clocks["paperwork_to_disclosure"] = ClockResult(clocks["paperwork_to_disclosure"], 0.0, [])


def _impostors(world: World, cast: dict[str, Person], ride: Ride) -> None:
    """Those who may not ask get nothing, and it is recorded."""
    body = {"query": "trip", "value": ride.code, "urgency": "emergency", "submission": new_key()}
    impostor = world.person().sign_up("+8613977770001")
    world.expect(
        "an impostor with an account and a plausible story asks by the form",
        "403 not_an_officer",
        lambda: refused(impostor.post("/api/v1/police/requests/", body), 403, "not_an_officer"),
        tz=TZ,
    )
    world.expect(
        "an impostor without account asks",
        "401 sign_in_required",
        lambda: refused(world.person().post("/api/v1/police/requests/", body), 401, "sign_in_required"),
        tz=TZ,
    )
    world.expect(
        "a suspended officer asks",
        "403 officer_suspended",
        lambda: refused(cast["officer3"].post("/api/v1/police/requests/", body), 403, "officer_suspended"),
        tz=TZ,
    )
    caller = {
        "agency": "shangtang",
        "badge": "000000",
        "query": "trip",
        "query_value": ride.code,
        "submission": new_key(),
    }
    opened = cast["agent"].submit("/admin/police-line/", caller)
    code = opened.headers["location"].rstrip("/").rsplit("/", 1)[1]
    world.expect(
        "a caller with a plausible mailbox is not released without the call-back",
        "409",
        lambda: status(cast["specialist"].submit(f"/admin/police-line/{code}/confirm/"), 409),
        tz=TZ,
    )
    cast["agent"].submit(
        f"/admin/police-line/{code}/refuse/",
        {
            "reason": "The published number does not know this officer: identity not verified (PIPL art. 6, 51)"
        },
    )
    page = cast["agent"].get(f"/admin/police-line/{code}/").text
    world.expect(
        "and is refused when the station does not know them",
        "refused, no pack",
        lambda: ("identity not verified" in page and "510112199106150034" not in page, "refused"),
        tz=TZ,
    )
    abroad = {
        "agency": "abroad",
        "badge": "77",
        "query": "trip",
        "query_value": ride.code,
        "submission": new_key(),
    }
    answer = cast["agent"].submit("/admin/police-line/", abroad)
    foreign = cast["agent"].get(answer.headers["location"]).text
    world.expect(
        "an authority abroad is refused with the way that law provides",
        "refused, PIPL art. 41",
        lambda: ("art. 41" in foreign and "510112199106150034" not in foreign, "refused"),
        tz=TZ,
    )
    journal = cast["supervisor"].get("/admin/core/auditentry/?action=police.denied").text
    denied = len(re.findall(r">police\.denied<", journal))
    world.expect("each denial is in the journal", "three", lambda: (denied >= 3, str(denied)), tz=TZ)


def monitor_alone(report: Report) -> None:
    """Nobody tries to cancel and nobody calls: the monitor opens the incident by itself."""
    with scratch_world(report, "4 monitor alone", at("12:30")) as world:
        passenger, driver, agent = world.person("passenger2"), world.person("driver2"), world.person("agent")
        ride = Ride(world, passenger, driver, face="driver2", plate="浙C·D0002")
        ride.offer(at("12:40"), at("13:30"))
        ride.book(at("12:40"), at("13:30"))
        world.set_clock(at("13:50"))
        ride.board()
        ride.drive(at("14:00"), PLANNED, 0.0, 0.1, "passenger", "driver")
        ride.drive(at("14:03"), PLANNED, 0.1, 0.12, "driver")
        ride.drive(at("14:04") + minutes(0.5), PLANNED, 0.12, 0.13, "driver")
        time.sleep(0.5)
        world.pass_time(70)
        ride.send("driver", [along(DRIVEN, 0.3)])
        world.pass_time(40)
        ride.send("driver", [along(DRIVEN, 0.32), along(DRIVEN, 0.34)], every=20)
        seconds = world.expect(
            "the monitor opens an incident by itself",
            "an incident",
            lambda: _found(incident_of(agent, ride.code)),
            tz=TZ,
            patient=True,
        )
        incident = incident_of(agent, ride.code)
        world.expect(
            "opened by the monitor, with reasons",
            "trip monitor; phone silent; off the route",
            lambda: page_has(
                agent,
                incident,
                "Incident opened by: trip monitor",
                "a phone went silent",
                "off the planned route",
            ),
            tz=TZ,
            patient=True,
        )
        world.expect(
            "detected within one batch and five seconds",
            "≤ 5 s after the batch",
            lambda: (seconds <= 5, f"{seconds:.2f} s"),
            tz=TZ,
        )


def play() -> Report:
    """Play all branches."""
    return play_branches("yueqing", (complaint_known, plate_seen, nothing_known, monitor_alone))
