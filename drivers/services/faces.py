"""Face checks (D4): challenge, judgement, token, freeze. No network; pictures are read before the transaction."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

import numpy as np
from django.utils import timezone
from pgvector.django import MaxInnerProduct

from core import audit, clock, events, limits, pictures, policy
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import DomainError, InvalidInput, NotFound
from core.pictures import Written
from core.reader import door
from core.reader.door import Upload
from core.reader.errors import ReaderBusy
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from drivers import policies
from drivers.errors import (
    AlreadyEnrolled,
    DailyCheckNeeded,
    FaceConsentNeeded,
    FaceFrozen,
    FaceRefused,
    FaceTooSlow,
    IdCardFirst,
    IdCardUnreadable,
    LineNotYours,
    NotEnrolled,
)
from drivers.events import WentOffline
from drivers.models import Driver, FaceCheck, FaceFrame, FaceTemplate, OnlineSpell
from drivers.selectors import is_frozen, pass_of_day, why_not_eligible
from drivers.services.calls import forget_recordings
from drivers.services.cases import open_case, open_signal
from drivers.services.people import hold_driver
from drivers.states import (
    FACE_CHECK_TRANSITIONS,
    ApplicationState,
    CaseKind,
    DriverState,
    FaceCheckState,
    FacePurpose,
    HoldKind,
)
from drivers.vision import faces, liveness, templates
from drivers.vision.faces import Vector
from drivers.vision.liveness import Judgement, Verdict
from drivers.vision.poses import Pose

NEAREST = 10
MOST_FRAMES = 4  # of one pose
CLOCKS = 50  # milliseconds by which the page's clock may gain on ours while a pose is followed

STATE_OF = {
    Verdict.PASSED: FaceCheckState.PASSED,
    Verdict.UNSURE: FaceCheckState.UNSURE,
    Verdict.OTHER_PERSON: FaceCheckState.FAILED,
    Verdict.TWO_PEOPLE: FaceCheckState.FAILED,
    Verdict.REPEATED: FaceCheckState.FAILED,
    Verdict.NOT_SOLID: FaceCheckState.FAILED,
    Verdict.NOT_FOLLOWED: FaceCheckState.FAILED,
}


@dataclass(frozen=True, slots=True)
class FaceOutcome:
    """What came of a check, committed. `token` opens what it was for, once; `refusal` says why there is none."""

    check: FaceCheck
    token: str = ""
    refusal: DomainError | None = None


@begins_transaction
def give_face_consent(*, driver: Driver) -> None:
    """The driver agrees to the text on faces in its present version; `withdraw_face_consent` takes it back."""
    Driver.objects.filter(pk=driver.pk).update(
        face_consent=policies.FACE_CONSENT, face_consent_at=clock.now()
    )
    driver.face_consent = policies.FACE_CONSENT
    audit.record(
        driver.account.actor, "drivers.face_consent", driver.account.code, version=policies.FACE_CONSENT
    )


@begins_transaction
def withdraw_face_consent(*, driver: Driver) -> None:
    """No face of this driver is known any more: descriptions are deleted, passes open nothing, and nobody is online.

    What was judged stays: figures and, for their time, frames of a check that failed. With a new consent the driver
    enrols again, compared with the vetted portrait. Recordings of video calls go too.
    """
    forget_face(driver=driver)
    audit.record(driver.account.actor, "drivers.face_consent_withdrawn", driver.account.code)


@joins_transaction
def forget_face(*, driver: Driver) -> None:
    """Delete what describes a face, and end what rests on it."""
    at = clock.now()
    forget_recordings(driver=driver)
    FaceTemplate.objects.filter(driver=driver).delete()
    Driver.objects.filter(pk=driver.pk).update(face_consent="", face_consent_at=None)
    driver.face_consent, driver.face_consent_at = "", None
    checks = driver.face_checks.filter(by_video=False)
    checks.filter(token_used_at=None).exclude(token_digest="").update(token_digest="")
    checks.filter(state=FaceCheckState.ASKED, expires_at__gt=at).update(expires_at=at)
    # The day's pass was given to a face.
    if driver.spells.filter(ended_at=None, face_check__by_video=False).update(ended_at=at):
        events.publish(WentOffline(driver_code=driver.account.code))


@joins_transaction
def enrol_picture(*, driver: Driver, content: bytes) -> FaceTemplate:
    """Keep the protected description of a vetted portrait; the search for the same face follows (D7).

    Raises as `drivers.vision.faces.read_face`.
    """
    return _keep_template(driver, faces.read_face(content, policy.value(policies.FACE_DEMANDS)).vector)


def _keep_template(driver: Driver, vector: Vector) -> FaceTemplate:
    template = FaceTemplate.objects.create(
        driver=driver,
        protected=templates.protect(vector),
        model=faces.MODEL,
        made_at=clock.now(),
    )
    _search_same_face(driver, template)
    return template


def near_faces(protected: Vector, *, model: str, limit: float) -> dict[int, float]:
    """Drivers (primary key) with a template at least as alike as `limit`, and the cosine; of the ten most alike.

    Exact: every template in use is compared, because a missed one is a lent account (decision 0007-09).
    """
    rows = (
        FaceTemplate.objects.filter(retired_at=None, model=model)
        # pgvector's operator gives the negative inner product.
        .annotate(unlike=MaxInnerProduct("protected", protected))
        .order_by("unlike")
        .values_list("driver", "unlike")[:NEAREST]
    )
    found: dict[int, float] = {}
    for driver, unlike in rows:
        if -unlike >= limit:
            found.setdefault(driver, -unlike)
    return found


def _search_same_face(driver: Driver, template: FaceTemplate) -> None:
    """One face on several accounts opens one case for the newcomer, whatever number of accounts it is (D7)."""
    near = near_faces(template.protected, model=template.model, limit=policy.value(policies.SAME_FACE))
    near.pop(driver.pk, None)
    if near:
        codes = dict(Driver.objects.filter(pk__in=near).values_list("pk", "account__code"))
        open_signal(
            driver=driver,
            kind=CaseKind.SAME_FACE,
            accounts={codes[key]: round(likeness, 3) for key, likeness in near.items()},
        )


@begins_transaction
def ask_face_check(*, driver: Driver, purpose: FacePurpose, subject: str = "") -> FaceCheck:
    """Begin a check: its first pose is said at once, each other one when `follow_face_check` named pictures of that before.

    An applicant's enrolment is compared with the photo of the ID card in the open application; a vetted driver, whose
    descriptions belong to another model or key, is compared with the vetted portrait and nothing newer. Raises
    `FaceConsentNeeded`, `FaceFrozen`, `NotEnrolled`, `AlreadyEnrolled`, `IdCardFirst`, `TooMany`.
    """
    if driver.face_consent != policies.FACE_CONSENT:
        raise FaceConsentNeeded
    if is_frozen(driver):
        raise FaceFrozen
    if purpose == FacePurpose.ENROL:
        check_may_enrol(driver)
    elif not driver.templates.filter(retired_at=None).exists():
        raise NotEnrolled
    limits.take(policies.FACE_CHALLENGES, limits.NOBODY, target=driver.account.code)
    at = clock.now()
    return FaceCheck.objects.create(
        code=new_code("K"),
        driver=driver,
        purpose=purpose,
        subject=service_day(at) if purpose == FacePurpose.DAILY else subject,
        challenge=[str(pose) for pose in liveness.new_challenge(policy.value(policies.FACE_MOVES).steps)],
        asked_at=at,
        expires_at=at + policy.span(policies.FACE_CHALLENGE_LIFE),
    )


def check_may_enrol(driver: Driver) -> None:
    """Nobody puts another face in the place of a vetted one. Raises `AlreadyEnrolled`, `IdCardFirst`."""
    if driver.state == DriverState.APPLIED:
        id_photo_code(driver)
    elif not driver.photo or driver.templates.filter(retired_at=None, model=faces.MODEL).exists():
        raise AlreadyEnrolled


def id_photo_code(driver: Driver) -> str:
    """The code of the ID card's photo in the driver's draft. Raises `IdCardFirst`."""
    draft = (
        driver.applications.filter(state=ApplicationState.DRAFT, id_card__destroyed_at=None)
        .select_related("id_card")
        .first()
    )
    if draft is None or draft.id_card is None:
        raise IdCardFirst
    return draft.id_card.code


def id_photo(driver: Driver) -> bytes:
    """The photo of the ID card in the driver's draft; the reading is in the journal. Raises `IdCardFirst`."""
    return pictures.read(actor=SYSTEM, code=id_photo_code(driver))


@begins_transaction
def keep_portrait(driver: Driver, picture: bytes) -> None:
    """The vetted portrait, a JPEG that our reader drew, for reviewers and, in an emergency, the police."""
    driver.photo = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    driver.save(update_fields=["photo"])


def _compared_with(check: FaceCheck) -> list[Vector]:
    """The enrolled descriptions; for an enrolment the face on the ID card.

    Raises `IdCardFirst`, `IdCardUnreadable`, `ReaderBusy`.
    """
    if check.purpose != FacePurpose.ENROL:
        return known_faces(check.driver)
    demands = policy.value(policies.FACE_DEMANDS)
    if check.driver.state != DriverState.APPLIED:
        return [faces.read_face(base64.b64decode(check.driver.photo.partition(",")[2]), demands).vector]
    try:
        return [faces.read_face(id_photo(check.driver), demands).vector]
    except ReaderBusy:
        raise
    except DomainError:
        raise IdCardUnreadable from None


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that the page has taken and keeps until all are sent: its SHA-256 as hex, and when, in milliseconds of the
    page's clock since the pose was said."""

    digest: str
    at: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What comes next, committed: a pose, or none where all were said. `refusal` says why the check is over."""

    pose: str = ""
    refusal: DomainError | None = None


@begins_transaction
def follow_face_check(*, driver: Driver, code: str, taken: Sequence[Taken]) -> Followed:
    """Name the pictures of the pose that was said last, and hear the next one: nobody can choose or make them after it.

    Named again, because the answer was lost, the pictures of the last pose hear what they heard. A pose that took longer
    than `drivers.face_pose_within` counts against nobody. Raises `NotFound`, `StaleState`, and `InvalidInput` for pictures
    that were named before, or taken faster than a head turns or than time went by here.
    """
    check = _asked(driver, code)
    digests = [each.digest for each in taken]
    if _named_last(check, digests):
        return _next_pose(check)
    if len(check.followed) == len(check.challenge):
        raise StaleState
    at, known = clock.now(), {digest for step in check.followed for digest in step["digests"]}
    passed = at - (datetime.fromisoformat(check.followed[-1]["at"]) if check.followed else check.asked_at)
    if not 1 <= len(digests) <= MOST_FRAMES or len({*digests}) < len(digests) or known & {*digests}:
        raise InvalidInput("frames")
    if not _took_time([each.at for each in taken], passed):
        raise InvalidInput("frames")
    if passed > policy.span(policies.FACE_POSE_WITHIN):
        return Followed(refusal=_close_unreadable(check, FaceTooSlow()).refusal)
    followed = [*check.followed, {"at": at.isoformat(), "digests": digests}]
    mine = FaceCheck.objects.filter(pk=check.pk, state=FaceCheckState.ASKED, followed=check.followed)
    written = mine.update(followed=followed)
    check.refresh_from_db(fields=["followed"])
    # Where it was asked again before the first time was written, that one has written the same.
    if not written and not _named_last(check, digests):
        raise StaleState
    return _next_pose(check)


def _named_last(check: FaceCheck, digests: list[str]) -> bool:
    return bool(check.followed and check.followed[-1]["digests"] == digests)


def _next_pose(check: FaceCheck) -> Followed:
    said = len(check.followed)
    return Followed(check.challenge[said] if said < len(check.challenge) else "")


def _took_time(moments: Sequence[int], passed: timedelta) -> bool:
    """The page's clock may go otherwise than ours, but no pose is longer there than it was here."""
    apart = all(later - sooner >= policies.FACE_FRAMES_APART for sooner, later in pairwise(moments))
    return apart and policies.FACE_POSE_LEAST <= moments[-1] <= passed / timedelta(milliseconds=1) + CLOCKS


def _asked(driver: Driver, code: str) -> FaceCheck:
    """The driver's check that waits for pictures. Raises `NotFound`, `StaleState`."""
    found = FaceCheck.objects.select_related("driver__account").filter(driver=driver, code=code).first()
    if found is None:
        raise NotFound
    if found.by_video or found.state != FaceCheckState.ASKED or clock.now() > found.expires_at:
        raise StaleState
    return found


def _digest(frame: "Upload | bytes") -> str:
    if isinstance(frame, bytes):
        return hashlib.sha256(frame).hexdigest()
    frame.seek(0)
    found = hashlib.sha256(frame.read()).hexdigest()
    frame.seek(0)
    return found


def answer_face_check(
    *, driver: Driver, code: str, frames: "Sequence[Sequence[Upload | bytes]]"
) -> FaceOutcome:
    """Judge the frames of each pose, in the order of the challenge: those that were named when each pose was followed.

    What cannot be read counts for nothing and against nobody; what fails is counted, kept with its frames, and the
    third time in a row freezes the account. Raises `NotFound`, `StaleState`, `InvalidInput`, `IdCardUnreadable`, and
    `ReaderBusy`, `FileNotKept`, after which the same frames can be sent again.
    """
    check = _asked(driver, code)
    if len(frames) != len(check.challenge) or not all(1 <= len(step) <= MOST_FRAMES for step in frames):
        raise InvalidInput("frames")
    if [[_digest(frame) for frame in step] for step in frames] != [
        step["digests"] for step in check.followed
    ]:
        raise InvalidInput("frames")
    demands = policy.value(policies.FACE_DEMANDS)
    try:
        # One frame of each pose is evidence enough.
        sides = [0 if number else door.SIDE for step in frames for number, _frame in enumerate(step)]
        read = iter(faces.read_clip([frame for step in frames for frame in step], demands, sides=sides))
        steps = [list(islice(read, len(step))) for step in frames]
    except ReaderBusy:
        raise
    except DomainError as unreadable:
        return _record_unreadable(check, unreadable)
    judgement = liveness.judge(
        [Pose(pose) for pose in check.challenge],
        steps,
        _compared_with(check),
        policies.bands(),
        policy.value(policies.FACE_MOVES),
    )
    written = [(number, pictures.store(step[0].drawn)) for number, step in enumerate(steps)]
    portrait = door.draw(steps[0][0].drawn, side=faces.SIDE) if check.purpose == FacePurpose.ENROL else b""
    outcome = _record(check, judgement, written)
    if outcome.refusal is None and check.purpose == FacePurpose.ENROL:
        _enrol(check.driver, [frame.face.vector for frame in steps[0]])
        if check.driver.state == DriverState.APPLIED:
            keep_portrait(check.driver, portrait)
    return outcome


@begins_transaction
def _enrol(driver: Driver, vectors: list[Vector]) -> None:
    """From now on the frames straight ahead stand for this face."""
    # Of a face only that is kept by which it is known.
    driver.templates.all().delete()
    for vector in vectors:
        _keep_template(driver, vector)
    audit.record(driver.account.actor, "drivers.face_enrolled", driver.account.code)


def known_faces(driver: Driver) -> list[Vector]:
    """The descriptions that a driver is compared with."""
    rows = driver.templates.filter(retired_at=None, model=faces.MODEL).order_by("pk")
    return [templates.reveal(np.asarray(row.protected, dtype=np.float32)) for row in rows]


@begins_transaction
def _record_unreadable(check: FaceCheck, why: DomainError) -> FaceOutcome:
    return _close_unreadable(check, why)


@joins_transaction
def _close_unreadable(check: FaceCheck, why: DomainError) -> FaceOutcome:
    move(
        check,
        FACE_CHECK_TRANSITIONS,
        FaceCheckState.UNREADABLE,
        decided_at=clock.now(),
        verdict=why.code[:20],
    )
    return FaceOutcome(check, refusal=why)


@begins_transaction
def _record(check: FaceCheck, judgement: Judgement, written: list[tuple[int, Written]]) -> FaceOutcome:
    at, actor = clock.now(), check.driver.account.actor
    state = STATE_OF[judgement.verdict]
    token = secrets.token_urlsafe(24) if state == FaceCheckState.PASSED else ""
    move(
        check,
        FACE_CHECK_TRANSITIONS,
        state,
        decided_at=at,
        verdict=judgement.verdict,
        score=round(judgement.score, 4),
        facts=judgement.facts,
        citation=policy.in_force(policies.FACE_ACCEPT).citation,
        token_digest=digest_of_token(token),
        token_until=at + policy.span(policies.FACE_TOKEN_LIFE) if token else None,
    )
    kept = policies.FRAMES_KEPT if token else policies.FAILED_FRAMES_KEPT
    for number, each in written:
        picture = pictures.attach(each, purpose="face_check", subject=check.code, keep_for=policy.span(kept))
        FaceFrame.objects.create(check_row=check, step=number, picture=picture)
    audit.record(
        actor,
        f"drivers.face_{state}",
        check.driver.account.code,
        case=check.code,
        purpose=check.purpose,
        trip=check.subject,
        verdict=judgement.verdict,
        score=round(judgement.score, 3),
    )
    if token:
        return FaceOutcome(check, token)
    if state == FaceCheckState.FAILED and _failures_in_a_row(check.driver) >= policy.value(
        policies.FACE_FAILURES
    ):
        freeze(check)
        return FaceOutcome(check, refusal=FaceFrozen())
    return FaceOutcome(check, refusal=FaceRefused())


def _failures_in_a_row(driver: Driver) -> int:
    """Since the last pass, and since two people last ended a freeze: what they have looked at counts no more."""
    rows = driver.face_checks.exclude(state__in=[FaceCheckState.ASKED, FaceCheckState.UNREADABLE])
    freezes = driver.holds.filter(kind=HoldKind.FACE, released_at__isnull=False)
    looked_at = freezes.order_by("-released_at").values_list("released_at", flat=True).first()
    if looked_at is not None:
        rows = rows.filter(decided_at__gt=looked_at)
    count = 0
    for state in rows.order_by("-decided_at", "-pk").values_list("state", flat=True)[:20]:
        if state == FaceCheckState.PASSED:
            break
        count += state == FaceCheckState.FAILED
    return count


@joins_transaction
def freeze(check: FaceCheck) -> None:
    """Nobody drives on this account until two people have looked at the frames."""
    rows = check.driver.face_checks.filter(state=FaceCheckState.FAILED).order_by("-decided_at", "-pk")[:10]
    case = open_case(
        driver=check.driver,
        kind=CaseKind.FACE_FAILURES,
        checks=[row.code for row in rows],
        last=check.verdict,
    )
    hold_driver(
        actor=SYSTEM,
        driver=check.driver,
        kind=HoldKind.FACE,
        source=case.code,
        citation=policy.in_force(policies.FACE_FAILURES).citation,
        covert=False,
    )


def digest_of_token(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""


@joins_transaction
def consume_face_token(*, driver: Driver, purpose: FacePurpose, subject: str, token: str) -> FaceCheck | None:
    """Use a token up in the caller's transaction; its check, or None where it is another driver's or order's, used or late."""
    at = clock.now()
    found = FaceCheck.objects.filter(
        token_digest=digest_of_token(token), driver=driver, purpose=purpose, subject=subject
    )
    if not token or not found.filter(token_used_at=None, token_until__gte=at).update(token_used_at=at):
        return None
    return found.get()


# --- The day's check of the other lines --------------------------------------------------------------------


def service_day(at: datetime) -> str:
    """The day in Asia/Shanghai, as ISO date."""
    return timezone.localtime(at).date().isoformat()


@begins_transaction
def go_online(*, driver: Driver, line: str) -> OnlineSpell:
    """Go online on express, premier or luxury; once a day a face check comes before (D4).

    Raises `DailyCheckNeeded`, `InvalidInput`, `LineNotYours`, or why the driver is not eligible.
    """
    if line not in policies.DAILY_LINES:
        raise InvalidInput("line")
    refusal = why_not_eligible(driver)
    if refusal:
        raise refusal
    if line not in driver.lines:
        raise LineNotYours("line")
    check = pass_of_day(driver, service_day(clock.now()))
    if check is None:
        raise DailyCheckNeeded
    open_spell = driver.spells.filter(ended_at=None).first()
    if open_spell:
        return open_spell
    audit.record(driver.account.actor, "drivers.online", driver.account.code, line=line, check=check.code)
    return OnlineSpell.objects.create(driver=driver, line=line, face_check=check, began_at=clock.now())


@begins_transaction
def go_offline(*, driver: Driver) -> None:
    """End the open spell, if there is one."""
    driver.spells.filter(ended_at=None).update(ended_at=clock.now())
