"""The passenger's first page: book a ride, see prices, find trips."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock, idempotency, typed
from core.access import account_of, permission_required
from core.errors import DomainError, InvalidInput, explain
from core.permissions import may
from drivers.selectors import is_driver
from rides import fares, routing, selectors, services
from rides.forms import BookForm, soon
from rides.models import City
from rides.states import Line


def city_of(request: HttpRequest) -> City | None:
    """The city that was chosen on the page, the first one where none was. Raises `InvalidInput`."""
    cities = selectors.cities()
    wanted = request.POST.get("city") or request.GET.get("city")
    if not wanted:
        return cities[0] if cities else None
    found = next((city for city in cities if city.code == wanted), None)
    if found is None:  # nobody is to book in another city than they said
        raise InvalidInput("city")
    return found


def city_context(city: City | None) -> dict[str, Any]:
    """What pages with places need: the cities, the chosen one, its places for typing and the map."""
    return {
        "cities": selectors.cities(),
        "city": city,
        "places": selectors.places_of(city) if city else [],
        "city_map": _city_map(city) if city else {},
    }


def _city_map(city: City) -> dict[str, Any]:
    """The middle and the known places: where no tiles are set they are what a point is found by."""
    places = [[row.latitude, row.longitude, str(row)] for row in selectors.places_of(city)]
    return {"middle": [city.latitude, city.longitude], "places": places}


def first_values() -> dict[str, Any]:
    """What a form begins with; the key makes posting it twice one order."""
    return soon() | {"client_key": idempotency.new_key()}


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """What this is for those who are not signed in, booking for passengers."""
    if not request.user.is_authenticated:
        return render(request, "rides/welcome.html")
    account = account_of(request)
    if not may(account, "ride"):
        return redirect("police:home" if may(account, "police.ask") else "admin:index")
    city = city_of(request)
    form = BookForm(request.POST or None, city=city, initial=first_values()) if city else None
    prices = None
    if request.method == "POST" and city and form and form.is_valid():
        if "prices" in request.POST:
            prices = _prices(form)
        else:
            try:
                trip = services.book_trip(passenger=account, **form.wanted())
                return redirect("rides:trip", trip.code)
            except DomainError as error:
                explain(form, error)
    trips = selectors.trips_as_passenger(account)
    context = city_context(city) | {
        "form": form,
        "prices": prices,
        "lines": selectors.lines_of(city, clock.now()) if city else {},
        "suspended": selectors.suspended_lines(city, clock.now()) if city else set(),
        "current": [trip for trip in trips if not trip.is_over],
        "past": [trip for trip in trips if trip.is_over],
        "kept_away": {row.other_id for row in selectors.never_again_of(account)},
        "drives": is_driver(account),
        "least": selectors.least_score(account),
        "wishes": range(10, 51, 5),
    }
    return render(request, "rides/home.html", context, status=400 if form and form.errors else 200)


def _prices(form: BookForm) -> dict[str, Any]:
    """What the way costs on each line that runs, before anybody decides (R12)."""
    journey = form.journey(clock.now(), clock.now())
    way = routing.route([journey.origin.point, journey.destination.point])
    runs = selectors.lines_of(form.city, clock.now())
    seats = form.cleaned_data.get("seats") or 1
    return {
        "rows": [
            (line, fares.estimate(line, way.metres, way.seconds, seats=seats).fen, runs[line])
            for line in Line
        ],
        "suspended": selectors.suspended_lines(form.city, clock.now()),
        "metres": way.metres,
        "seconds": way.seconds,
        "source": routing.named(way.source),
        "origin": journey.origin.name,
        "destination": journey.destination.name,
    }


@require_POST
@permission_required("ride")
def prices(request: HttpRequest) -> HttpResponse:
    """The prices by themselves, for the page that asks while somebody still types; empty until both ends are known."""
    city = city_of(request)
    form = BookForm(request.POST, city=city) if city else None
    if form is None:
        return HttpResponse("")
    form.is_valid()
    known = form.cleaned_data.get("origin_place") and form.cleaned_data.get("destination_place")
    return render(request, "rides/_prices.html", {"prices": _prices(form) if known else None})


@require_GET
@permission_required("ride")
def places(request: HttpRequest) -> HttpResponse:
    """Names for what is being typed."""
    city = city_of(request)
    words = request.GET.get("origin") or request.GET.get("destination") or request.GET.get("place") or ""
    found = selectors.find_places(city, words[:60]) if city else []
    return render(request, "rides/_places.html", {"places": found})


@require_POST
@permission_required("ride")
def least_score(request: HttpRequest) -> HttpResponse:
    """Ride only with people of at least this score (R8)."""
    tenths = typed.number.read(request.POST.get("least", ""), field="least", most=50)
    services.wish_least_score(account=account_of(request), tenths=tenths)
    return redirect("rides:home")
