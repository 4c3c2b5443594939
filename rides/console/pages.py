"""The console's pages of rides: lines and their suspension, and the night's calls."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.access import account_of, door
from core.console import page
from core.errors import DomainError, InvalidInput
from core.permissions import may
from rides import selectors, services
from rides.states import CallOutcome, Line, Party


@require_http_methods(["GET", "POST"])
@door("console.open")
def lines(request: HttpRequest) -> HttpResponse:
    """Every line in every city, and the two-person suspension (R1)."""
    account = account_of(request)
    if request.method == "POST":
        try:
            _propose(request)
            messages.success(request, _("Proposed. Somebody else has to agree."))
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("rides_console:lines")
    now = clock.now()
    context = {
        "title": _("Lines"),
        "rows": [(row, selectors.line_runs(row.line, row.city, now)) for row in selectors.all_lines()],
        "open": selectors.open_suspensions(),
        "last": selectors.last_suspensions(),
        "lines": Line.choices,
        "cities": selectors.cities(),
        "may_suspend": may(account, "lines.suspend"),
        "account": account,
        "waiting": selectors.waiting_by_line(),
        "now": now,
    }
    return page(request, "console/lines.html", context)


def _propose(request: HttpRequest) -> None:
    given = request.POST
    line, city, at = given.get("line", ""), given.get("city", ""), None
    if line not in Line.values:
        raise InvalidInput("line")
    if given.get("at"):
        try:
            at = parse_datetime(given["at"])
        except ValueError:
            at = None
        if at is None:
            raise InvalidInput("at")
        at = timezone.make_aware(at) if timezone.is_naive(at) else at
    services.propose_suspension(
        account=account_of(request),
        line=Line(line),
        city=selectors.city_by_code(city) if city else None,
        at=at,
        reason=given.get("reason", ""),
    )


@require_POST
@door("console.open")
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """The second person agrees, or somebody withdraws it."""
    agrees = request.POST.get("step") == "agree"
    try:
        row = services.decide_suspension(account=account_of(request), code=code, agrees=agrees)
        said = _("Agreed: no new orders from that time on.") if agrees else _("Withdrawn.")
        messages.success(request, f"{row.code}: {said}")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("rides_console:lines")


@require_GET
@door("night.call")
def night(request: HttpRequest) -> HttpResponse:
    """Who has to be called about the night, and whose pick-up slipped into it (R4)."""
    context = {
        "title": _("The night"),
        "calls": selectors.reminders_to_call(clock.now()),
        "late": selectors.open_late_pickups(),
        "account": account_of(request),
        "now": clock.now(),
    }
    return page(request, "console/night.html", context)


@require_POST
@door("night.call")
def reminder_call(request: HttpRequest, code: str, party: str) -> HttpResponse:
    """What the call to somebody found who had not read the reminder."""
    outcome = request.POST.get("outcome", "")
    try:
        if outcome not in CallOutcome.values or party not in Party.values:
            raise InvalidInput("outcome")
        services.record_reminder_call(
            account=account_of(request), trip_code=code, party=Party(party), outcome=CallOutcome(outcome)
        )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("rides_console:night")


@require_POST
@door("night.call")
def late_step(request: HttpRequest, code: str) -> HttpResponse:
    """Take a late pick-up, or close it."""
    account, outcome = account_of(request), request.POST.get("outcome", "")
    try:
        if request.POST.get("step") == "take":
            services.take_late_pickup(account=account, code=code)
        elif outcome in CallOutcome.values:
            services.close_late_pickup(account=account, code=code, outcome=CallOutcome(outcome))
        else:
            raise InvalidInput("outcome")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("rides_console:night")


app_name = "rides_console"
urlpatterns = [
    path("admin/lines/", lines, name="lines"),
    path("admin/lines/<str:code>/", decide, name="decide"),
    path("admin/night/", night, name="night"),
    path("admin/night/calls/<str:code>/<slug:party>/", reminder_call, name="reminder_call"),
    path("admin/night/late/<str:code>/", late_step, name="late"),
]
