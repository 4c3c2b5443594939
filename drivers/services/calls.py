"""A reviewer's video call itself (D4): taking it, what the two browsers tell each other, and its recording.

Picture and sound go from browser to browser (WebRTC). What passes here is how they find each other, that each side's
page saw the other's picture move, and, with the driver's consent, the recording that the reviewer's browser makes.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core import audit, clock, jobs, pictures, policy
from core.actors import SYSTEM, Actor
from core.errors import InvalidInput, NotFound, TooMany, refuse
from core.reader.door import Upload
from core.reader.errors import FileNotKept
from core.transactions import begins_transaction, joins_transaction
from drivers import policies
from drivers.errors import NotRecorded
from drivers.models import Driver, FaceCheck, VideoCall, VideoPart, VideoSignal
from drivers.selectors import call_with, calls_of
from drivers.states import CallEnd, CallSide, CallTrouble, CallWord, FaceCheckState

if TYPE_CHECKING:
    from accounts.models import Account

PURPOSE = "video_call"
# What browsers send is far below these: a description of a call some 8 000 characters, an address 200.
LONGEST = {
    CallWord.HELLO: 0,
    CallWord.OFFER: 32_768,
    CallWord.ANSWER: 32_768,
    CallWord.CANDIDATE: 2_048,
    CallWord.TROUBLE: 20,
    CallWord.SEEN: 0,
    CallWord.BYE: 0,
}
# Which of them only one side says: the reviewer calls.
ONLY = {CallWord.OFFER: CallSide.REVIEWER, CallWord.ANSWER: CallSide.DRIVER}
MOST_SIGNALS = 500  # of one side since its page was loaded
BEAT = 5.0  # seconds that one word of having seen stands for at most
PART_LARGEST = 2_000_000  # bytes, of some five seconds
MOST_PARTS = 1_500  # of one call
TAKE = re.compile(r"[0-9a-f-]{16,36}")
KINDS = {"video/webm": (0, b"\x1a\x45\xdf\xa3"), "video/mp4": (4, b"ftyp")}


# --- Consent to the recording ------------------------------------------------------------------------------


@begins_transaction
def give_video_consent(*, driver: Driver) -> None:
    """The driver agrees that video calls are recorded, in the present version; `withdraw_video_consent` takes it back."""
    Driver.objects.filter(pk=driver.pk).update(
        video_consent=policies.VIDEO_CONSENT, video_consent_at=clock.now()
    )
    driver.refresh_from_db(fields=["video_consent", "video_consent_at"])
    audit.record(
        driver.account.actor, "drivers.video_consent", driver.account.code, version=policies.VIDEO_CONSENT
    )


@begins_transaction
def withdraw_video_consent(*, driver: Driver) -> None:
    """Nothing is recorded from now on, and what was is destroyed next. Calls go on without.

    What shows that somebody else was on the screen stays its time, like the frames of a check that failed.
    """
    action = "drivers.video_consent_withdrawn" if driver.video_consent else "drivers.video_recording_refused"
    forget_recordings(driver=driver)
    audit.record(driver.account.actor, action, driver.account.code, version=policies.VIDEO_CONSENT)


@joins_transaction
def forget_recordings(*, driver: Driver) -> None:
    """End the consent, and what was recorded under it."""
    Driver.objects.filter(pk=driver.pk).update(video_consent="", video_consent_at=None)
    driver.video_consent, driver.video_consent_at = "", None
    parts = VideoPart.objects.filter(call__check_row__driver=driver)
    parts = parts.exclude(call__check_row__state=FaceCheckState.FAILED)
    pictures.end_now(list(parts.values_list("picture__code", flat=True)))


# --- From taking it to its end -----------------------------------------------------------------------------


@begins_transaction
def take_video_check(*, account: "Account", code: str) -> VideoCall:
    """A reviewer takes a driver's wish: from here on nobody else sees it or calls. One's own open call is the same call.

    The wish then lives as long as the call may last. Raises `NotFound`, `Forbidden`, `CallTaken`, `IllegalTransition`,
    `StaleState`.
    """
    check = _locked(code)
    at, calls = clock.now(), calls_of(check)
    refuse(policies.against_video(check, account, "take", calls, at))
    known = next((call for call in calls if call.ended_at is None), None)
    if known:
        return known
    until = max(check.expires_at, at + policy.span(policies.VIDEO_CALL_LASTS))
    FaceCheck.objects.filter(pk=check.pk).update(expires_at=until)
    audit.record(
        account.actor, "drivers.video_taken", check.driver.account.code, case=code, purpose=check.purpose
    )
    return VideoCall.objects.create(check_row=check, reviewer=account.code, taken_at=at)


def _locked(code: str) -> FaceCheck:
    """The wish, which nobody takes or decides meanwhile. Raises `NotFound`."""
    rows = FaceCheck.objects.select_for_update(of=("self",)).select_related("driver__account")
    check = rows.filter(code=code, by_video=True).first()
    if check is None:
        raise NotFound
    return check


@begins_transaction
def hang_up(*, account: "Account", code: str) -> None:
    """The reviewer ends the call without a decision; the driver waits again for whoever calls next.

    Raises `NotFound`, `Forbidden`, `CallTaken`, `CallOver`, `IllegalTransition`, `StaleState`.
    """
    check = _locked(code)
    calls = calls_of(check)
    refuse(policies.against_video(check, account, "hang_up", calls, clock.now()))
    end_calls_of(check=check, actor=account.actor, why=CallEnd.HUNG_UP)


@joins_transaction
def end_calls_of(*, check: FaceCheck, actor: Actor, why: CallEnd) -> None:
    """End the open call of a wish, if there is one; what its browsers told each other goes with it."""
    for call in check.calls.filter(ended_at=None):
        _end(call, actor, why)


def _end(call: VideoCall, actor: Actor, why: CallEnd) -> None:
    at = clock.now()
    if not VideoCall.objects.filter(pk=call.pk, ended_at=None).update(ended_at=at, ended_why=why):
        return
    VideoSignal.objects.filter(call=call).delete()
    check = call.check_row
    audit.record(
        actor,
        "drivers.video_ended",
        check.driver.account.code,
        case=check.code,
        why=why,
        seconds=call.seconds,
    )


def _late(at: datetime, limit: int) -> list[int]:
    rows = VideoCall.objects.filter(ended_at=None, check_row__expires_at__lt=at)
    return list(rows.order_by("taken_at").values_list("pk", flat=True)[:limit])


@begins_transaction
def _end_late(pk: int, at: datetime) -> None:
    rows = VideoCall.objects.select_for_update(of=("self",)).select_related("check_row__driver__account")
    call = rows.filter(pk=pk, ended_at=None, check_row__expires_at__lt=at).first()
    if call is not None:
        _end(call, SYSTEM, CallEnd.LATE)


LATE = jobs.rows(
    "drivers.end_calls", _("ending video calls whose time is over"), due=_late, act=_end_late, key=int
)


# --- What the browsers say ---------------------------------------------------------------------------------


@begins_transaction
def say_in_call(*, account: "Account", code: str, side: CallSide, word: CallWord, body: str = "") -> int:
    """One side says something: to the other browser, or to us. Returns the number behind which it has to listen.

    `HELLO` begins anew: what this side said before is gone. `SEEN` says that the other's picture moves just now. `BYE` is
    the driver's hanging up. Raises `NotFound` for who is not in this call, `CallOver`, `InvalidInput`, `TooMany`.
    """
    call = call_with(account, code, side, locked=True)
    if ONLY.get(word, side) != side or len(body) > LONGEST[word]:
        raise InvalidInput("body")
    match word:
        case CallWord.SEEN:
            _note_seen(call, side)
            return 0
        case CallWord.BYE:
            _end(call, account.actor, CallEnd.LEFT if side == CallSide.DRIVER else CallEnd.HUNG_UP)
            return 0
        case CallWord.HELLO:
            call.signals.filter(side=side).delete()
        case CallWord.TROUBLE:
            if body not in CallTrouble.values:
                raise InvalidInput("body")
        case CallWord.OFFER | CallWord.ANSWER | CallWord.CANDIDATE:
            pass
    if call.signals.filter(side=side).count() >= MOST_SIGNALS:
        raise TooMany
    return VideoSignal.objects.create(call=call, side=side, kind=word, body=body).pk


def _note_seen(call: VideoCall, side: CallSide) -> None:
    """Time is ours: a page that says it ten times a second has not seen more."""
    at = clock.now()
    last = getattr(call, f"{side}_seen_at")
    seconds = getattr(call, f"{side}_seconds")
    if last is not None:
        seconds += min(max((at - last).total_seconds(), 0.0), BEAT)
    changes = {f"{side}_seen_at": at, f"{side}_seconds": seconds}
    for name, value in changes.items():
        setattr(call, name, value)
    if call.connected_at is None and call.driver_seen_at and call.reviewer_seen_at:
        call.connected_at = changes["connected_at"] = at
        check = call.check_row
        audit.record(SYSTEM, "drivers.video_connected", check.driver.account.code, case=check.code)
    VideoCall.objects.filter(pk=call.pk).update(**changes)


# --- The recording -----------------------------------------------------------------------------------------


def keep_part(*, account: "Account", code: str, take: str, number: int, upload: "Upload | bytes") -> None:
    """Keep some seconds of the driver's picture and sound, encrypted; the same part twice is one.

    Raises `NotFound`, `CallOver`, `NotRecorded` where the driver has not agreed, or no longer, `InvalidInput`,
    `TooMany`, `FileNotKept`.
    """
    _may_record(call_with(account, code, CallSide.REVIEWER))
    content = _content(upload)
    if not TAKE.fullmatch(take) or (number == 0 and not kind_of(content)):
        raise InvalidInput("part")
    _attach(account, code, take, number, pictures.store(content))


def _content(upload: "Upload | bytes") -> bytes:
    """Nobody reads it here: it is kept as it came, and given back to browsers as what it says it is."""
    if isinstance(upload, bytes):
        content = upload
    else:
        if getattr(upload, "lost", False):
            raise FileNotKept
        content = upload.read() if (upload.size or 0) <= PART_LARGEST else b""
    if not 0 < len(content) <= PART_LARGEST:
        raise InvalidInput("part")
    return content


def _may_record(call: VideoCall) -> None:
    if call.check_row.driver.video_consent != policies.VIDEO_CONSENT:
        raise NotRecorded


def kind_of(content: bytes) -> str:
    """The kind of a recording by its first bytes; empty for what no browser records."""
    return next((kind for kind, (at, mark) in KINDS.items() if content[at : at + len(mark)] == mark), "")


@begins_transaction
def _attach(account: "Account", code: str, take: str, number: int, written: pictures.Written) -> None:
    call = call_with(account, code, CallSide.REVIEWER, locked=True)
    # Whoever takes the consent back now waits for this part, and finds it among what has to go.
    call.check_row.driver = Driver.objects.select_for_update().get(pk=call.check_row.driver_id)
    _may_record(call)
    if call.parts.filter(take=take, number=number).exists():
        return
    if call.parts.count() >= MOST_PARTS:
        raise TooMany
    kept = policy.span(policies.FRAMES_KEPT)
    picture = pictures.attach(written, purpose=PURPOSE, subject=code, keep_for=kept)
    VideoPart.objects.create(call=call, take=take, number=number, picture=picture)
    VideoCall.objects.filter(pk=call.pk).update(recorded_under=policies.VIDEO_CONSENT)


@joins_transaction
def keep_recordings(*, check: FaceCheck) -> None:
    """What shows somebody else is kept like the frames of a check that failed."""
    codes = VideoPart.objects.filter(call__check_row=check).values_list("picture__code", flat=True)
    pictures.keep_longer(list(codes), clock.now() + policy.span(policies.FAILED_FRAMES_KEPT))


def read_recording(*, actor: Actor, code: str, take: str) -> tuple[str, Iterator[bytes]]:
    """A recording's kind and its pieces one after another; the look is in the journal. Who may is the front's to ask.

    Raises `NotFound`, also once it was destroyed.
    """
    rows = VideoPart.objects.filter(call__check_row__code=code, take=take, picture__destroyed_at=None)
    codes = list(rows.order_by("number").values_list("picture__code", flat=True))
    pieces = pictures.read_pieces(actor=actor, codes=codes, case=code)
    first = next(pieces, None)
    if first is None:
        raise NotFound
    return kind_of(first) or "application/octet-stream", chain([first], pieces)
