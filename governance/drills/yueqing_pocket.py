"""The case as it really was: no code is entered, her phone lies in a pocket, and 'not boarded' is pressed at 14:10.

So the platform has not seen that she boarded, and nothing but the way of the car, and a doubt, stand against what the
driver says. The second station rings and knows nothing but her phone.
"""

import html
import re
import time

import httpx

from governance.drills.report import ClockResult, HumanStep, Report
from governance.drills.rides import (
    BY_PHONE,
    CASE,
    DRIVEN,
    DRIVER_SECRETS,
    NEWS,
    PASSENGER_PHONE,
    PLANNED,
    TZ,
    Ride,
    along,
    asked,
    at,
    differences,
    driver_view,
    found,
    incident_of,
    look_at_news,
    page_has,
    rings,
    station_rings,
    tries,
)
from governance.drills.world import PATIENCE, Person, World, minutes, new_key, scratch_world

CELL = 1_800.0  # metres: what a phone in a pocket knows of its place, by the cells of its network
THE_DAY_BEFORE = "2018-08-23T"
END_OF_WORDS = "最后一次是两点整。"
STORY = "朋友下午一点在虹桥上了顺风车，要去永嘉上塘，两点以后电话一直打不通。\r\n" * 60 + END_OF_WORDS


def without_a_code(report: Report) -> None:
    """She gets in without a code; her page is hidden; the driver says at 14:10 that she did not board."""
    with scratch_world(report, "6 no code, phone in the pocket", at("12:00", day=THE_DAY_BEFORE)) as world:
        cast = {
            name: world.person(name)
            for name in ("passenger", "passenger2", "driver", "agent", "specialist", "supervisor")
        }
        ordinary = _an_ordinary_day(world, cast)
        world.set_clock(at("12:30"))
        ride = Ride(world, cast["passenger"], cast["driver"])
        ride.offer(at("12:40"), at("13:30"))
        ride.book(at("12:40"), at("13:30"))
        ride.take()
        world.set_clock(at("13:00"))
        Person.must(ride.arrive())
        incident = _in_the_pocket(world, ride, cast)
        _not_boarded(world, ride)
        believed = driver_view(ride)
        _anybody_acts(world, ride, cast, incident)
        _next_order(world, ride, cast, ordinary)
        ride.drive(at("14:50"), DRIVEN, 0.4, 1.0, "driver", step=300)
        world.expect(
            "the car is followed although the order is cancelled",
            "the mountain road on the incident's map",
            lambda: _followed(cast["specialist"], incident),
            tz=TZ,
            patient=True,
        )
        world.set_clock(at("15:41"))
        _he_sees_nothing(world, ride, believed)
        quiet = driver_view(ride)
        _worried_friend(world, cast, incident)
        _second_station(world, cast, ride)
        after = driver_view(ride)
        world.expect(
            "friends and police: the driver's pages and API say nothing of it (S11)",
            "the same as at 15:41",
            lambda: (quiet == after, differences(quiet, after) or "the same"),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _an_ordinary_day(world: World, cast: dict[str, Person]) -> dict[str, str]:
    """The day before, she who asked thinks better of it: what a driver is told who comes too late."""
    order = Ride(world, cast["passenger2"], cast["driver"])
    order.offer(at("12:30", day=THE_DAY_BEFORE), at("13:30", day=THE_DAY_BEFORE))
    order.book(at("12:30", day=THE_DAY_BEFORE), at("13:30", day=THE_DAY_BEFORE))

    def withdraw() -> None:
        Person.must(
            cast["passenger2"].post(f"/api/v1/trips/{order.code}/cancel/", {"reason": "changed_plans"})
        )

    told = tries(order, withdraw)
    world.expect(
        "on an ordinary day the order is gone when the driver takes it",
        "409 no_longer_available",
        lambda: (
            "409" in told["the order"] and "no_longer_available" in told["the order"],
            told["the order"],
        ),
        tz=TZ,
    )
    return told


def _in_the_pocket(world: World, ride: Ride, cast: dict[str, Person]) -> str:
    """13:00 to 14:00: nobody enters a code; of her phone four positions come, each good for kilometres; then none.

    Nobody says anything, and the car leaves the pick-up: that is asked about within the first quarter. Returns the
    incident's code.
    """
    incident = ""
    for quarter in range(4):
        until = at("13:00") + minutes(15 * (quarter + 1))
        before = driver_view(ride) if quarter == 0 else {}
        ride.drive(until, PLANNED, 0.075 * quarter, 0.075 * (quarter + 1), "driver", step=300)
        lat, lon = along(PLANNED, 0.075 * (quarter + 1))
        ride.send("passenger", [(lat + 0.012, lon - 0.009)], accuracy=CELL, away=True)
        if quarter == 0:
            incident = _leaves_the_pickup(world, ride, cast, before)
    world.positions_read()
    world.expect(
        "without a code and with a phone in the pocket nothing but the way of the car shows that she is aboard",
        "arrived; the same incident",
        lambda: _still_waits(ride, cast["agent"], incident),
        tz=TZ,
    )
    return incident


def _leaves_the_pickup(world: World, ride: Ride, cast: dict[str, Person], before: dict[str, str]) -> str:
    """The car is more than a kilometre away with her unseen: she is asked, and silence is an answer."""
    agent = cast["agent"]
    world.expect(
        "the car leaves the pick-up and nobody knows where she is: she alone is asked",
        "asked, on her page only",
        lambda: asked(ride),
        tz=TZ,
        patient=True,
    )
    world.pass_time(61)
    world.expect(
        "she does not answer: an incident is on the console",
        "an incident",
        lambda: found(incident_of(agent, ride.code)),
        tz=TZ,
        patient=True,
    )
    incident = incident_of(agent, ride.code)
    world.expect(
        "it rings on an agent's console",
        "Danger on a trip: nobody has it",
        lambda: (
            "Danger on a trip: nobody has it" in rings(agent, incident),
            rings(agent, incident) or "quiet",
        ),
        tz=TZ,
        patient=True,
    )
    world.expect(
        "it says what the car did, and that nobody answered",
        "both",
        lambda: page_has(
            agent,
            incident,
            "the car left the pick-up, and nobody was said to board",
            "no answer to the question",
        ),
        tz=TZ,
        patient=True,
    )
    world.pass_time(10)
    cast["specialist"].submit(f"/admin/incidents/{incident}/do/take/", {"do": "1"})
    world.expect("a person has it", "taken by specialist; quiet", lambda: _taken(agent, incident), tz=TZ)
    now = driver_view(ride)
    world.expect(
        "question and incident: the driver's pages and API say nothing of them (S11)",
        "the same as at 13:00",
        lambda: (before == now, differences(before, now) or "the same"),
        tz=TZ,
    )
    return incident


def _still_waits(ride: Ride, staff: Person, incident: str) -> tuple[bool, str]:
    state = Person.must(ride.passenger.get(f"/api/v1/trips/{ride.code}/"))["state"]
    now = incident_of(staff, ride.code)
    return state == "arrived" and bool(incident) and now == incident, f"{state}; {now or 'no incident'}"


def _not_boarded(world: World, ride: Ride) -> None:
    """14:10: he presses what the platform's record of 2018 says."""
    ride.drive(at("14:10"), PLANNED, 0.3, 0.36, "driver", step=300)

    def press() -> tuple[bool, str]:
        answer = ride.driver.post(f"/api/v1/trips/{ride.code}/cancel/", {"reason": "not_boarded"})
        state = answer.json().get("state", "")
        return (answer.status_code, state) == (200, "cancelled"), f"{answer.status_code} {state}"

    world.expect("the driver says 'not boarded', and learns no doubt", "200 cancelled", press, tz=TZ)


def _anybody_acts(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> None:
    """What he pressed is news to who has the incident since an hour ago; she is asked again, and does not answer."""
    owner, began = cast["specialist"], time.monotonic()
    world.expect(
        "what he pressed rings for the incident's owner",
        NEWS,
        lambda: _rings_for_owner(owner, incident),
        tz=TZ,
        patient=True,
    )
    seconds = time.monotonic() - began
    world.expect(
        "she alone is asked",
        "asked, on her page only",
        lambda: asked(ride),
        tz=TZ,
        patient=True,
    )
    world.pass_time(61)
    world.expect(
        "it says what was pressed, that nobody answered, and that silence proves nothing",
        "all three",
        lambda: page_has(
            owner,
            incident,
            "the passenger did not board",
            "no answer to the question",
            "her phone is silent, which proves nothing",
        ),
        tz=TZ,
        patient=True,
    )
    _owner_looks(world, owner, incident)
    history = CASE["historical_clocks_minutes"]["cancellation_to_anyone_at_the_platform_acting"]
    human = [HumanStep("the specialist who has the incident looks at what is new", 8)]
    world.report.clocks["cancellation_without_a_code_to_anyone_at_the_platform_acting"] = ClockResult(
        history, round(seconds, 3), human
    )


def _taken(staff: Person, incident: str) -> tuple[bool, str]:
    said, seen = page_has(staff, incident, "Taken by specialist")
    rung = rings(staff, incident)
    return said and not rung, f"{seen}; {rung or 'quiet'}"


def _next_order(world: World, ride: Ride, cast: dict[str, Person], ordinary: dict[str, str]) -> None:
    """14:30: the driver tries the next order that is held out to him; he must not get it, nor learn why (D15, S11)."""
    world.set_clock(at("14:30"))
    ride.send("driver", [along(DRIVEN, 0.4)])
    order = Ride(world, cast["passenger2"], cast["driver"])
    order.offer(at("14:35"), at("15:30"))
    order.book(at("14:35"), at("15:30"))
    told: dict[str, str] = {}

    def take() -> tuple[bool, str]:
        told.update(tries(order))
        return "no_longer_available" in told["the order"], told["the order"]

    world.expect("the driver takes the next order at 14:30", "409 no_longer_available", take, tz=TZ)
    world.expect(
        "he is told what he is told on an ordinary day",
        "the same, answer by answer",
        lambda: (
            bool(told) and told == ordinary,
            differences(ordinary, told) if told else "nothing was told",
        ),
        tz=TZ,
    )
    world.expect(
        "the next passenger is not in his car",
        "no car, still looked for",
        lambda: _waits(order),
        tz=TZ,
    )


def _waits(order: Ride) -> tuple[bool, str]:
    state = Person.must(order.passenger.get(f"/api/v1/trips/{order.code}/"))
    return state["car"] is None and state["state"] in {"requested", "matched"}, state["state"]


def _he_sees_nothing(world: World, ride: Ride, believed: dict[str, str]) -> None:
    """15:41: all that he can open is as it was when his cancel was taken; the key of the trip has ended (S16)."""
    now = driver_view(ride)
    question = f"/trips/{ride.code}/question/"
    ended = now.pop(question)
    before = {path: said for path, said in believed.items() if path != question}
    world.expect(
        "the incident and the lost order: the driver's pages and API say nothing of it (S11)",
        "the same as at 14:10",
        lambda: (before == now, differences(before, now) or "the same"),
        tz=TZ,
    )
    world.expect(
        "his key opens nothing of her trip any more", "401", lambda: (ended[:3] == "401", ended[:3]), tz=TZ
    )


def _followed(staff: Person, incident: str) -> tuple[bool, str]:
    lat, lon = DRIVEN[-1]
    page = staff.get(f"/admin/incidents/{incident}/").text
    points = re.findall(r"\[(\d+\.\d+), (\d+\.\d+)", page)
    near = [point for point in points if abs(float(point[0]) - lat) + abs(float(point[1]) - lon) < 0.002]
    return bool(near), f"{', '.join(near[-1])}" if near else f"{len(points)} points, none there"


def _worried_friend(world: World, cast: dict[str, Person], incident: str) -> None:
    """15:42 and six more times, from a messenger's own browser: no cookie, a long story, a name behind the number."""
    told: list[str] = []
    codes: list[str] = []

    def report() -> tuple[bool, str]:
        answer = _without_cookies(world, "/welfare-check/", _story())
        if answer.status_code != 302:
            return False, f"{answer.status_code}"
        page = httpx.get(
            world.url + answer.headers["location"],
            headers={"Accept-Language": "en"},
            timeout=PATIENCE,
            trust_env=False,
        ).text
        told.append(page)
        codes.extend(re.findall(r"\bR-\w{8}\b", page)[:1])
        return bool(codes) and page.count("may be wrong") == 0, codes[-1] if codes else "no report code"

    owner = cast["specialist"]
    world.set_clock(at("15:42"))
    world.expect("the friend's story is taken as it is written", "302, a report code", report, tz=TZ)
    _owner_looks(world, owner, incident)
    for number in range(1, 7):
        world.set_clock(at("15:42") + minutes(10 * number))
        report()
    world.expect(
        "all seven are on the incident that is owned, with every word",
        "seven checks; the story's last words",
        lambda: _all_there(cast["agent"], incident, codes),
        tz=TZ,
        patient=True,
    )
    _owner_looks(world, owner, incident)
    leaks = [secret for secret in DRIVER_SECRETS for text in told if secret in text]
    world.expect(
        "the friend is told nothing about driver or car",
        "nothing",
        lambda: (not leaks and len(told) == 7, ", ".join(leaks) or f"nothing, {len(told)} times"),
        tz=TZ,
    )


def _without_cookies(world: World, path: str, body: dict[str, str]) -> httpx.Response:
    """A form from a browser that keeps nothing: neither cookie nor token."""
    return httpx.post(
        world.url + path,
        data=body,
        headers={"Accept-Language": "en"},
        follow_redirects=False,
        timeout=PATIENCE,
        trust_env=False,
    )


def _story() -> dict[str, str]:
    return {
        "missing_phone": f"{PASSENGER_PHONE} 小周",
        "reporter_phone": "139 1111 0001",
        "words": STORY,
        "submission": new_key(),
    }


def _all_there(staff: Person, incident: str, codes: list[str]) -> tuple[bool, str]:
    page = html.unescape(staff.get(f"/admin/incidents/{incident}/").text)
    shown, whole = sum(f"{code} ·" in page for code in set(codes)), page.count(END_OF_WORDS)
    return (shown, whole) == (7, 7), f"{shown} checks, {whole} whole stories"


def _owner_looks(world: World, owner: Person, incident: str) -> None:
    """What is new rings for who has the incident, until that person has looked."""
    world.expect(
        "it rings for the incident's owner, who has not looked",
        NEWS,
        lambda: _rings_for_owner(owner, incident),
        tz=TZ,
        patient=True,
    )
    world.pass_time(8)
    look_at_news(owner, incident)
    # A clock of S10 that ran out rings on: what is new was looked at, and nobody has reached her.
    world.expect(
        "the owner looks: nothing new rings any more",
        f"not: {NEWS}",
        lambda: (NEWS not in rings(owner, incident), rings(owner, incident) or "quiet"),
        tz=TZ,
        patient=True,
    )


def _rings_for_owner(owner: Person, incident: str) -> tuple[bool, str]:
    rung = rings(owner, incident)
    return NEWS in rung, rung or "quiet"


def _second_station(world: World, cast: dict[str, Person], ride: Ride) -> None:
    """17:36: the officer of the second station rings. No account, no report code: her phone is all there is."""
    world.set_clock(at("17:36"))
    seen: dict[str, float] = {}

    def serve() -> tuple[bool, str]:
        seen["machine"], page = station_rings(
            world,
            cast["agent"],
            cast["supervisor"],
            agency="hongqiao",
            badge="330001",
            phone=PASSENGER_PHONE,
            mailbox="hongqiao@police.example",
        )
        return PASSENGER_PHONE[-8:] not in page, "pack, once, without her own number"

    world.expect(
        "the second station rings and is served by her phone alone",
        "pack read out and opened once; her own number is not in it",
        serve,
        tz=TZ,
    )
    history = CASE["historical_clocks_minutes"]["second_station_call_to_disclosure"]
    if "machine" in seen:
        world.report.clocks["second_station_call_to_disclosure"] = ClockResult(
            history, round(seen["machine"], 3), BY_PHONE
        )
