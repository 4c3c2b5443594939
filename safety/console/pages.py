"""The console's incident page and its actions, and the strip of what burns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.selectors import account_by_code, people_who_may
from core import clock, handover, holds, known, policy, prepared, presence, timeline
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import act, page, panels
from core.errors import DomainError, NotFound
from core.messages import outbox
from core.models import Notification, TimelineEntry
from core.privacy import mask_name, mask_phone
from core.timeline import Folded
from drivers.selectors import newest_application, open_holds, plate_read, signals_about
from rides.reconcile import Truth
from rides.selectors import believed_trail_of, driver_of_trip, latest_positions, place_name, reconcile_trip
from rides.states import Party
from safety import packets, selectors, services
from safety.actions import INCIDENTS, RECORDINGS
from safety.models import Incident, Recording, RecordingPlay
from safety.policies import POSITION_OLD, clocks_of, why_not
from safety.states import PlacedState, SafetyLine

if TYPE_CHECKING:
    from accounts.models import Account

# Lines whose fact `code` is a recording.
# Where the report of a line went or came from, by the fact that names it.
_OTHER_INCIDENT: dict[str, str] = {SafetyLine.CHECK_MOVED: "to", SafetyLine.CHECK_CAME: "other"}
_OF_RECORDINGS = {SafetyLine.SOUND, SafetyLine.LISTENED, SafetyLine.PLAYED}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one side was last: when, how a person would call the place, and how well its phone knew it.

    `accuracy` in metres, `speed` in km/h; None where it is not known. `old` says that nothing newer has come.
    """

    party: Party
    at: datetime
    where: str
    accuracy: float | None
    speed: int | None
    old: bool
    coarse: bool


def _whereabouts(incident: Incident, at: datetime) -> list[Whereabouts]:
    trip = incident.trip
    if trip is None:
        return []
    found = latest_positions(trip)
    return [
        Whereabouts(
            party,
            row.at,
            place_name(trip.city, (row.latitude, row.longitude)),
            row.accuracy,
            None if row.speed is None else round(row.speed * 3.6),
            at - row.at > policy.span(POSITION_OLD),
            row.coarse,
        )
        for party in Party
        if (row := found.get(party))
    ]


def _where(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident,
        "map": _map(incident),
        "places": _whereabouts(incident, clock.now()),
    }


@require_GET
@permission_required("incidents.respond")
def where(request: HttpRequest, code: str) -> HttpResponse:
    """The map by itself, for the open page, which asks for it every few seconds."""
    return render(request, "console/_where.html", _where(selectors.incident_by_code(code)))


@require_POST
@permission_required("incidents.respond")
def here(request: HttpRequest, code: str) -> HttpResponse:
    """Say that I look at this incident, and learn who else does."""
    found = presence.seen(code, account_of(request).code, writing=request.POST.get("writing") == "1")
    return render(request, "console/_here.html", {"others": found})


_CASE_PAGES = {"C": "complaints_console:case", "P": "police_console:request", "I": "safety_console:incident"}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of the timeline as the page shows it: whose it is, and where it comes from.

    `group` is `incident` for what belongs to this one, `case` for another case of the same trip, else `trip`.
    """

    each: Folded
    text: str
    group: str
    source: str
    link: str

    @property
    def line(self) -> TimelineEntry:
        """The newest that it stands for."""
        return self.each.line


def _told(each: Folded, incident: Incident) -> ShownLine:
    line = each.line
    text = timeline.sentence(line)
    recording = str(line.facts.get("code", "")) if line.kind in _OF_RECORDINGS else ""
    if recording:
        link = f"{reverse('safety_console:recording', args=[recording])}?case={incident.code}"
        return ShownLine(
            each, text, "incident" if line.incident == incident.code else "trip", recording, link
        )
    other = str(line.facts.get(_OTHER_INCIDENT.get(line.kind, ""), ""))
    if other and line.incident == incident.code:
        link = reverse("safety_console:incident", args=[other])
        return ShownLine(each, text, "incident", other, link)
    if line.incident == incident.code:
        return ShownLine(each, text, "incident", "", "")
    source = line.case or line.incident
    if not source:
        return ShownLine(each, text, "trip", "", "")
    name = _CASE_PAGES.get(source[0])
    return ShownLine(each, text, "case", source, reverse(name, args=[source]) if name else "")


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
    latest = [
        [row.latitude, row.longitude, party, row.accuracy] for party, row in latest_positions(trip).items()
    ]
    return {"route": trip.planned_route or ends, "trails": trails, "points": latest + calls, "ends": ends}


def _truth(incident: Incident) -> Truth | None:
    """What both phones show, where something was said about the trip that is not simply believed (R6)."""
    told = selectors.doubted_since(incident.trip) if incident.trip else None
    return reconcile_trip(incident.trip, told) if incident.trip and told else None


_CALL_LEVEL: dict[str, str] = {
    PlacedState.RINGING: "warn",
    PlacedState.CONNECTED: "good",
    PlacedState.FAILED: "bad",
}


@dataclass(frozen=True, slots=True)
class ContactTold:
    """An emergency contact by their masked name, and what became of the messages to them about this incident."""

    name: str
    messages: list[Notification]


def _contacts(incident: Incident) -> list[ContactTold]:
    written = outbox.about(incident.code)
    return [
        ContactTold(
            mask_name(each.name), [row for row in written if row.key.endswith(f":passenger:{each.pk}")]
        )
        for each in selectors.contacts_of(incident)
    ]


@dataclass(frozen=True, slots=True)
class _Step:
    """A prepared step as a button: its key, what it is called, and what it does, in the reader's language."""

    key: str
    code: str
    title: str
    words: str
    note: str
    again: timedelta | None


def _steps(incident: Incident, account: "Account") -> list[_Step]:
    """What may be taken now; nine have a key, by their place among all: who calls meanwhile gives no key another step."""
    if why_not(incident, account, "step"):
        return []
    mine = get_language() or ""
    return [
        _Step(
            str(number) if number < 10 else "",
            each.code,
            prepared.in_language(each.title, mine),
            prepared.in_language(each.words, mine),
            prepared.in_language(each.note, mine),
            each.again,
        )
        for number, each in enumerate(prepared.steps(), 1)
        if incident.caller or not any(each.words.values())
    ]


def _accident(incident: Incident, account: "Account") -> dict[str, Any]:
    """Whether there may have been an accident, and which sides may be called about it now (S1, S11)."""
    if not selectors.may_be_accident(incident):
        return {"accident": False}
    actions = {Party.PASSENGER: "call_passenger", Party.DRIVER: "call_driver"}
    calls = [party for party, action in actions.items() if not why_not(incident, account, action)]
    return {"accident": True, "accident_calls": calls}


def _context(request: HttpRequest, incident: Incident, refusal: Refusal | None) -> dict[str, Any]:
    account, at, code, trip = account_of(request), clock.now(), incident.code, incident.trip
    appeals = selectors.appeals_of(incident)
    lines = timeline.on_page(trip=trip.code if trip else "", incident=code)
    return {
        "title": _("Incident %(code)s") % {"code": code},
        "incident": incident,
        "trip": trip,
        "now": at,
        "clocks": [(each, each.overdue(at)) for each in clocks_of(incident)],
        "silent": selectors.silent_callers(incident),
        **_accident(incident, account),
        "thread": selectors.thread_of(incident),
        "signals": selectors.signals_of(incident),
        "truth": _truth(incident),
        "lines": [_told(each, incident) for each in lines],
        "offers": INCIDENTS.offers(incident, account, refusal),
        "step": INCIDENTS.offer("step", incident, account, refusal),
        "steps": _steps(incident, account),
        "steps_taken": sum(
            each.line.kind == SafetyLine.STEP and each.line.incident == code for each in lines
        ),
        "decide_appeal": INCIDENTS.offer("appeal", incident, account, refusal),
        "recordings": [(row, selectors.health_of(row)) for row in selectors.recordings_of(trip)]
        if trip
        else [],
        "appeals": appeals,
        "appeal_waits": any(each.decided_at is None for each in appeals),
        "checks": [
            (check, mask_phone(check.missing_phone), mask_phone(check.reporter_phone))
            for check in selectors.checks_of(incident)
        ],
        "contacts": _contacts(incident),
        "push": selectors.push_of(incident),
        "calls": [(call, _CALL_LEVEL[call.state]) for call in selectors.placed_calls_of(incident)],
        **_where(incident),
        "passenger": (mask_name(trip.passenger.real_name), mask_phone(trip.passenger.phone))
        if trip
        else None,
        "driver": (mask_name(trip.driver.account.real_name), mask_phone(trip.driver.account.phone))
        if trip and trip.driver
        else None,
        "holds": open_holds(trip.driver.account.code) if trip and trip.driver else [],
        "plate_read": plate_read(trip.code, trip.driver) if trip else None,
        "vetting": newest_application(trip.driver) if trip and trip.driver else None,
        "vetting_cases": signals_about(trip.driver) if trip and trip.driver else [],
        "known": known.of_person(trip.driver.account.code) if trip and trip.driver else [],
    }


@require_GET
@permission_required("incidents.respond")
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One incident: clocks, map, one timeline, what may be done now."""
    return _page(request, selectors.incident_by_code(code), None)


@INCIDENTS.shown_by
def _page(request: HttpRequest, incident: Incident, refusal: Refusal | None) -> HttpResponse:
    if request.headers.get("HX-Request") != "true":
        services.record_incident_read(account=account_of(request), incident=incident)
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
            found = packets.decode(text, driver_of_trip)
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
    return _mine(request)


def _mine(request: HttpRequest, error: DomainError | None = None) -> HttpResponse:
    """`error` is why nothing was handed over: what was typed stays."""
    account = account_of(request)
    context: dict[str, Any] = {
        "error": error,
        "to": request.POST.get("to", ""),
        "words": request.POST.get("words", ""),
        "everything": panels.draw(panels.OWN, request, account),
        "follows": " ".join(panels.marks_of(panels.OWN)),
        "title": _("Mine and hand-over"),
        "mine": selectors.owned_by(account),
        "offered": selectors.offered_to(account),
        "appeals": selectors.open_appeals(),
        "responders": handover.choices(
            each.code for each in handover.may_inherit(account, people_who_may("incidents.respond"))
        ),
        "now": clock.now(),
    }
    shown = [row.code for name in ("mine", "offered") for row in context[name]]
    return page(request, "console/mine.html", context, status=error.status if error else 200, listed=shown)


@require_POST
@permission_required("incidents.respond")
def hand_over_all(request: HttpRequest) -> HttpResponse:
    """The end of a shift: everything that is mine goes to one person, with one note; all of it or nothing."""
    heir, words = account_by_code(request.POST.get("to", "").strip()), request.POST.get("words", "")
    try:
        count = handover.hand_over_all(account=account_of(request), heir=heir, words=words)
    except DomainError as error:
        return _mine(request, error)
    said = ngettext("%(n)s case goes to %(who)s.", "%(n)s cases go to %(who)s.", count)
    messages.success(request, said % {"n": count, "who": heir.code if heir else ""})
    if heir and (absent := handover.not_there(heir.code)):
        messages.warning(request, absent)
    return redirect("safety_console:mine")


app_name = "safety_console"
urlpatterns = [
    path("admin/incidents/mine/", mine, name="mine"),
    path("admin/incidents/hand-over/", hand_over_all, name="hand_over_all"),
    path("admin/incidents/<code:code>/where/", where, name="where"),
    path("admin/incidents/<code:code>/here/", here, name="here"),
    path("admin/incidents/<code:code>/live-sound/", live_sound, name="live_sound"),
    path("admin/recordings/<code:code>/", recording, name="recording"),
    path("admin/recordings/<code:code>/<number:play>/sound/", sound, name="sound"),
    path("admin/recordings/<code:code>/do/<word:action>/", act.view(RECORDINGS), name="act_on_recording"),
    path("admin/sos-packet/", packet, name="packet"),
    path("admin/incidents/<code:code>/", show, name="incident"),
    path("admin/incidents/<code:code>/do/<word:action>/", act.view(INCIDENTS), name="act"),
]
