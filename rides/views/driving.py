"""The driver's pages. Nothing on them may depend on what the passenger or the company does covertly (S11)."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import push
from accounts.selectors import passenger_persona
from core import clock, policy
from core.access import account_of, permission_required
from core.actions import Refusal
from core.errors import DomainError, InvalidInput, NotFound, explain
from core.reader.errors import FileFault
from drivers import services as driver_services
from drivers.camera import camera_context
from drivers.errors import FaceRequired, PlateNotThere
from drivers.selectors import (
    driver_of,
    drivers_vehicle,
    drivers_vehicles,
    papers_of,
    passed_today,
    visible_holds,
)
from drivers.services import service_day
from drivers.states import FacePurpose, PlateSpot
from drivers.vision.plates import spot_of
from rides import selectors, services
from rides.actions import OFFERS
from rides.errors import NoLongerAvailable
from rides.forms import OnlineForm, WayForm
from rides.models import City, Itinerary, Offer, Proposal
from rides.policies import HITCH_DECLINES
from rides.states import BEFORE_BOARDING, Line, Party
from rides.views.booking import city_context, city_of, first_values

if TYPE_CHECKING:
    from drivers.models import Driver


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def drive(request: HttpRequest) -> HttpResponse:
    """My ways, the request held out on one of them, my trips, and why orders stopped where they did."""
    city = city_of(request)
    account = account_of(request)
    form = WayForm(request.POST or None, city=city, account=account, initial=first_values()) if city else None
    if request.method == "POST" and form and form.is_valid():
        try:
            services.offer_itinerary(driver=driver_of(account), **form.wanted())
            return redirect("rides:drive")
        except DomainError as error:
            explain(form, error)
    return _drive(request, city, form)


@OFFERS.shown_by
def _offer_page(request: HttpRequest, _offer: Offer, refusal: Refusal | None) -> HttpResponse:
    city = city_of(request)
    return _drive(request, city, WayForm(city=city, initial=first_values()) if city else None, refusal)


def _drive(
    request: HttpRequest, city: City | None, form: WayForm | None, refusal: Refusal | None = None
) -> HttpResponse:
    driver = driver_of(account_of(request))
    known = city_context(city)
    duty = selectors.duty_of(driver)
    if duty and city:
        known["city_map"]["me"] = [duty.latitude, duty.longitude]
    context = (
        known
        | _ways(driver, refusal)
        | {
            "form": form,
            "trips": selectors.trips_as_driver(driver),
            "kept_away": {row.other_id for row in selectors.never_again_of(driver.account)},
            "vehicle": drivers_vehicle(driver),
            "vehicles": drivers_vehicles(driver),
            "driver": driver,
            "papers": papers_of(driver),
            "today": timezone.localtime(clock.now()).date(),
            "lines": _duty_lines(driver),
            "screen_key": push.to_offer(request.session.session_key or ""),
        }
    )
    return render(request, "rides/drive.html", context, status=400 if form and form.errors else 200)


def _ways(driver: "Driver", refusal: Refusal | None = None) -> dict[str, Any]:
    duty = selectors.duty_of(driver)
    held_out = selectors.offer_to(driver) if duty else None
    ways = selectors.itineraries_of(driver)
    proposal = selectors.held_out_to(driver)
    return {
        "holds": visible_holds(driver),
        "ways": ways,
        "request_held": _request_on(proposal, ways) if proposal else None,
        "declined": selectors.declined_today(driver),
        "most_declined": policy.value(HITCH_DECLINES),
        "day": selectors.day_driven(driver),
        "duty": duty,
        "duty_key": selectors.duty_key(duty) if duty else "",
        "held_out": held_out,
        "answer_within": (held_out.expires_at - held_out.offered_at).total_seconds() if held_out else 0,
        "offers": OFFERS.offers(held_out, driver.account, refusal) if held_out else [],
    }


def _request_on(proposal: Proposal, ways: list[Itinerary]) -> tuple[Itinerary, selectors.Along] | None:
    """The request held out and its way; nothing where it was taken a moment ago."""
    way = next((way for way in ways if way.pk == proposal.itinerary_id), proposal.itinerary)
    way.driver = proposal.driver
    try:
        return way, selectors.proposal_on(way)
    except NoLongerAvailable:
        return None


def _duty_lines(driver: "Driver") -> list[Line]:
    return [line for line in Line if line in driver.lines and line != Line.HITCH]


@require_GET
@permission_required("ride")
def orders(request: HttpRequest) -> HttpResponse:
    """The part of the driver's page that changes: the hitch request and the order held out now."""
    return render(request, "rides/_orders.html", _ways(driver_of(account_of(request))))


@require_POST
@permission_required("ride")
def close_way(request: HttpRequest, code: str) -> HttpResponse:
    """No more passengers on this way."""
    services.close_itinerary(driver=driver_of(account_of(request)), code=code)
    return redirect("rides:drive")


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def online(request: HttpRequest) -> HttpResponse:
    """Once a day the face, then the line and the place: on duty (D4)."""
    driver, city = driver_of(account_of(request)), city_of(request)
    lines = _duty_lines(driver)
    form = OnlineForm(request.POST or None, city=city, lines=[*lines]) if city else None
    if request.method == "POST" and city and form and form.is_valid():
        try:
            services.go_on_duty(
                driver=driver,
                line=Line(form.cleaned_data["line"]),
                city=city,
                position=form.cleaned_data["position"],
            )
            return redirect("rides:drive")
        except DomainError as error:
            explain(form, error)
    day = service_day(clock.now())
    context = (
        city_context(city)
        | camera_context(driver, FacePurpose.DAILY, day, request.GET.get("video", ""))
        | {"form": form, "lines": lines, "checked": passed_today(driver, day)}
    )
    return render(request, "rides/online.html", context, status=400 if form and form.errors else 200)


@require_POST
@permission_required("ride")
def offline(request: HttpRequest) -> HttpResponse:
    """No more orders."""
    services.go_off_duty(driver=driver_of(account_of(request)))
    return redirect("rides:drive")


@require_POST
@permission_required("ride")
def vehicle(request: HttpRequest) -> HttpResponse:
    """Which of two cars I drive now."""
    driver_services.say_vehicle(driver=driver_of(account_of(request)), plate=request.POST.get("plate", ""))
    return redirect("rides:drive")


@require_POST
@permission_required("ride")
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


@require_POST
@permission_required("ride")
def decline(request: HttpRequest, code: str) -> HttpResponse:
    """Leave a hitch request to others."""
    services.decline_request(
        driver=driver_of(account_of(request)),
        trip_code=code,
        itinerary_code=request.POST.get("itinerary", ""),
    )
    return redirect("rides:drive")


@require_GET
@permission_required("ride")
def face_before_accepting(request: HttpRequest, code: str) -> HttpResponse:
    """The camera page before an order is accepted (D4); what it passes opens this order alone."""
    driver = driver_of(account_of(request))
    way = selectors.itinerary_of(driver, request.GET.get("itinerary", ""))
    trip = selectors.proposal_on(way, code).trip
    context = camera_context(driver, FacePurpose.ACCEPT, trip.code, request.GET.get("video", "")) | {
        "trip": trip,
        "way": way,
        "persona": passenger_persona(),
    }
    return render(request, "rides/face.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def pickup(request: HttpRequest, code: str) -> HttpResponse:
    """Before the pick-up: face, then a photo of car and plate (D11)."""
    driver = driver_of(account_of(request))
    trip, party = selectors.trip_of(account_of(request), code)
    if party != Party.DRIVER:
        raise NotFound
    context = camera_context(driver, FacePurpose.PICKUP, trip.code, request.GET.get("video", "")) | {
        "trip": trip,
        "key": selectors.position_key(trip, party) if trip.state in BEFORE_BOARDING else "",
        "spots": {spot.value: str(spot.label) for spot in PlateSpot},
    }
    context["spot_name"] = spot_of(context["token"]).label if context["token"] else ""
    if request.method == "POST":
        photo = request.FILES.get("photo")
        try:
            if photo is None:
                raise InvalidInput("photo")
            outcome = services.check_plate(
                driver=driver, trip_code=code, token=request.POST.get("face_token", ""), content=photo
            )
            if outcome.refusal is None:
                return redirect("rides:trip", code)
            context["refusal"] = outcome.refusal
        except (InvalidInput, FaceRequired, PlateNotThere, FileFault) as error:
            context["refusal"] = error
    return render(request, "rides/pickup.html", context, status=400 if "refusal" in context else 200)
