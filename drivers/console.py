"""The vetting desk: cases with their frames, decided by two people, and photos of plates that a person must read."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import account_of, door
from accounts.policies import RESPONDERS
from accounts.states import Role
from core import pictures
from core.console import page
from core.errors import DomainError
from core.privacy import mask_name
from drivers import selectors, services
from drivers.services.appeals import JUDGES, had_a_part
from drivers.services.cases import REVIEWERS
from drivers.services.plates import LOOKERS
from drivers.states import CaseOutcome

SEES_CASES = REVIEWERS | RESPONDERS


@require_http_methods(["GET", "POST"])
@door(*SEES_CASES)
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
        "holds": selectors.open_holds(driver.account.code),
        "outcomes": CaseOutcome.choices,
        "may_decide": account.role in REVIEWERS,
        "is_proposer": account.code == found.proposed_by,
    }
    return page(request, "console/vetting_case.html", context)


@require_GET
@door(*(SEES_CASES | LOOKERS))
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """One kept picture; each look is in the journal."""
    content = pictures.look(actor=account_of(request).actor, code=code, case=request.GET.get("case", "")[:20])
    return HttpResponse(content, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@require_GET
@door(Role.VETTING, Role.SUPERVISOR, *RESPONDERS)
def desk(request: HttpRequest) -> HttpResponse:
    """What waits: plates to read first, then cases by age."""
    context = {
        "title": _("Vetting desk"),
        "photos": selectors.waiting_plate_photos(),
        "cases": selectors.open_cases(),
    }
    return page(request, "console/vetting_desk.html", context)


@require_http_methods(["GET", "POST"])
@door(*JUDGES)
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
        "had_a_part": had_a_part(row, account.code),
    }
    return page(request, "console/appeal.html", context)


@require_POST
@door(*LOOKERS)
def plate(request: HttpRequest, code: str) -> HttpResponse:
    """What a person reads on a photo before a pick-up."""
    services.decide_plate_photo(
        account=account_of(request), picture=code, same=request.POST.get("same") == "yes"
    )
    return redirect("drivers_console:desk")


app_name = "drivers_console"
urlpatterns = [
    path("admin/vetting/", desk, name="desk"),
    path("admin/vetting/<str:code>/", case, name="case"),
    path("admin/pictures/<str:code>.jpg", picture, name="picture"),
    path("admin/appeals/<str:code>/", appeal, name="appeal"),
    path("admin/plates/<str:code>/", plate, name="plate"),
]
