"""The rectification board as a console page (G1): what the last round found. Nothing is checked in the request."""

import hashlib
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import build, clock, motions
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal
from core.console import act, page
from core.console.motions import shown
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.permissions import may, require
from core.reader import door
from governance import relaunch
from governance.actions import (
    COMMENTS,
    CONSULTATIONS,
    ENDINGS,
    PASSAGES,
    RECORDS,
    REPORTS,
    REVIEWS,
    RULE_CHANGES,
    SPOKEN,
    WAIVERS,
)
from governance.console import concerns, consultations, reports, reviews, rules
from governance.forms import ExecutiveForm, NightForm, ReassessmentForm, SignForm, StatementForm, WaiverForm
from governance.gate import (
    ask,
    bars,
    case_of,
    executives,
    missing,
    passage_of,
    passages_of,
    returning,
    why_it_ended,
)
from governance.models import GatePassage
from governance.policies import CONCERNS_ANSWER, REVIEW
from governance.regulator import figures as feed
from governance.relaunch import EXECUTIVE, NIGHT, REASSESSMENT, RELAUNCH, STATEMENT
from governance.reviews import counted, published
from governance.selectors import days_of, histories, last_board
from governance.states import PassageState, Status
from governance.waivers import KINDS, WAIVE, WAIVER, Wanted
from rides.selectors import city_by_code, line_in_city
from rides.states import Line, LineState

if TYPE_CHECKING:
    from rides.models import City


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def board(request: HttpRequest) -> HttpResponse:
    """Every measure as the last round found it: state, text, scope, owner, due, evidence, breaker, the last 30 days."""
    if request.method == "GET":
        return _board(request, WaiverForm())
    require(account_of(request), WAIVE)
    form = WaiverForm(request.POST)
    try:
        if not form.is_valid():
            raise IncompleteForm
        given = Wanted(**form.cleaned_data)
        motions.propose(account=account_of(request), kind=WAIVER, given=given, subject=given.measure)
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _board(request, form, status=error.status)
    messages.success(request, _("Proposed. Somebody else has to agree."))
    return redirect("governance_console:board")


@WAIVERS.shown_by
def _waivers(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _board(request, WaiverForm(), refusal)


def _board(
    request: HttpRequest, form: WaiverForm, refusal: Refusal | None = None, *, status: int = 200
) -> HttpResponse:
    past, at, found, person = histories(), clock.now(), last_board(), account_of(request)
    acts = published(at)
    context = {
        "title": _("Rectification board"),
        "rows": [(row, days_of(past.get(row.measure.id, []), at)) for row in found],
        "counts": [(each, sum(row.found.status == each for row in found)) for each in Status],
        "acts": acts,
        "learned": counted(at, acts),
        "returning": returning(found),
        "executives": executives(),
        "form": form,
        "may_waive": may(person, WAIVE),
        "motions": shown(WAIVERS, KINDS, person, refusal),
    }
    return page(request, "console/board.html", context, status=status)


# --- The gate -----------------------------------------------------------------------------------------------


def _records(request: HttpRequest | None = None) -> dict[str, tuple[str, Any, Form]]:
    """By what the button says: its title, what is moved, and its form. They stand on one page."""
    data = request.POST if request else None
    return {
        "executive": (_("Who answers for a line"), EXECUTIVE, ExecutiveForm(data, auto_id="executive-%s")),
        "reassessment": (
            _("The reassessment of a line"),
            REASSESSMENT,
            ReassessmentForm(data, auto_id="reassessment-%s"),
        ),
        "night": (
            _("The assessment of hitch at night"),
            NIGHT,
            NightForm(data, auto_id="night-%s"),
        ),
        "statement": (
            _("The way back from this build was rehearsed"),
            STATEMENT,
            StatementForm(data, request.FILES if request else None, auto_id="statement-%s"),
        ),
    }


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def gate(request: HttpRequest) -> HttpResponse:
    """Lines that are suspended or on their way back, and what people put on record for them, two together."""
    if request.method == "GET":
        return _gate(request)
    require(account_of(request), RELAUNCH)
    which = request.POST.get("do", "")
    if which not in _records():
        raise InvalidInput("do")
    _title, kind, form = _records(request)[which]
    try:
        if not form.is_valid():
            raise IncompleteForm
        given = dict(form.cleaned_data)
        if which == "statement":
            record = door.raw(given.pop("file"))
            given |= {"build": build.digest(), "file_sha256": hashlib.sha256(record).hexdigest()}
        moved = kind.shape(**given)
        motions.propose(
            account=account_of(request),
            kind=kind,
            given=moved,
            subject=given.get("line") or given.get("build", Line.HITCH)[:12],
        )
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _gate(request, {which: form}, status=error.status)
    messages.success(request, _("Proposed. Somebody else has to agree."))
    return redirect("governance_console:gate")


@RECORDS.shown_by
def _record_page(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _gate(request, refusal=refusal)


def _gate(
    request: HttpRequest,
    typed: dict[str, Form] | None = None,
    refusal: Refusal | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    person = account_of(request)
    context = {
        "title": _("Relaunch gate"),
        "lines": returning(),
        "forms": [
            (key, title, (typed or {}).get(key, form)) for key, (title, _kind, form) in _records().items()
        ],
        "may_sign": may(person, RELAUNCH),
        "motions": shown(RECORDS, relaunch.KINDS, person, refusal),
    }
    return page(request, "console/gate.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def gate_line(request: HttpRequest, line: str, city: str) -> HttpResponse:
    """One line in one city: all that the gate asks, the two signatures, and the probation with its figures."""
    if line not in Line.values:
        raise NotFound("line")
    place = city_by_code(city)
    if request.method == "GET":
        return _gate_line(request, line, place, SignForm())
    form = SignForm(request.POST)
    try:
        if not form.is_valid():
            raise IncompleteForm
        relaunch.propose_relaunch(
            account=account_of(request), line=line, city=city, token=form.cleaned_data["token"]
        )
    except DomainError as error:
        messages.error(request, error.detail)
        explain(form, error)
        return _gate_line(request, line, place, form, status=error.status)
    messages.success(request, _("Signed. Somebody of another role has to agree."))
    return redirect("governance_console:gate_line", line, city)


@PASSAGES.shown_by
def _passage_page(request: HttpRequest, row: GatePassage, refusal: Refusal | None) -> HttpResponse:
    return _gate_line(request, row.line, city_by_code(row.city), SignForm(), refusal)


def _gate_line(
    request: HttpRequest,
    line: str,
    city: "City",
    form: Form,
    refusal: Refusal | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    person, row = account_of(request), line_in_city(line, city)
    if row is None:
        raise NotFound("line")
    current = passage_of(line, city.code)
    asked = ask(case_of(line, city, since=current.agreed_at if current and not current.ended_at else None))
    proposed = current is not None and current.state == PassageState.PROPOSED
    context = {
        "title": _("Relaunch gate"),
        "row": row,
        "asked": asked,
        "missing": missing(asked),
        "passage": current,
        "offers": PASSAGES.offers(current, person, refusal) if current and proposed else [],
        "steps": bars(current) if current and current.agreed_at else [],
        "exit": relaunch.exit_of(current) if current and current.state == PassageState.PROBATION else None,
        "why": why_it_ended(current.why) if current else [],
        "past": passages_of(line, city.code),
        "form": form,
        "may_sign": may(person, RELAUNCH),
        "is_suspended": row.state == LineState.SUSPENDED,
        "build": build.digest()[:12],
    }
    return page(request, "console/gate_line.html", context, status=status)


app_name = "governance_console"


@require_GET
@permission_required("governance.read")
def regulator(request: HttpRequest) -> HttpResponse:
    """What the regulator was told, by interface (G11): figures, and what was refused for which reason."""
    context = {"title": _("The regulator's feed"), "feed": feed.shown(clock.now())}
    return page(request, "console/regulator.html", context)


urlpatterns = [
    path("admin/regulator/", regulator, name="regulator"),
    path("admin/rules/", rules.index, name="rules"),
    path("admin/rules/<rule:key>/", rules.one, name="rule"),
    path("admin/rules/changes/<code:code>/do/<word:action>/", act.view(RULE_CHANGES), name="rule_act"),
    path("admin/transparency/", reports.index, name="reports"),
    path("admin/transparency/<code:code>/", reports.one, name="report"),
    path("admin/transparency/<code:code>/do/<word:action>/", act.view(REPORTS), name="report_act"),
    path("admin/board/", board, name="board"),
    path("admin/gate/", gate, name="gate"),
    path("admin/gate/records/<code:code>/do/<word:action>/", act.view(RECORDS), name="record_act"),
    path("admin/gate/passages/<code:code>/do/<word:action>/", act.view(PASSAGES), name="passage_act"),
    path("admin/gate/<word:line>/<name:city>/", gate_line, name="gate_line"),
    path("admin/reviews/", reviews.index, name="reviews"),
    path(
        "admin/reviews/motions/<code:code>/do/<word:action>/",
        act.view(ENDINGS),
        name="review_motion_act",
    ),
    path("admin/reviews/<code:code>/", reviews.one, name="review"),
    path("admin/reviews/<code:code>/do/<word:action>/", act.view(REVIEWS, REVIEW), name="review_act"),
    path("admin/concerns/", concerns.index, name="concerns"),
    path("admin/concerns/<code:code>/", concerns.one, name="concern"),
    path(
        "admin/concerns/<code:code>/do/<word:action>/",
        act.view(SPOKEN, CONCERNS_ANSWER),
        name="concern_act",
    ),
    path("admin/concerns/<code:code>/who/", concerns.who, name="concern_who"),
    path("admin/comments/", consultations.moderation, name="comments"),
    path("admin/comments/<code:code>/do/<word:action>/", act.view(COMMENTS), name="comment_act"),
    path("admin/consultations/", consultations.index, name="consultations"),
    path(
        "admin/consultations/motions/<code:code>/do/<word:action>/",
        act.view(CONSULTATIONS),
        name="consultation_act",
    ),
    path("admin/board/motions/<code:code>/do/<word:action>/", act.view(WAIVERS), name="motion_act"),
]
