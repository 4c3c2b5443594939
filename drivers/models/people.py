from hashlib import sha256

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.privacy import EncryptedTextField
from drivers.states import DriverState, HoldKind, Line, PaperKind


def hitch_alone() -> list[str]:
    return [Line.HITCH]


class Driver(models.Model):
    """A person who drives: a hitch car owner (车主) or a professional."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="driver",
        verbose_name=pgettext_lazy("field", "account"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DriverState.choices, default=DriverState.APPLIED
    )
    licence_number = EncryptedTextField(pgettext_lazy("field", "licence number"))
    # One account is bound to exactly one driving licence, and one licence to one account (D3). Null until it was
    # vetted, so that nobody can claim another's licence by applying with it.
    licence_index = models.CharField(  # noqa: DJ001 - unique where present
        pgettext_lazy("field", "index of the licence"), max_length=64, unique=True, null=True
    )
    licence_class = models.CharField(_("licence class"), max_length=4, blank=True)
    lines = ArrayField(
        models.CharField(max_length=10, choices=Line.choices),
        default=hitch_alone,
        verbose_name=pgettext_lazy("field", "lines"),
    )
    # Which of two bound cars the driver says to drive now, and since when (D11+); orders are taken with that one.
    driving = models.ForeignKey(
        "drivers.Vehicle",
        on_delete=models.PROTECT,
        null=True,
        related_name="driven_by",
        verbose_name=pgettext_lazy("field", "car driven now"),
    )
    driving_since = models.DateTimeField(pgettext_lazy("field", "said at"), null=True)
    # A data: address of the vetted portrait, for the police and the reviewers alone.
    photo = EncryptedTextField(pgettext_lazy("field", "photo"))
    vetted_at = models.DateTimeField(pgettext_lazy("time", "vetted"), null=True)
    # Faces have a consent of their own (D4); its version, and when it was given.
    face_consent = models.CharField(
        pgettext_lazy("field", "consent to face checks"), max_length=20, blank=True
    )
    face_consent_at = models.DateTimeField(pgettext_lazy("field", "face consent given at"), null=True)
    # So has the recording of video calls: its version while it is given, and when that was.
    video_consent = models.CharField(
        pgettext_lazy("field", "consent to recorded video calls"), max_length=20, blank=True
    )
    video_consent_at = models.DateTimeField(
        pgettext_lazy("field", "consent to recording given at"), null=True
    )

    class Meta:
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DriverState.values), name="driver_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="applied") | Q(vetted_at__isnull=False) | Q(state="barred"),
                name="driver_vetted_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="vetted") | Q(licence_index__isnull=False),
                name="driver_vetted_has_a_licence",
            ),
        ]

    def __str__(self) -> str:
        return self.account.code

    @property
    def badge(self) -> str:
        """Six digits (工号) by which passenger, driver and staff know on the telephone that they mean the same person.

        They say nothing of the account's code, stay the same while it stands, and are compared, never looked up.
        """
        return f"{int(sha256(self.account.code.encode()).hexdigest(), 16) % 10**6:06d}"


class Vehicle(models.Model):
    """A registered car. The plate can be read on the street, so it is not encrypted."""

    plate = models.CharField(_("plate"), max_length=10, unique=True)
    model = models.CharField(_("model"), max_length=40)
    colour = models.CharField(_("colour"), max_length=20)
    seats = models.PositiveSmallIntegerField(_("passenger seats"), default=4)
    vin = models.CharField(_("VIN"), max_length=17, blank=True)  # 车辆识别代号

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        constraints = [
            models.UniqueConstraint(fields=["vin"], condition=~Q(vin=""), name="one_vehicle_per_vin"),
            # At most seven seats with the driver's (Interim Measures, art. 12).
            models.CheckConstraint(condition=Q(seats__gte=1) & Q(seats__lte=6), name="vehicle_seats"),
        ]

    def __str__(self) -> str:
        return self.plate


class Paper(models.Model):
    """A certificate or permit that is in force, of a driver or of a vehicle; it blocks when it expires (D9)."""

    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        null=True,
        related_name="papers",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    vehicle = models.ForeignKey(
        Vehicle,
        on_delete=models.PROTECT,
        null=True,
        related_name="papers",
        verbose_name=pgettext_lazy("field", "vehicle"),
    )
    kind = models.CharField(
        pgettext_lazy("paper", "kind of certificate"), max_length=20, choices=PaperKind.choices
    )
    number = EncryptedTextField(pgettext_lazy("paper", "certificate number"))
    # The last day on which it is valid, Asia/Shanghai; null for a licence without an end (长期).
    until = models.DateField(pgettext_lazy("paper", "valid until"), null=True)
    added_at = models.DateTimeField(pgettext_lazy("field", "added at"))
    replaced_at = models.DateTimeField(pgettext_lazy("field", "replaced at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "certificate or permit")
        verbose_name_plural = pgettext_lazy("model", "certificates and permits")
        constraints = [
            models.CheckConstraint(
                condition=Q(driver__isnull=True) ^ Q(vehicle__isnull=True), name="paper_of_driver_or_vehicle"
            ),
            models.CheckConstraint(condition=Q(kind__in=PaperKind.values), name="paper_kind_is_known"),
            models.UniqueConstraint(
                fields=["driver", "kind"],
                condition=Q(replaced_at=None, driver__isnull=False),
                name="one_paper_of_a_kind_per_driver",
            ),
            models.UniqueConstraint(
                fields=["vehicle", "kind"],
                condition=Q(replaced_at=None, vehicle__isnull=False),
                name="one_paper_of_a_kind_per_vehicle",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=Q(replaced_at=None, until__isnull=False), name="paper_expiring"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} until {self.until}"


class Binding(models.Model):
    """A driver may drive a vehicle, from and until a time."""

    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        related_name="bindings",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    vehicle = models.ForeignKey(
        Vehicle,
        on_delete=models.PROTECT,
        related_name="bindings",
        verbose_name=pgettext_lazy("field", "vehicle"),
    )
    # Which of the driver's two places this car takes, and which of the car's three places this person takes (D3).
    vehicle_place = models.PositiveSmallIntegerField(
        pgettext_lazy("field", "which of the driver's cars"), default=1
    )
    person_place = models.PositiveSmallIntegerField(
        pgettext_lazy("field", "which of the car's drivers"), default=1
    )
    bound_at = models.DateTimeField(pgettext_lazy("field", "bound at"))
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "binding")
        verbose_name_plural = pgettext_lazy("model", "bindings")
        constraints = [
            models.CheckConstraint(
                condition=Q(vehicle_place__in=[1, 2]) & Q(person_place__in=[1, 2, 3]),
                name="two_vehicles_per_driver_three_persons_per_vehicle",
            ),
            models.UniqueConstraint(
                fields=["driver", "vehicle_place"],
                condition=Q(ended_at=None),
                name="one_vehicle_in_each_place_of_a_driver",
            ),
            models.UniqueConstraint(
                fields=["vehicle", "person_place"],
                condition=Q(ended_at=None),
                name="one_person_in_each_place_of_a_vehicle",
            ),
            models.UniqueConstraint(
                fields=["driver", "vehicle"],
                condition=Q(ended_at=None),
                name="one_open_binding_of_driver_and_vehicle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.driver_id} drives {self.vehicle_id}"


class Bar(models.Model):
    """A licence or car that was banned with a driver, so that a new account does not help (C5)."""

    kind = models.CharField(
        pgettext_lazy("field", "kind"),
        max_length=10,
        choices=[("licence", pgettext_lazy("bar", "licence")), ("plate", pgettext_lazy("bar", "plate"))],
    )
    # The licence's keyed index, or the plate without its dot.
    value = models.CharField(pgettext_lazy("bar", "what is barred"), max_length=64)
    source = models.CharField(pgettext_lazy("bar", "measure it comes from"), max_length=20)
    since = models.DateTimeField(pgettext_lazy("field", "since"))
    lifted_at = models.DateTimeField(pgettext_lazy("field", "lifted at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "bar")
        verbose_name_plural = pgettext_lazy("model", "bars")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value", "source"], name="barred_once_by_the_same_decision"
            )
        ]
        indexes = [models.Index(fields=["value"], condition=Q(lifted_at=None), name="bar_in_force")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source}"


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> "HoldQuerySet":
        """Holds that act now."""
        return self.filter(released_at=None)


class Hold(models.Model):
    """Stops a driver from getting new orders, for one reason, until it is released."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="holds", verbose_name=_("driver")
    )
    kind = models.CharField(_("reason"), max_length=12, choices=HoldKind.choices)
    # The code of the complaint, trip or incident that it comes from.
    source = models.CharField(_("comes from"), max_length=20)
    citation = models.CharField(_("rule and version"), max_length=60)
    # True while somebody may be in the car with this driver: nothing of it may be seen on the driver's phone (S11).
    covert = models.BooleanField(_("not shown to the driver yet"), default=False)
    opened_at = models.DateTimeField(_("since"))
    opened_by = models.CharField(pgettext_lazy("hold", "held by"), max_length=40)
    released_at = models.DateTimeField(pgettext_lazy("driver hold", "released"), null=True)
    released_by = models.CharField(pgettext_lazy("hold", "released by"), max_length=40, blank=True)
    release_reason = models.TextField(pgettext_lazy("field", "release reason"), blank=True)
    # The first of the two people who release it; `released_by` is the second.
    release_proposed_by = models.CharField(
        pgettext_lazy("hold", "release proposed by"), max_length=40, blank=True
    )

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("driver hold", "hold")
        verbose_name_plural = pgettext_lazy("driver hold", "holds")
        constraints = [
            models.UniqueConstraint(
                fields=["driver", "kind", "source"],
                condition=Q(released_at=None),
                name="one_open_hold_per_reason",
            ),
            models.CheckConstraint(condition=Q(kind__in=HoldKind.values), name="hold_kind_is_known"),
            models.CheckConstraint(
                condition=Q(released_at=None) | ~Q(released_by=""), name="hold_released_by_somebody"
            ),
            # What a complaint's decision began, it ends (`drivers.policies.ENDS_WITH_COMPLAINT`).
            four_eyes.law(
                "release_proposed_by",
                "released_by",
                name="hold_released_by_two_people",
                once=Q(released_at__isnull=False) & ~Q(kind__in=["complaint", "sanction"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_kind_display()}"
