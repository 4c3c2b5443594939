"""A trip's page for each side, and what both can do on it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import push
from core import typed
from core.access import account_of, permission_required
from core.actions import Refusal
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.privacy import mask_phone
from rides import selectors, services
from rides.actions import TRIPS
from rides.forms import RiderPhoneForm
from rides.models import Trip
from rides.shown import trip_context
from rides.states import (
    BEFORE_BOARDING,
    MAY_SAY,
    WAITING,
    CancelReason,
    Line,
    Party,
    Phrase,
    PlateCheck,
)


@require_GET
@permission_required("ride")
def trip_page(request: HttpRequest, code: str) -> HttpResponse:
    """The passenger's trip page, or the driver's, by who asks."""
    trip, party = selectors.trip_of(account_of(request), code)
    context = trip_context(trip, party)
    if party == Party.DRIVER:
        return render(request, "rides/driver_trip.html", context)
    if not trip.for_another and trip.state in WAITING | BEFORE_BOARDING:
        context["screen_key"] = push.to_offer(request.session.session_key or "")
    return _passengers(request, trip, context)


def _passengers(
    request: HttpRequest,
    trip: Trip,
    context: dict[str, Any],
    form: RiderPhoneForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of who booked; with `?mend=1` the number of who travels stands there to be put right."""
    if trip.rider_phone:
        context["rider_phone"] = mask_phone(trip.rider_phone)
        if trip.state in WAITING | BEFORE_BOARDING:
            context["may_mend"] = True
            if form or "mend" in request.GET:
                context["mend_form"] = form or RiderPhoneForm(
                    initial={"rider_phone": typed.phone.shown(trip.rider_phone)}
                )
    template = "rides/trip.html" if context["key"] else "rides/booked.html"
    return render(request, template, context, status=status)


@require_POST
@permission_required("ride")
def mend_rider(request: HttpRequest, code: str) -> HttpResponse:
    """Whoever booked for somebody puts their number right."""
    account, form, status = account_of(request), RiderPhoneForm(request.POST), 400
    if form.is_valid():
        try:
            new = services.mend_rider(
                passenger=account, trip_code=code, phone=form.cleaned_data["rider_phone"]
            )
            if new.code != code:
                messages.success(request, _("Booked anew for the right number. The first ride is cancelled."))
            return redirect("rides:trip", new.code)
        except NotFound:
            raise
        except DomainError as error:
            explain(form, error)
            status = error.status
    trip, party = selectors.trip_of(account, code)
    if party != Party.PASSENGER or not trip.rider_phone:
        raise NotFound
    if trip.state not in WAITING | BEFORE_BOARDING:  # the page has no form any more
        for said in form.errors.values():
            messages.error(request, " ".join(map(str, said)))
    return _passengers(request, trip, trip_context(trip, party), form, status)


@TRIPS.shown_by
def _driven_page(request: HttpRequest, trip: Trip, refusal: Refusal | None) -> HttpResponse:
    return render(request, "rides/driver_trip.html", trip_context(trip, Party.DRIVER, refusal))


@require_GET
@permission_required("ride")
def trip_status(request: HttpRequest, code: str) -> HttpResponse:
    """The part of the trip page that changes; the page asks for it when the stream wakes it, and every few seconds."""
    trip, party = selectors.trip_of(account_of(request), code)
    template = "rides/_trip_status.html" if party == Party.PASSENGER else "rides/_driver_trip_status.html"
    return render(request, template, trip_context(trip, party))


@require_POST
@permission_required("ride")
def confirm_car(request: HttpRequest, code: str) -> HttpResponse:
    services.confirm_car(passenger=account_of(request), trip_code=code)
    return redirect("rides:trip", code)


def mismatch_wanted(request: HttpRequest) -> dict[str, Any]:
    """The arguments of `report_mismatch` from a form. Raises `InvalidInput` where it is not said what is wrong."""
    what = {"driver": PlateCheck.OTHER_DRIVER, "car": PlateCheck.DIFFERS}.get(request.POST.get("what", ""))
    if what is None:
        raise InvalidInput("what")
    return {
        "what": what,
        "plate_seen": request.POST.get("plate_seen", ""),
    }


@require_POST
@permission_required("ride")
def mismatch(request: HttpRequest, code: str) -> HttpResponse:
    """'Not this car' and 'not this driver'."""
    services.report_mismatch(passenger=account_of(request), trip_code=code, **mismatch_wanted(request))
    return redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def again(request: HttpRequest, code: str) -> HttpResponse:
    """After 'not this car': another ride on the same way."""
    return redirect("rides:trip", services.ask_again(passenger=account_of(request), trip_code=code).code)


@require_POST
@permission_required("ride")
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    if reason not in MAY_SAY:
        raise InvalidInput("reason")
    outcome = services.cancel_trip(account=account_of(request), trip_code=code, reason=CancelReason(reason))
    if outcome.refusal:
        raise outcome.refusal
    messages.success(request, _("The trip is cancelled."))
    return redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def say(request: HttpRequest, code: str) -> HttpResponse:
    """One phrase of the list, to the other side."""
    phrase = request.POST.get("phrase", "")
    if phrase not in Phrase.values:
        raise InvalidInput("phrase")
    services.say(account=account_of(request), trip_code=code, phrase=Phrase(phrase))
    return redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def call(request: HttpRequest, code: str) -> HttpResponse:
    """The number that reaches the other side, and shows neither's own."""
    number = services.relay_number(account=account_of(request), trip_code=code)
    return render(request, "rides/call.html", {"number": number, "code": code})


@require_POST
@permission_required("ride")
def rate(request: HttpRequest, code: str) -> HttpResponse:
    """A number from 1 to 5."""
    stars = typed.number.read(request.POST.get("stars", ""), field="stars", least=1, most=5)
    services.rate_trip(account=account_of(request), trip_code=code, stars=stars)
    return redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """The passenger chooses one of the owners who fit."""
    services.choose_owner(passenger=account_of(request), trip_code=code, way_code=request.POST.get("way", ""))
    return redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def never_again(request: HttpRequest, code: str) -> HttpResponse:
    """Do not bring us together again."""
    services.never_again(account=account_of(request), trip_code=code)
    return _where_it_was_said(request, code)


@require_POST
@permission_required("ride")
def undo_never_again(request: HttpRequest, code: str) -> HttpResponse:
    """Take that back."""
    services.undo_never_again(account=account_of(request), trip_code=code)
    return _where_it_was_said(request, code)


def _where_it_was_said(request: HttpRequest, code: str) -> HttpResponse:
    """Back to the list in which the button stood, else to the trip."""
    pages = {"home": "rides:home", "drive": "rides:drive"}
    wanted = pages.get(request.POST.get("back", ""))
    return redirect(wanted) if wanted else redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def reminder(request: HttpRequest, code: str) -> HttpResponse:
    """'I have read it.'"""
    services.acknowledge_reminder(account=account_of(request), trip_code=code)
    return redirect("rides:trip", code)


@require_POST
@permission_required("ride")
def other_line(request: HttpRequest, code: str) -> HttpResponse:
    """After a pick-up slipped into the night: the same way on another line."""
    line = request.POST.get("line", "")
    if line not in Line.values:
        raise InvalidInput("line")
    trip = services.go_on_with_other_line(passenger=account_of(request), trip_code=code, line=Line(line))
    return redirect("rides:trip", trip.code)
