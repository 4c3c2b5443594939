"""The passenger's first page: book a ride, see prices, find trips."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core import clock, idempotency, typed
from core.access import account_of, permission_required
from core.errors import DomainError, InvalidInput, explain
from core.permissions import may
from drivers.selectors import is_driver
from rides import fares, routing, selectors, services
from rides.curfew import in_curfew
from rides.forms import BookForm, SearchForm, soon
from rides.models import City
from rides.routing import Route
from rides.selectors import PlaceFound
from rides.states import Line

if TYPE_CHECKING:
    from accounts.models import Account

# What stands one tap away.
MORE = {"when", "window_start", "window_end", "seats", "rider_kind", "rider_name", "rider_phone"}


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
    """What pages with places need: the cities, the chosen one, its places for typing, the middle of its map."""
    return {
        "cities": selectors.cities(),
        "city": city,
        "places": selectors.places_of(city) if city else [],
        "city_map": {"middle": [city.latitude, city.longitude]} if city else {},
    }


def first_values() -> dict[str, Any]:
    """What a form begins with; the key makes posting it twice one order."""
    return soon() | {"client_key": idempotency.new_key()}


def _going_to(kept: list[PlaceFound], code: str) -> dict[str, Any]:
    """The first values of a form that begins with an own place as its end; none where there is no such place."""
    place = next((each for each in kept if each.code == code), None)
    if place is None:
        return {}
    return {
        "destination": str(place),
        "destination_lat": place.latitude,
        "destination_lon": place.longitude,
    }


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """What this is for those who are not signed in, booking for passengers."""
    if not request.user.is_authenticated:
        return render(request, "rides/welcome.html")
    account = account_of(request)
    if not may(account, "ride"):
        return redirect("police:home" if may(account, "police.ask") else "admin:index")
    city = city_of(request)
    looks = "prices" in request.POST
    kept = selectors.own_places(account, city) if city else []
    initial = first_values() | _going_to(kept, request.GET.get("to", ""))
    form = (
        BookForm(request.POST or None, city=city, account=account, guess=looks, initial=initial)
        if city
        else None
    )
    if request.method == "POST" and city and form and form.is_valid() and not looks:
        try:
            trip = services.book_trip(passenger=account, **form.wanted())
            return redirect("rides:trip", trip.code)
        except DomainError as error:
            explain(form, error)
    trips = selectors.trips_as_passenger(account)
    context = (
        city_context(city)
        | (_prices(form, account) if form else {})
        | {
            "more_open": bool(form and set(form.errors) & MORE),
            "current": [trip for trip in trips if not trip.is_over],
            "past": [trip for trip in trips if trip.is_over],
            "kept_away": {row.other_id for row in selectors.never_again_of(account)},
            "kept": kept,
            "drives": is_driver(account),
            "least": selectors.least_score(account),
            "wishes": [(tenths, f"{tenths / 10:.1f}") for tenths in range(10, 51, 5)],
        }
    )
    return render(request, "rides/home.html", context, status=400 if form and form.errors else 200)


@dataclass(frozen=True, slots=True)
class LineChoice:
    """A line as somebody chooses it: whether it runs here and departs when they leave, and what the way costs on it, in
    fen, once both ends are known."""

    line: Line
    runs: bool
    rests: bool
    is_suspended: bool
    is_chosen: bool
    fen: int | None = None


def _choices(form: BookForm, who: "Account", way: Route | None = None) -> list[LineChoice]:
    """Every line with what the way costs on it, before anybody decides (R12). Where nobody chose one yet, it is the first
    that they can have."""
    at = clock.now()
    given = getattr(form, "cleaned_data", None) or {}
    leaves = given.get("window_start") if given.get("when") == "later" else at
    runs, suspended = selectors.lines_of(form.city, at, who), selectors.suspended_lines(form.city, at)
    resting = {Line.HITCH} if leaves and in_curfew(leaves) else set()
    goes = [line for line in Line if runs[line] and line not in resting]
    chosen = form["line"].value() if form.is_bound or not goes else goes[0]
    seats = given.get("seats") or 1
    return [
        LineChoice(
            line,
            runs[line],
            line in resting,
            line in suspended,
            line == chosen,
            fares.estimate(line, way.metres, way.seconds, seats=seats).fen if way else None,
        )
        for line in Line
    ]


def _prices(form: BookForm, who: "Account") -> dict[str, Any]:
    """The lines of a form, and the way with its prices where both ends are known."""
    given = getattr(form, "cleaned_data", None) or {}
    if not (given.get("origin_place") and given.get("destination_place")):
        return {"form": form, "choices": _choices(form, who)}
    journey = form.journey(clock.now(), clock.now())
    way = routing.route([journey.origin.point, journey.destination.point])
    is_later = given.get("when") == "later"
    leaves = given.get("window_start") if is_later else clock.now()
    return {
        "form": form,
        "choices": _choices(form, who, way),
        "way": way,
        "arrival": leaves + timedelta(seconds=way.seconds) if leaves else None,
        "arrival_form": "minute" if is_later else "time",
        "source": routing.named(way.source),
        "from": journey.origin.name,
        "to": journey.destination.name,
    }


@require_POST
@permission_required("ride")
def prices(request: HttpRequest) -> HttpResponse:
    """The lines by themselves, for the page that asks while somebody still types; with prices once both ends are known."""
    city = city_of(request)
    form = BookForm(request.POST, city=city, account=account_of(request), guess=True) if city else None
    if form is None:
        return HttpResponse("")
    form.is_valid()
    return render(request, "rides/_prices.html", _prices(form, account_of(request)))


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def places(request: HttpRequest) -> HttpResponse:
    """Places for what is being typed; what one keeps and where one's own trips went, before anything is; how a point is
    called, where one is given. Pages post it: where somebody is, and where they want to go, stands in no log of addresses."""
    city = city_of(request)
    asked = SearchForm(request.POST if request.method == "POST" else request.GET)
    context: dict[str, Any] = {"found": []}
    if city and asked.is_valid():
        words, latitude, longitude = (asked.cleaned_data[each] for each in ("place", "lat", "lon"))
        if latitude is not None and longitude is not None:
            here = (latitude, longitude)
            context["found"] = [PlaceFound(selectors.place_name(city, here), "point", *here)]
        elif words:
            own = selectors.own_places_called(account_of(request), city, words)
            found = [*own, *selectors.search_places(city, words)]
            if own and sum(each.is_exact for each in found) > 1:
                # An own place and one of the map have this name: whoever typed it chooses.
                found = [replace(each, is_exact=False) for each in found]
            context["found"], context["searched"] = found, True
        else:
            context["found"] = selectors.suggested_places(account_of(request), city)
            context["here"] = asked.cleaned_data["field"] in {"origin", "place"}
    return render(request, "rides/_places.html", context)


@require_POST
@permission_required("ride")
def least_score(request: HttpRequest) -> HttpResponse:
    """Ride only with people of at least this score (R8)."""
    tenths = typed.number.read(request.POST.get("least", ""), field="least", most=50)
    services.wish_least_score(account=account_of(request), tenths=tenths)
    return redirect("rides:home")
