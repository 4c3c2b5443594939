"""The vetting desk: applications, cases, plates to read, reports to sort, rewards, appeals, holds, and the fleet's screening."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock, pictures
from core.access import account_of, permission_required
from core.actions import ActionSet, IncompleteForm, Offer, Refusal
from core.console import act, page
from core.errors import DomainError, explain
from core.permissions import may
from core.privacy import mask_name
from drivers import selectors, services, wording
from drivers.actions import (
    APPEALS,
    APPLICATIONS,
    CASES,
    HOLDS,
    PLATES,
    REPORTS,
    REWARDS,
    RUNS,
    VIDEOS,
)
from drivers.camera import call_words
from drivers.forms import RunForm
from drivers.models import Appeal, Application, FaceCheck, Hold, ScreeningRun, VettingCase
from drivers.policies import ENDS_BY, VIDEO_CONSENT
from drivers.services.applications import given_of, holds_against_application
from drivers.services.calls import PURPOSE
from drivers.services.cases import record_case_read
from drivers.services.vetting import read_application
from drivers.states import ApplicationState, CallSide, Certificate, FaceCheckState, HoldKind, RunState

R = TypeVar("R")


@require_GET
@permission_required("vetting.see")
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case: why it is open, the frames beside the vetted portrait, and the two keys."""
    return _case_page(request, selectors.case_by_code(code), None)


@CASES.shown_by
def _case_page(request: HttpRequest, found: VettingCase, refusal: Refusal | None) -> HttpResponse:
    account, driver = account_of(request), found.driver
    if request.headers.get("HX-Request") != "true":
        record_case_read(account=account, case=found)
    context = {
        "title": _("Vetting case %(code)s") % {"code": found.code},
        "case": found,
        "driver": driver,
        "name": mask_name(driver.account.real_name),
        "portrait": driver.photo,
        "checks": selectors.frames_of_case(found),
        "reports": selectors.reports_of_case(found),
        "findings": wording.finding_rows(selectors.screening_of_case(found)),
        "holds": selectors.open_holds(driver.account.code),
        "may_decide": may(account, "vetting.decide"),
        "offers": CASES.offers(found, account, refusal),
    }
    return page(request, "console/vetting_case.html", context)


@require_GET
@permission_required("vetting.see", "plates.read")
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """One kept picture; each look is in the journal. Certificates are for reviewers alone."""
    account = account_of(request)
    content = pictures.read(
        actor=account.actor,
        code=code,
        case=request.GET.get("case", "")[:20],
        but=(PURPOSE, *(() if may(account, "vetting.decide") else Certificate.values)),
    )
    return HttpResponse(content, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@require_GET
@permission_required("vetting.see")
def desk(request: HttpRequest) -> HttpResponse:
    """What waits: plates to read first, then applications and cases by age, reports to sort, rewards."""
    return _desk_page(request, None, None)


@PLATES.shown_by
@REPORTS.shown_by
@REWARDS.shown_by
def _desk_page(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    if refusal is not None and not may(account, "vetting.see"):
        raise refusal.error

    def offered(at: ActionSet[R], rows: Iterable[R]) -> list[tuple[R, list[Offer[R]]]]:
        return [(row, at.offers(row, account, refusal)) for row in rows]

    context: dict[str, Any] = {
        "title": _("Vetting desk"),
        "photos": [
            (row.photo, row.until, PLATES.offers(row.photo, account, refusal))
            for row in selectors.plates_to_read(clock.now())
        ],
        "videos": [
            (row, [VIDEOS.offer("take", row, account)], selectors.open_call(row))
            for row in selectors.waiting_video_checks()
        ],
        "applications": selectors.review_queue(),
        "cases": selectors.open_cases(),
        "reports": offered(REPORTS, selectors.reports_to_sort()),
        "rewards": offered(REWARDS, selectors.open_rewards()),
        "runs": selectors.screening_runs(limit=1),
        "reviews": may(account, "vetting.decide"),
        "pays": may(account, "rewards.decide"),
        "who": account.code,
    }
    shown = [row.code for name in ("applications", "cases") for row in context[name]]
    shown += [row.code for name in ("videos", "reports") for row, *_offers in context[name]]
    shown += [row.subject for row, _until, _offers in context["photos"]]
    return page(request, "console/vetting_desk.html", context, listed=shown)


@require_GET
@permission_required("vetting.decide")
def video(request: HttpRequest, code: str) -> HttpResponse:
    """One driver's wish for a video call: the call, the portrait beside it, the decision, and what was recorded."""
    return _video_page(request, selectors.video_check_by_code(code), None)


@VIDEOS.shown_by
def _video_page(request: HttpRequest, check: FaceCheck, refusal: Refusal | None) -> HttpResponse:
    account, calls = account_of(request), selectors.calls_of(check)
    mine = any(not call.ended_at and call.reviewer == account.code for call in calls)
    context = {
        "title": _("Video call %(code)s") % {"code": check.code},
        "check": check,
        "driver": check.driver,
        "name": mask_name(check.driver.account.real_name),
        "calls": calls,
        "recordings": selectors.recordings_of(check),
        "recorded": check.driver.video_consent == VIDEO_CONSENT,
        "calling": mine and check.state == FaceCheckState.ASKED and clock.now() <= check.expires_at,
        "expired": check.state == FaceCheckState.ASKED and clock.now() > check.expires_at,
        "words": call_words(CallSide.REVIEWER),
        "offers": VIDEOS.offers(check, account, refusal),
    }
    return page(request, "console/video.html", context, listed=[check.code])


@require_GET
@permission_required("vetting.decide")
def recording(request: HttpRequest, code: str, take: str) -> HttpResponse:
    """What a call's recording shows; each look is in the journal."""
    kind, pieces = services.read_recording(actor=account_of(request).actor, code=code, take=take)
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # a stream is no HttpResponse to the type checker, and one to the door


@require_GET
@permission_required("vetting.decide")
def application(request: HttpRequest, code: str) -> HttpResponse:
    """One applicant on one page: certificates, photo, registries, face, bindings, and the two keys (D2)."""
    return _application_page(request, selectors.application_by_code(code), None)


@APPLICATIONS.shown_by
def _application_page(request: HttpRequest, row: Application, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    found = read_application(account=account, code=row.code)
    driver, screening = found.driver, selectors.screening_of(found)
    context = {
        "title": _("Application %(code)s") % {"code": found.code},
        "application": found,
        "driver": driver,
        "columns": wording.columns(found),
        "screening": screening,
        "findings": wording.finding_rows(screening),
        "barred": wording.is_barred(found),
        "faults": wording.still_holds(found) if found.state == ApplicationState.REVIEW else [],
        "enrolment": selectors.enrolment_of(driver),
        "bindings": selectors.bindings_around(driver, given_of(found).get("plate", "")),
        "signals": selectors.signals_about(driver),
        "holds": holds_against_application(found),
        "car_holds": selectors.holds_about_car(given_of(found).get("plate", ""), driver),
        "decisions": selectors.decisions_on(found),
        "offers": APPLICATIONS.offers(found, account, refusal),
        "ask": APPLICATIONS.offer("ask", found, account, refusal),
        "next_code": selectors.next_in_queue(found.code, account.code),
    }
    return page(request, "console/application.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("vetting.see")
def fleet(request: HttpRequest) -> HttpResponse:
    """Screening the whole fleet again (D6): start, pause, resume, and how far it is."""
    if request.method == "GET":
        return _fleet(request, RunForm())
    form = RunForm(request.POST)
    try:
        if not form.is_valid():
            raise IncompleteForm
        services.start_run(account=account_of(request), reason=form.cleaned_data["reason"])
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _fleet(request, form, status=error.status)
    return redirect("drivers_console:fleet")


@RUNS.shown_by
def _fleet_page(request: HttpRequest, _run: ScreeningRun, refusal: Refusal | None) -> HttpResponse:
    return _fleet(request, RunForm(), refusal)


def _fleet(
    request: HttpRequest, form: RunForm, refusal: Refusal | None = None, *, status: int = 200
) -> HttpResponse:
    account, runs = account_of(request), selectors.screening_runs()
    context = {
        "title": _("Screening of the fleet"),
        "runs": [(row, RUNS.offers(row.run, account, refusal)) for row in runs],
        "may_start": may(account, "fleet.screen"),
        "idle": all(row.run.state == RunState.DONE for row in runs),
        "form": form,
    }
    return page(request, "console/fleet.html", context, status=status)


@require_GET
@permission_required("holds.release")
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """One appeal: the hold, the driver's words, the decision by two people without a part."""
    return _appeal_page(request, selectors.appeal_by_code(code), None)


@APPEALS.shown_by
def _appeal_page(request: HttpRequest, row: Appeal, refusal: Refusal | None) -> HttpResponse:
    context = {
        "title": _("Appeal %(code)s") % {"code": row.code},
        "appeal": row,
        "hold": row.hold,
        "decision": row.decision,
        "driver": row.driver,
        "offers": APPEALS.offers(row, account_of(request), refusal),
    }
    return page(request, "console/appeal.html", context)


@require_GET
@permission_required("holds.release")
def hold(request: HttpRequest, code: str) -> HttpResponse:
    """One hold, and the way in which it ends."""
    return _hold_page(request, selectors.hold_by_code(code), None)


@HOLDS.shown_by
def _hold_page(request: HttpRequest, row: Hold, refusal: Refusal | None) -> HttpResponse:
    context = {
        "title": _("Release hold %(code)s") % {"code": row.code},
        "hold": row,
        "way": ENDS_BY[HoldKind(row.kind)],
        "by_two": row.kind == HoldKind.STAFF,
        "case": selectors.case_of_hold(row),
        "offers": HOLDS.offers(row, account_of(request), refusal),
    }
    return page(request, "console/release_hold.html", context)


app_name = "drivers_console"
urlpatterns = [
    path("admin/vetting/", desk, name="desk"),
    path("admin/vetting/fleet/", fleet, name="fleet"),
    path("admin/vetting/fleet/<code:code>/do/<word:action>/", act.view(RUNS), name="run_act"),
    path("admin/vetting/applications/<code:code>/", application, name="application"),
    path(
        "admin/vetting/applications/<code:code>/do/<word:action>/",
        act.view(APPLICATIONS),
        name="application_act",
    ),
    path("admin/vetting/videos/<code:code>/", video, name="video"),
    path("admin/vetting/videos/<code:code>/recordings/<word:take>/", recording, name="recording"),
    path("admin/vetting/videos/<code:code>/do/<word:action>/", act.view(VIDEOS), name="video_act"),
    path("admin/vetting/reports/<code:code>/do/<word:action>/", act.view(REPORTS), name="report_act"),
    path("admin/vetting/rewards/<code:code>/do/<word:action>/", act.view(REWARDS), name="reward_act"),
    path("admin/vetting/<code:code>/", case, name="case"),
    path("admin/vetting/<code:code>/do/<word:action>/", act.view(CASES), name="case_act"),
    path("admin/pictures/<code:code>.jpg", picture, name="picture"),
    path("admin/appeals/<code:code>/", appeal, name="appeal"),
    path("admin/appeals/<code:code>/do/<word:action>/", act.view(APPEALS), name="appeal_act"),
    path("admin/plates/<code:code>/do/<word:action>/", act.view(PLATES), name="plate_act"),
    path("admin/drivers/hold/<code:code>/release/", hold, name="hold"),
    path("admin/drivers/hold/<code:code>/release/do/<word:action>/", act.view(HOLDS), name="hold_act"),
]
