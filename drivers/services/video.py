"""The other way of a face check (D4): a reviewer sees the driver by video and says who it is.

For people whose face the model cannot read, and for those who would rather not be compared by a machine. A person's
yes is a passed check like any other: its token opens one thing, once, for five minutes. The call itself is in
`drivers.services.calls`.
"""

import secrets
from typing import TYPE_CHECKING

from core import audit, clock, policy
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.reader import door
from core.states import move
from core.transactions import begins_transaction
from drivers import policies
from drivers.errors import FaceFrozen
from drivers.models import Driver, FaceCheck
from drivers.selectors import calls_of, is_frozen
from drivers.services.calls import end_calls_of, keep_recordings
from drivers.services.faces import (
    check_may_enrol,
    digest_of_token,
    freeze,
    id_photo,
    keep_portrait,
    service_day,
)
from drivers.states import FACE_CHECK_TRANSITIONS, CallEnd, DriverState, FaceCheckState, FacePurpose
from drivers.vision import faces

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def ask_video_check(*, driver: Driver, purpose: FacePurpose, subject: str = "") -> FaceCheck:
    """Ask for a reviewer's video call instead of the camera; the same wish is the same check.

    Raises `FaceFrozen`, `AlreadyEnrolled`, `IdCardFirst`.
    """
    if is_frozen(driver):
        raise FaceFrozen
    if purpose == FacePurpose.ENROL:
        check_may_enrol(driver)
    at = clock.now()
    wanted = service_day(at) if purpose == FacePurpose.DAILY else subject
    known = driver.face_checks.filter(
        by_video=True,
        purpose=purpose,
        subject=wanted,
        state=FaceCheckState.ASKED,
        expires_at__gt=at,
    ).first()
    if known:
        return known
    check = FaceCheck.objects.create(
        code=new_code("K"),
        driver=driver,
        purpose=purpose,
        subject=wanted,
        by_video=True,
        challenge=[],
        asked_at=at,
        expires_at=at + policy.span(policies.VIDEO_CALL_WITHIN),
    )
    audit.record(
        driver.account.actor, "drivers.video_asked", driver.account.code, case=check.code, purpose=purpose
    )
    return check


def decide_video_check(*, account: "Account", code: str, same: bool, reason: str) -> FaceCheck:
    """A reviewer has seen the driver with the ID card in hand. Another person freezes the account at once.

    At an enrolment the photo of the ID card becomes the vetted portrait. Raises `Forbidden`, `NotFound`,
    `InvalidInput`, `NotSeen` where they have not seen each other, `CallTaken` where another reviewer is with them,
    `IllegalTransition` where it was decided, `StaleState` where the wish has expired.
    """
    check = _decide(account, code, same, reason)
    if same and check.purpose == FacePurpose.ENROL and check.driver.state == DriverState.APPLIED:
        keep_portrait(check.driver, door.draw(id_photo(check.driver), side=faces.SIDE))
    return check


@begins_transaction
def _decide(account: "Account", code: str, same: bool, reason: str) -> FaceCheck:
    check = FaceCheck.objects.select_related("driver__account").filter(code=code, by_video=True).first()
    if check is None:
        raise NotFound
    refuse(policies.against_video(check, account, "decide", calls_of(check), clock.now()))
    if not reason.strip():
        raise InvalidInput("reason")
    move(
        check,
        FACE_CHECK_TRANSITIONS,
        FaceCheckState.PASSED if same else FaceCheckState.FAILED,
        decided_at=clock.now(),
        verdict="passed" if same else "other_person",
        decided_by=account.code,
    )
    audit.record(
        account.actor,
        "drivers.video_decided",
        check.driver.account.code,
        case=code,
        reason=reason.strip()[:400],
        same=same,
        trip=check.subject,
    )
    end_calls_of(check=check, actor=account.actor, why=CallEnd.DECIDED)
    if not same:
        keep_recordings(check=check)
        freeze(check)
    return check


@begins_transaction
def claim_video_token(*, driver: Driver, code: str) -> str:
    """The token of one's own passed video check, for five minutes from the reviewer's yes; empty while there is none.

    Claimed again it is a new one, and the one before opens nothing. Raises `NotFound`.
    """
    check = driver.face_checks.filter(code=code, by_video=True).first()
    if check is None:
        raise NotFound
    at = clock.now()
    until = (check.decided_at or at) + policy.span(policies.FACE_TOKEN_LIFE)
    if check.state != FaceCheckState.PASSED or at > until:
        return ""
    token = secrets.token_urlsafe(24)
    claimed = FaceCheck.objects.filter(pk=check.pk, token_used_at=None).update(
        token_digest=digest_of_token(token), token_until=until
    )
    return token if claimed else ""
