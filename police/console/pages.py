"""'Police on the line': the console's wizard for an officer without account (P4), and the answer to any request."""

import json
import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import account_of, door
from core.console import page
from core.errors import DomainError, explain
from police import selectors, services
from police.forms import PhoneRequestForm
from police.policies import may_confirm
from police.states import UNDECIDED, Channel, RequestState
from police.views import question_of


@require_http_methods(["GET", "POST"])
@door("police.answer")
def line(request: HttpRequest) -> HttpResponse:
    """Take down who calls and what they ask."""
    initial = {
        "submission": secrets.token_urlsafe(16),
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
@door("police.answer")
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One request: the steps that are left, three ways to answer, and what was released."""
    account, asked = account_of(request), selectors.request_by_code(code)
    released = asked.state == RequestState.RELEASED
    by_phone = asked.channel != Channel.FORM
    pack = (
        json.loads(services.read_pack(actor=account.actor, request=asked))
        if released and by_phone and account.code == asked.owned_by
        else None
    )
    context = {
        "title": _("Police request %(code)s") % {"code": code},
        "asked": asked,
        "by_phone": by_phone,
        "undecided": asked.state in UNDECIDED,
        "may_confirm": may_confirm(account, first=asked.owned_by) and asked.trip is not None,
        "ready": asked.called_back_at is not None or not by_phone,
        "pack": pack,
        "spoken_code": asked.release.spoken_code if released and account.code == asked.owned_by else "",
        "linked": selectors.linked_requests(asked),
        "reviews": list(asked.release.reviews.order_by("pk")) if released else [],
    }
    return page(request, "console/police_request.html", context)


@require_POST
@door("police.answer")
def act(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """One step: call back, confirm, refuse, escalate, point to the trip, review."""
    account, given = account_of(request), request.POST
    match step:
        case "call-back":
            services.record_call_back(account=account, code=code)
        case "confirm":
            services.confirm_release(account=account, code=code)
        case "refuse":
            services.refuse_request(account=account, code=code, reason=given.get("reason", ""))
        case "escalate":
            services.escalate_request(account=account, code=code)
        case "trip":
            services.point_to_trip(account=account, code=code, trip_code=given.get("trip", ""))
        case _:
            services.review_release(account=account, code=code, proper=given.get("proper") == "yes")
    return redirect("police_console:request", code)


app_name = "police_console"
urlpatterns = [
    path("admin/police-line/", line, name="line"),
    path("admin/police-line/<str:code>/", show, name="request"),
    re_path(
        r"^admin/police-line/(?P<code>[^/]+)/(?P<step>call-back|confirm|refuse|escalate|trip|review)/$",
        act,
        name="act",
    ),
]
