from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.models import Heard, HeardUntilSeen
from core.privacy import EncryptedTextField
from drivers.models.people import Driver, Hold
from drivers.states import AppealState, CaseKind, CaseOutcome, CaseState

# What says that there was nothing in it: two people cleared it, or two others overturned on appeal what barred.
CLEARED = Q(state="decided", proposed="cleared") | Q(state="overturned")


class VettingCase(models.Model):
    """Something about a driver that a reviewer decides. One thing opens one case, however often it is seen (D7)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="cases", verbose_name=_("driver")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=CaseKind.choices)
    subject = models.CharField(pgettext_lazy("vettingcase", "what it is about"), max_length=20, blank=True)
    facts = models.JSONField(pgettext_lazy("field", "facts"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    opened_at = models.DateTimeField(_("opened"))
    # Two keys: one proposes, another person agrees (D2).
    proposed_by = models.CharField(_("proposed by"), max_length=40, blank=True)
    proposed = models.CharField(
        pgettext_lazy("vettingcase", "decision proposed"),
        max_length=10,
        choices=CaseOutcome.choices,
        blank=True,
    )
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))
    decided_by = models.CharField(_("decided by"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)

    class Meta:
        verbose_name = _("vetting case")
        verbose_name_plural = _("vetting cases")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CaseState.values) & Q(kind__in=CaseKind.values),
                name="vetting_case_state_is_known",
            ),
            models.UniqueConstraint(
                fields=["driver", "kind", "subject"],
                condition=Q(state="open"),
                name="one_open_vetting_case_per_thing",
            ),
            models.CheckConstraint(
                condition=Q(state="open")
                | (Q(decided_at__isnull=False) & ~Q(decided_by="") & ~Q(proposed="")),
                name="vetting_case_decided_by_somebody",
            ),
            four_eyes.law("proposed_by", "decided_by", name="vetting_case_two_people"),
        ]
        indexes = [
            # Whom two people barred: few, and the regulator is told of them.
            models.Index(
                fields=["decided_at"],
                condition=Q(proposed="barred") & ~Q(state="open"),
                name="vetting_case_barred",
            )
        ]

    def __str__(self) -> str:
        return self.code


class Appeal(HeardUntilSeen):
    """A driver objects to a hold or to a refusal; somebody who had no part in it decides within the time set (D8)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    hold = models.OneToOneField(
        Hold,
        on_delete=models.PROTECT,
        null=True,
        related_name="appeal",
        verbose_name=pgettext_lazy("driver hold", "hold"),
    )
    decision = models.OneToOneField(
        "drivers.VettingDecision",
        on_delete=models.PROTECT,
        null=True,
        related_name="appeal",
        verbose_name=_("decision"),
    )
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    state = models.CharField(_("state"), max_length=10, choices=AppealState.choices, default=AppealState.OPEN)
    filed_at = models.DateTimeField(_("filed"))
    due_at = models.DateTimeField(_("due"))
    # Two people, neither of whom had a part: one proposes, with the reason, another agrees.
    proposed = models.CharField(
        pgettext_lazy("appeal", "decision proposed"),
        max_length=10,
        choices=[(each.value, each.label) for each in (AppealState.GRANTED, AppealState.REJECTED)],
        blank=True,
    )
    proposed_by = models.CharField(_("proposed by"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=40, blank=True)
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            Heard.law("appeal_was_read"),
            models.CheckConstraint(condition=Q(state__in=AppealState.values), name="appeal_state_is_known"),
            models.CheckConstraint(
                condition=Q(hold__isnull=True) ^ Q(decision__isnull=True), name="appeal_against_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(state="open") ^ (Q(decided_at__isnull=False) & ~Q(decided_by="")),
                name="appeal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(proposed=models.F("state")), name="appeal_decided_as_proposed"
            ),
            four_eyes.law("proposed_by", "decided_by", name="appeal_two_people"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="open"), name="appeal_due")]

    def __str__(self) -> str:
        return self.code

    @property
    def driver(self) -> Driver:
        """Who objects."""
        if self.hold is not None:
            return self.hold.driver
        assert self.decision is not None  # noqa: S101 - `appeal_against_one_thing` says so
        return self.decision.application.driver
