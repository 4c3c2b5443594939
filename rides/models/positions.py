from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from core import formats
from rides.states import Line, Party
from rides.trails import Fix, PackedMinute, is_coarse


class LatestPosition(models.Model):
    """Where a phone of a trip was last; `away` when its page said that it goes to the background (R9)."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="latest_positions",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    latitude = models.FloatField(pgettext_lazy("field", "latitude"))
    longitude = models.FloatField(pgettext_lazy("field", "longitude"))
    # As the phone says, in metres and metres per second; empty where it does not.
    accuracy = models.FloatField(pgettext_lazy("field", "accuracy"), null=True)
    speed = models.FloatField(pgettext_lazy("field", "speed"), null=True)
    away = models.BooleanField(pgettext_lazy("field", "page in the background"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "latest position")
        verbose_name_plural = pgettext_lazy("model", "latest positions")
        constraints = [
            models.UniqueConstraint(fields=["trip", "party"], name="one_latest_position_per_phone")
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.get_party_display()} {formats.moment(self.at)}"

    @property
    def fix(self) -> Fix:
        """As a position of a trail."""
        return Fix(self.at.timestamp(), self.latitude, self.longitude, self.accuracy, self.speed)

    @property
    def coarse(self) -> bool:
        """True where it says no more than about where."""
        return is_coarse(self.fix)


class TrailMinute(models.Model):
    """All positions of one phone in one minute, packed (`rides.trails`).

    The table is partitioned by month, in SQL, which the ORM does not speak (migration 0002, `rides.partitions`): what
    is past its time goes with its partition.
    """

    pk = models.CompositePrimaryKey("trip_id", "party", "minute")
    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="trail",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    minute = models.DateTimeField(pgettext_lazy("trailminute", "minute"))
    latitude = models.FloatField(pgettext_lazy("field", "latitude"))
    longitude = models.FloatField(pgettext_lazy("field", "longitude"))
    packed = models.BinaryField(pgettext_lazy("field", "packed positions"))
    accuracy = models.BinaryField(pgettext_lazy("field", "packed accuracies"), default=b"", db_default=b"")
    far = models.BinaryField(pgettext_lazy("field", "packed far positions"), default=b"", db_default=b"")

    class Meta:
        verbose_name = pgettext_lazy("model", "minute of a trail")
        verbose_name_plural = pgettext_lazy("model", "minutes of trails")
        db_table = "rides_trail"

    def __str__(self) -> str:
        return f"{self.trip_id} {self.get_party_display()} {formats.moment(self.minute)}"

    @property
    def minute_packed(self) -> PackedMinute:
        """As `rides.trails.unpack` reads it."""
        return PackedMinute(self.minute, self.latitude, self.longitude, self.packed, self.accuracy, self.far)


class DriverOnDuty(models.Model):
    """Where a driver of express, premier or luxury waits for orders; the row goes when they go offline."""

    driver = models.OneToOneField(
        "drivers.Driver",
        on_delete=models.CASCADE,
        related_name="duty",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    line = models.CharField(pgettext_lazy("field", "line"), max_length=10, choices=Line.choices)
    city = models.ForeignKey(
        "rides.City", on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "city")
    )
    latitude = models.FloatField(pgettext_lazy("field", "latitude"))
    longitude = models.FloatField(pgettext_lazy("field", "longitude"))
    # The H3 cell (`rides.dispatch.RESOLUTION`), so that a batch loads the drivers around its orders and no others.
    cell = models.CharField(pgettext_lazy("driveronduty", "cell of the map"), max_length=15)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "driver online")
        verbose_name_plural = pgettext_lazy("model", "drivers online")
        indexes = [models.Index(fields=["city", "line", "cell"], name="duty_by_cell")]
        constraints = [models.CheckConstraint(condition=~Q(line="hitch"), name="duty_is_not_for_hitch")]

    def __str__(self) -> str:
        return f"{self.driver_id} {self.get_line_display()}"
