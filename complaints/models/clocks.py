"""Service levels as rows (C3): when each must be done, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Complaint
from complaints.states import Level, PauseReason, TimerKind


class Timer(models.Model):
    """One limit of one complaint. Where it is paused, `left_seconds` is what remained."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.CASCADE,
        related_name="timers",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=TimerKind.choices)
    round = models.PositiveSmallIntegerField(pgettext_lazy("field", "round"), default=1)
    # The class and the rule that it was set by.
    level = models.CharField(pgettext_lazy("field", "level"), max_length=10, choices=Level.choices)
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60)
    hours = models.CharField(
        pgettext_lazy("field", "hours that count"),
        max_length=10,
        choices=[
            ("always", pgettext_lazy("hours that count", "always")),
            ("business", pgettext_lazy("hours that count", "business hours")),
        ],
    )
    started_at = models.DateTimeField(pgettext_lazy("field", "started at"))
    warn_at = models.DateTimeField(pgettext_lazy("field", "warn at"))
    due_at = models.DateTimeField(pgettext_lazy("field", "due at"))
    paused_at = models.DateTimeField(pgettext_lazy("field", "paused at"), null=True)
    pause_reason = models.CharField(
        pgettext_lazy("field", "pause reason"), max_length=12, choices=PauseReason.choices, blank=True
    )
    left_seconds = models.PositiveIntegerField(pgettext_lazy("field", "seconds left"), null=True)
    met_at = models.DateTimeField(pgettext_lazy("field", "met at"), null=True)
    # Ended by something else than being met: joined to another complaint, class changed.
    void_at = models.DateTimeField(pgettext_lazy("field", "void at"), null=True)
    warned_at = models.DateTimeField(pgettext_lazy("field", "warned at"), null=True)
    breached_at = models.DateTimeField(pgettext_lazy("field", "breached at"), null=True)
    # How far up the line it went: 0 nobody yet, then each step of the ladder.
    escalated = models.PositiveSmallIntegerField(pgettext_lazy("field", "steps escalated"), default=0)
    # Who met it, or who had it when it was late; and their team then.
    person = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("timer", "who met or missed it"),
    )
    team = models.CharField(pgettext_lazy("field", "team"), max_length=40, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "limit")
        verbose_name_plural = pgettext_lazy("model", "limits")
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "kind", "round"],
                condition=Q(void_at=None),
                name="one_timer_of_a_kind_and_round",
            ),
            models.CheckConstraint(condition=Q(kind__in=TimerKind.values), name="timer_kind_is_known"),
            models.CheckConstraint(
                condition=(Q(paused_at=None) & Q(left_seconds=None) & Q(pause_reason=""))
                | (Q(paused_at__isnull=False) & Q(left_seconds__isnull=False) & ~Q(pause_reason="")),
                name="timer_paused_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | (Q(met_at=None) & Q(void_at=None)),
                name="timer_met_is_not_paused",
            ),
        ]
        indexes = [
            models.Index(
                fields=["warn_at"],
                condition=Q(met_at=None, void_at=None, paused_at=None, warned_at=None, breached_at=None),
                name="timer_to_warn",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(met_at=None, void_at=None, paused_at=None),
                name="timer_running",
            ),
            models.Index(fields=["due_at", "kind"], name="timer_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.kind}"


class Pause(models.Model):
    """A time in which a limit did not run, and why."""

    timer = models.ForeignKey(
        Timer, on_delete=models.CASCADE, related_name="pauses", verbose_name=pgettext_lazy("field", "timer")
    )
    reason = models.CharField(
        pgettext_lazy("pause", "reason of the pause"), max_length=12, choices=PauseReason.choices
    )
    by = models.CharField(pgettext_lazy("pause", "paused by"), max_length=40)
    began_at = models.DateTimeField(pgettext_lazy("field", "began at"))
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "pause of a limit")
        verbose_name_plural = pgettext_lazy("model", "pauses of limits")
        constraints = [
            models.UniqueConstraint(
                fields=["timer"], condition=Q(ended_at=None), name="one_open_pause_per_timer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.timer_id} {self.reason}"


class TeamMember(models.Model):
    """Which team a member of staff is in, for the figures and the ladder."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="team_member",
        verbose_name=pgettext_lazy("field", "account"),
    )
    team = models.CharField(pgettext_lazy("field", "team"), max_length=40)

    class Meta:
        verbose_name = pgettext_lazy("model", "member of a team")
        verbose_name_plural = pgettext_lazy("model", "members of teams")

    def __str__(self) -> str:
        return f"{self.account_id} {self.team}"
