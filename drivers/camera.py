"""The camera of a face check and the sentences of a video call, which pages of drivers, rides and the console show."""

from typing import Any

from django.utils.translation import gettext as _

from drivers import services
from drivers.models import Driver
from drivers.policies import FACE_CONSENT
from drivers.selectors import is_frozen
from drivers.states import CallSide, DriverState, FacePurpose

INVENTED = ["applicant", "driver", "driver2", "lender", "passenger", "passenger2", "son", "stranger"]


def camera_context(driver: Driver, purpose: FacePurpose, subject: str, video: str = "") -> dict[str, Any]:
    """What `drivers/_camera.html` shows; `invented` are the sandbox's people, offered where there is a sandbox.

    `video` is the code of a video check that a reviewer passed: its token then stands in the page's form.
    """
    return {
        "token": services.claim_video_token(driver=driver, code=video) if video else "",
        "purpose": purpose.value,
        "subject": subject,
        "consented": driver.face_consent == FACE_CONSENT,
        "frozen": is_frozen(driver),
        "applies": driver.state == DriverState.APPLIED,
        "invented": INVENTED,
        "words": {
            "centre": _("Look straight at the camera"),
            "left": _("Turn your head a little to your left ←"),
            "right": _("Turn your head a little to your right →"),
            "up": _("Lift your chin a little ↑"),
            "down": _("Lower your chin a little ↓"),
            "left_up": _("Turn your head a little to your left and up ↖"),
            "left_down": _("Turn your head a little to your left and down ↙"),
            "right_up": _("Turn your head a little to your right and up ↗"),
            "right_down": _("Turn your head a little to your right and down ↘"),
            "closer": _("Come closer"),
            "sending": _("Being checked …"),
            "passed": _("Checked: it is you."),
            "failed": _("That did not work. Please try again."),
            "nocamera": _("No camera can be used. Allow it in the browser, or ask for a video call below."),
            "again": _("Try again"),
        },
    }


def call_words(side: CallSide) -> dict[str, str]:
    """What the page of one side says while it calls (`static/js/parts/call.js`)."""
    of_both = {
        "opening": _("Your camera and microphone are being opened …"),
        "connecting": _("Connecting …"),
        "connected": _("You see each other."),
        "nocamera": _(
            "Your camera or microphone cannot be used. Allow both in the browser, close other apps that use them, and try again."
        ),
        "lost": _("The connection broke. It is being built up again …"),
        "network": _(
            "No connection comes about between the two networks. Try another one, such as mobile data or Wi-Fi."
        ),
    }
    match side:
        case CallSide.DRIVER:
            return of_both | {
                "waiting": _("The reviewer's page is being waited for …"),
                "theirs": _("The reviewer's camera does not work yet. Please stay here."),
                "over": _("The call is over."),
            }
        case CallSide.REVIEWER:
            return of_both | {
                "waiting": _("The driver's page is being waited for …"),
                "theirs": _(
                    "The driver's camera or microphone does not work yet. They have been told what to do."
                ),
                "over": _(
                    "The driver hung up, or the time is over. Call again, or decide if you have seen enough."
                ),
            }
