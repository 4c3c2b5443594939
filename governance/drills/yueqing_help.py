"""What the case of 2018-08-24 adds where help is at hand: sound, sharing, and a recording that is held for the police."""

import re
import time
from functools import partial
from urllib.parse import urlsplit

import httpx

from core.languages import in_every_language
from governance.drills.report import Report
from governance.drills.rides import (
    PLANNED,
    REGISTERED,
    TZ,
    Ride,
    along,
    at,
    found,
    incident_of,
    look_at_news,
    page_has,
)
from governance.drills.sound import HEAD, SoundPhone, piece
from governance.drills.world import Person, World, scratch_world


def agree(ride: Ride) -> SoundPhone:
    """Both sides agree to the recording; her phone begins."""
    for side in ("passenger", "driver"):
        body = {"key": ride.keys[side], "agreed": True}
        Person.must(ride.passenger.post(f"/api/v1/trips/{ride.code}/recording/", body))
    return SoundPhone(ride.world.url, ride.code, ride.keys["passenger"], "trip")


def recorded_with_consent(world: World, ride: Ride) -> SoundPhone:
    """Before both agree nothing is taken; afterwards the trip is recorded until her phone goes off."""
    begin = {
        "key": ride.keys["passenger"],
        "purpose": "trip",
        "day": "20180824",
        "wrapped": "x",
        "mime": "audio/webm",
    }

    def alone() -> tuple[bool, str]:
        Person.must(
            ride.passenger.post(
                f"/api/v1/trips/{ride.code}/recording/", {"key": ride.keys["passenger"], "agreed": True}
            )
        )
        answer = ride.passenger.post(f"/api/v1/trips/{ride.code}/sound/", begin)
        return answer.status_code == 403, f"{answer.status_code} {answer.json()['code']}"

    world.expect(
        "she agrees to the recording, he has not answered", "403 recording_without_consent", alone, tz=TZ
    )
    phone = agree(ride)
    phone.record(12)
    return phone


def shared_with_a_friend(world: World, ride: Ride) -> str:
    """She shares the trip; the friend has no account. Returns the link's path."""
    made = Person.must(
        ride.passenger.post(f"/api/v1/trips/{ride.code}/shares/", {"key": ride.keys["passenger"]})
    )
    link = str(urlsplit(made["address"]).path)
    world.expect(
        "her friend opens the shared trip", "plate and driver's name", lambda: _sees(world, link), tz=TZ
    )
    return link


def _sees(world: World, link: str) -> tuple[bool, str]:
    page = world.person().get(link).text
    return REGISTERED in page and "钟大勇" in page, "plate and name" if REGISTERED in page else "neither"


def _done_after_looking(who: Person, incident: str, act: str, body: dict[str, str]) -> tuple[bool, str]:
    look_at_news(who, incident)  # refused where nothing is new
    answer = who.submit(f"/admin/incidents/{incident}/do/{act}/", body)
    return answer.status_code < 400, "done" if answer.status_code < 400 else str(answer.status_code)


def held_for_the_police(
    world: World, ride: Ride, cast: dict[str, Person], incident: str, phone: SoundPhone
) -> None:
    """The recording is played inside the case, outlives its 72 hours under the hold, and then is gone with a receipt."""
    agent, specialist, supervisor = cast["agent"], cast["specialist"], cast["supervisor"]
    page = f"/admin/recordings/{phone.code}/"

    def play() -> tuple[bool, str]:
        shown = agent.submit(
            page, {"case": incident, "reason": "what was said before her phone went off"}
        ).text
        sound = re.findall(r'<audio[^>]* src="([^"]+)"', shown)
        heard = agent.get(sound[0]).content if sound else b""
        return heard == phone.whole(), f"{len(heard)} of {len(phone.whole())} bytes"

    world.expect(
        "the recording is played inside the case", "all that her phone sent until 14:00", play, tz=TZ
    )
    answer = agent.submit(page, {"case": "I-NONE", "reason": "x"})
    world.expect(
        "without a case it is not",
        "refused, and no player",
        lambda: (400 <= answer.status_code < 500 and "<audio" not in answer.text, str(answer.status_code)),
        tz=TZ,
    )
    Person.must(ride.driver.post(f"/api/v1/trips/{ride.code}/end/"))
    for who, act, body in (
        (specialist, "resolve", {"outcome": "police", "harm": "unknown", "words": "the police have it"}),
        (supervisor, "close", {"do": "1"}),
    ):
        world.expect(
            f"'{act}', once somebody has looked at what the end of the trip brought",
            "done",
            partial(_done_after_looking, who, incident, act, body),
            tz=TZ,
            patient=True,
        )
    world.set_clock(at("12:00", day="2018-08-28T"))
    time.sleep(11)  # the job that destroys has looked once more
    world.expect(
        "after 72 hours it is still there, held for the police",
        "ended, held",
        lambda: _held(agent, page),
        tz=TZ,
    )
    world.set_clock(at("12:00", day="2018-09-20T"))

    def gone() -> tuple[bool, str]:
        text = agent.get(page).text
        proved = "journal, keys and storage agree" in text
        return proved, "destroyed, the receipt verifies" if proved else "still there"

    world.expect(
        "when the holds have lapsed it is destroyed",
        "gone, with a receipt that verifies",
        gone,
        tz=TZ,
        patient=True,
    )


def _held(agent: Person, page: str) -> tuple[bool, str]:
    text = agent.get(page).text
    labels = {"sos": "call for help", "police": "police request", "complaint": "complaint"}
    sources = [
        source
        for source, label in labels.items()
        if any(
            re.search(rf"{re.escape(said)}\s+· ", text)
            for said in in_every_language(label, context="data hold")
        )
    ]
    proofs = [
        said.partition("%(receipt)s")[0]
        for said in in_every_language("Proof of destruction: <b>%(receipt)s</b>")
    ]
    kept = "<dt>" in text and not any(proof in text for proof in proofs)
    return "police" in sources and kept, ", ".join(sources) or "no hold"


def sos_with_sound(report: Report) -> None:
    """She taps SOS before her phone is taken: the agent hears the scene, her contact sees the car move."""
    with scratch_world(report, "5 she taps SOS", at("12:30")) as world:
        passenger, driver, agent = world.person("passenger"), world.person("driver"), world.person("agent")
        ride = Ride(world, passenger, driver)
        ride.offer(at("12:40"), at("13:30"))
        ride.book(at("12:40"), at("13:30"))
        world.set_clock(at("13:00"))
        ride.board()
        Person.must(passenger.post("/api/v1/me/contacts/", {"name": "周晴", "phone": "13800000002"}))
        ride.send("driver", [along(PLANNED, 0.2)])
        Person.must(world.person().post(f"/api/v1/trips/{ride.code}/sos/", {"key": ride.keys["passenger"]}))
        world.expect(
            "one tap, without a session: an incident is on the console",
            "an incident",
            lambda: found(incident_of(agent, ride.code)),
            tz=TZ,
            patient=True,
        )
        incident = incident_of(agent, ride.code)
        phone = SoundPhone(world.url, ride.code, ride.keys["passenger"], "sos")
        phone.record(3)
        agent.submit(f"/admin/incidents/{incident}/do/take/", {"do": "1"})
        world.expect(
            "the agent hears the scene while it is recorded",
            "the newest piece within 2 s of its sending",
            lambda: _hears(world, agent, phone),
            tz=TZ,
        )
        world.expect(
            "her contact has a link and sees the car move",
            "plate; another position than before",
            lambda: _follows(world, ride, incident),
            tz=TZ,
            patient=True,
        )
        world.pass_time(30)
        agent.submit(f"/admin/incidents/{incident}/do/called/", {"words": "she answers in a whisper"})
        world.expect(
            "she is called back within the minute",
            "on the clock",
            lambda: page_has(agent, incident, "Called the passenger"),
            tz=TZ,
        )
        world.expect(
            "his page and API say nothing of it (S11)",
            "nothing",
            lambda: _quiet(ride),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _hears(world: World, agent: Person, phone: SoundPhone) -> tuple[bool, str]:
    with agent.http.stream("GET", f"/live/listen/{phone.code}/", timeout=httpx.Timeout(5)) as answer:
        if answer.status_code != 200:
            return False, str(answer.status_code)
        parts = answer.iter_bytes()
        heard = next(parts)
        phone.record(1)
        sent, wanted = time.monotonic(), piece(phone.number - 1)
        while wanted not in heard:
            heard += next(parts)
        lag = time.monotonic() - sent
        return heard.startswith(HEAD) and lag < 2, f"heard after {lag:.3f} s"


def _follows(world: World, ride: Ride, incident: str) -> tuple[bool, str]:
    text = world.message(lambda row: row["key"].startswith(f"sos:{incident}"))["text"]
    link = "/share/" + text.partition("/share/")[2].split()[0]
    before = world.person().get(link).text
    world.pass_time(20)
    ride.send("driver", [along(PLANNED, 0.21)])  # 300 m on

    def place(page: str) -> str:
        return str((re.findall(r'"points":(\[.*?\]\])', page) or [""])[0])

    def moved() -> str:
        page = world.person().get(link).text
        return page if REGISTERED in page and place(page) != place(before) else ""

    return True, f"{place(before)} → {place(world.wait(moved))}"


def _quiet(ride: Ride) -> tuple[bool, str]:
    said = ride.driver.get(f"/trips/{ride.code}/").text + ride.driver.get(f"/api/v1/trips/{ride.code}/").text
    said += ride.driver.get(f"/trips/{ride.code}/recording/", key=ride.keys["driver"]).text
    loud = [word for word in ("incident", "called for help", "has called", "taken") if word in said]
    return not loud, ", ".join(loud) or "nothing"
