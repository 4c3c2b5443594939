"""The board: what each measure's check found, waivers, drills, who answers for a measure."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core import formats, four_eyes
from governance import evidence
from governance.states import Breaker, ProofKind, Status
from rides.states import Line


class MeasureState(models.Model):
    """A measure as the last round found it: what every page shows."""

    measure = models.CharField(_("measure"), max_length=8, unique=True)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices)
    share = models.FloatField(pgettext_lazy("field", "share done"), null=True)
    # Facts of `governance.evidence`, said in the reader's language.
    facts = models.JSONField(pgettext_lazy("field", "evidence"), default=list)
    since = models.DateTimeField(pgettext_lazy("field", "in this state since"))
    checked_at = models.DateTimeField(_("checked"))
    seconds = models.FloatField(_("seconds"), default=0)
    # What came of the last time it was broken on purpose.
    breaker = models.CharField(
        pgettext_lazy("field", "breaker"), max_length=10, choices=Breaker.choices, blank=True
    )
    broken_at = models.DateTimeField(pgettext_lazy("field", "broken on purpose at"), null=True)
    broken_build = models.CharField(
        pgettext_lazy("field", "build that was broken on purpose"), max_length=64, blank=True
    )
    breaker_said = models.CharField(
        pgettext_lazy("field", "what stood in its way"), max_length=80, blank=True
    )

    # The faults by which the check noticed it.
    breaker_seen = models.JSONField(pgettext_lazy("field", "what the breaker showed"), default=list)

    class Meta:
        verbose_name = pgettext_lazy("model", "state of a measure")
        verbose_name_plural = pgettext_lazy("model", "states of measures")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="measure_state_is_known"),
            models.CheckConstraint(condition=Q(breaker__in=Breaker.values), name="measure_breaker_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.get_status_display()}"


class MeasureResult(models.Model):
    """What a measure's live check found; a row for each change and for each day (the board's history)."""

    measure = models.CharField(_("measure"), max_length=8)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices)
    share = models.FloatField(pgettext_lazy("field", "share done"), null=True)
    facts = models.JSONField(pgettext_lazy("field", "evidence"), default=list)
    checked_at = models.DateTimeField(_("checked"))

    class Meta:
        verbose_name = _("measure result")
        verbose_name_plural = _("measure results")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="measure_status_is_known")
        ]
        indexes = [models.Index(fields=["measure", "-checked_at"], name="measure_history")]

    def __str__(self) -> str:
        return f"{self.measure} {self.get_status_display()}"

    @property
    def evidence(self) -> str:
        """In the reader's language."""
        return evidence.told(self.facts)


class Waiver(models.Model):
    """Two people let a measure be red for a time, and say why (G1+). It is public, and renewed once at most."""

    measure = models.CharField(_("measure"), max_length=8)
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.CharField(_("proposed by"), max_length=40)
    agreed_by = models.CharField(_("agreed by"), max_length=40)
    begins_at = models.DateTimeField(pgettext_lazy("field", "begins at"))
    ends_at = models.DateTimeField(pgettext_lazy("field", "ends at"))
    renews = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, verbose_name=pgettext_lazy("field", "renews")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "waiver")
        verbose_name_plural = pgettext_lazy("model", "waivers")
        constraints = [
            four_eyes.law("asked_by", "agreed_by", name="waiver_takes_two_people", once=Q()),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="waiver_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["measure", "-ends_at"], name="waiver_of_measure")]

    def __str__(self) -> str:
        return f"{self.measure} {formats.moment(self.ends_at)}"


class DrillRun(models.Model):
    """One run of the hourly drill on the live stack (G3)."""

    begun_at = models.DateTimeField(_("begun"))
    seconds = models.FloatField(_("seconds"))
    passed = models.BooleanField(_("passed"))
    # The digest of the code that was tried (`core.build`); empty where it was not written down.
    build = models.CharField(pgettext_lazy("field", "build"), max_length=64, blank=True)
    # What was expected and what was seen, step by step.
    steps = models.JSONField(pgettext_lazy("field", "steps"))

    class Meta:
        verbose_name = _("drill")
        verbose_name_plural = _("drills")
        indexes = [models.Index(fields=["-begun_at"], name="drill_newest")]

    def __str__(self) -> str:
        return f"{formats.moment(self.begun_at)} {pgettext('drill', 'passed') if self.passed else pgettext('drill', 'failed')}"


class Proof(models.Model):
    """What was shown of one build before a relaunch: measured by a command, or signed by a person with a file (G2+).

    A statement says so wherever it is shown; nobody can type a measurement.
    """

    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=ProofKind.choices)
    build = models.CharField(pgettext_lazy("field", "build"), max_length=64)
    at = models.DateTimeField(pgettext_lazy("field", "measured at"))
    passed = models.BooleanField(_("passed"))
    figures = models.JSONField(pgettext_lazy("field", "figures"), default=dict)
    # Empty where a command measured it.
    said_by = models.CharField(pgettext_lazy("field", "stated by"), max_length=40, blank=True)
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    statement = models.CharField(pgettext_lazy("field", "statement"), max_length=1000, blank=True)
    file_sha256 = models.CharField(pgettext_lazy("field", "SHA-256 of the file"), max_length=64, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "proof")
        verbose_name_plural = pgettext_lazy("model", "proofs")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ProofKind.values), name="proof_kind_is_known"),
            four_eyes.law(
                "said_by",
                "agreed_by",
                name="proof_statement_takes_two",
                once=~Q(said_by="") | ~Q(agreed_by=""),
            ),
            models.CheckConstraint(
                condition=Q(said_by="") | (~Q(statement="") & ~Q(file_sha256="") & ~Q(kind="capacity")),
                name="proof_statement_has_words_and_file",
            ),
        ]
        indexes = [models.Index(fields=["kind", "build", "-at"], name="proof_of_build")]

    def __str__(self) -> str:
        return f"{self.kind} {formats.moment(self.at)}"


class Executive(models.Model):
    """Who answers for a line, by name (G2b); the newest row of a line is in force. Everybody reads it."""

    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    name = models.CharField(pgettext_lazy("executive", "Name"), max_length=60)
    office = models.CharField(pgettext_lazy("executive", "Office"), max_length=80)
    since = models.DateTimeField(_("since"))
    named_by = models.CharField(_("proposed by"), max_length=40)
    agreed_by = models.CharField(_("agreed by"), max_length=40)

    class Meta:
        verbose_name = pgettext_lazy("model", "accountable executive")
        verbose_name_plural = pgettext_lazy("model", "accountable executives")
        constraints = [four_eyes.law("named_by", "agreed_by", name="executive_takes_two_people", once=Q())]

    def __str__(self) -> str:
        return f"{self.name} ({self.line})"
