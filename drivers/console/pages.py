"""The vetting desk: applications, cases, plates to read, reports to sort, rewards, and the screening of the fleet."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from core import pictures
from core.access import account_of, door
from core.console import page
from core.errors import DomainError
from core.permissions import may
from core.privacy import mask_name
from drivers import selectors, services, sheets
from drivers.services.appeals import had_a_part
from drivers.services.applications import given_of
from drivers.services.vetting import read_application
from drivers.states import ApplicationState, CaseOutcome, Certificate, Decision, Finding, RunState


@require_http_methods(["GET", "POST"])
@door("vetting.see")
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case: why it is open, the frames beside the vetted portrait, and the two keys."""
    account = account_of(request)
    found = selectors.case_by_code(code)
    if request.method == "POST":
        given = request.POST
        try:
            match given.get("step"):
                case "propose":
                    outcome = given.get("outcome", "")
                    if outcome not in CaseOutcome.values:
                        messages.error(request, _("Choose an outcome."))
                    else:
                        services.propose(
                            account=account,
                            code=code,
                            outcome=CaseOutcome(outcome),
                            reason=given.get("reason", ""),
                        )
                case "agree" | "disagree":
                    services.agree(account=account, code=code, agrees=given.get("step") == "agree")
                case _:
                    messages.error(request, _("This step does not exist."))
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("drivers_console:case", code)
    driver = found.driver
    context = {
        "title": _("Vetting case %(code)s") % {"code": code},
        "case": found,
        "driver": driver,
        "name": mask_name(driver.account.real_name),
        "portrait": driver.photo,
        "checks": selectors.frames_of_case(found),
        "reports": selectors.reports_of_case(found),
        "findings": sheets.finding_rows(selectors.screening_of_case(found)),
        "holds": selectors.open_holds(driver.account.code),
        "outcomes": CaseOutcome.choices,
        "may_decide": may(account, "vetting.decide"),
        "is_proposer": account.code == found.proposed_by,
    }
    return page(request, "console/vetting_case.html", context)


@require_GET
@door("vetting.see", "plates.read")
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """One kept picture; each look is in the journal. Certificates are for reviewers alone."""
    account = account_of(request)
    content = pictures.look(
        actor=account.actor,
        code=code,
        case=request.GET.get("case", "")[:20],
        but=() if may(account, "vetting.decide") else Certificate.values,
    )
    return HttpResponse(content, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@require_GET
@door("vetting.see")
def desk(request: HttpRequest) -> HttpResponse:
    """What waits: plates to read first, then applications and cases by age, reports to sort, rewards."""
    account = account_of(request)
    context = {
        "title": _("Vetting desk"),
        "photos": selectors.waiting_plate_photos(),
        "videos": selectors.waiting_video_checks(),
        "applications": selectors.review_queue(),
        "cases": selectors.open_cases(),
        "reports": selectors.reports_to_sort(),
        "rewards": selectors.open_rewards(),
        "runs": selectors.screening_runs(limit=1),
        "reviews": may(account, "vetting.decide"),
        "pays": may(account, "rewards.decide"),
        "who": account.code,
    }
    return page(request, "console/vetting_desk.html", context)


@require_http_methods(["GET", "POST"])
@door("vetting.decide")
def application(request: HttpRequest, code: str) -> HttpResponse:
    """One applicant on one page: certificates, photo, registries, face, bindings, and the two keys (D2)."""
    account = account_of(request)
    if request.method == "POST":
        _act_on_application(request, account, code)
        return redirect("drivers_console:application", code)
    found = read_application(account=account, code=code)
    driver, screening = found.driver, selectors.screening_of(found)
    context = {
        "title": _("Application %(code)s") % {"code": code},
        "application": found,
        "driver": driver,
        "columns": sheets.columns(found),
        "screening": screening,
        "findings": sheets.finding_rows(screening),
        "barred": screening is not None and screening.verdict == Finding.BAR,
        "faults": sheets.still_holds(found) if found.state == ApplicationState.REVIEW else [],
        "enrolment": selectors.enrolment_of(driver),
        "bindings": selectors.bindings_around(driver, given_of(found).get("plate", "")),
        "signals": selectors.signals_about(driver),
        "decisions": selectors.decisions_on(found),
        "is_proposer": account.code == found.proposed_by,
        "next_code": selectors.next_in_queue(code, account.code),
    }
    return page(request, "console/application.html", context)


def _act_on_application(request: HttpRequest, account: Account, code: str) -> None:
    given = request.POST
    try:
        match given.get("step"):
            case "propose":
                outcome = given.get("outcome", "")
                if outcome not in Decision.values:
                    messages.error(request, _("Choose an outcome."))
                else:
                    services.propose_decision(
                        account=account, code=code, outcome=Decision(outcome), reason=given.get("reason", "")
                    )
            case "agree" | "disagree":
                services.agree_decision(account=account, code=code, agrees=given.get("step") == "agree")
            case "return":
                services.return_application(account=account, code=code, words=given.get("reason", ""))
            case "ask":
                services.ask_registries_again(account=account, code=code)
            case _:
                messages.error(request, _("This step does not exist."))
    except DomainError as error:
        messages.error(request, error.detail)


@require_http_methods(["GET", "POST"])
@door("vetting.see")
def fleet(request: HttpRequest) -> HttpResponse:
    """Screening the whole fleet again (D6): start, pause, resume, and how far it is."""
    account = account_of(request)
    if request.method == "POST":
        given = request.POST
        try:
            match given.get("step"):
                case "start":
                    services.start_run(account=account, reason=given.get("reason", ""))
                case "pause" | "resume":
                    services.pause_run(
                        account=account, code=given.get("run", ""), pause=given.get("step") == "pause"
                    )
                case _:
                    messages.error(request, _("This step does not exist."))
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("drivers_console:fleet")
    runs = selectors.screening_runs()
    context = {
        "title": _("Screening of the fleet"),
        "runs": runs,
        "may_start": may(account, "fleet.screen"),
        "idle": all(row.run.state == RunState.DONE for row in runs),
    }
    return page(request, "console/fleet.html", context)


@require_POST
@door("vetting.decide")
def video(request: HttpRequest, code: str) -> HttpResponse:
    """What a reviewer saw in a video call."""
    try:
        services.decide_video_check(
            account=account_of(request),
            code=code,
            same=request.POST.get("same") == "yes",
            reason=request.POST.get("reason", ""),
        )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("drivers_console:desk")


@require_POST
@door("vetting.decide")
def sort_report(request: HttpRequest, code: str) -> HttpResponse:
    """Whom a report from the street is about."""
    try:
        services.sort_report(
            account=account_of(request), code=code, driver_code=request.POST.get("driver", "").strip()
        )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("drivers_console:desk")


@require_POST
@door("rewards.decide")
def reward(request: HttpRequest, code: str) -> HttpResponse:
    """The two approvals of a reward."""
    account, given = account_of(request), request.POST
    try:
        if given.get("step") == "propose":
            services.propose_reward(account=account, code=code, reason=given.get("reason", ""))
        else:
            services.decide_reward(account=account, code=code, approves=given.get("step") == "approve")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("drivers_console:desk" if may(account, "vetting.see") else "admin:index")


@require_http_methods(["GET", "POST"])
@door("holds.release")
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """One appeal: the hold, the driver's words, the decision."""
    account, row = account_of(request), selectors.appeal_by_code(code)
    if request.method == "POST":
        try:
            services.decide_appeal(
                account=account,
                code=code,
                granted=request.POST.get("granted") == "yes",
                reason=request.POST.get("reason", ""),
            )
            return redirect("drivers_console:appeal", code)
        except DomainError as error:
            messages.error(request, error.detail)
    context = {
        "title": _("Appeal %(code)s") % {"code": code},
        "appeal": row,
        "hold": row.hold,
        "decision": row.decision,
        "driver": row.driver,
        "had_a_part": had_a_part(row, account.code),
    }
    return page(request, "console/appeal.html", context)


@require_POST
@door("plates.read")
def plate(request: HttpRequest, code: str) -> HttpResponse:
    """What a person reads on a photo before a pick-up."""
    services.decide_plate_photo(
        account=account_of(request), picture=code, same=request.POST.get("same") == "yes"
    )
    return redirect("drivers_console:desk")


app_name = "drivers_console"
urlpatterns = [
    path("admin/vetting/", desk, name="desk"),
    path("admin/vetting/fleet/", fleet, name="fleet"),
    path("admin/vetting/applications/<str:code>/", application, name="application"),
    path("admin/vetting/videos/<str:code>/", video, name="video"),
    path("admin/vetting/reports/<str:code>/", sort_report, name="sort_report"),
    path("admin/vetting/rewards/<str:code>/", reward, name="reward"),
    path("admin/vetting/<str:code>/", case, name="case"),
    path("admin/pictures/<str:code>.jpg", picture, name="picture"),
    path("admin/appeals/<str:code>/", appeal, name="appeal"),
    path("admin/plates/<str:code>/", plate, name="plate"),
]
