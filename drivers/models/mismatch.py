from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.models import Heard, HeardUntilSeen
from core.privacy import EncryptedTextField
from core.reader.errors import WhyMissing
from drivers.models.cases import VettingCase
from drivers.models.people import Driver
from drivers.states import ReportSource, RewardState


class MismatchReport(HeardUntilSeen):
    """Somebody says that driver or car is not the registered one (人车不符, D5)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    source = models.CharField(_("by"), max_length=10, choices=ReportSource.choices)
    # Whom it is about; null where the plate fits no driver of ours, or several, until a person finds out.
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, null=True, related_name="mismatch_reports", verbose_name=_("driver")
    )
    case = models.ForeignKey(
        VettingCase,
        on_delete=models.PROTECT,
        null=True,
        related_name="reports",
        verbose_name=pgettext_lazy("mismatchreport", "vetting case"),
    )
    trip = models.CharField(_("trip"), max_length=20, blank=True)
    plate = models.CharField(_("plate seen"), max_length=12, blank=True)
    # The reporter: an account's code, or the phone of somebody without one.
    reporter = models.CharField(pgettext_lazy("field", "reporter"), max_length=20, blank=True)
    phone = EncryptedTextField(pgettext_lazy("mismatchreport", "reporter's phone"))
    # When somebody without an account proved that phone; before it a person says whom the report is about.
    proved_at = models.DateTimeField(pgettext_lazy("mismatchreport", "phone proved"), null=True)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    picture = models.OneToOneField(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        null=True,
        verbose_name=pgettext_lazy("field", "picture"),
    )
    # Why there is no picture although one was sent; a car is stopped for nobody's words alone.
    picture_fault = models.CharField(
        pgettext_lazy("field", "missing picture"), max_length=20, choices=WhyMissing.choices, blank=True
    )
    # Many came from the same address just then: a person says whom it is about, and it stands below the others.
    from_crowd = models.BooleanField(pgettext_lazy("field", "many from this address"), default=False)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    reported_at = models.DateTimeField(_("reported"))

    class Meta:
        verbose_name = _("mismatch report")
        verbose_name_plural = _("mismatch reports")
        constraints = [
            models.CheckConstraint(
                condition=Q(source__in=ReportSource.values), name="report_source_is_known"
            ),
            models.CheckConstraint(
                condition=Q(driver__isnull=True) | Q(case__isnull=False),
                name="report_about_a_driver_has_a_case",
            ),
            models.CheckConstraint(
                condition=Q(picture_fault__in=["", *WhyMissing.values]), name="report_picture_fault_is_known"
            ),
            Heard.law("report_was_read"),
        ]
        indexes = [
            models.Index(fields=["trip"], condition=~Q(trip=""), name="report_of_trip"),
            models.Index(fields=["reported_at"], condition=Q(driver=None), name="report_to_sort"),
            models.Index(fields=["reported_at"], condition=HeardUntilSeen.unseen(), name="report_rings"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def unproved(self) -> bool:
        """True where all that is known of who reports is a phone that anybody can name."""
        return not self.reporter and self.proved_at is None

    @property
    def can_be_mended(self) -> bool:
        """True until it acts: by its phone, or by a reviewer who has said whom it is about."""
        return self.unproved and self.driver_id is None


class Reward(models.Model):
    """What the first reporter of a confirmed mismatch gets: one for each case, approved by two people."""

    case = models.OneToOneField(
        VettingCase,
        on_delete=models.PROTECT,
        related_name="reward",
        verbose_name=pgettext_lazy("reward", "vetting case"),
    )
    report = models.OneToOneField(
        MismatchReport,
        on_delete=models.PROTECT,
        related_name="reward",
        verbose_name=pgettext_lazy("field", "report"),
    )
    fen = models.PositiveIntegerField(pgettext_lazy("reward", "reward in fen"))
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60)
    state = models.CharField(_("state"), max_length=10, choices=RewardState.choices, default=RewardState.DUE)
    due_since = models.DateTimeField(_("since"))
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40, blank=True)
    approved_by = models.CharField(pgettext_lazy("field", "approved by"), max_length=40, blank=True)
    approved_at = models.DateTimeField(pgettext_lazy("field", "approved at"), null=True)
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [
            four_eyes.law(
                "proposed_by",
                "approved_by",
                name="reward_two_people",
                once=Q(state__in=["approved", "refused"]),
            ),
            models.CheckConstraint(condition=Q(state__in=RewardState.values), name="reward_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.fen}"
