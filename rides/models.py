from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rides.geometry import Point
from rides.states import (
    ABOARD,
    BEFORE_BOARDING,
    WAITING,
    WITH_DRIVER,
    Line,
    LineState,
    Party,
    PlateCheck,
    TripState,
)


class City(models.Model):
    """A city in which lines run. Positions of all its trips go to one shard of the stream."""

    code = models.SlugField(_("code"), unique=True)
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    latitude = models.FloatField()
    longitude = models.FloatField()
    # How far from its middle trips may begin and end, in metres.
    radius = models.PositiveIntegerField(default=120_000)

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")

    def __str__(self) -> str:
        return f"{self.name_zh} {self.name_en}"


class KnownPlace(models.Model):
    """A place that people choose by name."""

    city = models.ForeignKey(City, on_delete=models.CASCADE, related_name="places")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    latitude = models.FloatField()
    longitude = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name_zh} {self.name_en}"


class LineInCity(models.Model):
    """The state of one service line in one city, with the company's own permit for it (R1)."""

    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="lines", verbose_name=_("city"))
    state = models.CharField(
        _("state"), max_length=12, choices=LineState.choices, default=LineState.SUSPENDED
    )
    since = models.DateTimeField(_("since"))
    permit_until = models.DateField(_("permit valid until"))

    class Meta:
        verbose_name = _("line in a city")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["line", "city"], name="one_state_per_line_and_city"),
            models.CheckConstraint(
                condition=Q(state__in=LineState.values) & Q(line__in=Line.values), name="line_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.city_id} {self.state}"


class Itinerary(models.Model):
    """A hitch owner's own way, which passengers may share."""

    code = models.CharField(max_length=20, unique=True)
    driver = models.ForeignKey("drivers.Driver", on_delete=models.PROTECT, related_name="itineraries")
    city = models.ForeignKey(City, on_delete=models.PROTECT)
    origin_name = models.CharField(max_length=80)
    destination_name = models.CharField(max_length=80)
    # Points [latitude, longitude] from origin to destination, and who drew them: `router` or `straight`.
    route = models.JSONField()
    route_source = models.CharField(max_length=10)
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    seats = models.PositiveSmallIntegerField()
    client_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(window_end__gte=models.F("window_start")), name="itinerary_window_is_ordered"
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=1) & Q(seats__lte=6), name="itinerary_seats_are_sane"
            ),
        ]
        indexes = [models.Index(fields=["city", "window_end"], name="itinerary_matching")]

    def __str__(self) -> str:
        return self.code


class TripQuerySet(models.QuerySet["Trip"]):
    def waiting(self) -> "TripQuerySet":
        """Requests that nobody accepted yet."""
        return self.filter(state__in=WAITING)

    def with_driver(self) -> "TripQuerySet":
        """Accepted and not over."""
        return self.filter(state__in=WITH_DRIVER)


class Trip(models.Model):
    """One order from request to end (R6)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    city = models.ForeignKey(City, on_delete=models.PROTECT, verbose_name=_("city"))
    passenger = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="trips")
    client_key = models.CharField(max_length=64, unique=True)
    state = models.CharField(
        _("state"), max_length=12, choices=TripState.choices, default=TripState.REQUESTED
    )
    origin_name = models.CharField(_("from"), max_length=80)
    origin_latitude = models.FloatField()
    origin_longitude = models.FloatField()
    destination_name = models.CharField(_("to"), max_length=80)
    destination_latitude = models.FloatField()
    destination_longitude = models.FloatField()
    window_start = models.DateTimeField(_("departure from"))
    window_end = models.DateTimeField(_("departure until"))
    seats = models.PositiveSmallIntegerField(default=1)

    itinerary = models.ForeignKey(Itinerary, on_delete=models.PROTECT, null=True, related_name="trips")
    driver = models.ForeignKey("drivers.Driver", on_delete=models.PROTECT, null=True, related_name="trips")
    vehicle = models.ForeignKey("drivers.Vehicle", on_delete=models.PROTECT, null=True, related_name="trips")
    planned_route = models.JSONField(default=list)
    route_source = models.CharField(max_length=10, blank=True)
    boarding_code = models.CharField(max_length=4)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    plate_registered = models.CharField(_("plate registered"), max_length=10, blank=True)
    plate_seen = models.CharField(_("plate seen"), max_length=10, blank=True)
    plate_check = models.CharField(_("plate compared"), max_length=12, choices=PlateCheck.choices, blank=True)
    presumed_boarded = models.BooleanField(default=False)
    phones_met_at = models.DateTimeField(null=True)

    requested_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    boarded_at = models.DateTimeField(_("boarded"), null=True)
    departed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=10, blank=True)
    cancel_reason = models.CharField(max_length=40, blank=True)

    objects = TripQuerySet.as_manager()

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=TripState.values), name="trip_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | (Q(boarded_at=None) & Q(cancelled_at__isnull=False)),
                name="trip_cancelled_never_boarded",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted([*ABOARD, "ended"])) | Q(boarded_at__isnull=False),
                name="trip_aboard_has_a_boarding_time",
            ),
            models.CheckConstraint(
                condition=Q(boarded_at=None) | Q(plate_check="same") | Q(presumed_boarded=True),
                name="trip_boarded_after_plate_was_compared",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted([*BEFORE_BOARDING, *ABOARD, "ended"]))
                | (Q(driver__isnull=False) & Q(vehicle__isnull=False) & ~Q(plate_registered="")),
                name="trip_with_driver_has_driver_car_and_plate",
            ),
        ]
        indexes = [
            models.Index(
                fields=["city", "window_end"],
                condition=Q(state__in=["requested", "matched"]),
                name="trip_waiting_in_city",
            ),
            models.Index(fields=["driver", "-id"], name="trip_of_driver"),
            models.Index(fields=["passenger", "-id"], name="trip_of_passenger"),
            models.Index(fields=["plate_registered", "-id"], name="trip_by_plate"),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["accepted", "arrived", "boarded", "in_progress"]),
                name="trip_watched",
            ),
            models.Index(fields=["cancelled_at"], name="trip_cancelled"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def origin(self) -> Point:
        return self.origin_latitude, self.origin_longitude

    @property
    def destination(self) -> Point:
        return self.destination_latitude, self.destination_longitude

    @property
    def is_over(self) -> bool:
        return self.state in {TripState.ENDED, TripState.CANCELLED}

    @property
    def somebody_may_be_aboard(self) -> bool:
        """True where nothing may show on the driver's phone (S11): aboard, or met and not known to be apart."""
        return self.state in ABOARD or (self.state in BEFORE_BOARDING and self.phones_met_at is not None)


class LatestPosition(models.Model):
    """Where a phone of a trip was last; `away` when its page said that it goes to the background (R9)."""

    trip = models.ForeignKey(Trip, on_delete=models.CASCADE, related_name="latest_positions")
    party = models.CharField(max_length=10, choices=Party.choices)
    at = models.DateTimeField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    away = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trip", "party"], name="one_latest_position_per_phone")
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.party} {self.at:%H:%M:%S}"


class TrailMinute(models.Model):
    """All positions of one phone in one minute, packed (`rides.trails`)."""

    trip = models.ForeignKey(Trip, on_delete=models.CASCADE, related_name="trail")
    party = models.CharField(max_length=10, choices=Party.choices)
    minute = models.DateTimeField()
    latitude = models.FloatField()
    longitude = models.FloatField()
    packed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trip", "party", "minute"], name="one_trail_row_per_phone_and_minute"
            )
        ]
        indexes = [models.Index(fields=["minute"], name="trail_by_minute")]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.party} {self.minute:%H:%M}"
