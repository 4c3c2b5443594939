"""Accidents and claims in the console (C6)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from complaints import pdf, selectors, services
from complaints.actions import ACCIDENTS, CLAIMS
from complaints.forms import PapersForm
from complaints.models import Accident, Claim
from complaints.states import ClaimKind, ClaimState, Paper
from core import clock, idempotency, pictures, timeline
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import page
from core.console.files import file_response
from core.errors import DomainError, NotFound, explain
from core.permissions import may
from core.privacy import mask_name, mask_phone
from core.typed.fields import CODE, NAME, PHONE, YUAN, Moment, Typed


class AccidentForm(forms.Form):
    trip = Typed(CODE, label=gettext_lazy("Trip"), required=False)
    happened_at = Moment(label=gettext_lazy("When did it happen?"))
    place = forms.CharField(label=gettext_lazy("Where?"), max_length=120)
    words = forms.CharField(
        label=gettext_lazy("What happened?"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ClaimForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What is asked for?"), choices=ClaimKind.choices)
    name = Typed(NAME, label=gettext_lazy("Name of who claims"), max_length=60)
    phone = Typed(PHONE, label=gettext_lazy("Their phone number"))
    yuan = Typed(YUAN, label=gettext_lazy("Amount in yuan"))
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
@permission_required("claims.work")
def accidents(request: HttpRequest) -> HttpResponse:
    """Accidents, what of their claims waits, and opening one."""
    account = account_of(request)
    posted = request.POST if request.method == "POST" else None
    known = {"submission": idempotency.new_key(), "trip": request.GET.get("trip", "")[:20]}
    form = AccidentForm(posted, initial=known)
    if form.is_valid():
        given = form.cleaned_data
        try:
            accident = services.open_accident(
                account=account,
                trip_code=given["trip"],
                happened_at=given["happened_at"],
                place=given["place"],
                words=given["words"],
                submission=given["submission"],
            )
            return redirect("complaints_console:accident", accident.code)
        except NotFound:
            form.add_error("trip", _("No trip has this code."))
        except DomainError as error:
            explain(form, error)
    to_decide = selectors.claims_to_decide(account) if may(account, "claims.decide") else []
    accidents_shown, open_claims = selectors.accidents(), selectors.open_claims()
    context = {
        "title": _("Accidents and safeguards"),
        "form": form,
        "accidents": accidents_shown,
        "to_decide": to_decide,
        "open_claims": open_claims,
    }
    shown = [row.code for row in accidents_shown]
    shown += [row.code for row in (*to_decide, *open_claims)]
    status = 400 if form.errors else 200
    return page(request, "console/accidents.html", context, status=status, listed=shown)


def _context(request: HttpRequest, accident: Accident, refusal: Refusal | None) -> dict[str, Any]:
    account = account_of(request)
    rows = [
        {
            "claim": claim,
            "name": mask_name(claim.name),
            "phone": mask_phone(claim.phone),
            "papers": selectors.papers_of(claim),
            "missing": selectors.missing_papers(claim),
            "paid": selectors.paid_out(claim),
            "offers": CLAIMS.offers(claim, account, refusal),
            "takes_papers": claim.state == ClaimState.OPEN,
        }
        for claim in selectors.claims_of(accident)
    ]
    lines = timeline.of(case=accident.code)
    return {
        "title": _("Accident %(code)s") % {"code": accident.code},
        "accident": accident,
        "left": accident.cap_fen - accident.reserved_fen,
        "claims": rows,
        "judge": may(account, "claims.decide"),
        "papers_form": PapersForm(),
        "claim_form": ClaimForm(initial={"submission": idempotency.new_key()}),
        "contact": ACCIDENTS.offer("contact", accident, account, refusal),
        "lines": [(line, timeline.sentence(line)) for line in reversed(lines)],
        "now": clock.now(),
    }


@require_GET
@permission_required("claims.work")
def accident(request: HttpRequest, code: str) -> HttpResponse:
    """One accident: what is left of the cap, its claims, what may be done with each."""
    return _page(request, selectors.accident_by_code(code), None)


@ACCIDENTS.shown_by
def _page(request: HttpRequest, accident: Accident, refusal: Refusal | None) -> HttpResponse:
    if request.headers.get("HX-Request") != "true":
        services.record_accident_read(account=account_of(request), accident=accident)
    return page(request, "console/accident.html", _context(request, accident, refusal))


@CLAIMS.shown_by
def _claim_page(request: HttpRequest, claim: Claim, refusal: Refusal | None) -> HttpResponse:
    return _page(request, selectors.accident_by_code(claim.accident.code), refusal)


@require_POST
@permission_required("claims.work")
def file_claim(request: HttpRequest, code: str) -> HttpResponse:
    """Write a claim down."""
    form = ClaimForm(request.POST)
    status = 400
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.file_claim(
                account=account_of(request),
                accident_code=code,
                kind=ClaimKind(given["kind"]),
                name=given["name"],
                phone=given["phone"],
                fen=given["yuan"],
                submission=given["submission"],
            )
            return redirect("complaints_console:accident", code)
        except NotFound:
            raise
        except DomainError as error:
            explain(form, error)
            status = error.status
    context = _context(request, selectors.accident_by_code(code), None) | {"claim_form": form}
    return page(request, "console/accident.html", context, status=status)


@require_POST
@permission_required("claims.work")
def add_papers(request: HttpRequest, code: str) -> HttpResponse:
    """Documents that came to us by another way; a refusal stands beside the claim that they were meant for."""
    claim, form = selectors.claim_by_code(code), PapersForm(request.POST, request.FILES)
    status = 400
    if form.is_valid():
        try:
            services.add_papers(
                claim=claim,
                actor=account_of(request).actor,
                paper=Paper(form.cleaned_data["paper"]),
                files=form.cleaned_data["uploads"],
            )
            for fault in services.missing(form.cleaned_data["uploads"]):
                messages.warning(request, fault.detail)
            return redirect("complaints_console:accident", claim.accident.code)
        except DomainError as error:
            explain(form, error)
            status = error.status
    context = _context(request, selectors.accident_by_code(claim.accident.code), None)
    for row in context["claims"]:
        if row["claim"].pk == claim.pk:
            row |= {"papers_form": form, "takes_papers": True}
    return page(request, "console/accident.html", context, status=status)


@require_GET
@permission_required("claims.work")
def paper(request: HttpRequest, code: str, picture: str) -> HttpResponse:
    """One document of a claim; each look is in the journal."""
    claim = selectors.claim_by_code(code)
    row = next((each for each in selectors.papers_of(claim) if each.picture.code == picture), None)
    if row is None:
        raise NotFound
    content = pictures.read(actor=account_of(request).actor, code=picture, case=claim.accident.code)
    return file_response(content, picture, document=row.is_document)


@require_GET
@permission_required("claims.work")
def statement(request: HttpRequest, code: str) -> HttpResponse:
    """What was asked, granted and paid for an accident, as a PDF; that it was drawn is in the journal."""
    found = selectors.accident_by_code(code)
    services.record_pdf_of_accident(account=account_of(request), code=code)
    return HttpResponse(
        pdf.of_accident(found),
        content_type="application/pdf",
        headers={"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{code}.pdf"'},
    )
