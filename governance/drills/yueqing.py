"""The case of 2018-08-24 (`yueqing.json`), in branches, because the platform's own rules stop it early.

1. The complaint of the day before is known: acceptance is refused.
2. The plate differs and the passenger sees it: the trip stops before it begins.
3. Nothing is known and nothing is seen: she boards, and everything after is played, with her phone silent from 14:00.
4. The same without anybody who tries to cancel: the monitor alone opens the incident.
5. She taps SOS (`yueqing_help`).
6. As it really was: no code, a phone in the pocket, 'not boarded' at 14:10, a station that rings (`yueqing_pocket`).
7. Somebody else booked for her, and she taps SOS in an incident that a person has already (`yueqing_friend`).
"""

import base64
import json
import re
import time
from datetime import datetime
from typing import Any

from governance.drills import complaints, yueqing_friend, yueqing_help, yueqing_pocket
from governance.drills.report import Branch, ClockResult, HumanStep, Report, play_branches
from governance.drills.rides import (
    BY_PHONE,
    CASE,
    DRIVEN,
    DRIVER_SECRETS,
    PASSENGER_PHONE,
    PLANNED,
    REGISTERED,
    SEEN,
    TZ,
    Ride,
    along,
    asked,
    at,
    differences,
    driver_view,
    emergency,
    filed,
    found,
    incident_of,
    look_at_news,
    not_his,
    page_has,
    refused,
    rings,
    serve_by_phone,
    station_rings,
    status,
)
from governance.drills.world import Person, World, minutes, new_key, picture_of_nothing, scratch_world

LEAVING = [[*along(PLANNED, 0.36)], DRIVEN[-1]]  # from where the car is at 14:10 to the mountain road


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
        complaints.looked_at(world, complaints.newest(earlier), tz=TZ)
        world.set_clock(at("12:45"))
        today.book(at("12:45"), at("13:15"))
        world.expect(
            "the driver accepts the next day's passenger",
            "not his, with or without a reason",
            lambda: not_his(today.accept()),
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
            "the driver gets no other order",
            "not his, with or without a reason",
            lambda: not_his(later.accept()),
            tz=TZ,
        )
        world.expect(
            "an incident is on the console",
            "one for this trip",
            lambda: found(incident_of(specialist, ride.code)),
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
        phone = yueqing_help.recorded_with_consent(world, ride)
        yueqing_help.shared_with_a_friend(world, ride)
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
        yueqing_help.held_for_the_police(world, ride, cast, incident, phone)
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _alarm(world: World, ride: Ride, cast: dict[str, Person]) -> None:
    """14:00 her phone goes silent; 14:10 somebody tries to cancel; the car leaves the way."""
    ride.drive(at("14:02"), PLANNED, 0.3, 0.31, "driver")
    ride.drive(at("14:03"), PLANNED, 0.31, 0.32, "driver")
    world.set_clock(at("14:03") + minutes(0.05))
    ride.send("driver", [along(PLANNED, 0.32)])
    world.expect(
        "her phone is silent: she alone is asked",
        "asked, on her page only",
        lambda: asked(ride),
        tz=TZ,
        patient=True,
    )
    ride.drive(at("14:04") + minutes(0.2), PLANNED, 0.32, 0.33, "driver")
    world.expect(
        "silent without an answer: an incident, before anybody pressed anything (S5)",
        "an incident",
        lambda: found(incident_of(cast["agent"], ride.code)),
        tz=TZ,
        patient=True,
    )
    incident = incident_of(cast["agent"], ride.code)
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
        "the attempt is an alert on the console: it says what was tried, and that nobody answered",
        "both signals",
        lambda: page_has(cast["agent"], incident, "the passenger did not board", "no answer to the question"),
        tz=TZ,
        patient=True,
    )
    alerted = time.monotonic() - began
    world.expect(
        "it rings",
        "Danger on a trip: nobody has it",
        lambda: (
            "Danger on a trip" in rings(cast["agent"], incident),
            rings(cast["agent"], incident) or "quiet",
        ),
        tz=TZ,
        patient=True,
    )
    human = [HumanStep("a specialist reads the strip and takes the incident", 10)]
    world.pass_time(10)
    cast["specialist"].submit(f"/admin/incidents/{incident}/do/take/", {"do": "1"})
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
    ride.send("driver", [along(LEAVING, 0.09)])
    world.pass_time(40)
    ride.send("driver", [along(LEAVING, 0.12), along(LEAVING, 0.15)], every=20)
    world.expect(
        "the monitor sees that the car left the way",
        "off the planned route",
        lambda: page_has(cast["agent"], incident, "off the planned route"),
        tz=TZ,
        patient=True,
    )


def _escalation(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> None:
    """S10: no safe check within three minutes, so the specialist calls the police of the place with the pack."""
    world.set_clock(at("14:13") + minutes(0.2))
    ride.send("driver", [along(LEAVING, 0.25)])
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
    ride.drive(at("14:50"), LEAVING, 0.3, 1.0, "driver")


def _friends(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> str:
    """15:42 the friend reports, and six more times; 17:32's message comes from the second friend."""
    friend = world.person()
    world.set_clock(at("15:42"))
    codes: list[str] = []
    told: list[str] = []
    members: list[dict[str, object]] = []

    def unlike(answer: dict[str, object]) -> dict[str, object]:
        """An answer without what is each report's own."""
        return {name: None if name in {"code", "secret"} else value for name, value in answer.items()}

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
        members.append(unlike(answer))
        # The incident has an owner; the report has one once that person has looked at it.
        look_at_news(cast["specialist"], incident)
        answer = person.get(f"/api/v1/welfare-checks/{answer['secret']}/").json()
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
    same = unknown.status_code == 201 and unlike(unknown.json()) == members[0]
    world.expect(
        "an unknown phone gets the same answer",
        "201, the same members and doubts",
        lambda: (same, f"{unknown.status_code} {unlike(unknown.json())}"),
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
    seen: dict[str, float] = {}

    def serve() -> tuple[bool, str]:
        seen["machine"], _page = station_rings(
            world,
            cast["agent"],
            cast["specialist"],
            agency="shangtang",
            badge="331777",
            phone=PASSENGER_PHONE,
            mailbox="shangtang@police.example",
        )
        return True, "pack and spoken code on the agent's screen; the link opened once, then 404"

    world.expect(
        "the first officer is served on the phone by call-back",
        "pack and spoken code; the link in the station's mailbox opens once",
        serve,
        tz=TZ,
    )
    history = CASE["historical_clocks_minutes"]["first_police_ask_to_disclosure"]
    if "machine" in seen:
        world.report.clocks["first_police_ask_to_disclosure"] = ClockResult(
            history, round(seen["machine"], 3), BY_PHONE
        )


def _second_station(world: World, cast: dict[str, Person], report_code: str) -> None:
    """17:36 the officer of the second station uses the form with the report code; paperwork comes later."""
    world.set_clock(at("17:36"))
    officer = cast["officer"]
    seen: dict[str, Any] = {}

    def ask() -> tuple[bool, str]:
        began = time.monotonic()
        body = emergency("report", report_code)
        seen.update(Person.must(officer.post("/api/v1/police/requests/", body)))
        seen["machine"] = time.monotonic() - began
        pack = seen["pack"] or {}
        driver = pack.get("driver") or {}
        good = pack.get("plate_registered") == REGISTERED and driver.get("phone") == "+8613800000003"
        borne_out = (seen["grade"] or {}).get("reason") == "borne_out"
        return seen["state"] == "released" and good and borne_out, f"{seen['state']}, {seen['grade']}"

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
    world.report.clocks["second_station_by_the_form_to_disclosure"] = ClockResult(
        clocks["second_station_call_to_disclosure"], round(seen.get("machine", 0.0), 3), human
    )
    world.set_clock(at("18:04"))

    waited: dict[str, float] = {}

    def papers() -> tuple[bool, str]:
        body = {
            "letter_number": "乐公（介）字〔2018〕0824 号",
            "certificates": ["331001", "331002"],
            "files": [
                {"paper": paper, "content": base64.b64encode(picture_of_nothing()).decode()}
                for paper in ("letter", "certificate_1", "certificate_2")
            ],
        }
        answer = Person.must(officer.post(f"/api/v1/police/requests/{seen['code']}/papers/", body))
        sent, decided = (datetime.fromisoformat(answer[name]) for name in ("papers_at", "decided_at"))
        waited["seconds"] = max(0.0, (decided - sent).total_seconds())
        return decided < sent, f"released at {answer['decided_at']}, papers at {answer['papers_at']}"

    world.expect("paperwork follows afterwards", "received after the release", papers, tz=TZ)
    if "seconds" in waited:  # nothing waits for it where disclosure came before
        history = clocks["paperwork_to_disclosure"]
        world.report.clocks["paperwork_to_disclosure"] = ClockResult(history, waited["seconds"], [])


def _impostors(world: World, cast: dict[str, Person], ride: Ride) -> None:
    """Those who may not ask get nothing, and it is recorded."""
    body = emergency("trip", ride.code)
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
        "why_not_written": "on the road",
        "query": "trip",
        "query_value": ride.code,
        "submission": new_key(),
    }
    opened = cast["agent"].submit("/admin/police-line/", caller)
    code = opened.headers["location"].rstrip("/").rsplit("/", 1)[1]
    world.expect(
        "a caller with a plausible mailbox is not released without the call-back",
        "409",
        lambda: status(cast["specialist"].submit(f"/admin/police-line/{code}/do/confirm/", {"do": "1"}), 409),
        tz=TZ,
    )
    cast["agent"].submit(
        f"/admin/police-line/{code}/do/refuse/",
        {
            "reason": "The published number does not know this officer: identity not verified (PIPL art. 6, 51)",
            "why": "other_law",
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
        "why_not_written": "by telephone",
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
    denied = len(re.findall(r">officer denied<", journal))
    world.expect("each denial is in the journal", "three", lambda: (denied >= 3, str(denied)), tz=TZ)


def monitor_alone(report: Report) -> None:
    """Nobody tries to cancel and nobody calls: the monitor opens the incident by itself."""
    with scratch_world(report, "4 monitor alone", at("12:30")) as world:
        passenger, driver, agent = world.person("passenger2"), world.person("driver2"), world.person("agent")
        ride = Ride(world, passenger, driver, face="driver2", plate="浙C·D0002")
        ride.offer(at("12:40"), at("13:30"))
        ride.book(at("12:40"), at("13:30"))
        ride.take()  # after the last time of departure that she named, nobody could
        world.set_clock(at("13:50"))
        ride.board()
        ride.drive(at("14:00"), PLANNED, 0.0, 0.1, "passenger", "driver")
        ride.drive(at("14:03"), PLANNED, 0.1, 0.12, "driver")
        ride.drive(at("14:04") + minutes(0.5), PLANNED, 0.12, 0.13, "driver")
        world.positions_read()
        world.expect(
            "silent without an answer: the monitor opens an incident by itself",
            "an incident",
            lambda: found(incident_of(agent, ride.code)),
            tz=TZ,
            patient=True,
        )
        incident = incident_of(agent, ride.code)
        world.pass_time(70)
        ride.send("driver", [along(DRIVEN, 0.3)])
        world.pass_time(40)
        ride.send("driver", [along(DRIVEN, 0.32), along(DRIVEN, 0.34)], every=20)
        seconds = world.expect(
            "it sees that the car left the way",
            "off the planned route",
            lambda: page_has(agent, incident, "off the planned route"),
            tz=TZ,
            patient=True,
        )
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


BRANCHES = (
    complaint_known,
    plate_seen,
    nothing_known,
    monitor_alone,
    yueqing_help.sos_with_sound,
    yueqing_pocket.without_a_code,
    yueqing_friend.silent_sos_in_an_owned_incident,
)

APART: tuple[tuple[Branch, str], ...] = ()


def play(only: str = "") -> Report:
    """Play all branches, or the one of this name."""
    return play_branches("yueqing", BRANCHES, APART, only=only)
