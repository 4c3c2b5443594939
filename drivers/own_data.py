"""What drivers keep of somebody, for themselves (`core.own_data`).

Holds, cases and reports stand here as far as the driver's own pages show them now, and never with a time that points
to a trip (S11).
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import formats, policy
from core.own_data import Consent, File, Json, Kept, consent, did, ends_with, erases, keeps, part
from core.pictures import read
from core.retention import RECORDS_KEPT
from drivers.models import (
    Application,
    Binding,
    Driver,
    FaceCheck,
    FaceFrame,
    MismatchReport,
    OnlineSpell,
    Paper,
    VideoCall,
)
from drivers.policies import CERTIFICATES_KEPT, FACE_CONSENT, FAILED_FRAMES_KEPT, FRAMES_KEPT, VIDEO_CONSENT
from drivers.retention import DRIVING, FACES
from drivers.selectors import (
    driver_by_code,
    face_withdrawn_at,
    open_holds,
    recordings_of,
    video_withdrawn_at,
    visible_holds,
)
from drivers.services import (
    give_face_consent,
    give_video_consent,
    read_recording,
    withdraw_face_consent,
    withdraw_video_consent,
)
from drivers.services.faces import forget_face
from drivers.services.people import leave
from drivers.states import Certificate

if TYPE_CHECKING:
    from accounts.models import Account


def _switch_face(account: "Account", on: bool) -> None:
    driver = driver_by_code(account.code)
    if driver is not None and on:
        give_face_consent(driver=driver)
    elif driver is not None:
        withdraw_face_consent(driver=driver)


@consent("face", switch=_switch_face)
def face(account: "Account") -> Consent | None:
    """Of who drives or applies: recognition of the face."""
    driver = driver_by_code(account.code)
    if driver is None:
        return None
    return Consent(
        "face",
        _("Recognition of your face"),
        _(
            "Before orders we compare your face with the one that was vetted. Descriptions are protected and stay here."
        ),
        bool(driver.face_consent),
        _(
            "All descriptions of your face are deleted at once. You cannot take orders until you agree again and enrol,"
            " or a reviewer sees you by video call. A trip that you are driving now goes on."
        ),
        version=driver.face_consent or FACE_CONSENT,
        at=driver.face_consent_at or face_withdrawn_at(driver),
    )


def _switch_video(account: "Account", on: bool) -> None:
    driver = driver_by_code(account.code)
    if driver is not None and on:
        give_video_consent(driver=driver)
    elif driver is not None:
        withdraw_video_consent(driver=driver)


@consent("video", switch=_switch_video)
def video(account: "Account") -> Consent | None:
    """Of who drives or applies: recording of video calls with a reviewer."""
    driver = driver_by_code(account.code)
    if driver is None:
        return None
    return Consent(
        "video",
        _("Recording of video calls"),
        _(
            "A video call in place of the face check is recorded, picture and sound of your side, so that it can be seen"
            " later who was there. It lies encrypted, is seen only by who may decide such checks, and is destroyed after"
            " %(time)s."
        )
        % {"time": formats.span(policy.span(FRAMES_KEPT))},
        bool(driver.video_consent),
        _(
            "Calls are no longer recorded, and recordings are destroyed at once. One on which a reviewer saw somebody else"
            " is kept for %(time)s as evidence."
        )
        % {"time": formats.span(policy.span(FAILED_FRAMES_KEPT))},
        version=driver.video_consent or VIDEO_CONSENT,
        at=driver.video_consent_at or video_withdrawn_at(driver),
    )


def _recording(account: "Account", code: str, take: str) -> bytes:
    _kind, pieces = read_recording(actor=account.actor, code=code, take=take)
    return b"".join(pieces)


def _files(account: "Account") -> Iterator[File]:
    """Own papers and own faces; a photo of a plate is one of the car."""
    driver = driver_by_code(account.code)
    if driver is None:
        return
    if driver.photo:
        yield File("portrait.jpg", partial(_portrait, driver))
    for application in Application.objects.filter(driver=driver).order_by("pk"):
        for kind in Certificate.values:
            picture = getattr(application, kind)
            if picture is not None and picture.destroyed_at is None:
                yield File(
                    f"{application.code}-{kind}.jpg",
                    partial(read, actor=account.actor, code=picture.code, case=application.code),
                )
    frames = FaceFrame.objects.filter(check_row__driver=driver, picture__destroyed_at=None)
    for frame in frames.select_related("picture", "check_row").order_by("pk"):
        yield File(
            f"{frame.check_row.code}-{frame.step}.jpg",
            partial(read, actor=account.actor, code=frame.picture.code, case=frame.check_row.code),
        )

    for check in FaceCheck.objects.filter(driver=driver, by_video=True).order_by("pk"):
        for number, recorded in enumerate(recordings_of(check), 1):
            yield File(
                f"{check.code}-call-{number}.webm", partial(_recording, account, check.code, recorded.take)
            )


def _portrait(driver: Driver) -> bytes:
    return base64.b64decode(driver.photo.partition(",")[2])


def _day(at: datetime | None) -> str | None:
    return timezone.localtime(at).date().isoformat() if at else None


@part("driving", DRIVING.label, files=_files)
def driving_rows(account: "Account") -> Iterator[Json]:
    """Licence, papers, cars, applications, holds that may be known, and own words."""
    driver = driver_by_code(account.code)
    if driver is None:
        return
    yield {
        "kind": "driver",
        "licence_number": driver.licence_number,
        "licence_class": driver.licence_class,
        "lines": list(driver.lines),
        "vetted_at": driver.vetted_at,
    }
    for paper in Paper.objects.filter(driver=driver).order_by("pk"):
        yield {
            "kind": "paper",
            "paper": paper.kind,
            "number": paper.number,
            "until": paper.until,
            "added_at": paper.added_at,
            "replaced_at": paper.replaced_at,
        }
    for binding in Binding.objects.filter(driver=driver).select_related("vehicle").order_by("pk"):
        yield {
            "kind": "car",
            "plate": binding.vehicle.plate,
            "model": binding.vehicle.model,
            "colour": binding.vehicle.colour,
            "bound_at": binding.bound_at,
            "ended_at": binding.ended_at,
        }
    for application in Application.objects.filter(driver=driver).order_by("pk"):
        yield {
            "kind": "application",
            "code": application.code,
            "line": application.line,
            "state": application.state,
            "typed": application.given,
            "read_from_photos": application.read,
            "started_at": application.started_at,
            "submitted_at": application.submitted_at,
            "decided_at": application.decided_at,
        }
    for hold in visible_holds(driver):
        # The day alone, and not what it comes from: that could be somebody's word.
        yield {"kind": "hold", "code": hold.code, "reason": hold.kind, "since": _day(hold.opened_at)}
        found = getattr(hold, "appeal", None)
        if found is not None:
            yield {"kind": "appeal", "code": found.code, "words": found.words, "state": found.state}
    for spell in OnlineSpell.objects.filter(driver=driver).order_by("pk"):
        yield {"kind": "online", "line": spell.line, "began_at": spell.began_at, "ended_at": spell.ended_at}


@part("faces", FACES.label)
def face_rows(account: "Account") -> Iterator[Json]:
    """Checks of the own face. Its descriptions are numbers under a secret, and tell nobody anything."""
    driver = driver_by_code(account.code)
    if driver is None:
        return
    yield {"kind": "descriptions", "count": driver.templates.count(), "version": driver.face_consent}
    for check in FaceCheck.objects.filter(driver=driver).order_by("pk"):
        yield {
            "kind": "check",
            "code": check.code,
            "purpose": check.purpose,
            "state": check.state,
            "by_video": check.by_video,
            "asked_at": check.asked_at,
            "decided_at": check.decided_at,
        }
    for call in VideoCall.objects.filter(check_row__driver=driver).select_related("check_row").order_by("pk"):
        yield {
            "kind": "video_call",
            "check": call.check_row.code,
            "taken_at": call.taken_at,
            "seconds": call.seconds,
            "recorded_under": call.recorded_under,
            "ended_at": call.ended_at,
        }


@part("reports", _("Cars that you reported"))
def report_rows(account: "Account") -> Iterator[Json]:
    """Own reports of a driver or car that was another."""
    for report in MismatchReport.objects.filter(reporter=account.code).order_by("pk"):
        yield {
            "code": report.code,
            "trip": report.trip,
            "plate_seen": report.plate,
            "words": report.words,
            "reported_at": report.reported_at,
        }


@keeps
def papers_keep(account: "Account", at: datetime) -> Iterator[Kept]:
    """Of whom was vetted, and of what they left to be vetted by."""
    driver = driver_by_code(account.code)
    if driver is None or driver.vetted_at is None:
        return
    left = account.closed_at or at
    yield Kept(DRIVING.label, left + policy.span(CERTIFICATES_KEPT), DRIVING.law)


@keeps
def holds_keep(account: "Account", _at: datetime) -> Iterator[Kept]:
    """A hold is of the person: while one is open it is known whose it is, and what they may not know yet stays unsaid."""
    for hold in open_holds(account.code):
        yield Kept(_("Why your orders are stopped"), None, DRIVING.law, said=not hold.covert)


@keeps
def reports_keep(account: "Account", _at: datetime) -> Iterator[Kept]:
    """A report of a car is evidence as long as other records are."""
    last = MismatchReport.objects.filter(reporter=account.code).order_by("-reported_at").first()
    if last is not None:
        yield Kept(_("Cars that you reported"), last.reported_at + policy.span(RECORDS_KEPT), DRIVING.law)


@ends_with
def driving_ends(account: "Account", _at: datetime) -> None:
    """Nothing describes the face, no car is bound, and a draft that was never sent goes."""
    driver = driver_by_code(account.code)
    if driver is not None:
        forget_face(driver=driver)
        leave(driver=driver)


@erases
def driver_goes(account: "Account", _at: datetime) -> None:
    """Licence and portrait; the row stays as a code."""
    for driver in Driver.objects.filter(account=account):
        Driver.objects.filter(pk=driver.pk).update(
            licence_number="",
            licence_index=f"gone:{account.code}" if driver.licence_index else None,
            photo="",
        )


# --- What they did themselves, as the journal has it

did(
    {
        "drivers.application_begun": _("You began an application to drive."),
        "drivers.certificate_sent": _("You sent the photo of a certificate."),
        "drivers.application_sent": _("You sent your application."),
        "drivers.appealed": _("You appealed."),
        "drivers.face_consent": _("You agreed to face checks."),
        "drivers.face_consent_withdrawn": _("You withdrew your consent to face checks."),
        "drivers.face_enrolled": _("You enrolled your face."),
        "drivers.face_passed": _("You passed a face check."),
        "drivers.face_failed": _("A face check of yours did not pass."),
        "drivers.face_unsure": _("A face check of yours was neither sure nor refused."),
        "drivers.face_unreadable": _("The pictures of a face check of yours could not be read."),
        "drivers.online": _("You went online."),
        "drivers.vehicle_bound": _("A car was bound to your account."),
        "drivers.vehicle_said": _("You said which car you drive."),
        "drivers.plate_photo": _("You sent a photo of the plate."),
        "drivers.video_asked": _("You asked for a video call."),
        "drivers.video_consent": _("You agreed that video calls are recorded."),
        "drivers.video_consent_withdrawn": _("You withdrew your consent to recorded video calls."),
        "drivers.video_recording_refused": _("You refused that video calls are recorded."),
    }
)
