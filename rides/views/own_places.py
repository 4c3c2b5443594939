"""The places that somebody keeps for their own bookings: seen, kept and removed by nobody else."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core import policy
from core.access import account_of, permission_required
from core.errors import DomainError, explain
from core.retention import RECORDS_KEPT
from rides import selectors, services
from rides.forms import OwnPlaceForm
from rides.models import City
from rides.views.booking import city_context, city_of


def _back(city: City | None) -> HttpResponse:
    asked = f"?city={city.code}" if city else ""
    return redirect(reverse("rides:own_places") + asked)


def _page(request: HttpRequest, city: City | None, form: OwnPlaceForm | None) -> HttpResponse:
    account = account_of(request)
    context: dict[str, Any] = city_context(city) | {"form": form}
    if city:
        context |= {
            "kept": selectors.own_places(account, city),
            "recent": selectors.recent_places(account, city),
            "hidden": selectors.hidden_places(account, city),
            "hidden_days": policy.span(RECORDS_KEPT).days,
        }
    return render(request, "rides/own_places.html", context, status=400 if form and form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def own_places(request: HttpRequest) -> HttpResponse:
    """Home, work and other places; one more is kept, or a place of one's trips hidden."""
    account, city = account_of(request), city_of(request)
    if city is None or request.method == "GET":
        form = OwnPlaceForm(city=city, account=account) if city else None
        return _page(request, city, form)
    form = OwnPlaceForm(request.POST, city=city, account=account)
    if form.is_valid():
        try:
            services.keep_place(account=account, **form.wanted())
            return _back(city)
        except DomainError as error:
            explain(form, error)
    return _page(request, city, form)


@require_POST
@permission_required("ride")
def remove_place(request: HttpRequest, code: str) -> HttpResponse:
    """A place is kept no more, or hidden no more."""
    services.remove_place(account=account_of(request), code=code)
    return _back(city_of(request))
