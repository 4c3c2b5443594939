from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.privacy import EncryptedTextField
from drivers.models.people import Driver
from drivers.models.screening import Screening
from drivers.states import ApplicationState, Decision, Line


class Application(models.Model):
    """Somebody wants to drive, add a car or renew a paper: what they typed, their photos, and how far it is (D1)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="applications", verbose_name=_("driver")
    )
    line = models.CharField(_("line"), max_length=10, choices=Line.choices, default=Line.HITCH)
    state = models.CharField(
        _("state"), max_length=10, choices=ApplicationState.choices, default=ApplicationState.DRAFT
    )
    # JSON of what was typed, field by field, exactly as it was: a draft may hold what does not hold up yet.
    given = EncryptedTextField(pgettext_lazy("field", "what was typed"))
    # JSON of what was read from each photo.
    read = EncryptedTextField(pgettext_lazy("field", "what was read"))
    id_card = models.ForeignKey(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("field", "photo of the ID card"),
    )
    driving_licence = models.ForeignKey(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("field", "photo of the driving licence"),
    )
    vehicle_licence = models.ForeignKey(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("field", "photo of the vehicle licence"),
    )
    started_at = models.DateTimeField(_("started"))
    submitted_at = models.DateTimeField(pgettext_lazy("application", "sent"), null=True)
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    # The first key; the second one, by another person, makes a `VettingDecision` (D2).
    proposed = models.CharField(
        pgettext_lazy("application", "decision proposed"), max_length=10, choices=Decision.choices, blank=True
    )
    proposed_by = models.CharField(_("proposed by"), max_length=40, blank=True)
    reason = EncryptedTextField(pgettext_lazy("application", "reason proposed"))

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values) & Q(line__in=Line.values),
                name="application_state_is_known",
            ),
            models.UniqueConstraint(
                fields=["driver"],
                condition=Q(state__in=["draft", "checking", "review"]),
                name="one_open_application_per_driver",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "checking", "review"]) | Q(decided_at__isnull=False),
                name="application_decided_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(state="review"), name="application_queue")
        ]

    def __str__(self) -> str:
        return self.code


class VettingDecision(models.Model):
    """What two people decided on an application. Never edited: a later one overrides it (D2)."""

    application = models.ForeignKey(
        Application,
        on_delete=models.PROTECT,
        related_name="decisions",
        verbose_name=pgettext_lazy("field", "application"),
    )
    outcome = models.CharField(
        pgettext_lazy("vettingdecision", "decision"), max_length=10, choices=Decision.choices
    )
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))
    screening = models.ForeignKey(
        Screening, on_delete=models.PROTECT, null=True, verbose_name=pgettext_lazy("field", "screening")
    )
    # The versions of the rules that were in force, such as `drivers.offence_rules v2`.
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=200)
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40)
    agreed_by = models.CharField(pgettext_lazy("field", "agreed by"), max_length=40)
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"))
    overrides = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="overridden_by",
        verbose_name=pgettext_lazy("field", "decision overridden"),
    )

    class Meta:
        verbose_name = _("vetting decision")
        verbose_name_plural = _("vetting decisions")
        constraints = [
            four_eyes.law(
                "proposed_by",
                "agreed_by",
                name="vetting_decision_two_people",
                once=Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Decision.values), name="vetting_decision_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.get_outcome_display()}"
