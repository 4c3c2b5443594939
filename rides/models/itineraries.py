from django.db import models
from django.db.models import Q


class Itinerary(models.Model):
    """A hitch owner's own way, which passengers may share."""

    code = models.CharField(max_length=20, unique=True)
    driver = models.ForeignKey("drivers.Driver", on_delete=models.PROTECT, related_name="itineraries")
    city = models.ForeignKey("rides.City", on_delete=models.PROTECT)
    origin_name = models.CharField(max_length=80)
    destination_name = models.CharField(max_length=80)
    # Points [latitude, longitude] from origin to destination, and who drew them (`rides.routing.Source`).
    route = models.JSONField()
    route_source = models.CharField(max_length=12)
    route_metres = models.FloatField()
    route_seconds = models.FloatField()
    # How many metres of detour the owner takes on for one party.
    detour_limit = models.PositiveIntegerField()
    # Degrees around the route and the reach beside it: what a request must lie in to be looked at.
    south = models.FloatField()
    west = models.FloatField()
    north = models.FloatField()
    east = models.FloatField()
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    seats = models.PositiveSmallIntegerField()
    client_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
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
