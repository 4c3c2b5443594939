"""'Police on the line': the console's wizard for an officer without account (P4), and the answer to any request."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account
from complaints.selectors import at_desk
from complaints.states import ShiftLine
from core import clock, idempotency, motions, pictures, timeline
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import act, page
from core.console.files import file_response
from core.console.motions import shown
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.messages import outbox
from core.models import Motion, MotionState
from core.permissions import may
from core.privacy import mask_name, mask_phone
from core.reader.door import LARGEST
from police import notices, papers, preserving, register, selectors, services, tables
from police.actions import MOTIONS, PRESERVATIONS, REQUESTS, STATIONS
from police.clocks import errors_since, published_clocks
from police.documents import rules, telling
from police.documents import services as documents
from police.errors import TableUnreadable
from police.forms import (
    CalledForm,
    OfficerForm,
    PhoneRequestForm,
    StationForm,
    StationsForm,
    StopForm,
    UntilForm,
)
from police.models import Agency, PoliceRequest, Preservation
from police.policies import had_a_part, left_out_of, open_error, refusing, reinstating, tier_of
from police.states import UNDECIDED, Channel, Query, RefusalCode, RequestState, Unusual, Wanted
from police.views import graded, missing, question_of
from rides.selectors import latest_positions, place_name
from safety.selectors import incident_by_code, live_incident_of
from safety.services import record_incident_read
from safety.states import IncidentState

if TYPE_CHECKING:
    from rides.models import Trip
    from safety.models import Incident


@dataclass(frozen=True, slots=True)
class _Calling:
    """A call of ours to the police of the place: for which incident, where it was last, and who is near, the nearest first."""

    incident: "Incident"
    trip: "Trip"
    where: str
    at: datetime | None  # None where no position came: it is where the trip began
    stations: list[Agency]


def _calling(request: HttpRequest) -> _Calling | None:
    """None where somebody rings us, or no live incident of a trip is named whose page this person reads."""
    account, code = account_of(request), request.GET.get("incident", "")
    if not code or not request.GET.get("outbound") or not may(account, "incidents.respond"):
        return None
    try:
        incident = incident_by_code(code)
    except NotFound:
        return None
    trip = incident.trip
    if trip is None or incident.state == IncidentState.CLOSED:
        return None
    record_incident_read(account=account, incident=incident)  # it says where somebody is
    last = max(latest_positions(trip).values(), key=lambda row: row.at, default=None)
    point = (last.latitude, last.longitude) if last else trip.origin
    return _Calling(
        incident,
        trip,
        place_name(trip.city, point),
        last.at if last else None,
        selectors.stations_near(trip, point),
    )


@require_http_methods(["GET", "POST"])
@permission_required("police.answer")
def line(request: HttpRequest) -> HttpResponse:
    """Take down who calls and what they ask; or call the police of the place of an incident, with what is known of it."""
    calling = _calling(request)
    initial = {
        "submission": idempotency.new_key(),
        "query": request.GET.get("query", ""),
        "query_value": request.GET.get("value", ""),
    }
    initial["outbound"] = request.GET.get("outbound", "")
    if calling:
        initial |= {"query": Query.TRIP, "query_value": calling.trip.code, "outbound": "1"}
        initial["agency"] = calling.stations[0].code if calling.stations else ""
    form = PhoneRequestForm(request.POST or None, initial=initial)
    if calling:
        form.we_call()
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            outcome = services.open_phone_request(
                account=account_of(request),
                agency_code=found["agency"],
                badge=found["badge"],
                question=question_of(form),
                submission=found["submission"],
                outbound=found["outbound"],
            )
            if outcome.refusal:
                messages.error(request, outcome.refusal.detail)
            return redirect("police_console:request", outcome.request.code)
        except DomainError as error:
            explain(form, error)
    return page(
        request,
        "console/police_line.html",
        {
            "title": _("Call the police of the place") if calling else _("Police on the line"),
            "form": form,
            "calling": calling,
        },
        status=400 if form.errors else 200,
    )


@require_GET
@permission_required("police.answer")
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One request: the steps that are left, three ways to answer, and what was released."""
    return _page(request, selectors.request_by_code(code), None)


@require_GET
@permission_required("police.answer")
def paper(request: HttpRequest, code: str, picture: str) -> HttpResponse:
    """A file of its notice, or of the papers that followed; that it was looked at is recorded."""
    asked = selectors.request_by_code(code)
    found = papers.paper_of(asked, picture)
    content = pictures.read(actor=account_of(request).actor, code=picture, case=code)
    return file_response(content, picture, document=found.is_document)


DAYS = 30  # what the page of clocks looks back
# What the page draws at places of its own, beside what it is about; all else that is offered is drawn below it.
PLACED = {
    "call-back",
    "trip",
    "propose",
    "confirm",
    "refuse",
    "escalate",
    "identity_call",
    "identity_confirm",
    "identity_refuse",
    "proper",
    "improper",
}


@REQUESTS.shown_by
def _page(request: HttpRequest, asked: PoliceRequest, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    released = asked.state == RequestState.RELEASED
    hers = released and asked.channel != Channel.FORM and account.code == asked.owned_by
    readable = hers and asked.release.is_open(clock.now())
    letters = outbox.about(asked.code)
    offers = REQUESTS.offers(asked, account, refusal)
    notice, left = asked.notice, left_out_of(asked, asked.trip)
    context = {
        "title": _("Police request %(code)s") % {"code": asked.code},
        "asked": asked,
        "undecided": asked.state in UNDECIDED,
        "missing": missing(asked),
        "answer_due": selectors.letter_due(asked, clock.now()),
        "notice": notices.filled(notice) if notice else None,
        "wanted": [
            (Wanted(each).label, RefusalCode(left[each]).label if each in left else "")
            for each in asked.wanted
        ],
        "beside": [row for row in notices.requests_of(notice) if row.pk != asked.pk] if notice else [],
        "refusing": refusing(asked),
        "papers": papers.papers_of(asked).values(),
        "do": {offer.key.replace("-", "_"): offer for offer in offers},
        "others": [offer for offer in offers if offer.key not in PLACED],
        "pack": json.loads(services.read_pack(actor=account.actor, request=asked)) if readable else None,
        "spoken_code": asked.release.spoken_code if hers else "",
        "to_station": [row for row in letters if row.key.startswith("pack:")],
        "to_executive": [row for row in letters if row.key.startswith("executive:")],
        "reinstating": asked.officer if reinstating(asked) else None,
        "error": open_error(asked),
        "copies": telling.stretches(documents.copies_of(asked)) if released else [],
        "notices": rules.of_request(asked.code) if released else [],
        "destroyed": released and asked.release.is_destroyed,
        "linked": selectors.linked_requests(asked),
        **graded(asked),
        "supervisor": mask_phone(str(asked.supervisor_phone)),
        "unusual": [Unusual(code).label for code in asked.all_unusual],
        # Whom the machine rang, and who is there to confirm it: whoever is on the telephone says so.
        "rung": [line for line in timeline.of(case=asked.code) if line.kind == ShiftLine.RUNG],
        "may_confirm": _may_confirm(asked) if asked.state in UNDECIDED else [],
        "incident": live_incident_of(asked.trip) if asked.trip else None,
        "answers": list(asked.release.answers.order_by("pk")) if released else [],
        "reviews": list(asked.release.reviews.order_by("pk")) if released else [],
    }
    return page(request, "console/police_request.html", context)


def _may_confirm(asked: PoliceRequest) -> list[str]:
    """Who is on duty and may be the second person, by their codes."""
    parts = had_a_part(asked)
    there = at_desk(clock.now())
    return [each.code for each in there if may(each, "police.confirm") and each.code not in parts]


@require_GET
@permission_required("police.answer", "stations.register", "incidents.respond")
def find(request: HttpRequest) -> HttpResponse:
    """What stands below a field for a station while somebody types: up to twenty, to be chosen."""
    found = selectors.find_agencies(request.GET.get("agency", "")[:80])
    return TemplateResponse(request, "console/_stations_found.html", {"found": found}).render()


@require_http_methods(["GET", "POST"])
@permission_required("stations.register")
def stations(request: HttpRequest) -> HttpResponse:
    """The register: stations and officers, what waits for a second person, and what may be entered."""
    if request.method == "GET":
        return _stations(request, {}, None)
    which = request.POST.get("do", "")
    if which not in _ENTRIES:
        raise InvalidInput("do")
    form = _entry_forms(request)[which]
    try:
        if not form.is_valid():
            raise IncompleteForm
        motion = _ENTRIES[which](account_of(request), form.cleaned_data)
        if motion is None:
            messages.success(request, _("Stopped. The old number and address go on to count."))
        else:
            messages.success(request, _("Proposed. Somebody else has to agree."))
        if which == "table" and motion:
            return redirect("police_console:table", motion.code)
        return redirect("police_console:stations")
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _stations(request, {which: form}, None, status=error.status)


def _enter_station(account: Account, given: dict[str, Any]) -> Motion:
    changes = given.pop("changes")
    return motions.propose(
        account=account,
        kind=register.STATION,
        given=register.Station(**given | {"country": given["country"].upper()}),
        subject="" if changes == StationForm.NEW else given["code"],
    )


def _enter_table(account: Account, given: dict[str, Any]) -> Motion:
    upload = given["table"]
    if not upload.size or upload.size > LARGEST:
        raise TableUnreadable("table")
    return motions.propose(account=account, kind=tables.STATIONS, given=tables.read_table(upload.read()))


def _enter_officer(account: Account, given: dict[str, Any]) -> Motion:
    return motions.propose(account=account, kind=register.OFFICER, given=register.Liaison(**given))


def _enter_until(account: Account, given: dict[str, Any]) -> Motion:
    until = register.Until(given["until"])
    return motions.propose(account=account, kind=register.LONGER, given=until, subject=given["officer"])


def _enter_called(account: Account, given: dict[str, Any]) -> Motion:
    subject = given.pop("officer")
    return motions.propose(
        account=account, kind=register.CALLED, given=register.Called(**given), subject=subject
    )


def _stop(account: Account, given: dict[str, Any]) -> None:
    register.stop_change(account=account, code=given["station"], reason=given["reason"])


_ENTRIES: dict[str, Callable[[Account, dict[str, Any]], Motion | None]] = {
    "station": _enter_station,
    "table": _enter_table,
    "officer": _enter_officer,
    "until": _enter_until,
    "called": _enter_called,
    "stop": _stop,
}


def _entry_forms(request: HttpRequest | None = None, officer: str = "") -> dict[str, Form]:
    """By what the button says. Each has identifiers of its own: they stand on one page."""
    data, files = (request.POST, request.FILES) if request else (None, None)
    initial = {"officer": officer}
    return {
        "station": StationForm(data, auto_id="station-%s"),
        "table": StationsForm(data, files, auto_id="table-%s"),
        "officer": OfficerForm(data, auto_id="officer-%s"),
        "called": CalledForm(data, auto_id="called-%s", initial=initial),
        "until": UntilForm(data, auto_id="until-%s", initial=initial),
        "stop": StopForm(data, auto_id="stop-%s"),
    }


@require_GET
@permission_required("stations.register")
def table(request: HttpRequest, code: str) -> HttpResponse:
    """What a table of stations would do, line by line, for the first person and for the second."""
    motion = motions.by_code(code, {tables.STATIONS.key})
    found = tables.preview(tables.STATIONS.given(motion))
    context = {
        "title": _("A table of stations"),
        "found": found,
        "lines": Paginator(
            [*found.changed, *((None, each) for each in found.new)], tables.LINES_A_PAGE
        ).get_page(request.GET.get("page")),
        "waits": motion.state == MotionState.MOVED,
        "motions": shown(STATIONS, {tables.STATIONS.key}, account_of(request), None, code=code),
    }
    return page(request, "console/stations_table.html", context)


@STATIONS.shown_by
def _station_motions(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _stations(request, {}, refusal)


def _stations(
    request: HttpRequest, typed: dict[str, Form], refusal: Refusal | None, *, status: int = 200
) -> HttpResponse:
    words, at = request.GET.get("q", "")[:80], clock.now()
    forms = _entry_forms(officer=request.GET.get("officer", "")[:20]) | typed
    found = selectors.find_agencies(words) if words else selectors.first_agencies()
    officers = register.officers_of(found)
    context = {
        "title": _("Stations and officers"),
        "words": words,
        "stations": found,
        "of": selectors.count_agencies(),
        "changing": selectors.changing_agencies(),
        "officers": [(row, mask_name(row.account.real_name), tier_of(row, at)) for row in officers],
        "now": at,
        "motions": shown(STATIONS, MOTIONS, account_of(request), refusal),
        "tables": tables.STATIONS.key,
        "forms": [
            ("officer", _("A liaison officer"), forms["officer"]),
            ("called", _("An officer was called back"), forms["called"]),
            ("until", _("An officer, until another day"), forms["until"]),
            ("station", _("A station"), forms["station"]),
            ("table", _("Many stations"), forms["table"]),
        ],
        "stop": forms["stop"],
    }
    codes = [row.account.code for row in officers]
    return page(request, "console/stations.html", context, status=status, listed=codes)


@require_GET
@permission_required("police.answer")
def preservations(request: HttpRequest) -> HttpResponse:
    """What is preserved for the police now, the one that ends first first (P7)."""
    rows = list(preserving.all_kept(clock.now()))
    context = {"title": _("Preserved for the police"), "rows": rows}
    return page(request, "console/preservations.html", context, listed=[row.code for row in rows])


@require_GET
@permission_required("police.answer")
def preservation(request: HttpRequest, code: str) -> HttpResponse:
    """One of them, and its renewal."""
    return _preservation(request, preserving.by_code(code), None)


@PRESERVATIONS.shown_by
def _preservation(request: HttpRequest, row: Preservation, refusal: Refusal | None) -> HttpResponse:
    context = {
        "title": _("Preservation %(code)s") % {"code": row.code},
        "row": row,
        "kept": row.is_kept(clock.now()),
        "offers": PRESERVATIONS.offers(row, account_of(request), refusal),
    }
    return page(request, "console/preservation.html", context)


@require_GET
@permission_required("police.read")
def clocks(request: HttpRequest) -> HttpResponse:
    """How soon the police were answered in the last thirty days, by channel, kind and outcome, and what went wrong (P8)."""
    until = clock.now()
    since = until - timedelta(days=DAYS)
    context = {
        "title": _("Police: clocks and errors"),
        "days": DAYS,
        "rows": published_clocks(since, until + timedelta(seconds=1)),
        "errors": (errors := errors_since(since)),
        "history": selectors.HISTORY_MINUTES,
    }
    return page(
        request, "console/police_clocks.html", context, listed=[row.request.code for row in errors.rows]
    )


app_name = "police_console"
urlpatterns = [
    path("admin/stations/", stations, name="stations"),
    path("admin/stations/find/", find, name="find"),
    path("admin/stations/tables/<code:code>/", table, name="table"),
    path("admin/stations/motions/<code:code>/do/<word:action>/", act.view(STATIONS), name="motion_act"),
    path("admin/preservations/", preservations, name="preservations"),
    path("admin/preservations/<code:code>/", preservation, name="preservation"),
    path(
        "admin/preservations/<code:code>/do/<word:action>/", act.view(PRESERVATIONS), name="preservation_act"
    ),
    path("admin/police-clocks/", clocks, name="clocks"),
    path("admin/police-line/", line, name="line"),
    path("admin/police-line/<code:code>/", show, name="request"),
    path("admin/police-line/<code:code>/papers/<code:picture>/", paper, name="paper"),
    path("admin/police-line/<code:code>/do/<word:action>/", act.view(REQUESTS), name="act"),
]
