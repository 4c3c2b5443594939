from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core import formats, four_eyes
from governance import evidence
from governance.states import Breaker, Mode, PassageState, ProofKind, ProposalState, Status
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
    breaker_said = models.CharField(
        pgettext_lazy("field", "what stood in its way"), max_length=80, blank=True
    )

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


class RuleChange(models.Model):
    """A version of a rule that one person proposed and another agrees to (G5). What is proposed is never rewritten.

    Of an urgent one by one person the version holds already, until it lapses; a second person makes it stay.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    key = models.CharField(pgettext_lazy("policyversion", "policy"), max_length=60)
    value = models.JSONField(pgettext_lazy("policyversion", "value"))
    mode = models.CharField(pgettext_lazy("rulechange", "how"), max_length=8, choices=Mode.choices)
    effective_from = models.DateTimeField(pgettext_lazy("field", "effective from"), null=True)
    reason = models.CharField(pgettext_lazy("policyversion", "reason of the change"), max_length=500)
    # The version in force when it was proposed, whose value stands beside it.
    base = models.CharField(pgettext_lazy("rulechange", "version then in force"), max_length=80)
    state = models.CharField(
        _("state"), max_length=10, choices=ProposalState.choices, default=ProposalState.PROPOSED
    )
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    approved_by = models.CharField(pgettext_lazy("field", "approved by"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"), null=True)
    # What it would have done to the week before, and what it would have done since it was proposed, in shadow.
    simulated = models.JSONField(pgettext_lazy("rulechange", "simulated"), null=True)
    shadowed = models.JSONField(pgettext_lazy("rulechange", "in shadow"), null=True)
    # Of all that the second person read and agreed to.
    signed_digest = models.CharField(
        pgettext_lazy("rulechange", "digest of what was read"), max_length=64, blank=True
    )
    # The version that came of it, and the urgent one that held before somebody agreed.
    number = models.PositiveIntegerField(pgettext_lazy("policyversion", "version number"), null=True)
    urgent_number = models.PositiveIntegerField(pgettext_lazy("rulechange", "urgent version"), null=True)
    # What was counted in the seven days before and after it took force.
    effect = models.JSONField(pgettext_lazy("rulechange", "effect after seven days"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "change of a rule")
        verbose_name_plural = pgettext_lazy("model", "changes of rules")
        constraints = [
            four_eyes.law("proposed_by", "approved_by", name="rule_change_takes_two_people"),
            models.CheckConstraint(
                condition=Q(state__in=ProposalState.values) & Q(mode__in=Mode.values),
                name="rule_change_is_known",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="approved") & ~Q(approved_by="") & ~Q(signed_digest="") & Q(number__isnull=False)
                )
                | (~Q(state="approved") & Q(approved_by="") & Q(number=None)),
                name="rule_change_agreed_was_signed",
            ),
            models.CheckConstraint(
                condition=Q(mode="later") ^ Q(effective_from=None), name="rule_change_later_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(mode="alone") ^ Q(urgent_number=None), name="rule_change_alone_holds_already"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") ^ Q(decided_at__isnull=False),
                name="rule_change_decided_has_a_time",
            ),
            # Two versions of one rule for the same moment: nobody would know which of them is meant.
            models.UniqueConstraint(
                fields=["key", "effective_from"],
                condition=Q(state__in=["proposed", "approved"]),
                name="rule_change_one_for_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["key", "-id"], name="rule_change_of_rule"),
            models.Index(fields=["id"], condition=Q(state="proposed"), name="rule_change_waits"),
        ]

    def __str__(self) -> str:
        return self.code


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


# --- The relaunch gate --------------------------------------------------------------------------------------------


class GatePassage(models.Model):
    """One relaunch of one line in one city: two people of different roles, one build, one set of rules (G2, G2+).

    The database lets a suspended line move while such a row carries it, and as far as its `share`, and ends the
    probation of a line that is suspended (`governance/migrations/0002_laws.py`).
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    city = models.SlugField(_("city"))
    state = models.CharField(
        _("state"), max_length=10, choices=PassageState.choices, default=PassageState.PROPOSED
    )
    # What the signatures hold for: the digest of the code, and of every rule in force.
    build = models.CharField(pgettext_lazy("field", "build"), max_length=64)
    rules = models.CharField(pgettext_lazy("field", "rules in force"), max_length=64)
    proposed_by = models.CharField(_("proposed by"), max_length=40)
    proposed_role = models.CharField(pgettext_lazy("field", "role of who proposed"), max_length=20)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    agreed_role = models.CharField(pgettext_lazy("field", "role of who agreed"), max_length=20, blank=True)
    agreed_at = models.DateTimeField(pgettext_lazy("field", "agreed at"), null=True)
    share = models.PositiveSmallIntegerField(
        pgettext_lazy("field", "share of people, in per cent"), default=0
    )
    share_since = models.DateTimeField(pgettext_lazy("field", "share since"), null=True)
    # Each step as it was taken: when, and the share.
    steps = models.JSONField(pgettext_lazy("field", "steps"), default=list)
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)
    # The conditions that ended it, by their keys (`governance.gate.CONDITIONS`), and the measures that did.
    why = models.JSONField(pgettext_lazy("field", "why it ended"), default=list)

    class Meta:
        verbose_name = pgettext_lazy("model", "passage of the gate")
        verbose_name_plural = pgettext_lazy("model", "passages of the gate")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PassageState.values), name="passage_state_is_known"),
            four_eyes.law(
                "proposed_by",
                "agreed_by",
                name="passage_takes_two_people",
                once=Q(state__in=["probation", "done", "fallen"]),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["probation", "done", "fallen"])
                | (~Q(agreed_role="") & ~Q(proposed_role="") & ~Q(agreed_role=F("proposed_role"))),
                name="passage_takes_two_roles",
            ),
            models.CheckConstraint(
                condition=Q(share=0) | Q(share__lte=100, agreed_at__isnull=False),
                name="passage_share_is_agreed",
            ),
            models.UniqueConstraint(
                fields=["line", "city"],
                condition=Q(state__in=["proposed", "probation"]),
                name="one_passage_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_state_display()}"


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


class Reassessment(models.Model):
    """What a line's business model and product logic were asked, what was found and decided, and who signed (M31, G2b)."""

    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    questions = models.TextField(pgettext_lazy("reassessment", "Questions"), max_length=4000)
    findings = models.TextField(pgettext_lazy("reassessment", "Findings"), max_length=4000)
    decision = models.TextField(pgettext_lazy("reassessment", "Decision"), max_length=4000)
    signed_by = models.CharField(pgettext_lazy("reassessment", "signed by"), max_length=40)
    agreed_by = models.CharField(pgettext_lazy("reassessment", "and by"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("reassessment", "signed at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "reassessment of a line")
        verbose_name_plural = pgettext_lazy("model", "reassessments of lines")
        constraints = [
            four_eyes.law("signed_by", "agreed_by", name="reassessment_takes_two_people", once=Q())
        ]

    def __str__(self) -> str:
        return f"{self.line} {formats.moment(self.at)}"


# --- The transparency report --------------------------------------------------------------------------------------


class TransparencyReport(models.Model):
    """The figures of a period, as one person had them counted and another let them be published (G7, G7+).

    What was counted is never rewritten; a correction is a row of its own that says what changed. The database keeps what
    is published as it is (`governance/migrations/0002_laws.py`).
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    begins = models.DateField(pgettext_lazy("report", "first day"))
    ends = models.DateField(pgettext_lazy("report", "last day"))
    # `governance.transparency.figures`: what may be told, and nothing else.
    figures = models.JSONField(pgettext_lazy("report", "figures"))
    digest = models.CharField(pgettext_lazy("report", "SHA-256 of the figures"), max_length=64)
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
