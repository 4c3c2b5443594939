"""'Police on the line': the console's wizard for an officer without account (P4), and the answer to any request."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core import clock, idempotency
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import act, page
from core.errors import DomainError, explain
from core.messages import outbox
from police import selectors, services
from police.actions import REQUESTS
from police.forms import PhoneRequestForm
from police.models import PoliceRequest
from police.policies import reinstating
from police.states import UNDECIDED, Channel, RequestState
from police.views import missing, question_of


@require_http_methods(["GET", "POST"])
@permission_required("police.answer")
def line(request: HttpRequest) -> HttpResponse:
    """Take down who calls and what they ask."""
    initial = {
        "submission": idempotency.new_key(),
        "query": request.GET.get("query", "trip"),
        "query_value": request.GET.get("value", ""),
    }
    initial["outbound"] = request.GET.get("outbound", "")
    form = PhoneRequestForm(request.POST or None, initial=initial)
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
        {"title": _("Police on the line"), "form": form},
        status=400 if form.errors else 200,
    )


@require_GET
@permission_required("police.answer")
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One request: the steps that are left, three ways to answer, and what was released."""
    return _page(request, selectors.request_by_code(code), None)


# What the page draws at places of its own, beside what it is about; all else that is offered is drawn below it.
PLACED = {"call-back", "trip", "propose", "confirm", "refuse", "escalate", "proper", "improper"}


@REQUESTS.shown_by
def _page(request: HttpRequest, asked: PoliceRequest, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    released = asked.state == RequestState.RELEASED
    hers = released and asked.channel != Channel.FORM and account.code == asked.owned_by
    readable = hers and asked.release.is_open(clock.now())
    letters = outbox.about(asked.code)
    offers = REQUESTS.offers(asked, account, refusal)
    context = {
        "title": _("Police request %(code)s") % {"code": asked.code},
        "asked": asked,
        "undecided": asked.state in UNDECIDED,
        "missing": missing(asked),
        "do": {offer.key.replace("-", "_"): offer for offer in offers},
        "others": [offer for offer in offers if offer.key not in PLACED],
        "pack": json.loads(services.read_pack(actor=account.actor, request=asked)) if readable else None,
        "spoken_code": asked.release.spoken_code if hers else "",
        "to_station": [row for row in letters if row.key.startswith("pack:")],
        "to_executive": [row for row in letters if row.key.startswith("executive:")],
        "reinstating": asked.officer if reinstating(asked) else None,
        "linked": selectors.linked_requests(asked),
        "reviews": list(asked.release.reviews.order_by("pk")) if released else [],
    }
    return page(request, "console/police_request.html", context)


app_name = "police_console"
urlpatterns = [
    path("admin/police-line/", line, name="line"),
    path("admin/police-line/<code:code>/", show, name="request"),
    path("admin/police-line/<code:code>/do/<word:action>/", act.view(REQUESTS), name="act"),
]
