"""The console's pages of rides: lines and their suspension, and the night's calls."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import act, page
from core.errors import DomainError, explain
from core.permissions import may
from rides import selectors, services
from rides.actions import LATE, REMINDERS, SUSPENSIONS
from rides.console.forms import SuspensionForm
from rides.models import LineSuspension
from rides.states import Line


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def lines(request: HttpRequest) -> HttpResponse:
    """Every line in every city, and the two-person suspension (R1)."""
    if request.method == "GET":
        return _lines(request, _form())
    form = _form(request)
    try:
        _propose(request, form)
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _lines(request, form, status=error.status)
    messages.success(request, _("Proposed. Somebody else has to agree."))
    return redirect("rides_console:lines")


def _form(request: HttpRequest | None = None) -> SuspensionForm:
    return SuspensionForm(
        request.POST if request else None,
        cities=selectors.cities(),
        waiting=selectors.waiting_by_line(),
    )


def _propose(request: HttpRequest, form: SuspensionForm) -> None:
    if not form.is_valid():
        raise IncompleteForm
    given = form.cleaned_data
    everywhere = given["city"] == SuspensionForm.EVERYWHERE
    services.propose_suspension(
        account=account_of(request),
        line=Line(given["line"]),
        city=None if everywhere else selectors.city_by_code(given["city"]),
        at=given["at"],
        reason=given["reason"],
    )


@SUSPENSIONS.shown_by
def _lines_page(request: HttpRequest, _row: LineSuspension, refusal: Refusal | None) -> HttpResponse:
    return _lines(request, _form(), refusal)


def _lines(
    request: HttpRequest, form: SuspensionForm, refusal: Refusal | None = None, *, status: int = 200
) -> HttpResponse:
    account, now = account_of(request), clock.now()
    context = {
        "title": _("Lines"),
        "rows": [(row, selectors.line_runs(row.line, row.city, now)) for row in selectors.all_lines()],
        "open": [(row, SUSPENSIONS.offers(row, account, refusal)) for row in selectors.open_suspensions()],
        "last": selectors.last_suspensions(),
        "form": form,
        "may_suspend": may(account, "lines.suspend"),
        "now": now,
    }
    return page(request, "console/lines.html", context, status=status)


@require_GET
@permission_required("night.call")
def night(request: HttpRequest) -> HttpResponse:
    """Who has to be called about the night, and whose pick-up slipped into it (R4)."""
    return _night(request, None, None)


@REMINDERS.shown_by
@LATE.shown_by
def _night(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    account, now = account_of(request), clock.now()
    context = {
        "title": _("The night"),
        "calls": [
            (call, REMINDERS.offers(call.reminder, account, refusal))
            for call in selectors.reminders_to_call(now)
        ],
        "late": [(row, LATE.offers(row, account, refusal)) for row in selectors.open_late_pickups()],
        "now": now,
    }
    return page(request, "console/night.html", context)


app_name = "rides_console"
urlpatterns = [
    path("admin/lines/", lines, name="lines"),
    path("admin/lines/<code:code>/do/<word:action>/", act.view(SUSPENSIONS), name="suspension_act"),
    path("admin/night/", night, name="night"),
    path("admin/night/calls/<side:code>/do/<word:action>/", act.view(REMINDERS), name="reminder_act"),
    path("admin/night/late/<code:code>/do/<word:action>/", act.view(LATE), name="late_act"),
]
