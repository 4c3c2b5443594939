"""Shifts (C10), practice (C9) and work summaries (C8)."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
    starts_at = models.DateTimeField(pgettext_lazy("time", "from"))
    ends_at = models.DateTimeField(_("until"))
    on_call = models.BooleanField(_("on call"), default=False)
    made_by = models.CharField(pgettext_lazy("field", "made by"), max_length=40)
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    cancelled_at = models.DateTimeField(pgettext_lazy("field", "cancelled at"), null=True)

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

    hour = models.DateTimeField(pgettext_lazy("rostergap", "hour"), unique=True)
    needed = models.PositiveSmallIntegerField(pgettext_lazy("field", "specialists needed"))
    have = models.PositiveSmallIntegerField(pgettext_lazy("field", "specialists there"))
    told_at = models.DateTimeField(pgettext_lazy("field", "told at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "gap of the roster")
        verbose_name_plural = pgettext_lazy("model", "gaps of the roster")

    def __str__(self) -> str:
        return f"{formats.moment(self.hour)} {self.have}/{self.needed}"


class PracticeRun(models.Model):
    """One go through an exercise: what was chosen, how long it took, how it scored against the rules (C9)."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="practice_runs",
        verbose_name=pgettext_lazy("field", "account"),
    )
    scenario = models.CharField(pgettext_lazy("field", "scenario"), max_length=20)
    begun_at = models.DateTimeField(pgettext_lazy("field", "begun at"))
    step_at = models.DateTimeField(pgettext_lazy("field", "step begun at"))
    # [{"step", "choice", "seconds", "points"}]
    answers = models.JSONField(pgettext_lazy("practicerun", "answers"), default=list)
    points = models.PositiveSmallIntegerField(pgettext_lazy("field", "points"), default=0)
    most = models.PositiveSmallIntegerField(pgettext_lazy("field", "most points"), default=0)
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)
    passed = models.BooleanField(pgettext_lazy("field", "passed"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "exercise done")
        verbose_name_plural = pgettext_lazy("model", "exercises done")
        constraints = [
            models.CheckConstraint(condition=Q(points__lte=F("most")), name="practice_within_its_points")
        ]
        indexes = [models.Index(fields=["account", "scenario"], name="practice_of_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.scenario} {self.points}/{self.most}"


class WorkSummary(models.Model):
    """What somebody did in a month or a year (工作总结): figures from the data, words of their own, a supervisor's answer."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="work_summaries",
        verbose_name=pgettext_lazy("field", "account"),
    )
    begins = models.DateField(pgettext_lazy("field", "begins"))
    ends = models.DateField(pgettext_lazy("field", "ends"))
    state = models.CharField(
        pgettext_lazy("field", "state"),
        max_length=10,
        choices=SummaryState.choices,
        default=SummaryState.DRAFT,
    )
    # The figures as they were when it was handed in.
    figures = models.JSONField(pgettext_lazy("field", "figures"), default=dict)
    # Codes of the cases worth remembering.
    cases = models.JSONField(pgettext_lazy("field", "cases worth remembering"), default=list)
    judgement = EncryptedTextField(pgettext_lazy("field", "own judgement"))
    learned = EncryptedTextField(pgettext_lazy("field", "what was learned"))
    skills = EncryptedTextField(pgettext_lazy("field", "skills wanted"))
    goals = EncryptedTextField(pgettext_lazy("field", "goals"))
    submitted_at = models.DateTimeField(pgettext_lazy("field", "submitted at"), null=True)
    reply = EncryptedTextField(pgettext_lazy("field", "reply"))
    replied_by = models.CharField(pgettext_lazy("field", "replied by"), max_length=40, blank=True)
    replied_at = models.DateTimeField(pgettext_lazy("field", "replied at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "work summary")
        verbose_name_plural = pgettext_lazy("model", "work summaries")
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
