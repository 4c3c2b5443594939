"""The page of somebody for whom a ride was booked (A6): the key in its address opens this trip, and no account is needed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import InvalidInput
from rides import selectors, services
from rides.errors import RiderMended
from rides.models import Trip
from rides.shown import trip_context
from rides.states import Line, Party
from rides.views.trips import mismatch_wanted


def _trip(key: str) -> Trip:
    return selectors.trip_of_rider(key)


def _acting(key: str) -> Trip:
    """The trip, for what is done in the name of the account that booked it. Raises `RiderMended` once the number of who
    travels was put right: whoever has this key need not be who was meant."""
    trip = _trip(key)
    if selectors.was_mended(trip):
        raise RiderMended
    return trip


def _context(key: str) -> dict[str, Any]:
    return trip_context(_trip(key), Party.PASSENGER, by_account=False) | {"rider_key": key}


@require_GET
def ride(request: HttpRequest, key: str) -> HttpResponse:
    """Car, code, map and SOS."""
    return render(request, "rides/ride.html", _context(key))


@require_GET
def ride_status(request: HttpRequest, key: str) -> HttpResponse:
    """The part that changes."""
    return render(request, "rides/_trip_status.html", _context(key))


@require_POST
def ride_confirm(request: HttpRequest, key: str) -> HttpResponse:
    """'This is my car.'"""
    trip = _acting(key)
    services.confirm_car(passenger=trip.passenger, trip_code=trip.code)
    return redirect("rides:ride", key)


@require_POST
def ride_mismatch(request: HttpRequest, key: str) -> HttpResponse:
    """'Not this car' and 'not this driver'."""
    trip = _acting(key)
    services.report_mismatch(passenger=trip.passenger, trip_code=trip.code, **mismatch_wanted(request))
    return redirect("rides:ride", key)


@require_POST
def ride_never_again(request: HttpRequest, key: str) -> HttpResponse:
    """Whoever books for her does not bring this driver to her again (R15)."""
    trip = _acting(key)
    services.never_again(account=trip.passenger, trip_code=trip.code, by_key=True)
    return redirect("rides:ride", key)


@require_POST
def ride_undo_never_again(request: HttpRequest, key: str) -> HttpResponse:
    """Take that back."""
    trip = _acting(key)
    services.undo_never_again(account=trip.passenger, trip_code=trip.code, by_key=True)
    return redirect("rides:ride", key)


@require_POST
def ride_again(request: HttpRequest, key: str) -> HttpResponse:
    """After 'not this car': another ride on the same way, with a page of its own."""
    trip = _acting(key)
    new = services.ask_again(passenger=trip.passenger, trip_code=trip.code)
    return redirect("rides:ride", selectors.position_key(new, Party.PASSENGER))


@require_POST
def ride_reminder(request: HttpRequest, key: str) -> HttpResponse:
    """'I have read it.'"""
    trip = _acting(key)
    services.acknowledge_reminder(account=trip.passenger, trip_code=trip.code)
    return redirect("rides:ride", key)


@require_POST
def ride_other_line(request: HttpRequest, key: str) -> HttpResponse:
    """After the pick-up slipped into the night: the same way on another line, with a page of its own."""
    trip, line = _acting(key), request.POST.get("line", "")
    if line not in Line.values:
        raise InvalidInput("line")
    new = services.go_on_with_other_line(passenger=trip.passenger, trip_code=trip.code, line=Line(line))
    return redirect("rides:ride", selectors.position_key(new, Party.PASSENGER))
