"""Complaints of passengers and drivers."""

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import account_of, door
from accounts.states import Role
from accounts.views import explain
from complaints import selectors, services
from complaints.forms import ComplaintForm
from complaints.states import Category
from core.errors import DomainError
from rides.selectors import trip_of


@require_http_methods(["GET", "POST"])
@door(Role.MEMBER)
def file(request: HttpRequest, trip_code: str) -> HttpResponse:
    """Category first, words second."""
    account = account_of(request)
    trip, _party = trip_of(account, trip_code)
    form = ComplaintForm(request.POST or None, initial={"submission": secrets.token_urlsafe(16)})
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            complaint = services.file_complaint(
                account=account,
                trip_code=trip_code,
                category=Category(found["category"]),
                words=found["words"],
                submission=found["submission"],
            )
            return redirect("complaints:receipt", complaint.code)
        except DomainError as error:
            explain(form, error)
    return render(
        request, "complaints/file.html", {"form": form, "trip": trip}, status=400 if form.errors else 200
    )


@require_GET
@door(Role.MEMBER)
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """What was filed, and what happens next."""
    return render(
        request, "complaints/receipt.html", {"complaint": selectors.own_complaint(account_of(request), code)}
    )
