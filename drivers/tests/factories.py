"""The smallest valid rows of drivers, for tests of other things."""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from core import clock
from core.models import StoredPicture
from drivers.models import Driver, FaceCheck, PlatePhoto, Screening, VideoCall
from drivers.screening import Subject
from drivers.selectors import drivers_vehicle
from drivers.services.calls import say_in_call, take_video_check
from drivers.services.runs import subject_of_driver
from drivers.services.screening import result_of
from drivers.states import CallSide, CallWord

if TYPE_CHECKING:
    from time_machine import Traveller

    from accounts.models import Account


def passed_check(driver: Driver, purpose: str, subject: str) -> tuple[FaceCheck, str]:
    """A passed face check with an unused token; returns (row, token)."""
    at, token = clock.now(), secrets.token_urlsafe(24)
    row = FaceCheck.objects.create(
        code=secrets.token_hex(8),
        driver=driver,
        purpose=purpose,
        subject=subject,
        challenge=["centre"],
        state="passed",
        asked_at=at,
        expires_at=at + timedelta(seconds=90),
        decided_at=at,
        verdict="passed",
        score=0.9,
        token_digest=hashlib.sha256(token.encode()).hexdigest(),
        token_until=at + timedelta(seconds=300),
    )
    return row, token


def followed(check: FaceCheck, frames: list[list[bytes]]) -> FaceCheck:
    """The check with these pictures named for its poses, as a page does in the time that it takes."""
    check.followed = [
        {"at": clock.now().isoformat(), "digests": [hashlib.sha256(each).hexdigest() for each in step]}
        for step in frames
    ]
    check.save(update_fields=["followed"])
    return check


def without_tokens(page: bytes) -> bytes:
    """A page without its CSRF tokens and idempotency keys, which are new each time."""
    return re.sub(rb'[A-Za-z0-9]{64}|value="[\w-]{22}"', b"", page)


def screened(driver: Driver, subject: str = "", **answers: object) -> Screening:
    """An answered screening; `answers` replace those of a clean registry, by key, before the rules judge them."""
    at, whom = clock.now(), subject_of_driver(driver)
    known = clean_answers(whom) | answers
    return Screening.objects.create(
        code=secrets.token_hex(8),
        driver=driver,
        subject=subject or secrets.token_hex(8),
        state="answered",
        asked_at=at,
        next_at=at,
        **result_of(whom, known),
    )


def clean_answers(whom: Subject) -> dict:
    """What registries say about somebody against whom there is nothing."""
    car = {"match": True, "owner": whom.name, "model": "x", "colour": "x", "seats": 4}
    car |= {"registered_on": "2019-05-20", "valid_until": "2029-05-31", "use": "ride_hailing"}
    return {
        "identity": {"match": True},
        "licence": {
            "match": True,
            "class": "C1",
            "first_issued": "2011-08-02",
            "valid_until": "2031-08-02",
            "status": "normal",
            "points": [0, 0, 0],
        },
        "police": {"records": []},
        **{f"vehicle:{each.plate}": car for each in whom.cars},
    }


def face_token(driver: Driver, trip_code: str, purpose: str = "accept") -> str:
    """A token as a passed check gives it."""
    return passed_check(driver, purpose, trip_code)[1]


def ready_for_pickup(driver: Driver, trip_code: str, state: str = "same") -> PlatePhoto:
    """Face and plate checked for a pick-up."""
    check, _token = passed_check(driver, "pickup", trip_code)
    at = clock.now()
    picture = StoredPicture.objects.create(
        code=secrets.token_hex(8),
        purpose="plate",
        subject=trip_code,
        name=secrets.token_hex(8),
        digest="",
        size=0,
        kept_at=at,
        keep_until=at + timedelta(days=1),
    )
    return PlatePhoto.objects.create(
        driver=driver,
        vehicle=drivers_vehicle(driver),
        face_check=check,
        subject=trip_code,
        picture=picture,
        state=state,
        taken_at=at,
        decided_by="" if state == "waiting" else "ocr",
    )


def seen_by_video(check: FaceCheck, reviewer: "Account", noon: "Traveller", seconds: int = 10) -> VideoCall:
    """A reviewer has taken the wish, and both have seen each other for so long."""
    call = take_video_check(account=reviewer, code=check.code)
    driver = check.driver.account
    for second in range(0, seconds + 1, 2):
        if second:
            noon.shift(2)
        for account, side in ((driver, CallSide.DRIVER), (reviewer, CallSide.REVIEWER)):
            say_in_call(account=account, code=check.code, side=side, word=CallWord.SEEN)
    call.refresh_from_db()
    return call
