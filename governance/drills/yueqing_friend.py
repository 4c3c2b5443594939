"""Somebody else booked for her: she has no account, only the link of a message. An incident is owned; then she taps SOS.

What is new in an incident that a person has must ring like one that nobody has, and she must not be told that she was
seen before she was. The police of two stations ask by her phone, which belongs to no account.
"""

import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from governance.drills.report import ClockResult, HumanStep, Report
from governance.drills.rides import (
    EMERGENCY,
    NEWS,
    PLANNED,
    REGISTERED,
    TZ,
    Ride,
    along,
    at,
    differences,
    driver_view,
    found,
    incident_of,
    look_at_news,
    page_has,
    rings,
    shown_on,
    station_rings,
)
from governance.drills.world import Person, Surprise, World, new_key, scratch_world

HER_PHONE = "13977770009"
TAKEN_WITHIN = 10.0  # seconds from the tap to a person (S3)


def silent_sos_in_an_owned_incident(report: Report) -> None:
    """A friend's report is owned by a specialist; ten minutes later she taps SOS without a sound."""
    with scratch_world(report, "7 booked for her, silent SOS", at("12:30")) as world:
        cast = {
            name: world.person(name)
            for name in ("passenger", "driver", "agent", "specialist", "supervisor", "officer")
        }
        ride = Ride(world, cast["passenger"], cast["driver"])
        ride.offer(at("12:40"), at("13:30"))
        ride.book(
            at("12:40"), at("13:30"), rider={"kind": "other", "name": "林小雨的妹妹", "phone": HER_PHONE}
        )
        ride.take()
        hers = _her_link(world, ride)
        world.set_clock(at("13:00"))
        _boards(ride, hers)
        ride.drive(at("13:30"), PLANNED, 0.0, 0.15, "passenger", "driver")
        quiet = driver_view(ride)
        incident = _friend_reports(world, ride, cast)
        ride.drive(at("13:40"), PLANNED, 0.15, 0.2, "passenger", "driver")
        _taps(world, ride, cast, incident)
        _write(world, ride, cast, incident)
        _taps_again(world, ride, cast, incident)
        _police(world, ride, cast)
        after = driver_view(ride)
        world.expect(
            "the driver's pages and API say nothing of it (S11)",
            "the same as at 13:30",
            lambda: (quiet == after, differences(quiet, after) or "the same"),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _her_link(world: World, ride: Ride) -> str:
    """The page that a message opens for her, without account; its key is the trip's for her side."""
    text = world.message(lambda row: row["to"].endswith(HER_PHONE) and "/ride/" in row["text"])["text"]
    link = urlsplit(re.findall(r"https?://\S+/ride/\S+", text)[0]).path
    ride.keys["passenger"] = link.removeprefix("/ride/").rstrip("/")
    return str(link)


def _boards(ride: Ride, hers: str) -> None:
    """She compares the plate and tells the code on her page; the driver enters it."""
    Person.must(ride.arrive())
    her = ride.world.person()
    answer = her.submit(hers + "confirm-car/")
    code = re.findall(r'class="code4">(\d{4})<', her.get(hers).text)
    if answer.status_code != 302 or not code:
        raise Surprise(f"her page shows no code: {answer.status_code}")
    Person.must(ride.driver.post(f"/api/v1/trips/{ride.code}/board/", {"code": code[0]}))
    Person.must(ride.driver.post(f"/api/v1/trips/{ride.code}/depart/"))


def _friend_reports(world: World, ride: Ride, cast: dict[str, Person]) -> str:
    """A friend knows her number and not the account's; the report leads to this trip. Returns the incident's code."""
    body = {
        "missing_phone": HER_PHONE,
        "reporter_phone": "13911110003",
        "words": "她说司机一直问她一个人住不住",
        "submission": new_key(),
    }
    filed = Person.must(world.person().post("/api/v1/welfare-checks/", body))
    world.expect(
        "a friend's report by her phone leads to the trip that somebody else booked",
        "an incident of this trip",
        lambda: found(incident_of(cast["agent"], ride.code)),
        tz=TZ,
        patient=True,
    )
    incident = incident_of(cast["agent"], ride.code)
    world.pass_time(20)
    cast["specialist"].submit(f"/admin/incidents/{incident}/do/take/", {"do": "1"})

    def owned() -> tuple[bool, str]:
        answer = Person.must(world.person().get(f"/api/v1/welfare-checks/{filed['secret']}/"))
        rung = rings(cast["specialist"], incident) or rings(cast["agent"], incident)
        return bool(
            answer["owned_since"]
        ) and not rung, f"owned since {answer['owned_since']}; {rung or 'quiet'}"

    world.expect(
        "a specialist takes it, and nothing rings any more", "owned; quiet", owned, tz=TZ, patient=True
    )
    world.pass_time(60)
    words = {"words": "she answers, apart from the driver: all is well"}
    cast["specialist"].submit(f"/admin/incidents/{incident}/do/safe_check/", words)
    world.expect(
        "the specialist calls her, and she says that all is well",
        "spoken to",
        lambda: page_has(cast["agent"], incident, "A safe check reached the passenger"),
        tz=TZ,
    )
    return incident


def _state(ride: Ride) -> dict[str, Any]:
    """What her page knows of her call for help."""
    answer = ride.world.person().post(
        f"/api/v1/trips/{ride.code}/sos/words/", {"key": ride.keys["passenger"]}
    )
    found: dict[str, Any] = Person.must(answer)
    return found


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _tap(ride: Ride, share: float) -> dict[str, Any]:
    lat, lon = along(PLANNED, share)
    body = {"key": ride.keys["passenger"], "silent": True, "lat": lat, "lon": lon}
    answer: dict[str, Any] = Person.must(ride.world.person().post(f"/api/v1/trips/{ride.code}/sos/", body))
    return answer


def _taps(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> None:
    """A silent tap in an incident that is owned: it rings again, until its owner has looked."""
    owner, agent = cast["specialist"], cast["agent"]
    tapped: dict[str, datetime] = {}
    waited = {"seconds": -1.0}

    def tap() -> tuple[bool, str]:
        told = _tap(ride, 0.2)
        tapped["at"] = _time(told["waits_since"])
        seen = f"{told['incident']}, taken {told['taken_at']}, waits since {told['waits_since']}"
        same = told["incident"] == incident and told["silent"]
        return same and told["taken_at"] is None and bool(told["waits_since"]), seen

    world.expect(
        "a silent SOS: the same incident, and her page does not say that anybody saw it",
        "this incident, silent, taken by nobody, waits",
        tap,
        tz=TZ,
    )
    began = time.monotonic()
    world.expect(
        "it rings on the console of the incident's owner",
        NEWS,
        lambda: (NEWS in rings(owner, incident), rings(owner, incident) or "quiet"),
        tz=TZ,
        patient=True,
    )
    rung = time.monotonic() - began
    world.expect(
        "the page says: do not call",
        "silent mode, SOS",
        lambda: page_has(owner, incident, "Silent mode, passenger: do not call", "SOS by the passenger"),
        tz=TZ,
        patient=True,
    )
    world.pass_time(6)
    look_at_news(owner, incident)

    def seen() -> tuple[bool, str]:
        told = _state(ride)
        if told["taken_at"]:
            waited["seconds"] = (_time(told["taken_at"]) - tapped["at"]).total_seconds()
        quiet = not rings(owner, incident) and not rings(agent, incident)
        return bool(told["taken_at"]) and not told["waits_since"] and quiet, (
            f"taken {told['taken_at']}; {'quiet' if quiet else 'rings'}"
        )

    world.expect("the owner looks: her page says so now, and it is quiet", "taken; quiet", seen, tz=TZ)
    world.expect(
        "that was within the limit of an SOS that nobody has",
        f"≤ {TAKEN_WITHIN:.0f} s after the tap",
        lambda: (0 <= waited["seconds"] <= TAKEN_WITHIN, f"{waited['seconds']:.2f} s"),
        tz=TZ,
    )
    human = [HumanStep("the owner hears it and looks", 6)]
    world.report.clocks["silent_sos_in_an_owned_incident_to_its_owner"] = ClockResult(
        None, round(rung, 3), human
    )


def _write(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> None:
    """She and the owner write to each other; each line of hers rings until it was read."""
    owner = cast["specialist"]
    body = {"key": ride.keys["passenger"], "phrase": "cannot_speak", "submission": new_key()}
    Person.must(world.person().post(f"/api/v1/trips/{ride.code}/sos/words/", body))
    world.expect(
        "what she writes rings",
        NEWS,
        lambda: (NEWS in rings(owner, incident), rings(owner, incident) or "quiet"),
        tz=TZ,
        patient=True,
    )
    world.pass_time(5)
    say = {"party": "passenger", "phrase": "keep_open", "shown": shown_on(owner, incident)}
    owner.submit(f"/admin/incidents/{incident}/do/say/", say)

    def read() -> tuple[bool, str]:
        written = _state(ride)["written"]
        from_staff = [row for row in written if row["from_staff"]]
        hers = [row for row in written if not row["from_staff"]]
        seen = bool(hers) and bool(hers[-1]["seen_at"])
        return bool(from_staff) and from_staff[-1]["phrase"] == "keep_open" and seen, (
            f"{len(from_staff)} from staff; hers seen: {seen}"
        )

    world.expect(
        "the answer is on her page, and hers was read", "'keep open'; seen", read, tz=TZ, patient=True
    )


def _taps_again(world: World, ride: Ride, cast: dict[str, Person], incident: str) -> None:
    """The second tap of a side is news as the first was; where the owner does not look, it rings for everybody."""
    owner, agent = cast["specialist"], cast["agent"]
    ride.send("passenger", [along(PLANNED, 0.21)])
    _tap(ride, 0.21)
    world.expect(
        "the second tap rings again",
        NEWS,
        lambda: (NEWS in rings(owner, incident), rings(owner, incident) or "quiet"),
        tz=TZ,
        patient=True,
    )
    world.pass_time(11)
    world.expect(
        "where its owner does not look for ten seconds, it rings for others",
        NEWS,
        lambda: (NEWS in rings(agent, incident), rings(agent, incident) or "quiet"),
        tz=TZ,
        patient=True,
    )
    look_at_news(owner, incident)
    world.expect(
        "the second tap is in the timeline",
        "SOS again",
        lambda: page_has(owner, incident, "SOS again by the passenger"),
        tz=TZ,
    )


def _police(world: World, ride: Ride, cast: dict[str, Person]) -> None:
    """Two stations ask by her phone: one by the form, one rings."""
    seen: dict[str, Any] = {}

    def ask() -> tuple[bool, str]:
        body = {
            "query": "phone",
            "value": HER_PHONE,
            "urgency": "emergency",
            "submission": new_key(),
        } | EMERGENCY
        seen.update(Person.must(cast["officer"].post("/api/v1/police/requests/", body)))
        pack = seen["pack"] or {}
        return seen["state"] == "released" and pack.get("plate_registered") == REGISTERED, seen["state"]

    world.expect(
        "the police ask by the phone of a person for whom somebody else booked",
        "released with the plate",
        ask,
        tz=TZ,
    )
    world.expect(
        "the pack holds neither her phone nor the account's",
        "neither",
        lambda: _nothing_of_hers(seen),
        tz=TZ,
    )

    def serve() -> tuple[bool, str]:
        seen["machine"], page = station_rings(
            world,
            cast["agent"],
            cast["supervisor"],
            agency="shangtang",
            badge="331777",
            phone=HER_PHONE,
            mailbox="shangtang@police.example",
        )
        return HER_PHONE not in page, "pack, once"

    world.expect(
        "another station rings, and asks by the same phone", "pack read out and opened once", serve, tz=TZ
    )

    def linked() -> tuple[bool, str]:
        again = Person.must(cast["officer"].get(f"/api/v1/police/requests/{seen['code']}/"))
        names = "; ".join(row["agency"] for row in again["linked"] if row["state"] == "released")
        return "Shangtang" in names, names or "none"

    world.expect("the first station sees that the second has it", "Shangtang", linked, tz=TZ)


def _nothing_of_hers(seen: dict[str, Any]) -> tuple[bool, str]:
    text = str(seen.get("pack"))
    told = [phone for phone in (HER_PHONE, "13800000001") if phone in text]
    return bool(seen.get("pack")) and not told, ", ".join(told) or "neither"
