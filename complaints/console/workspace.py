"""The investigation workspace (C4): the queue, one case in three panes, and what may be done there."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.selectors import codes_who_may
from complaints import macros, presence, selectors, services
from complaints.console.files import file_response
from complaints.errors import AwardClosed
from complaints.forms import PhoneComplaintForm, fen_of
from complaints.models import Complaint
from complaints.policies import BULK_LIMIT, Award, actions_on, stage_of
from complaints.selectors import Filter
from complaints.services import Caller, Told
from complaints.services.intake import phone_and_language
from complaints.states import (
    Category,
    ComplaintState,
    EvidenceKind,
    Finding,
    Level,
    Outcome,
    PauseReason,
    Side,
    Source,
    Stage,
)
from core import clock, pictures, policy, timeline
from core.access import account_of, door
from core.console import page
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.permissions import may
from core.privacy import mask_name, mask_phone
from drivers.selectors import driver_by_code, drivers_vehicle
from rides.selectors import trail_of
from rides.states import Party
from safety.selectors import health_of, incidents_of_trip, recordings_of

LINES = 60  # of the timeline at first; the rest on request


def views_for(account: Account) -> list[tuple[str, str]]:
    """(name, end of the address) of the views that everybody has, those of one's role first."""
    judge = [
        (_("Both sides heard"), Filter(state="heard")),
        (_("Wait for a second decision"), Filter(state="second")),
        (_("Appeals"), Filter(state="appealed")),
    ]
    common = [
        (_("Mine"), Filter(whose="mine")),
        (_("Nobody has them"), Filter(whose="nobody")),
        (_("Severe"), Filter(level=Level.SEVERE)),
        (_("Late"), Filter(late=True)),
        (_("All open"), Filter()),
        (_("Decided"), Filter(state="over")),
    ]
    rows = [*judge, *common] if may(account, "complaints.judge") else [*common, *judge]
    return [(name, wanted.query()) for name, wanted in rows]


def _queue_context(request: HttpRequest, account: Account) -> dict[str, Any]:
    at, wanted = clock.now(), Filter.of_query(request.GET.urlencode())
    found = selectors.page_of(wanted, account, at, after=request.GET.get("after", ""))
    return {
        "filter": wanted,
        "query": wanted.query(),
        "rows": found.rows,
        "after": found.after,
        "now": at,
        "views": views_for(account),
        "saved": selectors.saved_views(account),
        "account": account,
    }


@require_GET
@door("complaints.work")
def queue(request: HttpRequest) -> HttpResponse:
    """The queue: views, search, and what is due first."""
    account = account_of(request)
    context = _queue_context(request, account)
    if request.headers.get("HX-Request") and request.GET.get("after"):
        return render(request, "console/_queue_rows.html", context)
    wanted: Filter = context["filter"]
    rows = context["rows"]
    if wanted.text and len(rows) == 1 and rows[0].code == wanted.text.strip().upper():
        return redirect("complaints_console:case", rows[0].code)
    count = selectors.count_of(wanted, account, context["now"]) if not wanted.text else len(rows)
    context |= {
        "title": _("Complaints"),
        "count": count,
        "more_than": count >= selectors.COUNT_LIMIT,
        "levels": Level.choices,
        "categories": Category.choices,
        "workers": _workers(account),
        "limit": BULK_LIMIT,
    }
    return page(request, "console/queue.html", context)


def _workers(account: Account) -> list[str]:
    return [code for code in codes_who_may("complaints.work") if code != account.code]


@require_POST
@door("complaints.work")
def take_next(request: HttpRequest) -> HttpResponse:
    """The next one that nobody has."""
    try:
        complaint = services.take_next(account=account_of(request))
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("complaints_console:queue")
    return redirect("complaints_console:case", complaint.code)


@require_POST
@door("complaints.work")
def bulk(request: HttpRequest) -> HttpResponse:
    """Several at once: first a page that says what will happen to which, then what became of each."""
    account, codes = account_of(request), request.POST.getlist("codes")
    action, to, words = (request.POST.get(name, "") for name in ("action", "to", "words"))
    if request.POST.get("sure") != "1":
        if not codes or action not in {"take", "assign", "note"} or len(codes) > BULK_LIMIT:
            messages.error(
                request,
                _("Choose between 1 and %(limit)s complaints, and what to do.") % {"limit": BULK_LIMIT},
            )
            return redirect("complaints_console:queue")
        rows = list(Complaint.objects.select_related("owner").filter(code__in=codes).order_by("due_at"))
        context = {
            "title": _("Are these the right ones?"),
            "rows": rows,
            "action": action,
            "to": to,
            "words": words,
            "owned": [row for row in rows if row.owner and row.owner_id != account.pk],
            "severe": [row for row in rows if row.level == Level.SEVERE],
        }
        return page(request, "console/bulk.html", context)
    outcomes = services.in_bulk(account=account, codes=codes, action=action, to=to, words=words)
    done = [each for each in outcomes if not each.why]
    messages.success(
        request,
        ngettext("%(n)s complaint done.", "%(n)s complaints done.", len(done)) % {"n": len(done)},
    )
    for each in outcomes:
        if each.why:
            messages.error(request, f"{each.code}: {each.why}")
    return redirect("complaints_console:queue")


@require_POST
@door("complaints.work")
def hand_over(request: HttpRequest) -> HttpResponse:
    """The end of a shift: everything that is mine goes to one person."""
    try:
        count = services.hand_over_all(
            account=account_of(request), to=request.POST.get("to", ""), words=request.POST.get("words", "")
        )
        messages.success(
            request,
            ngettext("%(n)s complaint handed over.", "%(n)s complaints handed over.", count) % {"n": count},
        )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("complaints_console:queue")


@require_POST
@door("complaints.work")
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a filter under a name, or forget one."""
    account = account_of(request)
    try:
        if request.POST.get("forget"):
            services.forget_view(account=account, name=request.POST["forget"])
        else:
            services.save_view(
                account=account,
                name=request.POST.get("name", ""),
                query=request.POST.get("query", ""),
                shared=request.POST.get("shared") == "1",
            )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect(f"{reverse('complaints_console:queue')}?{request.POST.get('query', '')}")


@require_http_methods(["GET", "POST"])
@door("complaints.work")
def take_down(request: HttpRequest) -> HttpResponse:
    """Somebody complains on the phone, or the police do: written down while they speak."""
    call = request.GET.get("call", "")
    initial = {
        "submission": secrets.token_urlsafe(16),
        "source": Source.PHONE,
        # By the call's key, so that no number stands in an address.
        "phone": selectors.number_of_call(account_of(request), int(call)) if call.isdecimal() else "",
        "trip": request.GET.get("trip", ""),
    }
    form = PhoneComplaintForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            complaint = services.file_for_caller(
                account=account_of(request),
                caller=Caller(given["name"], given["phone"], verified=True),
                trip_code=given["trip"].strip().upper(),
                plate=given["plate"],
                told=Told(Category(given["category"]), given["words"], given["submission"], given["uploads"]),
                source=Source(given["source"]),
            )
            return redirect("complaints_console:case", complaint.code)
        except NotFound:
            form.add_error("trip", _("No trip has this code."))
        except DomainError as error:
            explain(form, error)
    context = {"title": _("Write a complaint down"), "form": form}
    return page(request, "console/take_down.html", context, status=400 if form.errors else 200)


# --- One case ------------------------------------------------------------------------------------


def _map(complaint: Complaint) -> dict[str, Any]:
    """Planned route and both trails, WGS-84 [latitude, longitude]."""
    trip = complaint.trip
    if trip is None:
        return {}
    trails = {
        party.value: [[fix.latitude, fix.longitude] for fix in trail_of(trip, party)] for party in Party
    }
    ends = [list(trip.origin), list(trip.destination)]
    points = [[trail[-1][0], trail[-1][1], party] for party, trail in trails.items() if trail]
    return {"route": trip.planned_route or ends, "trails": trails, "points": points, "ends": ends}


def _people(complaint: Complaint) -> list[dict[str, Any]]:
    """Both sides as the console shows them: masked, with what is known of earlier complaints."""
    found: list[dict[str, Any]] = []
    for side, account in ((Side.COMPLAINANT, complaint.complainant), (Side.ACCUSED, complaint.accused)):
        driver = driver_by_code(account.code) if account else None
        found.append(
            {
                "side": side,
                "part": selectors.part_of(complaint, side).label if account else "",
                "account": account,
                "name": mask_name(account.real_name if account else complaint.caller_name)
                if account or side == Side.COMPLAINANT
                else "",
                "phone": mask_phone(account.phone if account else complaint.caller_phone)
                if account or side == Side.COMPLAINANT
                else "",
                "driver": driver,
                "vehicle": drivers_vehicle(driver) if driver else None,
                "earlier": selectors.earlier_of(account),
            }
        )
    return found


def _award_rows(complaint: Complaint) -> list[dict[str, Any]]:
    """What the form of the decision offers, for each side that has an account."""
    rows = []
    for side in (Side.ACCUSED, Side.COMPLAINANT):
        person = selectors.person_of(complaint, side)
        if person is None:
            continue
        drives = driver_by_code(person.code) is not None
        rows.append(
            {
                "side": side,
                "person": person.code,
                "outcomes": [
                    {"value": each.value, "label": each.label, "days": each == Outcome.SUSPENSION,
                     "money": each in {Outcome.COMPENSATION, Outcome.REFUND}}
                    for each in Outcome
                    if drives or each != Outcome.TRAINING
                ],
            }
        )  # fmt: skip
    return rows


def _context(request: HttpRequest, code: str) -> dict[str, Any]:
    account, at = account_of(request), clock.now()
    complaint = selectors.complaint_by_code(code)
    known = selectors.known_of(complaint, account)
    actions = actions_on(complaint, account, known)
    stage = stage_of(complaint, known)
    whole = request.GET.get("all") == "1"
    trip = complaint.trip
    lines = timeline.of(trip=trip.code if trip else "", case=code, last=0 if whole else LINES)
    timers = known.timers
    return {
        "title": f"{code} · {complaint.get_category_display()}",
        "complaint": complaint,
        "known": known,
        "now": at,
        "timers": timers,
        "pausable": [each for each in timers if not each.met_at and not each.paused_at],
        "pause_reasons": PauseReason.choices,
        "actions": actions,
        "open_actions": [each for each in actions if not each.why_not],
        "closed_actions": [each for each in actions if each.why_not],
        "may": {each.key: not each.why_not for each in actions},
        "stage": stage,
        "stage_label": stage.label if stage else "",
        "blind": stage == Stage.SECOND,
        "lines": [(line, timeline.sentence(line), _group(line.kind)) for line in reversed(lines)],
        "whole": whole or len(lines) < LINES,
        "map": _map(complaint),
        "evidence": selectors.evidence_of(complaint),
        "recordings": [(row, health_of(row)) for row in recordings_of(trip)] if trip else [],
        "incidents": incidents_of_trip(trip) if trip else [],
        "responds": may(account, "incidents.respond"),
        "statements": list(known.statements.values()),
        "decisions": selectors.visible_decisions(complaint, account),
        "measures": selectors.measures_of(complaint) if complaint.state != ComplaintState.PROPOSED else [],
        "appeals": selectors.appeals_of(complaint),
        "people": _people(complaint),
        "holds": selectors.holds_of(complaint),
        "joined": list(complaint.joined.all()),
        "macros": selectors.macros_for(complaint.category),
        "placeholders": macros.PLACEHOLDERS,
        "workers": _workers(account),
        "levels": [choice for choice in Level.choices if choice[0] != complaint.level],
        "findings": Finding.choices,
        "awards": _award_rows(complaint) if known and stage else [],
        "cites": selectors.citable(complaint) if stage else [],
        "guides": selectors.guides_for(complaint.category),
        "judge": may(account, "complaints.judge"),
    }


def _group(kind: str) -> str:
    """Which filter of the timeline a line falls under."""
    room, _dot, what = kind.partition(".")
    if room == "complaints":
        said = {"filed", "words", "evidence", "answered", "stated", "note", "appealed"}
        return "said" if what in said else "done"
    return "trip"


@require_GET
@door("complaints.work")
@policy.read_once()
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case: the queue it came from, what happened, who and what may be done."""
    account = account_of(request)
    part = request.headers.get("HX-Request") == "true"
    context = _context(request, code)
    if not part:
        services.record_reading(actor=account.actor, code=code)
        context |= _queue_context(request, account)
    return page(request, "console/case.html", context)


def _awards(request: HttpRequest) -> list[Award]:
    """The outcomes that were chosen in the form. Raises `AwardClosed`, `InvalidInput`."""
    found = []
    for chosen in request.POST.getlist("award"):
        side, _colon, outcome = chosen.partition(":")
        if side not in Side.values or outcome not in Outcome.values:
            raise InvalidInput("award")
        days, yuan = (request.POST.get(f"{name}:{chosen}", "").strip() for name in ("days", "yuan"))
        try:
            fen = fen_of(yuan) if yuan else 0
        except InvalidInput:
            raise AwardClosed("award", why=_("Say how much.")) from None
        if days and not days.isdecimal():
            raise AwardClosed("award", why=_("A suspension lasts between 1 and 365 days."))
        found.append(
            Award(Outcome(outcome), Side(side), int(days or 0) if len(days) < 5 else 9999, max(fen, 0))
        )
    return found


@require_POST
@door("complaints.work")
def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
    """One action; a refusal is said on the page, and nothing else has changed."""
    account, words = account_of(request), request.POST.get("words", "")
    post = request.POST
    try:
        match action:
            case "take":
                services.take(account=account, code=code)
            case "assign":
                services.assign(account=account, code=code, to=post.get("to", ""))
            case "undo":
                services.undo_assignment(account=account, code=code)
            case "answer":
                services.answer(account=account, code=code, words=words)
            case "note":
                services.add_note(account=account, code=code, words=words)
            case "review_keep" | "review_lift":
                services.review_interlock(
                    account=account, code=code, keep=action == "review_keep", words=words
                )
            case "ask_complainant" | "ask_accused":
                services.ask_statement(
                    account=account, code=code, side=Side(action.removeprefix("ask_")), words=words
                )
            case "pause":
                services.pause_timer(
                    account=account,
                    code=code,
                    kind=post.get("timer", ""),
                    reason=post.get("reason", ""),
                    words=words,
                )
            case "resume":
                services.resume_timers(account=account, code=code)
            case "raise":
                services.change_level(account=account, code=code, level=post.get("level", ""), words=words)
            case "name":
                services.name_accused(
                    account=account,
                    code=code,
                    trip_code=post.get("trip", ""),
                    plate=post.get("plate", ""),
                    words=words,
                )
            case "confirm":
                services.confirm_caller(account=account, code=code, words=words)
            case "contact":
                services.name_contact(account=account, code=code, to=post.get("to", ""))
            case "merge":
                services.merge(account=account, code=code, into=post.get("into", ""), words=words)
            case "reopen":
                services.reopen(account=account, code=code, words=words)
            case "training":
                services.confirm_training(account=account, code=post.get("measure", ""), words=words)
            case "decide":
                if post.get("finding") not in Finding.values:
                    raise InvalidInput("finding")
                services.decide(
                    account=account,
                    code=code,
                    finding=Finding(post["finding"]),
                    awards=_awards(request),
                    reason=words,
                    cites=post.getlist("cites"),
                )
            case _:
                raise NotFound
    except NotFound:
        raise
    except DomainError as error:
        if request.headers.get("Accept") == "application/json":
            raise
        messages.error(request, error.detail)
        # What was written is not lost: the browser kept it and puts it back (`workspace.js`).
    query = post.get("query", "")
    return redirect(f"{reverse('complaints_console:case', args=[code])}{'?' + query if query else ''}")


@require_POST
@door("complaints.work")
def here(request: HttpRequest, code: str) -> HttpResponse:
    """Say that I look at this case, and learn who else does."""
    found = presence.seen(code, account_of(request).code, writing=request.POST.get("writing") == "1")
    return render(request, "console/_here.html", {"others": found})


@require_GET
@door("complaints.work")
def macro(request: HttpRequest, code: str, macro_code: str) -> HttpResponse:
    """A macro's text with the case's own words, in the language of whom it goes to: the preview that can be changed."""
    complaint = selectors.complaint_by_code(code)
    found = next((each for each in selectors.macros_for(complaint.category) if each.code == macro_code), None)
    if found is None:
        raise NotFound
    _phone, language = phone_and_language(complaint)
    text = macros.fill(
        macros.body(found, language),
        complaint=complaint,
        account=account_of(request),
        language=language,
        link=services.link_of(complaint),
    )
    return JsonResponse({"text": text, "language": language})


@require_GET
@door("complaints.work")
def evidence(request: HttpRequest, code: str, picture: str) -> HttpResponse:
    """One file of a case; each look is in the journal. A document only ever leaves as a download."""
    complaint = selectors.complaint_by_code(code)
    row = next((each for each in selectors.evidence_of(complaint) if each.picture.code == picture), None)
    if row is None:
        raise NotFound
    content = pictures.look(actor=account_of(request).actor, code=picture, case=code)
    return file_response(content, picture, document=row.kind == EvidenceKind.DOCUMENT)


@require_POST
@door("complaints.work")
def reveal(request: HttpRequest, code: str) -> HttpResponse:
    """Name and phone of somebody without an account, with a reason, for a minute."""
    try:
        name, phone = services.reveal_caller(
            account=account_of(request), code=code, reason=request.POST.get("reason", "")
        )
    except NotFound:
        raise
    except DomainError as error:
        return render(request, "console/_revealed.html", {"error": error.detail})
    answer = render(request, "console/_revealed.html", {"name": name, "phone": phone})
    answer["Cache-Control"] = "no-store"
    return answer
