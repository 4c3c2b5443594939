"""The console's incident page and its actions, and the strip of what burns."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.selectors import people_who_may
from core import clock, holds, timeline
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import act, page
from core.errors import DomainError, NotFound
from core.messages import outbox
from core.privacy import mask_name, mask_phone
from drivers.selectors import open_holds
from rides.reconcile import Truth
from rides.selectors import believed_trail_of, reconcile_trip
from rides.states import Party
from safety import packets, selectors, services
from safety.actions import INCIDENTS, RECORDINGS
from safety.models import Incident, Recording, RecordingPlay
from safety.policies import clocks_of


def _map(incident: Incident) -> dict[str, Any]:
    """Planned route, both trails (WGS-84 [lat, lon]) and where SOS was tapped."""
    trip = incident.trip
    if trip is None:
        return {}
    fixes = {party.value: believed_trail_of(trip, party) for party in Party}
    trails = {party: [list(fix.point) for fix in found] for party, found in fixes.items()}
    calls = [
        [call.latitude, call.longitude, "sos"]
        for call in incident.sos_calls.all()
        if call.latitude is not None
    ]
    ends = [list(trip.origin), list(trip.destination)]
    latest = [[*found[-1].point, party, found[-1].accuracy] for party, found in fixes.items() if found]
    return {"route": trip.planned_route or ends, "trails": trails, "points": latest + calls, "ends": ends}


def _truth(incident: Incident) -> Truth | None:
    """What both phones show, where something was said about the trip that is not simply believed (R6)."""
    told = selectors.doubted_since(incident.trip) if incident.trip else None
    return reconcile_trip(incident.trip, told) if incident.trip and told else None


def _context(request: HttpRequest, incident: Incident, refusal: Refusal | None) -> dict[str, Any]:
    account, at, code, trip = account_of(request), clock.now(), incident.code, incident.trip
    return {
        "title": _("Incident %(code)s") % {"code": code},
        "incident": incident,
        "trip": trip,
        "now": at,
        "clocks": [(each, each.overdue(at)) for each in clocks_of(incident)],
        "silent": selectors.silent_callers(incident),
        "thread": selectors.thread_of(incident),
        "signals": selectors.signals_of(incident),
        "truth": _truth(incident),
        "lines": [
            (line, timeline.sentence(line))
            for line in reversed(timeline.of(trip=trip.code if trip else "", incident=code))
        ],
        "offers": INCIDENTS.offers(incident, account, refusal),
        "decide_plea": INCIDENTS.offer("plea", incident, account, refusal),
        "recordings": [(row, selectors.health_of(row)) for row in selectors.recordings_of(trip)]
        if trip
        else [],
        "plea": selectors.plea_of(incident),
        "checks": [
            (check, mask_phone(check.missing_phone), mask_phone(check.reporter_phone))
            for check in selectors.checks_of(incident)
        ],
        "contacts": outbox.about(code),
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
@permission_required("incidents.respond")
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One incident: clocks, map, one timeline, what may be done now."""
    return _page(request, selectors.incident_by_code(code), None)


@INCIDENTS.shown_by
def _page(request: HttpRequest, incident: Incident, refusal: Refusal | None) -> HttpResponse:
    return page(request, "console/incident.html", _context(request, incident, refusal))


@require_GET
@permission_required("incidents.respond")
def live_sound(request: HttpRequest, code: str) -> HttpResponse:
    """Which recording sends sound for an incident now; empty where none does."""
    incident = selectors.incident_by_code(code)
    row = selectors.live_sound_of(incident.trip) if incident.trip else None
    return JsonResponse({"code": row.code if row else ""})


@require_http_methods(["GET", "POST"])
@permission_required("recordings.hear")
def recording(request: HttpRequest, code: str) -> HttpResponse:
    """A recording: what is known of it, who played it, and its player inside a case."""
    row, play = selectors.recording_by_code(code), None
    if request.method == "POST":
        try:
            play = services.play_recording(
                account=account_of(request),
                code=code,
                case=request.POST.get("case", ""),
                reason=request.POST.get("reason", ""),
            )
        except NotFound:
            raise
        except DomainError as error:
            return _recording_page(request, row, None, error=error)
    return _recording_page(request, row, None, play=play)


@RECORDINGS.shown_by
def _shown(request: HttpRequest, row: Recording, refusal: Refusal | None) -> HttpResponse:
    return _recording_page(request, row, refusal)


def _recording_page(
    request: HttpRequest,
    row: Recording,
    refusal: Refusal | None,
    *,
    play: RecordingPlay | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    """`play` is what was opened just now, `error` why it was not: what was typed stays."""
    account = account_of(request)
    context = {
        "title": _("Recording %(code)s") % {"code": row.code},
        "recording": row,
        "health": selectors.health_of(row),
        "play": play,
        "error": error,
        "plays": selectors.plays_of(row),
        "holds": holds.on(row.trip.code),
        "offers": RECORDINGS.offers(row, account, refusal),
        "case": request.POST.get("case", "") or request.GET.get("case", ""),
        "reason": request.POST.get("reason", "") if error else "",
        "receipt": selectors.verify_receipt(row.code) if row.destroyed_at else None,
        "account": account,
        "now": clock.now(),
    }
    return page(request, "console/recording.html", context, status=error.status if error else 200)


@require_GET
@permission_required("recordings.hear")
def sound(request: HttpRequest, code: str, play: int) -> HttpResponse:
    """The sound of a recording for whoever opened it a moment ago: decrypted chunk by chunk, kept by no cache."""
    mime, pieces = services.sound_of_play(account=account_of(request), code=code, play=play)
    answer = StreamingHttpResponse(pieces, content_type=mime)
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # a stream is no HttpResponse to the type checker, and one to the door


@require_http_methods(["GET", "POST"])
@permission_required("incidents.respond")
def packet(request: HttpRequest) -> HttpResponse:
    """Read an SOS packet that came as a message, and act on it as on the button."""
    text, found = request.POST.get("text", ""), None
    if request.method == "POST":
        try:
            found = packets.decode(text)
            if request.POST.get("act") == "1":
                incident = services.raise_by_packet(text=text)
                return redirect("safety_console:incident", incident.code)
        except NotFound:
            messages.error(request, _("No trip has this code."))
        except DomainError as error:
            messages.error(request, error.detail)
    context = {"title": _("SOS by SMS"), "text": text, "packet": found}
    return page(request, "console/packet.html", context)


@require_GET
@permission_required("incidents.respond")
def mine(request: HttpRequest) -> HttpResponse:
    """What is mine, what somebody wants to hand over to me, appeals, and handing over at the end of a shift."""
    account = account_of(request)
    context = {
        "title": _("Mine and hand-over"),
        "mine": selectors.owned_by(account),
        "offered": selectors.offered_to(account),
        "pleas": selectors.open_pleas(),
        "responders": [
            each.code for each in people_who_may("incidents.respond") if each.code != account.code
        ],
        "now": clock.now(),
    }
    return page(request, "console/mine.html", context)


@require_POST
@permission_required("incidents.respond")
def hand_over_all(request: HttpRequest) -> HttpResponse:
    """The end of a shift: everything that is mine is offered to one person, with one note."""
    account = account_of(request)
    try:
        for incident in selectors.owned_by(account):
            services.offer_incident(
                account=account,
                code=incident.code,
                to=request.POST.get("to", ""),
                words=request.POST.get("words", ""),
            )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("safety_console:mine")


app_name = "safety_console"
urlpatterns = [
    path("admin/incidents/mine/", mine, name="mine"),
    path("admin/incidents/hand-over/", hand_over_all, name="hand_over_all"),
    path("admin/incidents/<str:code>/live-sound/", live_sound, name="live_sound"),
    path("admin/recordings/<str:code>/", recording, name="recording"),
    path("admin/recordings/<str:code>/<int:play>/sound/", sound, name="sound"),
    path("admin/recordings/<str:code>/do/<slug:action>/", act.view(RECORDINGS), name="act_on_recording"),
    path("admin/sos-packet/", packet, name="packet"),
    path("admin/incidents/<str:code>/", show, name="incident"),
    path("admin/incidents/<str:code>/do/<slug:action>/", act.view(INCIDENTS), name="act"),
]
