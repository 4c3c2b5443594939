from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from complaints.states import Category, ComplaintState, Finding
from core.privacy import EncryptedTextField


class Complaint(models.Model):
    """What somebody says went wrong on a trip. A severe one holds the accused driver at once (C2)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    submission = models.CharField(max_length=64, unique=True)
    trip = models.ForeignKey(
        "rides.Trip", on_delete=models.PROTECT, related_name="complaints", verbose_name=_("trip")
    )
    complainant = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="complaints")
    accused = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.PROTECT,
        null=True,
        related_name="complaints",
        verbose_name=_("driver"),
    )
    category = models.CharField(_("category"), max_length=16, choices=Category.choices)
    severe = models.BooleanField(_("severe"))
    words = EncryptedTextField()
    state = models.CharField(
        _("state"), max_length=10, choices=ComplaintState.choices, default=ComplaintState.OPEN
    )
    filed_at = models.DateTimeField(_("filed"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.CharField(max_length=40, blank=True)
    finding = models.CharField(_("finding"), max_length=10, choices=Finding.choices, blank=True)
    reason = EncryptedTextField()

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ComplaintState.values) & Q(category__in=Category.values),
                name="complaint_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open") ^ Q(decided_at__isnull=False), name="complaint_decided_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="open") | (~Q(decided_by="") & ~Q(finding="")),
                name="complaint_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["filed_at"], condition=Q(state="open", severe=True), name="complaint_open_severe"
            )
        ]

    def __str__(self) -> str:
        return self.code
