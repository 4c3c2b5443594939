from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import pgettext_lazy

from core.admin import ReadOnlyAdmin
from rides import routing
from rides.models import LineInCity, Payment, Trip


@admin.register(LineInCity)
class LineInCityAdmin(ReadOnlyAdmin):
    list_display = ["line", "city", "state", "since", "permit_until"]
    list_select_related = ["city"]


@admin.register(Trip)
class TripAdmin(ReadOnlyAdmin):
    list_display = [
        "code",
        "state",
        "line",
        "city",
        "origin_name",
        "destination_name",
        "plate_registered",
        "plate_seen",
        "requested_at",
    ]
    list_filter = ["state", "line"]
    list_select_related = ["city"]
    in_words = {"route_source": "drawn_by"}
    search_fields = ["code__exact", "plate_registered", "plate_seen"]
    ordering = ["-id"]

    @admin.display(description=pgettext_lazy("field", "route source"))
    def drawn_by(self, trip: Trip) -> str:
        return routing.named(trip.route_source)

    def get_fields(self, request: HttpRequest | None, obj: models.Model | None = None) -> list[str]:
        """The boarding code is the passenger's alone."""
        return [
            name for name in super().get_fields(request, obj) if name not in {"boarding_code", "client_key"}
        ]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ["code", "trip", "fen", "refunded", "state", "due_at", "paid_at"]
    list_filter = ["state"]
    list_select_related = ["trip"]
    search_fields = ["code__exact", "trip__code__exact"]
    ordering = ["-id"]
