"""Pages of drivers that know nothing of trips: application, consent to faces, appeals, reports from the street."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from core import clock, idempotency, typed
from core.access import account_of, permission_required
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.limits import asker_of
from core.permissions import may
from core.privacy import mask_phone
from core.reader.errors import FileFault
from drivers import services
from drivers.camera import call_words, camera_context
from drivers.errors import (
    AlreadyAppealed,
    ApplicationOpen,
    CertificatesFaulty,
    NotADriver,
)
from drivers.forms import MendReportForm, ReporterCodeForm, StreetReportForm, sections
from drivers.models import Application, MismatchReport
from drivers.policies import VIDEO_CONSENT
from drivers.selectors import (
    driver_of,
    is_enrolled,
    newest_application,
    open_call,
    standing_decision,
    street_report_by_code,
    video_check_of,
    visible_holds,
)
from drivers.services.applications import check_application, given_of, read_of
from drivers.states import ApplicationState, CallSide, Certificate, FaceCheckState, FacePurpose, Line


@require_POST
@permission_required("ride")
def face_consent(request: HttpRequest) -> HttpResponse:
    """Agree to the use of the face, or ask for the other way."""
    driver, given = driver_of(account_of(request)), request.POST
    wanted = given.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        wanted = reverse("rides:drive")
    if given.get("video_call"):
        purpose = given.get("purpose", "")
        if purpose not in FacePurpose.values:
            raise InvalidInput("purpose")
        check = services.ask_video_check(
            driver=driver, purpose=FacePurpose(purpose), subject=given.get("subject", "")[:20]
        )
        return redirect(f"{reverse('drivers:video', args=[check.code])}?{urlencode({'next': wanted})}")
    services.give_face_consent(driver=driver)
    return redirect(wanted)


@require_GET
@permission_required("ride")
def video(request: HttpRequest, code: str) -> HttpResponse:
    """Waiting for a reviewer's video call; after a yes it leads back with what the check opens."""
    check = video_check_of(driver_of(account_of(request)), code)
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        wanted = reverse("rides:drive")
    joint = "&" if "?" in wanted else "?"
    expired = clock.now() > check.expires_at
    waiting = check.state == FaceCheckState.ASKED and not expired
    context = {
        "check": check,
        "expired": expired,
        "waiting": waiting,
        "call": open_call(check) if waiting else None,
        "recorded": check.driver.video_consent == VIDEO_CONSENT,
        "words": call_words(CallSide.DRIVER),
        "go_on": f"{wanted}{joint}{urlencode({'video': check.code})}",
        "again": wanted,
    }
    return render(request, "drivers/video.html", context)


@require_POST
@permission_required("ride")
def video_recording(request: HttpRequest, code: str) -> HttpResponse:
    """Agree that video calls are recorded, or refuse; the call goes on either way."""
    driver = driver_of(account_of(request))
    check, given = video_check_of(driver, code), request.POST
    match given.get("agreed"):
        case "1":
            services.give_video_consent(driver=driver)
        case "0":
            services.withdraw_video_consent(driver=driver)
        case _:
            raise InvalidInput("agreed")
    wanted = given.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        wanted = reverse("rides:drive")
    return redirect(f"{reverse('drivers:video', args=[check.code])}?{urlencode({'next': wanted})}")


# --- Application ---


def _application_of(account: Account) -> Application | None:
    try:
        return newest_application(driver_of(account))
    except NotADriver:
        return None


def _apply_context(application: Application, *, strict: bool) -> dict[str, Any]:
    found, faults = check_application(application)
    photos = {kind: getattr(application, f"{kind}_id") is not None for kind in Certificate}
    certificates, permits = sections(
        application.line, given_of(application), read_of(application), photos, faults, strict=strict
    )
    enrolled = is_enrolled(application.driver)
    return camera_context(application.driver, FacePurpose.ENROL, application.code) | {
        "application": application,
        "holds": visible_holds(application.driver),
        "sections": certificates,
        "permits": permits,
        "lines": Line.choices,
        "enrolled": enrolled,
        "holds_up": found is not None and enrolled,
        "left": len({fault.field for fault in faults}) + (not enrolled),
        "strict": strict,
        "saved_at": timezone.localtime(clock.now()),
        "has_id_photo": application.id_card_id is not None,
    }


@require_GET
@permission_required("ride")
def apply(request: HttpRequest) -> HttpResponse:
    """Apply to drive, see how far it is, and what came of it (D1)."""
    application = _application_of(account_of(request))
    if application is None:
        return render(request, "drivers/apply.html", {"lines": Line.choices})
    context = (
        _apply_context(application, strict=bool(request.GET.get("check")))
        if application.state == ApplicationState.DRAFT
        else {
            "application": application,
            "lines": Line.choices,
            "decision": standing_decision(application),
            "holds": visible_holds(application.driver),
        }
    )
    return render(request, "drivers/apply.html", context)


@require_POST
@permission_required("ride")
def begin_application(request: HttpRequest) -> HttpResponse:
    services.begin_application(account=account_of(request), line=request.POST.get("line", Line.HITCH))
    return redirect("drivers:apply")


@require_POST
@permission_required("ride")
def save_application(request: HttpRequest) -> HttpResponse:
    """Keep what was typed. For a page with scripts only what is wrong comes back, so that nobody loses their place."""
    application = services.save_fields(
        account=account_of(request),
        typed={name: str(request.POST[name]) for name in request.POST},
        line=request.POST.get("line", ""),
    )
    if "HX-Request" not in request.headers:
        return redirect("drivers:apply")
    if "line" in request.POST:
        return HttpResponse(headers={"HX-Refresh": "true"})
    strict = request.POST.get("strict") == "1"
    return render(request, "drivers/_faults.html", _apply_context(application, strict=strict))


@require_POST
@permission_required("ride")
def send_certificate(request: HttpRequest, kind: str) -> HttpResponse:
    """A photo of one certificate; what it says fills the empty fields."""
    if kind not in Certificate.values:
        raise InvalidInput("kind")
    photo = request.FILES.get("photo")
    try:
        if photo is None:
            raise InvalidInput("photo")
        services.save_photo(account=account_of(request), kind=Certificate(kind), content=photo)
        messages.success(request, _("Read. Please compare each field with the certificate."))
    except (InvalidInput, FileFault) as error:
        messages.error(request, error.detail)
    return redirect("drivers:apply")


@require_POST
@permission_required("ride")
def send_application(request: HttpRequest) -> HttpResponse:
    """Send it; what does not hold up is said at each field."""
    try:
        services.submit_application(account=account_of(request))
    except CertificatesFaulty as error:
        messages.error(request, error.detail)
        return redirect("/drive/apply/?check=1")
    except ApplicationOpen:
        pass
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("drivers:apply")


# --- A car that is not what it is registered as ---


@csrf_exempt
@require_http_methods(["GET", "POST"])
def street_report(request: HttpRequest) -> HttpResponse:
    """Anybody reports a car by plate and photo (D5); with an account the phone is known."""
    account = request.user if isinstance(request.user, Account) and may(request.user, "ride") else None
    form = StreetReportForm(
        request.POST or None,
        request.FILES or None,
        initial={"submission": idempotency.new_key()},
    )
    if account:
        del form.fields["phone"]
    report, status = None, 400
    if request.method == "POST" and form.is_valid():
        try:
            report = services.report_from_street(
                account=account,
                phone=form.cleaned_data.get("phone", ""),
                plate=form.cleaned_data["plate"],
                words=form.cleaned_data["words"],
                content=form.cleaned_data["photo"] or None,
                submission=form.cleaned_data["submission"],
                asker=asker_of(request),
            )
        except DomainError as error:
            explain(form, error)
            status = error.status
    status = status if form.errors else 200
    if report is not None:
        return _reported(request, report, key=services.key_of_report(report), status=status)
    context = {"form": form, "account": account}
    return render(request, "drivers/street_report.html", context, status=status)


def _reported(
    request: HttpRequest,
    report: MismatchReport,
    *,
    key: str,
    code_form: ReporterCodeForm | None = None,
    mend_form: MendReportForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a report that is made: what was understood, in groups, and how it is put right.

    Without the report's key it says neither: whoever knows the code alone has not made it.
    """
    mine = services.is_key_of(report, key)
    if mine and mend_form is None and report.can_be_mended:
        given = {"plate": typed.plate.shown(report.plate), "phone": report.phone}
        mend_form = MendReportForm(initial=given | {"key": key})
    context = {
        "report": report,
        "mine": mine,
        "key": key if mine else "",
        "plate": typed.plate.shown(report.plate) if mine else "",
        "phone": mask_phone(report.phone) if mine and not report.reporter else "",
        "code_form": code_form or ReporterCodeForm(),
        "mend_form": mend_form if mine else None,
    }
    return render(request, "drivers/street_report.html", context, status=status)


@csrf_exempt
@require_POST
def mend_report(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever reported a car without an account puts plate or phone right."""
    form, report, status = MendReportForm(request.POST), street_report_by_code(code), 400
    key = request.POST.get("key", "")
    if not services.is_key_of(report, key):
        raise NotFound
    if form.is_valid():
        try:
            report = services.mend_report(code=code, asker=asker_of(request), **form.cleaned_data)
            return _reported(request, report, key=key)
        except DomainError as error:
            explain(form, error)
            status = error.status
    return _reported(request, report, key=key, mend_form=form, status=status)


@csrf_exempt
@require_POST
def prove_reporter(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever reported a car without an account types the code that their phone got."""
    form, report, status = ReporterCodeForm(request.POST), street_report_by_code(code), 400
    if form.is_valid():
        try:
            report = services.prove_reporter(
                code=code, one_time=form.cleaned_data["code"], asker=asker_of(request)
            )
        except DomainError as error:
            explain(form, error)
            status = error.status
    return _reported(
        request,
        report,
        key=request.POST.get("key", ""),
        code_form=form,
        status=status if form.errors else 200,
    )


@require_POST
@permission_required("ride")
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """Object to a hold from the page that shows it."""
    try:
        services.appeal(driver=driver_of(account_of(request)), code=code, words=request.POST.get("words", ""))
        messages.success(request, _("Your appeal is with us. Somebody who had no part in this decides it."))
    except (InvalidInput, AlreadyAppealed) as error:
        messages.error(request, error.detail)
    wanted = request.POST.get("next", "")
    return redirect(wanted if wanted == "/drive/apply/" else "rides:drive")
