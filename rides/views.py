"""Pages of passengers and drivers."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import account_of, door
from accounts.selectors import passenger_persona
from accounts.states import Role
from accounts.views import explain
from core import clock
from core.errors import DomainError, InvalidInput, NotFound
from drivers.errors import FaceRequired, PictureTooLarge, PictureUnreadable
from drivers.selectors import (
    driver_of,
    drivers_vehicle,
    is_driver,
    mismatch_reported,
    papers_of,
    pickup_check,
    visible_holds,
    why_not_arrive,
)
from drivers.states import FacePurpose
from drivers.views import camera_context
from rides import selectors, services
from rides.forms import BoardingForm, MismatchForm, WayForm
from rides.geometry import distance
from rides.models import Trip
from rides.states import ABOARD, BEFORE_BOARDING, WAITING, CancelReason, Party, PlateCheck, TripState

MAY_SAY = frozenset(CancelReason) - {CancelReason.MISMATCH}


def _way_form(request: HttpRequest, city: Any, data: Any = None) -> WayForm:
    soon = timezone.localtime(clock.now() + timedelta(minutes=10)).replace(second=0, microsecond=0)
    initial = {
        "window_start": soon,
        "window_end": soon + timedelta(minutes=45),
        "client_key": secrets.token_urlsafe(16),
    }
    return WayForm(data, city=city, initial=initial)


def _the_city() -> Any:
    cities = selectors.cities()
    return cities[0] if cities else None


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The front page: what this is for those who are not signed in, booking for passengers."""
    if not request.user.is_authenticated:
        return render(request, "rides/welcome.html")
    account = account_of(request)
    if account.role != Role.MEMBER:
        return redirect("police:home" if account.role == Role.OFFICER else "admin:index")
    city = _the_city()
    form = _way_form(request, city, request.POST or None) if city else None
    if request.method == "POST" and form and form.is_valid():
        wanted = {
            key: form.cleaned_data[key] for key in ("window_start", "window_end", "seats", "client_key")
        }
        try:
            trip = services.book_trip(
                passenger=account,
                city=city,
                origin=form.place("origin"),
                destination=form.place("destination"),
                **wanted,
            )
            return redirect("rides:trip", trip.code)
        except DomainError as error:
            explain(form, error)
    trips = selectors.trips_as_passenger(account)
    context = {
        "form": form,
        "city": city,
        "current": [trip for trip in trips if not trip.is_over],
        "past": [trip for trip in trips if trip.is_over],
        "drives": is_driver(account),
    }
    return render(request, "rides/home.html", context, status=400 if form and form.errors else 200)


def _map_data(trip: Trip) -> dict[str, Any]:
    latest = selectors.latest_positions(trip)
    return {
        "route": trip.planned_route or [list(trip.origin), list(trip.destination)],
        "points": [[row.latitude, row.longitude, party] for party, row in latest.items()],
        "ends": [list(trip.origin), list(trip.destination)],
    }


def _context(trip: Trip, party: Party) -> dict[str, Any]:
    """What the trip's pages show to one side."""
    shared: dict[str, Any] = {
        "trip": trip,
        "party": party,
        "key": selectors.position_key(trip, party),
        "map": _map_data(trip),
        "waiting": trip.state in WAITING,
        "before_boarding": trip.state in BEFORE_BOARDING,
        "aboard": trip.state in ABOARD,
        "moving": trip.driver is not None and trip.state != TripState.ENDED,
    }
    if party == Party.PASSENGER:
        compared = trip.plate_check == PlateCheck.SAME
        return shared | {
            "card": selectors.driver_card(trip),
            "compared": compared,
            "minutes_left": _minutes_left(trip),
            "reported": trip.driver is not None and mismatch_reported(trip.code),
            "pickup": pickup_check(trip.driver, trip.code) if trip.driver else None,
        }
    missing = why_not_arrive(trip.driver, trip.code) if trip.driver and trip.state == "accepted" else None
    return shared | {"persona": passenger_persona(), "missing": missing}


def _minutes_left(trip: Trip) -> int | None:
    """A great-circle estimate at 40 km/h with a detour of a third, named as an estimate on the page (R10)."""
    here = selectors.latest_positions(trip).get(Party.DRIVER)
    if here is None or trip.state not in ABOARD:
        return None
    return round(distance((here.latitude, here.longitude), trip.destination) * 4 / 3 / (40_000 / 60)) + 1


@require_GET
@door(Role.MEMBER)
def trip_page(request: HttpRequest, code: str) -> HttpResponse:
    """The passenger's trip page, or the driver's, by who asks."""
    trip, party = selectors.trip_of(account_of(request), code)
    template = "rides/trip.html" if party == Party.PASSENGER else "rides/driver_trip.html"
    return render(
        request,
        template,
        _context(trip, party) | {"mismatch_form": MismatchForm(), "boarding_form": BoardingForm()},
    )


@require_GET
@door(Role.MEMBER)
def trip_status(request: HttpRequest, code: str) -> HttpResponse:
    """The part of the trip page that changes; the page asks for it every few seconds."""
    trip, party = selectors.trip_of(account_of(request), code)
    template = "rides/_trip_status.html" if party == Party.PASSENGER else "rides/_driver_trip_status.html"
    return render(
        request,
        template,
        _context(trip, party) | {"mismatch_form": MismatchForm(), "boarding_form": BoardingForm()},
    )


@require_POST
@door(Role.MEMBER)
def confirm_car(request: HttpRequest, code: str) -> HttpResponse:
    services.confirm_car(passenger=account_of(request), trip_code=code)
    return redirect("rides:trip", code)


@require_POST
@door(Role.MEMBER)
def mismatch(request: HttpRequest, code: str) -> HttpResponse:
    """'Not this car' and 'not this driver'."""
    what = PlateCheck.OTHER_DRIVER if request.POST.get("what") == "driver" else PlateCheck.DIFFERS
    services.report_mismatch(
        passenger=account_of(request),
        trip_code=code,
        what=what,
        plate_seen=request.POST.get("plate_seen", ""),
        words=request.POST.get("words", ""),
    )
    return redirect("rides:trip", code)


@require_POST
@door(Role.MEMBER)
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    account = account_of(request)
    reason = request.POST.get("reason", "")
    outcome = services.cancel_trip(
        account=account,
        trip_code=code,
        reason=CancelReason(reason) if reason in MAY_SAY else CancelReason.CHANGED_PLANS,
    )
    if outcome.refusal:
        raise outcome.refusal
    messages.success(request, _("The trip is cancelled."))
    return redirect("rides:trip", code)


# --- The driver's pages: nothing on them may depend on what the passenger or the company does covertly (S11) ----------


@require_http_methods(["GET", "POST"])
@door(Role.MEMBER)
def drive(request: HttpRequest) -> HttpResponse:
    """My ways, requests along them, my trips, and why orders stopped where they did."""
    driver = driver_of(account_of(request))
    city = _the_city()
    form = _way_form(request, city, request.POST or None) if city else None
    if request.method == "POST" and form and form.is_valid():
        wanted = {
            key: form.cleaned_data[key] for key in ("window_start", "window_end", "seats", "client_key")
        }
        try:
            services.offer_itinerary(
                driver=driver,
                city=city,
                origin=form.place("origin"),
                destination=form.place("destination"),
                **wanted,
            )
            return redirect("rides:drive")
        except DomainError as error:
            explain(form, error)
    ways = [(way, selectors.requests_along(way)) for way in selectors.itineraries_of(driver)]
    context = {
        "form": form,
        "ways": ways,
        "trips": selectors.trips_as_driver(driver),
        "holds": visible_holds(driver),
        "vehicle": drivers_vehicle(driver),
        "driver": driver,
        "papers": papers_of(driver),
        "today": timezone.localtime(clock.now()).date(),
        "persona": passenger_persona(),
    }
    return render(request, "rides/drive.html", context, status=400 if form and form.errors else 200)


@require_POST
@door(Role.MEMBER)
def accept(request: HttpRequest, code: str) -> HttpResponse:
    driver = driver_of(account_of(request))
    outcome = services.accept_trip(
        driver=driver,
        trip_code=code,
        itinerary_code=request.POST.get("itinerary", ""),
        face_token=request.POST.get("face_token", ""),
    )
    if outcome.refusal:
        raise outcome.refusal
    return redirect("rides:trip", code)


@require_GET
@door(Role.MEMBER)
def face_before_accepting(request: HttpRequest, code: str) -> HttpResponse:
    """The camera page before an order is accepted (D4); what it passes opens this order alone."""
    driver = driver_of(account_of(request))
    way = selectors.itinerary_of(driver, request.GET.get("itinerary", ""))
    trip = selectors.request_along(way, code)
    context = camera_context(driver, FacePurpose.ACCEPT, trip.code, request.GET.get("video", "")) | {
        "trip": trip,
        "way": way,
        "persona": passenger_persona(),
    }
    return render(request, "rides/face.html", context)


@require_http_methods(["GET", "POST"])
@door(Role.MEMBER)
def pickup(request: HttpRequest, code: str) -> HttpResponse:
    """Before the pick-up: face, then a photo of car and plate (D11)."""
    driver = driver_of(account_of(request))
    trip, party = selectors.trip_of(account_of(request), code)
    if party != Party.DRIVER:
        raise NotFound
    context = camera_context(driver, FacePurpose.PICKUP, trip.code, request.GET.get("video", "")) | {
        "trip": trip
    }
    if request.method == "POST":
        photo = request.FILES.get("photo")
        try:
            if photo is None:
                raise InvalidInput("photo")
            outcome = services.check_plate(
                driver=driver, trip_code=code, token=request.POST.get("face_token", ""), content=photo.read()
            )
            if outcome.refusal is None:
                return redirect("rides:trip", code)
            context["refusal"] = outcome.refusal
        except (InvalidInput, FaceRequired, PictureUnreadable, PictureTooLarge) as error:
            context["refusal"] = error
    return render(request, "rides/pickup.html", context, status=400 if "refusal" in context else 200)


@require_POST
@door(Role.MEMBER)
def driver_step(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """Arrive, board, depart, end."""
    driver = driver_of(account_of(request))
    match step:
        case "arrive":
            services.arrive(driver=driver, trip_code=code)
        case "depart":
            services.depart(driver=driver, trip_code=code)
        case "end":
            services.end_trip(driver=driver, trip_code=code)
        case _:
            outcome = services.board_trip(driver=driver, trip_code=code, code=request.POST.get("code", ""))
            if outcome.refusal:
                raise outcome.refusal
    return redirect("rides:trip", code)
