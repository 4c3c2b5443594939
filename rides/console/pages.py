"""The console's pages of rides: lines and their suspension, and the night's calls."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account
from core import clock, motions
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import act, page
from core.console.motions import shown
from core.errors import DomainError, InvalidInput, explain
from core.permissions import may
from rides import selectors, services
from rides.actions import LATE, OPENINGS, REMINDERS, SUSPENSIONS
from rides.console.forms import CityForm, OpeningForm, PermitForm, PlaceForm, SuspensionForm
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


@require_http_methods(["GET", "POST"])
@permission_required("cities.plan")
def cities(request: HttpRequest) -> HttpResponse:
    """Cities with their places and lines, and four forms: a city, a place, a line that begins, a new permit."""
    which = request.POST.get("do", "")
    if request.method == "GET":
        return _cities(request, {}, None)
    if which not in _PLANS:
        raise InvalidInput("do")
    form = _plan_forms(request)[which]
    try:
        if not form.is_valid():
            raise IncompleteForm
        messages.success(request, str(_PLANS[which](account_of(request), form.cleaned_data)))
        return redirect("rides_console:cities")
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _cities(request, {which: form}, None, status=error.status)


def _add_city(account: Account, given: dict[str, Any]) -> str:
    services.add_city(
        account=account,
        code=given["code"],
        name_zh=given["name_zh"],
        name_en=given["name_en"],
        middle=(given["latitude"], given["longitude"]),
        radius=given["radius_km"] * 1000,
    )
    return _("The city is added. No line runs there yet.")


def _add_place(account: Account, given: dict[str, Any]) -> str:
    services.add_place(
        account=account,
        city=given["city"],
        name_zh=given["name_zh"],
        name_en=given["name_en"],
        at=(given["latitude"], given["longitude"]),
    )
    return _("The place is added.")


def _propose_opening(account: Account, given: dict[str, Any]) -> str:
    opening = services.cities.Opening(**given | {"line": Line(given["line"])})
    motions.propose(account=account, kind=services.cities.OPENING, given=opening)
    return _("Proposed. Somebody else has to agree.")


def _propose_permit(account: Account, given: dict[str, Any]) -> str:
    permit = services.cities.Permit(given["permit_number"], given["permit_until"])
    motions.propose(account=account, kind=services.cities.PERMIT, given=permit, subject=given["row"])
    return _("Proposed. Somebody else has to agree.")


_PLANS = {"city": _add_city, "place": _add_place, "opening": _propose_opening, "permit": _propose_permit}


def _plan_forms(request: HttpRequest | None = None) -> dict[str, Form]:
    """By what the button says. Each has identifiers of its own: they stand on one page."""
    data, there = request.POST if request else None, selectors.cities()
    return {
        "city": CityForm(data, auto_id="city-%s"),
        "place": PlaceForm(data, auto_id="place-%s", cities=there),
        "opening": OpeningForm(data, auto_id="opening-%s", cities=there),
        "permit": PermitForm(data, auto_id="permit-%s", lines=selectors.all_lines()),
    }


@OPENINGS.shown_by
def _openings(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _cities(request, {}, refusal)


def _cities(
    request: HttpRequest, typed: dict[str, Form], refusal: Refusal | None, *, status: int = 200
) -> HttpResponse:
    now = clock.now()
    forms = _plan_forms() | typed
    context = {
        "title": _("Cities and their lines"),
        "rows": [
            (city, [(row, selectors.runs(row, now)) for row in lines], places)
            for city, lines, places in selectors.cities_with_lines()
        ],
        "motions": shown(OPENINGS, services.cities.KINDS, account_of(request), refusal),
        "forms": [
            ("opening", _("A line begins"), forms["opening"], pgettext("motion", "Propose")),
            ("permit", _("A new permit"), forms["permit"], pgettext("motion", "Propose")),
            ("city", _("A new city"), forms["city"], _("Add the city")),
            ("place", _("A new place"), forms["place"], _("Add the place")),
        ],
    }
    return page(request, "console/cities.html", context, status=status)


@require_GET
@permission_required("night.call")
def night(request: HttpRequest) -> HttpResponse:
    """Who has to be called about the night, and whose pick-up slipped into it (R4)."""
    return _night(request, None, None)


@REMINDERS.shown_by
@LATE.shown_by
def _night(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    account, now = account_of(request), clock.now()
    context: dict[str, Any] = {
        "title": _("The night"),
        "calls": [
            (call, REMINDERS.offers(call.reminder, account, refusal))
            for call in selectors.reminders_to_call(now)
        ],
        "late": [(row, LATE.offers(row, account, refusal)) for row in selectors.open_late_pickups()],
        "now": now,
    }
    shown = [call.reminder.trip.code for call, _offers in context["calls"]]
    shown += [row.code for row, _offers in context["late"]]
    return page(request, "console/night.html", context, listed=shown)


app_name = "rides_console"
urlpatterns = [
    path("admin/lines/", lines, name="lines"),
    path("admin/lines/<code:code>/do/<word:action>/", act.view(SUSPENSIONS), name="suspension_act"),
    path("admin/cities/", cities, name="cities"),
    path("admin/cities/motions/<code:code>/do/<word:action>/", act.view(OPENINGS), name="motion_act"),
    path("admin/night/", night, name="night"),
    path("admin/night/calls/<side:code>/do/<word:action>/", act.view(REMINDERS), name="reminder_act"),
    path("admin/night/late/<code:code>/do/<word:action>/", act.view(LATE), name="late_act"),
]
