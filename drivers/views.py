"""Pages of drivers that know nothing of trips: consent to faces, and what every camera page needs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import account_of, door
from accounts.states import Role
from core.errors import InvalidInput
from drivers import services
from drivers.errors import AlreadyAppealed
from drivers.models import Driver
from drivers.policies import FACE_CONSENT
from drivers.selectors import driver_of, is_frozen
from drivers.states import FacePurpose

INVENTED = ["applicant", "driver", "driver2", "lender", "passenger", "passenger2", "son", "stranger"]


def camera_context(driver: Driver, purpose: FacePurpose, subject: str) -> dict[str, Any]:
    """What `drivers/_camera.html` shows; `invented` are the sandbox's people, offered where there is a sandbox."""
    return {
        "purpose": purpose.value,
        "subject": subject,
        "consented": driver.face_consent == FACE_CONSENT,
        "frozen": is_frozen(driver),
        "invented": INVENTED,
        "words": {
            "centre": _("Look straight at the camera"),
            "left": _("Turn your head to your left ←"),
            "right": _("Turn your head to your right →"),
            "closer": _("Come closer"),
            "sending": _("Being checked …"),
            "passed": _("Checked: it is you."),
            "failed": _("That did not work. Please try again."),
            "nocamera": _("No camera can be used. Allow it in the browser, or ask for a video call below."),
            "again": _("Try again"),
        },
    }


@require_POST
@door(Role.MEMBER)
def face_consent(request: HttpRequest) -> HttpResponse:
    """Agree to the use of the face, or ask for the other way."""
    driver = driver_of(account_of(request))
    if request.POST.get("video_call"):
        code = services.ask_video_call(driver=driver)
        messages.success(
            request, _("A reviewer will call you by video. Your case: %(code)s") % {"code": code}
        )
    else:
        services.give_face_consent(driver=driver)
    wanted = request.POST.get("next", "")
    return redirect(
        wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else "rides:drive"
    )


@require_POST
@door(Role.MEMBER)
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """Object to a hold from the page that shows it."""
    try:
        services.appeal(
            driver=driver_of(account_of(request)), code=code, words=request.POST.get("words", "")
        )
        messages.success(request, _("Your appeal is with us. Somebody who had no part in this decides it."))
    except (InvalidInput, AlreadyAppealed) as error:
        messages.error(request, error.detail)
    return redirect("rides:drive")
