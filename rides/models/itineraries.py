from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy


class Itinerary(models.Model):
    """A hitch owner's own way, which passengers may share."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    driver = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.PROTECT,
        related_name="itineraries",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    city = models.ForeignKey(
        "rides.City", on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "city")
    )
    origin_name = models.CharField(pgettext_lazy("field", "origin name"), max_length=80)
    destination_name = models.CharField(pgettext_lazy("field", "destination name"), max_length=80)
    # Points [latitude, longitude] from origin to destination, and who drew them (`rides.routing.Source`).
    route = models.JSONField(pgettext_lazy("field", "route"))
    route_source = models.CharField(pgettext_lazy("field", "route source"), max_length=12)
    route_metres = models.FloatField(pgettext_lazy("field", "length of the route (m)"))
    route_seconds = models.FloatField(pgettext_lazy("field", "time of the route (s)"))
    # How many metres of detour the owner takes on for one party.
    detour_limit = models.PositiveIntegerField(pgettext_lazy("field", "detour accepted (m)"))
    # Degrees around the route and the reach beside it: what a request must lie in to be looked at.
    south = models.FloatField(pgettext_lazy("field", "southern edge"))
    west = models.FloatField(pgettext_lazy("field", "western edge"))
    north = models.FloatField(pgettext_lazy("field", "northern edge"))
    east = models.FloatField(pgettext_lazy("field", "eastern edge"))
    window_start = models.DateTimeField(pgettext_lazy("field", "earliest departure"))
    window_end = models.DateTimeField(pgettext_lazy("field", "latest departure"))
    seats = models.PositiveSmallIntegerField(pgettext_lazy("field", "seats"))
    client_key = models.CharField(pgettext_lazy("field", "client key"), max_length=64, unique=True)
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    closed_at = models.DateTimeField(pgettext_lazy("field", "closed at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "owner's way")
        verbose_name_plural = pgettext_lazy("model", "owners' ways")
        constraints = [
            models.CheckConstraint(
                condition=Q(window_end__gte=models.F("window_start")), name="itinerary_window_is_ordered"
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=1) & Q(seats__lte=6), name="itinerary_seats_are_sane"
            ),
        ]
        indexes = [
            models.Index(
                fields=["city", "window_end"], condition=Q(closed_at=None), name="itinerary_matching"
            ),
            models.Index(fields=["driver", "-id"], name="itinerary_of_driver"),
        ]

    def __str__(self) -> str:
        return self.code
