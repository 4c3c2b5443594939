from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.privacy import EncryptedTextField
from rides.geometry import Point
from rides.states import (
    ABOARD,
    BEFORE_BOARDING,
    OVER,
    OWN_PHONE,
    WAITING,
    WITH_DRIVER,
    CancelReason,
    Line,
    Party,
    PlateCheck,
    RiderKind,
    TripState,
)


def met_by_what_was_said(boarded_at: datetime | None, plate_check: str, wrong_codes: int) -> bool:
    """True where a trip's row says that driver and passenger stood face to face, whatever their phones show (R6)."""
    return boarded_at is not None or plate_check == PlateCheck.SAME or wrong_codes > 0


class TripQuerySet(models.QuerySet["Trip"]):
    def waiting(self) -> "TripQuerySet":
        """Requests that nobody accepted yet."""
        return self.filter(state__in=WAITING)

    def counted(self) -> "TripQuerySet":
        """Those that enter figures: not what marked accounts do, the drill's and the demo city's."""
        return self.exclude(passenger__is_drill=True)

    def with_driver(self) -> "TripQuerySet":
        """Accepted and not over."""
        return self.filter(state__in=WITH_DRIVER)


class Trip(models.Model):
    """One order from request to end (R6)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    city = models.ForeignKey("rides.City", on_delete=models.PROTECT, verbose_name=_("city"))
    passenger = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="trips",
        verbose_name=pgettext_lazy("field", "passenger"),
    )
    client_key = models.CharField(pgettext_lazy("field", "client key"), max_length=64, unique=True)
    state = models.CharField(
        _("state"), max_length=12, choices=TripState.choices, default=TripState.REQUESTED
    )
    origin_name = models.CharField(_("from"), max_length=80)
    origin_latitude = models.FloatField(pgettext_lazy("field", "origin latitude"))
    origin_longitude = models.FloatField(pgettext_lazy("field", "origin longitude"))
    destination_name = models.CharField(_("to"), max_length=80)
    destination_latitude = models.FloatField(pgettext_lazy("field", "destination latitude"))
    destination_longitude = models.FloatField(pgettext_lazy("field", "destination longitude"))
    window_start = models.DateTimeField(_("departure from"))
    window_end = models.DateTimeField(_("departure until"))
    seats = models.PositiveSmallIntegerField(pgettext_lazy("field", "seats"), default=1)

    itinerary = models.ForeignKey(
        "rides.Itinerary",
        on_delete=models.PROTECT,
        null=True,
        related_name="trips",
        verbose_name=pgettext_lazy("field", "owner's way"),
    )
    driver = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.PROTECT,
        null=True,
        related_name="trips",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    vehicle = models.ForeignKey(
        "drivers.Vehicle",
        on_delete=models.PROTECT,
        null=True,
        related_name="trips",
        verbose_name=pgettext_lazy("field", "vehicle"),
    )
    planned_route = models.JSONField(pgettext_lazy("field", "planned route"), default=list)
    route_source = models.CharField(pgettext_lazy("field", "route source"), max_length=12, blank=True)
    route_metres = models.FloatField(pgettext_lazy("field", "length of the route (m)"), default=0)
    route_seconds = models.FloatField(pgettext_lazy("field", "time of the route (s)"), default=0)
    # Amounts in fen (分) by the tariff that was in force when it was booked (R12).
    fare_estimate = models.PositiveIntegerField(_("estimate"), default=0)
    fare = models.PositiveIntegerField(_("fare"), null=True)
    tariff = models.CharField(_("tariff"), max_length=60, blank=True)
    # Booked for somebody else (代叫) or for a child: that person is the passenger of every safety function (A6).
    rider_kind = models.CharField(
        pgettext_lazy("field", "who rides"), max_length=10, choices=RiderKind.choices, default=RiderKind.SELF
    )
    rider_name = EncryptedTextField(pgettext_lazy("field", "rider's name"), null=True, default=None)
    rider_phone = EncryptedTextField(pgettext_lazy("field", "rider's phone"), blank=True, default="")
    rider_phone_index = models.CharField(
        pgettext_lazy("field", "index of the rider's phone"), max_length=64, blank=True, default=""
    )
    # Of somebody of 14 to 17, by a guardian's confirmation (A9): who may drive and when is narrower.
    for_teen = models.BooleanField(pgettext_lazy("field", "for somebody of 14 to 17"), default=False)
    boarding_code = models.CharField(pgettext_lazy("field", "boarding code"), max_length=4)
    wrong_codes = models.PositiveSmallIntegerField(pgettext_lazy("field", "wrong codes entered"), default=0)
    plate_registered = models.CharField(_("plate registered"), max_length=10, blank=True)
    # Of a driver from whom the trip was taken because they could not show who they are: it may stand before who waits.
    plate_to_avoid = models.CharField(
        pgettext_lazy("trip", "plate not to get into"), max_length=10, blank=True
    )
    plate_seen = models.CharField(_("plate seen"), max_length=10, blank=True)
    plate_check = models.CharField(_("plate compared"), max_length=12, choices=PlateCheck.choices, blank=True)
    presumed_boarded = models.BooleanField(pgettext_lazy("field", "presumed boarded"), default=False)
    # When the car of now came near the pick-up.
    near_at = models.DateTimeField(pgettext_lazy("field", "car near at"), null=True)
    phones_met_at = models.DateTimeField(pgettext_lazy("field", "phones met at"), null=True)

    requested_at = models.DateTimeField(pgettext_lazy("field", "requested at"))
    accepted_at = models.DateTimeField(pgettext_lazy("field", "accepted at"), null=True)
    arrived_at = models.DateTimeField(pgettext_lazy("field", "arrived at"), null=True)
    boarded_at = models.DateTimeField(pgettext_lazy("time", "boarded"), null=True)
    departed_at = models.DateTimeField(pgettext_lazy("field", "departed at"), null=True)
    ended_at = models.DateTimeField(pgettext_lazy("time", "ended"), null=True)
    cancelled_at = models.DateTimeField(pgettext_lazy("field", "cancelled at"), null=True)
    cancelled_by = models.CharField(pgettext_lazy("field", "cancelled by"), max_length=10, blank=True)
    cancel_reason = models.CharField(pgettext_lazy("field", "cancel reason"), max_length=40, blank=True)

    # The transaction that wrote the row last, kept by a trigger: what keeps the matching's copy true (`rides.open_requests`).
    changed_in = models.BigIntegerField(
        pgettext_lazy("field", "changed in transaction"), default=0, editable=False
    )

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
            models.CheckConstraint(
                condition=Q(rider_kind="self") ^ Q(rider_name__isnull=False),
                name="trip_for_another_names_them",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | Q(fare__isnull=False), name="trip_ended_has_a_fare"
            ),
            # One driver never has two orders at once (R3); a hitch owner may share the way with several.
            models.UniqueConstraint(
                fields=["driver"],
                condition=~Q(line="hitch") & Q(state__in=["accepted", "arrived", "boarded", "in_progress"]),
                name="one_order_per_driver",
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
            # `selectors.newest_with_driver`, and how many were accepted in a month: the board asks each minute.
            models.Index(
                fields=["-accepted_at", "-id"], condition=Q(driver__isnull=False), name="trip_accepted"
            ),
            # `selectors.places_with_numbers`: the few that are wrong, not the millions that are not.
            models.Index(
                fields=["requested_at"],
                condition=Q(origin_name__regex=r"\d{7}") | Q(destination_name__regex=r"\d{7}"),
                name="trip_place_with_number",
            ),
            models.Index(fields=["ended_at"], name="trip_ended"),
            models.Index(fields=["city", "changed_in"], name="trip_changed_in_city"),
            models.Index(
                fields=["rider_phone_index", "-id"], condition=~Q(rider_phone_index=""), name="trip_of_rider"
            ),
            models.Index(
                fields=["window_start"],
                condition=Q(state__in=["accepted", "arrived"]),
                name="trip_before_boarding",
            ),
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
    def for_another(self) -> bool:
        """Somebody else travels than who booked, with a page of their own: all help is theirs, and nobody else's (A6)."""
        return self.rider_kind not in OWN_PHONE

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def has_met(self) -> bool:
        """True where driver and passenger stood face to face: the phones say so, or the trip does (R6).

        The plate was compared at the car, which also shows the boarding code; a code was entered, right or wrong.
        """
        said = met_by_what_was_said(self.boarded_at, self.plate_check, self.wrong_codes)
        return self.phones_met_at is not None or said

    @property
    def was_cancelled_by_driver(self) -> bool:
        """True where the driver ended it before boarding: what his phone does with hers after that counts (R6)."""
        return self.state == TripState.CANCELLED and self.cancelled_by == Party.DRIVER

    @property
    def cancel_is_doubted(self) -> bool:
        """True where a cancel is not simply believed: the car was there, or they had met (R6)."""
        return self.has_met or self.arrived_at is not None

    def went_past(self, moment: str) -> bool:
        """Whether a step was taken that `moment` is the time of, and the trip goes on or came to its end: who says it
        again, because the answer was lost, is told what is."""
        return getattr(self, moment) is not None and self.state != TripState.CANCELLED

    @property
    def somebody_may_be_aboard(self) -> bool:
        """True where nothing may show on the driver's phone (S11): aboard, or the car was there and they are not known to be apart.

        Who sits in a car that has arrived need not have shown a code, and a phone in a pocket proves no absence. Of a
        cancelled trip that is asked for as long as both phones are watched.
        """
        if self.state == TripState.CANCELLED:
            return self.cancel_reason != CancelReason.MISMATCH and self.cancel_is_doubted
        return self.state in ABOARD or (self.state in BEFORE_BOARDING and self.cancel_is_doubted)
