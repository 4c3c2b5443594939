"""The console's incident page and its actions, and the strip of what burns."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import account_of, door
from accounts.policies import RESPONDERS, STAFF
from core import clock, notify, timeline
from core.console import page
from core.errors import DomainError, NotFound
from core.privacy import mask_name, mask_phone
from drivers.selectors import open_holds
from rides.selectors import trail_of, truth_of
from rides.states import Party
from rides.truth import Truth
from safety import selectors, services
from safety.models import Incident
from safety.policies import actions_on, clocks_of
from safety.states import IncidentOutcome


def _map(incident: Incident) -> dict[str, Any]:
    """Planned route, both trails (WGS-84 [lat, lon]) and where SOS was tapped."""
    trip = incident.trip
    if trip is None:
        return {}
    trails = {
        party.value: [[fix.latitude, fix.longitude] for fix in trail_of(trip, party)] for party in Party
    }
    calls = [
        [call.latitude, call.longitude, "sos"]
        for call in incident.sos_calls.all()
        if call.latitude is not None
    ]
    ends = [list(trip.origin), list(trip.destination)]
    latest = [[trail[-1][0], trail[-1][1], party] for party, trail in trails.items() if trail]
    return {"route": trip.planned_route or ends, "trails": trails, "points": latest + calls, "ends": ends}


def _truth(incident: Incident) -> Truth | None:
    """What both phones show, where something was said about the trip that is not simply believed (R6)."""
    told = selectors.doubted_since(incident.trip) if incident.trip else None
    return truth_of(incident.trip, told) if incident.trip and told else None


def _context(request: HttpRequest, code: str) -> dict[str, Any]:
    incident, account, at = selectors.incident_by_code(code), account_of(request), clock.now()
    trip = incident.trip
    return {
        "title": _("Incident %(code)s") % {"code": code},
        "incident": incident,
        "trip": trip,
        "now": at,
        "clocks": [(each, each.overdue(at)) for each in clocks_of(incident)],
        "signals": selectors.signals_of(incident),
        "truth": _truth(incident),
        "lines": [
            (line, timeline.sentence(line))
            for line in reversed(timeline.of(trip=trip.code if trip else "", incident=code))
        ],
        "actions": actions_on(incident, account),
        "outcomes": IncidentOutcome.choices,
        "checks": [
            (check, mask_phone(check.missing_phone), mask_phone(check.reporter_phone))
            for check in selectors.checks_of(incident)
        ],
        "contacts": notify.about(code),
        "map": _map(incident),
        "passenger": (mask_name(trip.passenger.real_name), mask_phone(trip.passenger.phone))
        if trip
        else None,
        "driver": (mask_name(trip.driver.account.real_name), mask_phone(trip.driver.account.phone))
        if trip and trip.driver
        else None,
        "holds": open_holds(trip.driver.account.code) if trip and trip.driver else [],
    }


@require_GET
@door(*RESPONDERS)
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One incident: clocks, map, one timeline, what may be done now."""
    return page(request, "console/incident.html", _context(request, code))


@require_POST
@door(*RESPONDERS)
def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
    """One action; a refusal is said on the page, and nothing else has changed."""
    account, words = account_of(request), request.POST.get("words", "")
    try:
        match action:
            case "take":
                services.take_incident(account=account, code=code)
            case "note":
                services.add_note(account=account, code=code, words=words)
            case "called":
                services.record_call(account=account, code=code, words=words)
            case "safe_check":
                services.record_safe_check(account=account, code=code, words=words)
            case "police_called":
                services.record_police_call(account=account, code=code, station=words)
            case "police_excused":
                services.excuse_police_call(account=account, code=code, words=words)
            case "resolve":
                services.resolve_incident(
                    account=account, code=code, outcome=request.POST.get("outcome", ""), words=words
                )
            case "close":
                services.close_incident(account=account, code=code)
            case "send_back":
                services.send_back(account=account, code=code, words=words)
            case _:
                raise NotFound
    except NotFound:
        raise
    except DomainError as error:
        if request.headers.get("Accept") == "application/json":
            raise
        messages.error(request, error.detail)
    return redirect("safety_console:incident", code)


@require_GET
@door(*STAFF)
def burning(request: HttpRequest) -> HttpResponse:
    """The strip of what burns, by itself."""
    may_respond = account_of(request).role in RESPONDERS
    return render(
        request, "console/_burning.html", {"burning": selectors.burning(), "may_respond": may_respond}
    )


app_name = "safety_console"
urlpatterns = [
    path("admin/burning/", burning, name="burning"),
    path("admin/incidents/<str:code>/", show, name="incident"),
    path("admin/incidents/<str:code>/do/<slug:action>/", act, name="act"),
]
