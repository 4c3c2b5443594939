"""The case of 2018-05-05, in branches, because one rule of the platform would hide the next.

1. The son drives on the father's account: his face, the father's photo and a replayed clip are refused, the account
   freezes, and two people decide the case with the frames before them.
2. The earlier complaint of harassment is known: no order is offered to or accepted by this account.
3. The father accepts, the son drives: the check before the pick-up stops it.
4. The departure at 23:55 is refused whoever drives.
5. One picture of the father, bent and warped before the camera as each pose asks, opens nothing.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from drivers.vision.attacks import Attack, Forger, print_of
from drivers.vision.poses import shares
from governance.drills import complaints
from governance.drills.report import Branch, Report, play_branches
from governance.drills.rides import Ride, filed, not_his, refused, status
from governance.drills.world import Person, World, new_key, scratch_world

ZONE = "+08:00"
DAY = "2018-05-05T"
FATHER, SON = "driver", "son"
WARPS = (Attack.BUMP_X, Attack.BUMP_BOTH, Attack.SMOOTH)
FACE = 0.45  # of the width of a frame of the sandbox's camera
FLAT = ["centre"]  # a photo held to the camera shows one pose, whatever is asked


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}{clock}:00{ZONE}")


TZ = at("12:00")


def _evening(world: World, passenger: str = "passenger") -> Ride:
    """A request for half past eight along the account's way."""
    ride = Ride(world, world.person(passenger), world.person("driver"))
    ride.offer(at("20:30"), at("21:10"))
    ride.book(at("20:30"), at("21:10"))
    return ride


def _in_the_pool(ride: Ride) -> tuple[bool, str]:
    state = Person.must(ride.passenger.get(f"/api/v1/trips/{ride.code}/"))
    return state["car"] is None and state["state"] in {"requested", "matched"}, state["state"]


def lent_account(report: Report) -> None:
    """The son holds the phone of the father's account."""
    with scratch_world(report, "1 lent account", at("20:00")) as world:
        ride = _evening(world)
        driver = ride.driver
        steps: list[tuple[str, str, Callable[[], tuple[bool, str]]]] = [
            (
                "accepting without a face",
                "403 face_required",
                lambda: refused(
                    driver.post(f"/api/v1/trips/{ride.code}/accept/", {"itinerary": ride.itinerary}),
                    403,
                    "face_required",
                ),
            ),
            ("the son's face", "403 face_refused", lambda: refused(ride.accept(SON), 403, "face_refused")),
            (
                "the father's photo held to the camera",
                "403 face_refused",
                lambda: refused(
                    driver.until_read(lambda: driver.show_face(FATHER, "accept", ride.code, poses=FLAT)),
                    403,
                    "face_refused",
                ),
            ),
            ("the order is in the pool", "no car", lambda: _in_the_pool(ride)),
            (
                "a clip of the father that follows another challenge: the third failure",
                "403 face_frozen",
                lambda: refused(
                    driver.until_read(
                        lambda: driver.show_face(FATHER, "accept", ride.code, poses=["centre", "closer"])
                    ),
                    403,
                    "face_frozen",
                ),
            ),
            (
                "the father himself, after the freeze",
                "403 face_frozen",
                lambda: refused(
                    driver.post("/api/v1/driver/face-checks/", {"purpose": "accept", "subject": ride.code}),
                    403,
                    "face_frozen",
                ),
            ),
            (
                "another way is refused too",
                "403 driver_held",
                lambda: refused(_offer(ride), 403, "driver_held"),
            ),
        ]
        for what, expected, look in steps:
            world.expect(what, expected, look, tz=TZ)
        _two_people_decide(world, ride)
        world.expect("the order is in the pool", "no car", lambda: _in_the_pool(ride), tz=TZ)
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _offer(ride: Ride) -> object:
    body = ride.way(at("20:30"), at("21:10")) | {"client_key": new_key(), "seats": 3}
    return ride.driver.post("/api/v1/itineraries/", body)


def _two_people_decide(world: World, ride: Ride) -> None:
    reviewer, second = world.person("vetting"), world.person("supervisor")
    desk = reviewer.get("/admin/vetting/").text
    found = re.findall(r"/admin/vetting/(V-\w+)/", desk)
    world.expect("one case is on the vetting desk", "one", lambda: (len(set(found)) == 1, str(found)), tz=TZ)
    case = found[0]
    page = reviewer.get(f"/admin/vetting/{case}/").text
    frames = re.findall(r"/admin/pictures/(F-\w+)\.jpg", page)
    world.expect(
        "it shows the frames of all three checks",
        "24 frames, two verdicts",
        lambda: (
            len(frames) == 24 and "other_person" in page and "not_followed" in page,
            f"{len(frames)} frames",
        ),
        tz=TZ,
    )
    picture = reviewer.get(f"/admin/pictures/{frames[0]}.jpg?case={case}")
    world.expect(
        "a frame opens",
        "a JPEG",
        lambda: (picture.content[:2] == b"\xff\xd8", picture.headers["content-type"]),
        tz=TZ,
    )
    path = f"/admin/vetting/{case}/"
    reviewer.submit(path + "do/propose/", {"outcome": "barred", "reason": "两次为他人，一次为照片"})
    alone = reviewer.submit(path + "do/agree/", {"do": "1"}).status_code
    world.expect(
        "one person alone decides nothing",
        "still open",
        lambda: (
            alone == 409 and "waits for a second person" in reviewer.get("/admin/vetting/").text,
            f"{alone}, open",
        ),
        tz=TZ,
    )
    second.submit(path + "do/agree/", {"do": "1"})
    world.expect(
        "a second person agrees",
        "decided by both",
        lambda: ("vetting + supervisor" in " ".join(second.get(path).text.split()), "decided"),
        tz=TZ,
    )
    world.expect(
        "the account takes no order any more",
        "403 driver_not_vetted",
        lambda: refused(_offer(ride), 403, "driver_not_vetted"),
        tz=TZ,
    )


def complaint_known(report: Report) -> None:
    """Days before, a passenger was harassed with words; in 2018 five calls reached nobody and nothing was decided."""
    with scratch_world(report, "2 complaint known", at("09:00")) as world:
        before = Ride(world, world.person("passenger2"), world.person("driver"))
        before.offer(at("09:30"), at("10:10"))
        before.book(at("09:30"), at("10:10"))
        before.board()
        world.set_clock(at("10:40"))
        Person.must(before.driver.post(f"/api/v1/trips/{before.code}/end/"))
        evening = _evening(world)
        body = {
            "trip": before.code,
            "category": "harassment",
            "words": "一路上说下流的话",
            "submission": new_key(),
        }
        world.expect("she complains", "201, open", lambda: filed(before.passenger, body), tz=TZ)
        code = complaints.newest(before.passenger)
        complaints.looked_at(world, code, tz=TZ)
        complaints.asked(world, code)
        Person.must(
            before.passenger.post(
                f"/api/v1/complaints/{code}/statement/", {"words": "他一路都在说，还要亲我"}
            )
        )
        complaints.heard(world, code, tz=TZ)
        world.set_clock(at("20:00"))
        world.expect(
            "the father himself accepts the evening's order",
            "not his, with or without a reason",
            lambda: not_his(evening.accept(FATHER)),
            tz=TZ,
        )
        world.expect("the order is in the pool", "no car", lambda: _in_the_pool(evening), tz=TZ)
        # He hears of it the next day, at an hour that points to no trip (S11), and has two days from then.
        world.set_clock(at("10:50") + timedelta(days=4))
        complaints.decided(world, code, before.passenger, tz=TZ)
        world.expect(
            "the banned account offers a way",
            "403 driver_held",
            lambda: refused(_offer(evening), 403, "driver_held"),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def father_accepts_son_drives(report: Report) -> None:
    """The face at acceptance says nothing about who drives an hour later (D11)."""
    with scratch_world(report, "3 father accepts, son drives", at("20:00")) as world:
        ride = _evening(world)
        world.expect("the father accepts", "200", lambda: status(ride.accept(FATHER), 200), tz=TZ)
        world.set_clock(at("20:28"))
        world.expect(
            "'I am at the pick-up' without a check",
            "403 pickup_check_needed",
            lambda: refused(
                ride.driver.post(f"/api/v1/trips/{ride.code}/arrive/"), 403, "pickup_check_needed"
            ),
            tz=TZ,
        )
        world.expect(
            "the son shows his face before the pick-up",
            "403 face_refused",
            lambda: refused(ride.arrive(SON), 403, "face_refused"),
            tz=TZ,
        )
        world.expect(
            "the father shows his, beside another car",
            "403 plate_differs",
            lambda: refused(ride.arrive(FATHER, plate="豫A·B1234"), 403, "plate_differs"),
            tz=TZ,
        )
        world.expect(
            "her page does not tell her to get in",
            "accepted, not arrived",
            lambda: _accepted_only(ride),
            tz=TZ,
        )
        world.expect(
            "the case with the other plate is on the vetting desk",
            "one",
            lambda: _on_the_desk(world, "another plate"),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _accepted_only(ride: Ride) -> tuple[bool, str]:
    state = Person.must(ride.passenger.get(f"/api/v1/trips/{ride.code}/"))["state"]
    return state == "accepted", state


def _on_the_desk(world: World, text: str) -> tuple[bool, str]:
    page = world.person("vetting").get("/admin/vetting/").text
    return text in page, "there" if text in page else "not there"


def at_night(report: Report) -> None:
    """23:55, and a request for the night."""
    with scratch_world(report, "4 at 23:55", at("21:30")) as world:
        ride = Ride(world, world.person("passenger"), world.person("driver"))
        night = ride.way(at("23:55"), at("23:58"))
        world.expect(
            "a departure at 23:55 is asked for",
            "409 curfew",
            lambda: _curfew(ride.passenger.post("/api/v1/trips/", night | {"client_key": new_key()})),
            tz=TZ,
        )
        world.expect(
            "a way at 23:55 is offered",
            "409 curfew",
            lambda: _curfew(
                ride.driver.post("/api/v1/itineraries/", night | {"client_key": new_key(), "seats": 3})
            ),
            tz=TZ,
        )
        ride.offer(at("21:35"), at("21:59"))
        ride.book(at("21:35"), at("21:59"))
        world.expect(
            "an order of the evening is accepted at 21:58",
            "200",
            lambda: status(ride.accept(FATHER), 200),
            tz=TZ,
        )
        world.set_clock(at("23:55"))
        other = Ride(world, world.person("passenger2"), ride.driver)
        morning = datetime.fromisoformat(f"2018-05-06T08:00:00{ZONE}")
        later = datetime.fromisoformat(f"2018-05-06T08:40:00{ZONE}")
        other.offer(morning, later)
        other.book(morning, later)
        world.expect(
            "the next morning's order is accepted at 23:55",
            "409 curfew",
            lambda: _curfew(other.accept(FATHER)),
            tz=TZ,
        )
        world.expect("the journal verifies", "ok", world.audit_ok, tz=TZ, patient=True)


def _curfew(answer: object) -> tuple[bool, str]:
    return refused(answer, 409, "curfew")


def bent_picture(report: Report) -> None:
    """One picture of the father, taken from the front: warped to each side and held closer, as each pose asks."""
    with scratch_world(report, "5 a bent picture", at("20:00")) as world:
        ride = _evening(world)
        print_of_him = world.frame(FATHER, "centre", 1)
        for number, attack in enumerate(WARPS, 1):
            code = "face_frozen" if number == len(WARPS) else "face_refused"
            world.expect(
                f"the father's picture, warped ({attack.value}), for the order",
                f"403 {code}",
                partial(_refused_bent, ride, print_of_him, attack, code),
                tz=TZ,
            )
        world.expect("the order is in the pool", "no car", lambda: _in_the_pool(ride), tz=TZ)


def _refused_bent(ride: Ride, picture: bytes, attack: Attack, code: str) -> tuple[bool, str]:
    """Nobody sits before the camera: each frame is the one picture, warped, moved and held as a hand does it."""
    chance = np.random.default_rng(2018)
    forger = Forger(attack, print_of(picture, FACE), chance)
    shown = ride.driver.follow_poses(
        "accept", ride.code, lambda _number, pose: [forger.photo(pose, share) for share in shares(pose)]
    )
    if shown.status_code != 200:
        return refused(shown, 403, code)
    body = {"itinerary": ride.itinerary, "face_token": shown.json()["token"]}
    taken = ride.driver.post(f"/api/v1/trips/{ride.code}/accept/", body)
    return False, f"the check was passed; the order: {taken.status_code}"


BRANCHES = (lent_account, complaint_known, father_accepts_son_drives, at_night, bent_picture)
APART: tuple[tuple[Branch, str], ...] = ()


def play(only: str = "") -> Report:
    """Play all branches, or the one of this name."""
    return play_branches("zhengzhou", BRANCHES, APART, only=only)
