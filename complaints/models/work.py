"""Shifts (C10), practice (C9) and work summaries (C8)."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from complaints.states import SummaryState
from core import formats
from core.privacy import EncryptedTextField


class _Span(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Shift(models.Model):
    """When somebody works, or can be called. Nobody is in two shifts at once: the database says so."""

    account = models.ForeignKey(
        "accounts.Account", on_delete=models.PROTECT, related_name="shifts", verbose_name=_("who")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    on_call = models.BooleanField(_("on call"), default=False)
    made_by = models.CharField(max_length=40)
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            ExclusionConstraint(
                name="nobody_in_two_shifts_at_once",
                expressions=[
                    (_Span(F("starts_at"), F("ends_at"), RangeBoundary()), RangeOperators.OVERLAPS),
                    ("account", RangeOperators.EQUAL),
                ],
                condition=Q(cancelled_at=None),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], condition=Q(cancelled_at=None), name="shift_by_time")]

    def __str__(self) -> str:
        return f"{self.account_id} {formats.moment(self.starts_at)}"


class RosterGap(models.Model):
    """An hour for which the roster had too few, and that it was said."""

    hour = models.DateTimeField(unique=True)
    needed = models.PositiveSmallIntegerField()
    have = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{formats.moment(self.hour)} {self.have}/{self.needed}"


class PracticeRun(models.Model):
    """One go through an exercise: what was chosen, how long it took, how it scored against the rules (C9)."""

    code = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="practice_runs")
    scenario = models.CharField(max_length=20)
    begun_at = models.DateTimeField()
    step_at = models.DateTimeField()
    # [{"step", "choice", "seconds", "points"}]
    answers = models.JSONField(default=list)
    points = models.PositiveSmallIntegerField(default=0)
    most = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    passed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points__lte=F("most")), name="practice_within_its_points")
        ]
        indexes = [models.Index(fields=["account", "scenario"], name="practice_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.scenario} {self.points}/{self.most}"


class WorkSummary(models.Model):
    """What somebody did in a month or a year (工作总结): figures from the data, words of their own, a supervisor's answer."""

    code = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="work_summaries")
    begins = models.DateField()
    ends = models.DateField()
    state = models.CharField(max_length=10, choices=SummaryState.choices, default=SummaryState.DRAFT)
    # The figures as they were when it was handed in.
    figures = models.JSONField(default=dict)
    # Codes of the cases worth remembering.
    cases = models.JSONField(default=list)
    judgement = EncryptedTextField()
    learned = EncryptedTextField()
    skills = EncryptedTextField()
    goals = EncryptedTextField()
    submitted_at = models.DateTimeField(null=True)
    reply = EncryptedTextField()
    replied_by = models.CharField(max_length=40, blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "begins", "ends"], name="one_summary_per_period"),
            models.CheckConstraint(condition=Q(state__in=SummaryState.values), name="summary_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="draft") ^ Q(submitted_at__isnull=False),
                name="summary_submitted_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="answered") ^ Q(replied_at=None), name="summary_answered_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.begins}–{self.ends}"
