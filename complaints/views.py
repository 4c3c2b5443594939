"""Complaints of passengers, drivers and strangers: telling, following, answering, appealing."""

import re
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from complaints import pdf, selectors, services
from complaints.actions.own import OWN, LinkHolder, OwnCase
from complaints.forms import (
    CallerCodeForm,
    ComplaintForm,
    PapersForm,
    StrangersPapersForm,
    StreetComplaintForm,
)
from complaints.policies import CARE_TEXT, CLAIM_PAPERS, LINK_CODES, LINK_WORDS
from complaints.services import Caller, Filing
from complaints.states import (
    LIVE,
    OVER,
    Category,
    ClaimState,
    ComplaintLine,
    ComplaintState,
    Finding,
    Paper,
    Side,
)
from complaints.words import says_enough
from core import clock, idempotency, limits, policy, timeline, typed
from core.access import account_of, permission_required
from core.actions import Refusal
from core.actors import NOBODY
from core.console import act as console_act
from core.danger import is_severe
from core.errors import DomainError, explain
from core.limits import asker_of
from core.permissions import may
from core.posted import chosen
from rides.selectors import trip_of, trip_of_rider

if TYPE_CHECKING:
    from accounts.models import Account
    from complaints.models import Complaint
    from core.models import TimelineEntry

# What of the timeline whoever complained reads on their page; the rest is the staff's.
SHOWN = frozenset(
    {
        ComplaintLine.FILED,
        ComplaintLine.WORDS,
        ComplaintLine.EVIDENCE,
        ComplaintLine.MISSING,
        ComplaintLine.ANSWERED,
        ComplaintLine.STATED,
        ComplaintLine.MERGED,
        ComplaintLine.REOPENED,
    }
)


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def file(request: HttpRequest, trip_code: str) -> HttpResponse:
    """Category first, words second."""
    account = account_of(request)
    trip, _party = trip_of(account, trip_code)
    form = ComplaintForm(
        request.POST or None, request.FILES or None, initial={"submission": idempotency.new_key()}
    )
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            complaint = services.file_complaint(
                account=account,
                trip_code=trip_code,
                category=Category(found["category"]),
                words=found["words"],
                submission=found["submission"],
                files=found["uploads"],
            )
            return redirect("complaints:receipt", complaint.code)
        except DomainError as error:
            explain(form, error)
    return render(
        request, "complaints/file.html", {"form": form, "trip": trip}, status=400 if form.errors else 200
    )


@csrf_exempt
@require_http_methods(["GET", "POST"])
def rider(request: HttpRequest, key: str) -> HttpResponse:
    """Whoever somebody booked for complains by the key of her page, without an account and without a code (A6)."""
    trip = trip_of_rider(key)
    form = ComplaintForm(
        request.POST or None, request.FILES or None, initial={"submission": idempotency.new_key()}
    )
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        told = Filing(Category(found["category"]), found["words"], found["submission"], found["uploads"])
        try:
            complaint = services.file_of_rider(trip=trip, told=told)
            return redirect("complaints:follow", complaint.code, complaint.secret)
        except DomainError as error:
            explain(form, error)
    return render(
        request, "complaints/file.html", {"form": form, "trip": trip}, status=400 if form.errors else 200
    )


@csrf_exempt
@require_http_methods(["GET", "POST"])
def street(request: HttpRequest) -> HttpResponse:
    """Anybody complains, without an account (C1). It is taken before any code is asked for."""
    form = StreetComplaintForm(
        request.POST or None,
        request.FILES or None,
        initial={"submission": idempotency.new_key()}
        | _teller(request)
        | _about(request.GET.get("about", "")),
    )
    status = 400
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            complaint = services.file_from_street(
                caller=Caller(found["name"], found["phone"]),
                plate=found["plate"],
                told=Filing(Category(found["category"]), found["words"], found["submission"]),
                uploads=found["uploads"],
                asker=asker_of(request),
            )
            if complaint.complainant_id is not None:
                return redirect("complaints:receipt", complaint.code)
            return redirect("complaints:follow", complaint.code, complaint.secret)
        except DomainError as error:
            explain(form, error)
            status = error.status
    return render(request, "complaints/street.html", {"form": form}, status=status if form.errors else 200)


def _teller(request: HttpRequest) -> dict[str, str]:
    """What a member who is signed in would type of themselves."""
    if not request.user.is_authenticated or not may(request.user, "ride"):
        return {}
    account = account_of(request)
    return {"name": account.real_name, "phone": typed.phone.shown(account.phone)}


def _about(promise: str) -> dict[str, str]:
    """What the form begins with for somebody who saw a promise broken: which one, so that whoever reads it knows (G8)."""
    if not re.fullmatch(r"[a-z][0-9]{1,2}[a-z]?(-plus)?", promise):
        return {}
    name = promise.replace("-plus", "+")
    name = name[0].upper() + name[1:]
    return {"words": _("Promise %(name)s: ") % {"name": name}, "category": Category.OTHER}


@require_GET
@permission_required("ride")
def mine(request: HttpRequest) -> HttpResponse:
    """What I complained about, and what I am asked about."""
    return render(request, "complaints/mine.html", {"cases": selectors.my_cases(account_of(request))})


def _is_wordless(complaint: "Complaint", lines: "list[TimelineEntry]") -> bool:
    """Whether all that is known of a call is its category."""
    told = {ComplaintLine.FILED, ComplaintLine.WORDS}
    calls = says_enough(Category(complaint.category), "")
    return calls and bool(lines) and not any(line.words for line in lines if line.kind in told)


def _context(case: OwnCase, person: "Account | LinkHolder", refusal: Refusal | None) -> dict[str, Any]:
    """What a side reads of its case: where it stands, until when, who has it, what was decided and why."""
    at, complaint, side, root = clock.now(), case.complaint, case.side, case.root
    decision = selectors.decision_in_force(root) if root.state in OVER else None
    filed = side == Side.COMPLAINANT
    own = selectors.speaks_for(complaint, root)
    lines = [line for line in timeline.of(case=complaint.code) if line.kind in SHOWN] if filed else []
    offers = {offer.key: offer for offer in OWN.offers(case, cast("Account", person), refusal)}
    return {
        "base": case.base,
        "complaint": complaint,
        "trip": complaint.trip if not filed or selectors.was_on_its_trip(complaint) else None,
        "root": root,
        "side": side,
        "filed": filed,
        "live": root.state in LIVE,
        "over": root.state in OVER,
        "appealed": root.state == ComplaintState.APPEALED,
        "timers": [timer for timer in selectors.timers_of(root) if timer.kind != "review"] if filed else [],
        "now": at,
        "wordless": _is_wordless(complaint, lines),
        "lines": [(line, timeline.sentence(line)) for line in lines],
        "statement": selectors.statements_of(root).get(side) if own else None,
        "decision": decision,
        "fault": decision is not None and decision.finding == Finding.UPHELD,
        "measures": selectors.measures_of(root, side) if own else [],
        "appeal_until": selectors.appeal_until(root),
        "appeals": selectors.appeals_of(root),
        "do": offers,
        "code_form": CallerCodeForm(),
        "unproved": filed and bool(complaint.caller_phone) and complaint.caller_verified_at is None,
    }


@OWN.shown_by
def _page(request: HttpRequest, case: OwnCase, refusal: Refusal | None) -> HttpResponse:
    """A side's page, by its account or by its link."""
    person: Account | LinkHolder = case.by if case.by is not None else account_of(request)
    return render(request, "complaints/receipt.html", _context(case, person, refusal))


@require_GET
@permission_required("ride")
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """My case: what was filed or asked, where it stands, what I may do."""
    return _page(request, OWN.find(code, account_of(request)), None)


act = console_act.view(OWN, "ride")


def _by_link(code: str, secret: str) -> tuple[OwnCase, LinkHolder]:
    holder = LinkHolder(secret)
    return OWN.find(code, cast("Account", holder)), holder


@require_GET
def follow(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """The page behind the link in a message, for whoever has no account."""
    case, _holder = _by_link(code, secret)
    return _page(request, case, None)


@csrf_exempt
@require_POST
def follow_act(request: HttpRequest, code: str, secret: str, action: str) -> HttpResponse:
    """Whoever has the link proves the phone, or does what a side may do."""
    case, holder = _by_link(code, secret)
    if action != "verify":
        danger = is_severe(request.POST.get("words", ""))
        with limits.turn(LINK_WORDS, limits.NOBODY, target=code, danger=danger):
            return console_act.answer(OWN, request, holder, code, action)
    limits.take(LINK_CODES, limits.NOBODY, target=code)
    form, status = CallerCodeForm(request.POST), 400
    if form.is_valid():
        try:
            services.verify_caller(
                code=code, secret=secret, one_time=form.cleaned_data["code"], asker=asker_of(request)
            )
            return redirect(case.base)
        except DomainError as error:
            explain(form, error)
            status = error.status
    context = _context(case, holder, None) | {"code_form": form}
    return render(request, "complaints/receipt.html", context, status=status)


# --- Claims, satisfaction, consent ---------------------------------------------------------------


def _claim_page(request: HttpRequest, code: str, secret: str, form: Form, status: int = 400) -> HttpResponse:
    claim = selectors.claim_by_link(code, secret)
    context = {
        "claim": claim,
        "papers": selectors.papers_of(claim),
        "missing": selectors.missing_papers(claim),
        "open": claim.state in {ClaimState.OPEN, ClaimState.PROPOSED},
        "paid": selectors.paid_out(claim),
        "form": form,
        "base": f"/claims/{code}/{secret}/",
    }
    return render(request, "complaints/claim.html", context, status=status if form.errors else 200)


@require_GET
def claim(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Whoever claims follows it without an account."""
    return _claim_page(request, code, secret, PapersForm())


@csrf_exempt
@require_POST
def claim_papers(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Whoever claims adds documents."""
    found, form = selectors.claim_by_link(code, secret), StrangersPapersForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            with limits.turn(CLAIM_PAPERS, limits.NOBODY, target=code):
                files = services.read_files(form.cleaned_data["uploads"])
                services.check_something_came(files)
                services.add_papers(
                    claim=found, actor=NOBODY, paper=Paper(form.cleaned_data["paper"]), files=files
                )
            messages.success(request, _("Kept. Whoever works on it sees it at once."))
            for fault in services.missing(files):
                messages.warning(request, fault.detail)
            return redirect("complaints:claim", code, secret)
        except DomainError as error:
            explain(form, error)
            return _claim_page(request, code, secret, form, error.status)
    return _claim_page(request, code, secret, form)


@require_GET
def claim_pdf(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """What was granted on my claim, as a PDF."""
    found = selectors.claim_by_link(code, secret)
    return HttpResponse(
        pdf.of_accident(found.accident, only=found),
        content_type="application/pdf",
        headers={"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{code}.pdf"'},
    )


@require_http_methods(["GET", "POST"])
def thanks(request: HttpRequest, code: str, number: int, secret: str) -> HttpResponse:
    """One tap, no sign-in (C7). Only the tap counts: a machine that opens links answers nothing."""
    row, refused = services.question(code, number, secret), ""
    if request.method == "POST":
        points = request.POST.get("score", "")
        try:
            row = services.score(
                code=code,
                round_=number,
                secret=secret,
                points=typed.number.guess(points, most=5) or 0,
            )
        except DomainError as error:
            refused = error.detail
    context = {
        "row": row,
        "refused": refused,
        "points": range(1, 6),
        "reopened": row.complaint.round > number,
    }
    return render(request, "complaints/thanks.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def care(request: HttpRequest) -> HttpResponse:
    """Whether I want greetings and messages of care."""
    account = account_of(request)
    if request.method == "POST":
        services.set_care_consent(account=account, on=chosen(request, "on"))
        return redirect("complaints:care")
    text = policy.in_force(CARE_TEXT)
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    context = {"wants": services.wants_care(account), "text": text.value[language], "citation": text.citation}
    return render(request, "complaints/care.html", context)
