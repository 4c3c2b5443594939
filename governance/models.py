from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import formats, four_eyes
from core.links import HasLink
from core.models import Heard
from core.privacy import EncryptedTextField
from governance import evidence
from governance.states import (
    GONE_COMMENTS,
    SHOWN_COMMENTS,
    Breaker,
    CommentReason,
    CommentState,
    ConcernState,
    ConcernWord,
    Group,
    Mode,
    PassageState,
    ProofKind,
    ProposalState,
    ReviewKind,
    ReviewState,
    Shows,
    Status,
)
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


# --- The regulator's feed -----------------------------------------------------------------------------------------


class FeedMark(models.Model):
    """How far one source has been read for the regulator (G11): a transaction or a row's number, by the source."""

    source = models.CharField(pgettext_lazy("feed", "source"), max_length=40, unique=True)
    mark = models.BigIntegerField(pgettext_lazy("feed", "read as far as"))

    class Meta:
        verbose_name = pgettext_lazy("model", "mark of the regulator's feed")
        verbose_name_plural = pgettext_lazy("model", "marks of the regulator's feed")

    def __str__(self) -> str:
        return self.source


class FeedMessage(models.Model):
    """One fact that the regulator is to hear of: by which interface, about which rows of ours, and what came of it.

    The item itself is made when it leaves, so nothing personal stands here.
    """

    kind = models.CharField(pgettext_lazy("feed", "interface"), max_length=32)
    key = models.CharField(pgettext_lazy("feed", "what it is"), max_length=80)
    # The code of the trip or case, and the numbers of the rows that the item is made of.
    subject = models.CharField(pgettext_lazy("feed", "about"), max_length=20, blank=True)
    rows = models.JSONField(pgettext_lazy("feed", "rows"), default=dict)
    happened_at = models.DateTimeField(pgettext_lazy("feed", "happened at"))
    queued_at = models.DateTimeField(pgettext_lazy("feed", "seen at"))
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    acknowledged_at = models.DateTimeField(pgettext_lazy("feed", "acknowledged at"), null=True)
    # Why it cannot go, `INTERFACE:FIELD:WORD`, until somebody has it tried again.
    refused_at = models.DateTimeField(pgettext_lazy("feed", "refused at"), null=True)
    refused_for = models.CharField(pgettext_lazy("feed", "refused for"), max_length=110, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "message to the regulator")
        verbose_name_plural = pgettext_lazy("model", "messages to the regulator")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="feed_message_is_one"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(refused_at=None), name="feed_message_has_one_end"
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None) ^ ~Q(refused_for=""), name="feed_message_refused_for_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(acknowledged_at=None, refused_at=None),
                name="feed_message_waits",
            ),
            models.Index(
                fields=["refused_for"], condition=Q(refused_at__isnull=False), name="feed_message_refused"
            ),
            models.Index(fields=["acknowledged_at"], name="feed_message_over"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class FeedHour(models.Model):
    """What of one interface the regulator acknowledged in an hour, how much of it later than promised, and what was refused."""

    kind = models.CharField(pgettext_lazy("feed", "interface"), max_length=32)
    hour = models.DateTimeField(pgettext_lazy("feed", "hour"))
    acknowledged = models.PositiveIntegerField(pgettext_lazy("feed", "acknowledged"), default=0)
    late = models.PositiveIntegerField(pgettext_lazy("feed", "late"), default=0)
    refused = models.PositiveIntegerField(pgettext_lazy("feed", "refused"), default=0)

    class Meta:
        verbose_name = pgettext_lazy("model", "hour of the regulator's feed")
        verbose_name_plural = pgettext_lazy("model", "hours of the regulator's feed")
        constraints = [models.UniqueConstraint(fields=["kind", "hour"], name="feed_hour_is_one")]
        indexes = [models.Index(fields=["hour"], name="feed_hour_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {formats.moment(self.hour)}"


class FeedPosition(models.Model):
    """The time of the newest position of a trip's car that was told to the regulator; the row goes soon after the trip."""

    trip = models.BigIntegerField(pgettext_lazy("feed", "number of the trip"), unique=True)
    at = models.DateTimeField(pgettext_lazy("feed", "position of"))
    told_at = models.DateTimeField(pgettext_lazy("feed", "told at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "position told to the regulator")
        verbose_name_plural = pgettext_lazy("model", "positions told to the regulator")
        indexes = [models.Index(fields=["told_at"], name="feed_position_old")]

    def __str__(self) -> str:
        return f"{self.trip} {formats.moment(self.at)}"


class FeedScore(models.Model):
    """What the regulator says that it has of one day (Asia/Shanghai), beside what it had acknowledged to us."""

    day = models.DateField(pgettext_lazy("feed", "day"), unique=True)
    theirs = models.PositiveIntegerField(pgettext_lazy("feed", "counted by the regulator"))
    ours = models.PositiveIntegerField(pgettext_lazy("feed", "acknowledged to us"))
    at = models.DateTimeField(pgettext_lazy("feed", "asked at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "day as the regulator counts it")
        verbose_name_plural = pgettext_lazy("model", "days as the regulator counts them")

    def __str__(self) -> str:
        return f"{self.day}"


# --- Speak up -------------------------------------------------------------------------------------------------------


class Concern(HasLink):
    """A danger that one of the staff or a driver reported in confidence (G9).

    No column says who, or more of when than the hour. Who it was lies in `sealed_who`, under a key of its own that is in no
    database; the name of that key stands here.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ConcernState.choices, default=ConcernState.RECEIVED
    )
    # What it is about, as whoever reported named it: a case, a trip, a place, a colleague.
    about = EncryptedTextField(pgettext_lazy("concern", "what it is about"))
    asks_back = models.BooleanField(pgettext_lazy("concern", "may be asked back"))
    # Codes of those of the staff who must not learn of it, and do not see it.
    barred = models.JSONField(pgettext_lazy("concern", "kept from"), default=list)
    sealed_who = models.BinaryField(pgettext_lazy("concern", "who reported, sealed"))
    key_name = models.CharField(pgettext_lazy("concern", "name of its key"), max_length=40)
    submission = models.CharField(pgettext_lazy("field", "key of the form"), max_length=64, unique=True)
    # Whole hours: nobody sees it before the hour in which it came is over.
    shown_from = models.DateTimeField(pgettext_lazy("concern", "shown from"))
    look_by = models.DateTimeField(pgettext_lazy("concern", "to be looked at by"))
    answer_by = models.DateTimeField(pgettext_lazy("concern", "to be answered by"))
    # Set when it is looked at or answered too late; what is late now is known by the clock.
    was_late = models.BooleanField(pgettext_lazy("concern", "a clock was broken"), default=False)
    looked_by = models.CharField(pgettext_lazy("concern", "looked at by"), max_length=40, blank=True)
    answered_at = models.DateTimeField(pgettext_lazy("concern", "answered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "report in confidence")
        verbose_name_plural = pgettext_lazy("model", "reports in confidence")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ConcernState.values), name="concern_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False)
                | (~Q(state="answered") & Q(answered_at=None)),
                name="concern_answered_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="received") | ~Q(looked_by=""), name="concern_looked_at_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["look_by"], condition=~Q(state="answered"), name="concern_open")]

    def __str__(self) -> str:
        return self.code


class ConcernLine(Heard):
    """Words of a report in confidence. Those of whoever reported have no author and no time but the hour."""

    concern = models.ForeignKey(
        Concern,
        on_delete=models.CASCADE,
        related_name="lines",
        verbose_name=pgettext_lazy("model", "report in confidence"),
    )
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=ConcernWord.choices)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    written_by = models.CharField(pgettext_lazy("concern", "written by"), max_length=40, blank=True)
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    # The job took it in: it is in the journal, and its clock runs.
    taken_in = models.BooleanField(pgettext_lazy("concern", "taken in"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "words of a report in confidence")
        verbose_name_plural = pgettext_lazy("model", "words of reports in confidence")
        constraints = [
            Heard.law("concern_words_were_read"),
            models.CheckConstraint(condition=Q(kind__in=ConcernWord.values), name="concern_line_is_known"),
            # Nobody can write down who it was, by mistake neither.
            models.CheckConstraint(
                condition=Q(kind__in=["report", "more"], written_by="")
                | (Q(kind__in=["question", "answer"]) & ~Q(written_by="")),
                name="concern_reporter_has_no_name",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["report", "more"]) | Q(at__minute=0, at__second=0),
                name="concern_reporter_has_no_minute",
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(taken_in=False), name="concern_line_waits")]

    def __str__(self) -> str:
        return f"{self.concern.code} {self.get_kind_display()}"


class ConcernOpening(models.Model):
    """Two of the staff, by name, open who reported: one asks, another agrees, and only these two read it, for a day."""

    concern = models.ForeignKey(
        Concern,
        on_delete=models.CASCADE,
        related_name="openings",
        verbose_name=pgettext_lazy("model", "report in confidence"),
    )
    asked_by = models.CharField(_("proposed by"), max_length=40)
    asked_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    reason = models.CharField(_("reason"), max_length=300)
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    ended_at = models.DateTimeField(pgettext_lazy("opening", "agreed or refused at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "opening of a report in confidence")
        verbose_name_plural = pgettext_lazy("model", "openings of reports in confidence")
        constraints = [
            four_eyes.law("asked_by", "agreed_by", name="concern_opening_takes_two_people"),
            models.CheckConstraint(
                condition=Q(agreed_by="") | Q(ended_at__isnull=False), name="concern_opening_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["concern"], condition=Q(ended_at=None), name="concern_one_opening_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.concern.code} {self.asked_by}"


# --- The learning loop ----------------------------------------------------------------------------------------------


class Review(models.Model):
    """What is learned from a death, a severe injury or a broken clock of safety; the platform opens it (G10)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=ReviewKind.choices)
    # The incident or claim from which it came, and which of its clocks (S2, S3, S6, S10).
    subject = models.CharField(pgettext_lazy("review", "of what"), max_length=20)
    # What happened: the trip, or the accident without one, else the subject; however many claim or report it, it is one.
    matter = models.CharField(pgettext_lazy("review", "what happened on"), max_length=20)
    clock = models.CharField(pgettext_lazy("review", "clock"), max_length=8, blank=True)
    happened_at = models.DateTimeField(pgettext_lazy("review", "known since"))
    opened_at = models.DateTimeField(_("opened"))
    due_at = models.DateTimeField(pgettext_lazy("review", "due at"))
    state = models.CharField(_("state"), max_length=10, choices=ReviewState.choices, default=ReviewState.OPEN)
    facts = EncryptedTextField(pgettext_lazy("review", "what happened"))
    causes = EncryptedTextField(pgettext_lazy("review", "causes"))
    warned = EncryptedTextField(pgettext_lazy("review", "what had warned before"))
    written_by = models.CharField(pgettext_lazy("concern", "written by"), max_length=40, blank=True)
    done_by = models.CharField(pgettext_lazy("review", "agreed by"), max_length=40, blank=True)
    done_at = models.DateTimeField(pgettext_lazy("review", "done at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "review of what happened")
        verbose_name_plural = pgettext_lazy("model", "reviews of what happened")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReviewState.values) & Q(kind__in=ReviewKind.values),
                name="review_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="done") ^ Q(done_at=None), name="review_done_has_a_time"
            ),
            four_eyes.law("written_by", "done_by", name="review_takes_two_people", once=Q(state="done")),
            models.UniqueConstraint(fields=["matter", "kind", "clock"], name="review_once_of_each"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="open"), name="review_open")]

    def __str__(self) -> str:
        return self.code


class ReviewAction(models.Model):
    """What a review led to: a row of the board, with no evidence until its check shows it (G10). Everybody reads it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    review = models.ForeignKey(
        Review,
        on_delete=models.PROTECT,
        related_name="actions",
        verbose_name=pgettext_lazy("model", "review of what happened"),
    )
    words_zh = models.CharField(pgettext_lazy("review", "action, in Chinese"), max_length=200)
    words_en = models.CharField(pgettext_lazy("review", "action, in English"), max_length=200)
    owner = models.CharField(pgettext_lazy("review", "answers for it"), max_length=20)
    due = models.DateField(pgettext_lazy("review", "due on"))
    shows = models.CharField(pgettext_lazy("review", "shown by"), max_length=10, choices=Shows.choices)
    # The id of the measure, or the key of the rule, and what the rule has to say.
    named = models.CharField(pgettext_lazy("review", "measure or rule"), max_length=60)
    target = models.JSONField(pgettext_lazy("review", "what the rule has to say"), null=True)
    added_by = models.CharField(pgettext_lazy("review", "added by"), max_length=40)
    added_at = models.DateTimeField(pgettext_lazy("review", "added at"))
    # What was published stays: two withdraw it and say why, and where they correct it, the new one names the old.
    withdrawn_at = models.DateTimeField(pgettext_lazy("review", "withdrawn at"), null=True)
    withdrawn_by = models.CharField(_("proposed by"), max_length=40, blank=True)
    withdrawn_agreed = models.CharField(_("agreed by"), max_length=40, blank=True)
    why_zh = models.CharField(pgettext_lazy("review", "why, in Chinese"), max_length=300, blank=True)
    why_en = models.CharField(pgettext_lazy("review", "why, in English"), max_length=300, blank=True)
    corrects = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="corrected",
        verbose_name=pgettext_lazy("review", "corrects"),
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "action of a review")
        verbose_name_plural = pgettext_lazy("model", "actions of reviews")
        constraints = [
            models.CheckConstraint(condition=Q(shows__in=Shows.values), name="review_action_is_shown"),
            four_eyes.law(
                "withdrawn_by",
                "withdrawn_agreed",
                name="review_action_withdrawn_by_two",
                once=Q(withdrawn_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by="", withdrawn_agreed="", why_zh="", why_en="")
                | (Q(withdrawn_at__isnull=False) & ~Q(why_zh="") & ~Q(why_en="")),
                name="review_action_withdrawn_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def words(self) -> str:
        """In the reader's language."""
        return self.words_zh if (get_language() or "").startswith("zh") else self.words_en

    @property
    def why(self) -> str:
        """Why it was withdrawn, in the reader's language."""
        return self.why_zh if (get_language() or "").startswith("zh") else self.why_en


# --- What the public is asked -------------------------------------------------------------------------------------


class Consultation(models.Model):
    """One question that the public is asked, kept for good (G4). What was asked is never rewritten; what was counted is
    written once (`governance/migrations/0003_consultations.py`).

    One question to a ballot: answers to several on one paper would tell whose paper it is.
    """

    slug = models.SlugField(pgettext_lazy("consultation", "address"), max_length=40, unique=True)
    title_zh = models.CharField(pgettext_lazy("consultation", "question in Chinese"), max_length=200)
    title_en = models.CharField(pgettext_lazy("consultation", "question in English"), max_length=200)
    background_zh = models.TextField(pgettext_lazy("consultation", "background in Chinese"), max_length=6000)
    background_en = models.TextField(pgettext_lazy("consultation", "background in English"), max_length=6000)
    opens_at = models.DateTimeField(pgettext_lazy("consultation", "opens at"))
    closes_at = models.DateTimeField(pgettext_lazy("consultation", "closes at"))
    # Whose return it asks about, where it does (`governance.gate`).
    line = models.CharField(_("line"), max_length=10, choices=Line.choices, blank=True)
    city = models.SlugField(_("city"), blank=True)
    asked_by = models.CharField(_("proposed by"), max_length=40)
    agreed_by = models.CharField(_("agreed by"), max_length=40)
    # Of the list as everybody can fetch it, and what it adds up to; the same digest stands in the journal.
    counted_at = models.DateTimeField(pgettext_lazy("consultation", "counted at"), null=True)
    list_sha256 = models.CharField(
        pgettext_lazy("consultation", "SHA-256 of the list"), max_length=64, blank=True
    )
    result = models.JSONField(pgettext_lazy("consultation", "result"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "public question")
        verbose_name_plural = pgettext_lazy("model", "public questions")
        constraints = [
            four_eyes.law("asked_by", "agreed_by", name="consultation_takes_two_people", once=Q()),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="consultation_closes_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(counted_at=None, list_sha256="", result=None)
                | (Q(counted_at__gte=F("closes_at"), result__isnull=False) & ~Q(list_sha256="")),
                name="consultation_counted_once_closed",
            ),
            models.CheckConstraint(condition=Q(city="") | ~Q(line=""), name="consultation_city_has_line"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """In the reader's language."""
        return self.title_en if get_language() == "en" else self.title_zh

    @property
    def background(self) -> str:
        """In the reader's language."""
        return self.background_en if get_language() == "en" else self.background_zh


class Option(models.Model):
    """One of the answers from which a voter chooses one."""

    consultation = models.ForeignKey(
        Consultation,
        on_delete=models.PROTECT,
        related_name="options",
        verbose_name=pgettext_lazy("field", "public question"),
    )
    key = models.SlugField(pgettext_lazy("option", "name in the list"), max_length=20)
    zh = models.CharField(pgettext_lazy("option", "in Chinese"), max_length=200)
    en = models.CharField(pgettext_lazy("option", "in English"), max_length=200)
    place = models.PositiveSmallIntegerField(pgettext_lazy("option", "place"))

    class Meta:
        verbose_name = pgettext_lazy("model", "answer to choose")
        verbose_name_plural = pgettext_lazy("model", "answers to choose")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["consultation", "key"], name="option_named_once"),
            models.UniqueConstraint(fields=["consultation", "place"], name="option_has_its_place"),
        ]

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.zh


class Voter(models.Model):
    """That somebody voted, and nothing else: no account, no time, no number that grows (`docs/consultation.md`).

    The key is a keyed digest of question and document: one person, one vote, whatever accounts they had or have.
    """

    mark = models.CharField(pgettext_lazy("voter", "mark"), max_length=64, primary_key=True)
    consultation = models.ForeignKey(
        Consultation, on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "public question")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "voter")
        verbose_name_plural = pgettext_lazy("model", "voters")
        constraints = [
            models.CheckConstraint(condition=Q(mark__regex="^[0-9a-f]{64}$"), name="voter_is_a_digest")
        ]

    def __str__(self) -> str:
        return self.mark[:8]


class Ballot(models.Model):
    """What somebody chose, and nothing of who. Only whoever holds the receipt knows that it is theirs."""

    receipt = models.CharField(pgettext_lazy("ballot", "receipt"), max_length=23, primary_key=True)
    option = models.ForeignKey(
        Option, on_delete=models.PROTECT, verbose_name=pgettext_lazy("ballot", "choice")
    )
    group = models.CharField(pgettext_lazy("ballot", "group"), max_length=10, choices=Group.choices)
    # It came when its device, network or batch of numbers had sent more than people do: counted apart.
    beyond = models.BooleanField(pgettext_lazy("ballot", "one of many from one source"))

    class Meta:
        verbose_name = pgettext_lazy("model", "ballot")
        verbose_name_plural = pgettext_lazy("model", "ballots")
        constraints = [
            models.CheckConstraint(condition=Q(group__in=Group.values), name="ballot_group_is_known"),
            models.CheckConstraint(
                condition=Q(receipt__regex="^[A-Z2-7]{5}(-[A-Z2-7]{5}){3}$"), name="ballot_has_a_receipt"
            ),
        ]

    def __str__(self) -> str:
        return self.receipt


class VoteList(models.Model):
    """The list of all votes on a question as it was counted, byte by byte: drawn up once, for everybody."""

    consultation = models.OneToOneField(
        Consultation,
        on_delete=models.PROTECT,
        primary_key=True,
        verbose_name=pgettext_lazy("field", "public question"),
    )
    content = models.BinaryField(pgettext_lazy("list of votes", "content"))

    class Meta:
        verbose_name = pgettext_lazy("model", "list of votes")
        verbose_name_plural = pgettext_lazy("model", "lists of votes")

    def __str__(self) -> str:
        return str(self.consultation_id)


class ConsultationAnswer(models.Model):
    """What the company decided and why: by two people, never changed or taken away; a later one stands beside it."""

    consultation = models.ForeignKey(
        Consultation,
        on_delete=models.PROTECT,
        related_name="answers",
        verbose_name=pgettext_lazy("field", "public question"),
    )
    decision_zh = models.TextField(
        pgettext_lazy("consultation answer", "what was decided, in Chinese"), max_length=4000
    )
    decision_en = models.TextField(
        pgettext_lazy("consultation answer", "what was decided, in English"), max_length=4000
    )
    why_zh = models.TextField(pgettext_lazy("consultation answer", "why, in Chinese"), max_length=4000)
    why_en = models.TextField(pgettext_lazy("consultation answer", "why, in English"), max_length=4000)
    # The version of a rule that came of it; empty where none did.
    rule = models.CharField(pgettext_lazy("policyversion", "policy"), max_length=60, blank=True)
    version = models.PositiveIntegerField(pgettext_lazy("policyversion", "version number"), null=True)
    written_by = models.CharField(_("proposed by"), max_length=40)
    agreed_by = models.CharField(_("agreed by"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("consultation answer", "published at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "answer to a public question")
        verbose_name_plural = pgettext_lazy("model", "answers to public questions")
        constraints = [
            four_eyes.law("written_by", "agreed_by", name="consultation_answer_takes_two_people", once=Q()),
            models.CheckConstraint(
                condition=Q(rule="", version=None) | (~Q(rule="") & Q(version__isnull=False)),
                name="consultation_answer_names_a_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consultation_id} {formats.moment(self.at)}"

    @property
    def decision(self) -> str:
        """In the reader's language."""
        return self.decision_en if get_language() == "en" else self.decision_zh

    @property
    def why(self) -> str:
        """In the reader's language."""
        return self.why_en if get_language() == "en" else self.why_zh

    @property
    def citation(self) -> str:
        """The version of a rule that came of it, as decisions cite it."""
        return f"{self.rule} v{self.version}" if self.rule else ""


class Comment(Heard):
    """What somebody wrote about a public question: published once a person looked, as that person left it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    consultation = models.ForeignKey(
        Consultation, on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "public question")
    )
    # A keyed digest of question and document: one comment for each person, and nobody without the key tells whose it is.
    writer = models.CharField(pgettext_lazy("comment", "author's mark"), max_length=64, unique=True)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    # SHA-256 of salt and words: of one that is not published everybody sees it, and its author has both.
    salt = models.CharField(pgettext_lazy("comment", "salt"), max_length=32)
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    sent_at = models.DateTimeField(pgettext_lazy("comment", "sent at"))
    state = models.CharField(
        _("state"), max_length=10, choices=CommentState.choices, default=CommentState.WAITING
    )
    published = models.TextField(pgettext_lazy("comment", "as it is published"), max_length=1000, blank=True)
    reason = models.CharField(
        pgettext_lazy("field", "reason"), max_length=10, choices=CommentReason.choices, blank=True
    )
    decided_by = models.CharField(pgettext_lazy("comment", "decided by"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    # Who answered the appeal against it.
    answered_by = models.CharField(pgettext_lazy("comment", "appeal answered by"), max_length=40, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "comment on a public question")
        verbose_name_plural = pgettext_lazy("model", "comments on public questions")
        constraints = [
            Heard.law("comment_was_read"),
            models.CheckConstraint(condition=Q(state__in=CommentState.values), name="comment_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by="", decided_at=None)
                | (~Q(state="waiting") & ~Q(decided_by="") & Q(decided_at__isnull=False)),
                name="comment_was_looked_at",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=SHOWN_COMMENTS) & ~Q(published=""))
                | (~Q(state__in=SHOWN_COMMENTS) & Q(published="")),
                name="comment_published_by_its_state",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=GONE_COMMENTS) | ~Q(reason=""), name="comment_removed_has_a_reason"
            ),
            four_eyes.law(
                "decided_by",
                "answered_by",
                name="comment_appeal_takes_another",
                once=Q(state__in=["restored", "upheld"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=["waiting", "appealed"]), name="comment_to_look_at"
            )
        ]

    def __str__(self) -> str:
        return self.code
