"""Adjudication (C5): what both sides said, who decided what, and what was done."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Complaint
from complaints.states import AccusedAs, Finding, Outcome, Side, Stage, StatementState
from core import four_eyes
from core.privacy import EncryptedTextField


class Statement(models.Model):
    """What one side was asked, until when, and what they answered."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.PROTECT,
        related_name="statements",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    side = models.CharField(pgettext_lazy("field", "side of the case"), max_length=12, choices=Side.choices)
    round = models.PositiveSmallIntegerField(pgettext_lazy("field", "round"), default=1)
    state = models.CharField(
        pgettext_lazy("field", "state"),
        max_length=8,
        choices=StatementState.choices,
        default=StatementState.ASKED,
    )
    question = EncryptedTextField(pgettext_lazy("field", "question"))
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    asked_by = models.CharField(pgettext_lazy("field", "asked by"), max_length=40)
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    remind_at = models.DateTimeField(pgettext_lazy("field", "to be reminded at"))
    due_at = models.DateTimeField(pgettext_lazy("field", "due at"))
    reminded_at = models.DateTimeField(pgettext_lazy("field", "reminded at"), null=True)
    given_at = models.DateTimeField(pgettext_lazy("field", "given at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "statement")
        verbose_name_plural = pgettext_lazy("model", "statements")
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
        return f"{self.complaint_id} {self.get_side_display()}"


class Decision(models.Model):
    """One decision of one person. Never edited: a later one overrides it."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.PROTECT,
        related_name="decisions",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    round = models.PositiveSmallIntegerField(pgettext_lazy("field", "round"), default=1)
    stage = models.CharField(pgettext_lazy("field", "stage"), max_length=14, choices=Stage.choices)
    by = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="complaint_decisions",
        verbose_name=pgettext_lazy("decision", "decided by"),
    )
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    finding = models.CharField(pgettext_lazy("field", "finding"), max_length=10, choices=Finding.choices)
    # [{"outcome", "side", "days", "fen"}] in a fixed order, so that two decisions can be compared.
    outcomes = models.JSONField(pgettext_lazy("field", "outcomes"), default=list)
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))
    # What it rests on: codes of evidence, recordings, statements, lines of the timeline.
    cites = ArrayField(models.CharField(max_length=40), verbose_name=pgettext_lazy("field", "rules cited"))
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60)
    # True for the one that holds now.
    in_force = models.BooleanField(pgettext_lazy("field", "in force"), default=False)
    # When each side was told of it; the accused not while somebody may be in the car (S11).
    told_complainant_at = models.DateTimeField(pgettext_lazy("field", "complainant told at"), null=True)
    told_accused_at = models.DateTimeField(pgettext_lazy("field", "accused told at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "decision of a complaint")
        verbose_name_plural = pgettext_lazy("model", "decisions of complaints")
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
        return f"{self.complaint_id} {self.get_stage_display()}"


class Measure(models.Model):
    """Something that a decision did to or for somebody; taken back, it stays as a row."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    decision = models.ForeignKey(
        Decision,
        on_delete=models.PROTECT,
        related_name="measures",
        verbose_name=pgettext_lazy("field", "decision"),
    )
    outcome = models.CharField(pgettext_lazy("measure", "outcome"), max_length=12, choices=Outcome.choices)
    person = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="measures",
        verbose_name=pgettext_lazy("measure", "whom it concerns"),
    )
    person_as = models.CharField(
        pgettext_lazy("field", "person's part"), max_length=10, choices=AccusedAs.choices
    )
    days = models.PositiveSmallIntegerField(pgettext_lazy("field", "days"), default=0)
    fen = models.PositiveBigIntegerField(pgettext_lazy("field", "amount in fen"), default=0)
    done_at = models.DateTimeField(pgettext_lazy("field", "done at"))
    # Until when it acts; null for what acts once or for good.
    until = models.DateTimeField(pgettext_lazy("measure", "acts until"), null=True)
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)
    undone_at = models.DateTimeField(pgettext_lazy("field", "undone at"), null=True)
    # Of a training: who said that it was done, and who confirmed it.
    trained_by = models.CharField(
        pgettext_lazy("measure", "training done, says"), max_length=40, blank=True, default=""
    )
    confirmed_by = models.CharField(
        pgettext_lazy("measure", "training confirmed by"), max_length=40, blank=True, default=""
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "outcome")
        verbose_name_plural = pgettext_lazy("model", "outcomes")
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
            four_eyes.law("trained_by", "confirmed_by", name="training_confirmed_by_a_second_person"),
            models.CheckConstraint(
                condition=~Q(outcome="training")
                | Q(ended_at=None)
                | Q(undone_at__isnull=False)
                | ~Q(confirmed_by=""),
                name="training_ends_confirmed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=Q(ended_at=None, until__isnull=False), name="measure_to_end"
            ),
            # What the regulator is told of, every few seconds (`governance.regulator.collect`).
            models.Index(fields=["done_at"], name="measure_done"),
            models.Index(fields=["undone_at"], condition=Q(undone_at__isnull=False), name="measure_undone"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_outcome_display()}"


class Appeal(models.Model):
    """One side's objection to a decision; another person decides it."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.PROTECT,
        related_name="appeals",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    round = models.PositiveSmallIntegerField(pgettext_lazy("field", "round"), default=1)
    side = models.CharField(pgettext_lazy("field", "side of the case"), max_length=12, choices=Side.choices)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    filed_at = models.DateTimeField(pgettext_lazy("field", "filed at"))
    due_at = models.DateTimeField(pgettext_lazy("field", "due at"))
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"), null=True)
    # True where the decision was changed.
    reversed = models.BooleanField(pgettext_lazy("appeal", "reversed"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "appeal")
        verbose_name_plural = pgettext_lazy("model", "appeals")
        constraints = [
            models.UniqueConstraint(fields=["complaint", "round"], name="one_appeal_per_round"),
            models.CheckConstraint(
                condition=Q(decided_at=None) ^ Q(reversed__isnull=False), name="appeal_decided_either_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.get_side_display()}"
