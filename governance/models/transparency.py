"""Reports to the public."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from governance.errors import ReportNotCounted
from governance.states import ProposalState


class TransparencyReport(models.Model):
    """The figures of a period, as one person had them counted and another let them be published (G7, G7+).

    What was counted is never rewritten; a correction is a row of its own that says what changed. The database keeps what
    is published as it is (`governance/migrations/0002_laws.py`).
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    begins = models.DateField(pgettext_lazy("report", "first day"))
    ends = models.DateField(pgettext_lazy("report", "last day"))
    # `governance.transparency.figures`: what may be told, and nothing else; nothing while it is being counted.
    figures = models.JSONField(pgettext_lazy("report", "figures"), null=True)
    digest = models.CharField(pgettext_lazy("report", "SHA-256 of the figures"), max_length=64, blank=True)
    # How many of its tables are counted, and since when that goes on.
    tables_done = models.PositiveSmallIntegerField(pgettext_lazy("report", "tables counted"), default=0)
    counting_since = models.DateTimeField(pgettext_lazy("report", "counting since"), null=True)
    # The version that this one corrects, and what changed; everybody reads it.
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="corrections",
        verbose_name=pgettext_lazy("report", "corrects"),
    )
    change = models.CharField(pgettext_lazy("report", "what changed"), max_length=500, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ProposalState.choices, default=ProposalState.PROPOSED
    )
    proposed_by = models.CharField(_("proposed by"), max_length=40)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"), null=True)
    version = models.PositiveSmallIntegerField(pgettext_lazy("report", "version"), null=True)
    # The PDF, drawn once when it was published; lists do not read it.
    paper_zh = models.BinaryField(pgettext_lazy("report", "PDF in Chinese"), default=b"")
    paper_en = models.BinaryField(pgettext_lazy("report", "PDF in English"), default=b"")

    class Meta:
        verbose_name = pgettext_lazy("model", "transparency report")
        verbose_name_plural = pgettext_lazy("model", "transparency reports")
        constraints = [
            four_eyes.law(
                "proposed_by", "agreed_by", name="report_takes_two_people", once=Q(state="approved")
            ),
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="report_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="proposed") ^ Q(decided_at__isnull=False), name="report_decided_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="approved") ^ Q(version=None), name="report_published_has_a_version"
            ),
            models.CheckConstraint(
                condition=Q(version=None) | ~Q(digest=""), name="report_published_was_counted"
            ),
            models.CheckConstraint(condition=Q(ends__gte=F("begins")), name="report_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(corrects=None) ^ ~Q(change=""), name="report_correction_says_what_changed"
            ),
            models.CheckConstraint(
                condition=Q(version=None) | (Q(version=1) ^ Q(corrects__isnull=False)),
                name="report_version_follows_another",
            ),
            models.UniqueConstraint(
                fields=["begins", "ends", "version"],
                condition=Q(version__isnull=False),
                name="report_version_once",
            ),
            models.UniqueConstraint(
                fields=["begins", "ends"], condition=Q(state="proposed"), name="report_proposed_once"
            ),
            # Two periods that share days would tell by their difference what neither does.
            ExclusionConstraint(
                name="report_periods_share_no_day",
                expressions=[
                    (
                        Func(F("begins"), F("ends"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    )
                ],
                condition=Q(version=1),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def counted(self) -> dict[str, Any]:
        """Its figures. Raises `ReportNotCounted` while they are being counted."""
        if self.figures is None:
            raise ReportNotCounted
        found: dict[str, Any] = self.figures
        return found
