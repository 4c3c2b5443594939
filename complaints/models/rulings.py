"""Adjudication (C5): what both sides said, who decided what, and what was done."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from complaints.models.cases import Complaint
from complaints.states import AccusedAs, Finding, Outcome, Side, Stage, StatementState
from core.privacy import EncryptedTextField


class Statement(models.Model):
    """What one side was asked, until when, and what they answered."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="statements")
    side = models.CharField(max_length=12, choices=Side.choices)
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=StatementState.choices, default=StatementState.ASKED)
    question = EncryptedTextField()
    words = EncryptedTextField()
    asked_by = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    remind_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "side", "round"], name="one_statement_per_side_and_round"
            ),
            models.CheckConstraint(
                condition=Q(state__in=StatementState.values) & Q(side__in=Side.values),
                name="statement_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="given") ^ Q(given_at=None), name="statement_given_has_a_time"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="asked"), name="statement_waited_for")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.side}"


class Decision(models.Model):
    """One decision of one person. Never edited: a later one overrides it."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField(default=1)
    stage = models.CharField(max_length=8, choices=Stage.choices)
    by = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="complaint_decisions")
    at = models.DateTimeField()
    finding = models.CharField(max_length=10, choices=Finding.choices)
    # [{"outcome", "side", "days", "fen"}] in a fixed order, so that two decisions can be compared.
    outcomes = models.JSONField(default=list)
    reason = EncryptedTextField()
    # What it rests on: codes of evidence, recordings, statements, lines of the timeline.
    cites = ArrayField(models.CharField(max_length=40))
    citation = models.CharField(max_length=60)
    # True for the one that holds now.
    in_force = models.BooleanField(default=False)
    # When each side was told of it; the accused not while somebody may be in the car (S11).
    told_complainant_at = models.DateTimeField(null=True)
    told_accused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "round", "stage"], name="one_decision_per_stage_and_round"
            ),
            models.UniqueConstraint(
                fields=["complaint", "round", "by"], name="nobody_decides_twice_in_a_round"
            ),
            models.UniqueConstraint(
                fields=["complaint"], condition=Q(in_force=True), name="one_decision_in_force"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values) & Q(finding__in=Finding.values),
                name="decision_finding_is_known",
            ),
            models.CheckConstraint(condition=~Q(cites=[]), name="decision_cites_something"),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(in_force=True) & (Q(told_complainant_at=None) | Q(told_accused_at=None)),
                name="decision_to_be_told",
            )
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.stage}"


class Measure(models.Model):
    """Something that a decision did to or for somebody; taken back, it stays as a row."""

    code = models.CharField(max_length=20, unique=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="measures")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    person = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="measures")
    person_as = models.CharField(max_length=10, choices=AccusedAs.choices)
    days = models.PositiveSmallIntegerField(default=0)
    fen = models.PositiveBigIntegerField(default=0)
    done_at = models.DateTimeField()
    # Until when it acts; null for what acts once or for good.
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "outcome", "person"], name="a_decision_does_each_thing_once"
            ),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="measure_is_known"),
            models.CheckConstraint(
                condition=~Q(outcome="suspension") | Q(days__gt=0), name="suspension_has_days"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["compensation", "refund"]) | Q(fen__gt=0),
                name="money_has_an_amount",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=Q(ended_at=None, until__isnull=False), name="measure_to_end"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.outcome}"


class Appeal(models.Model):
    """One side's objection to a decision; another person decides it."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="appeals")
    round = models.PositiveSmallIntegerField(default=1)
    side = models.CharField(max_length=12, choices=Side.choices)
    words = EncryptedTextField()
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    # True where the decision was changed.
    reversed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["complaint", "round"], name="one_appeal_per_round"),
            models.CheckConstraint(
                condition=Q(decided_at=None) ^ Q(reversed__isnull=False), name="appeal_decided_either_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.side}"
