from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import formats, four_eyes
from core.models import Heard
from core.privacy import EncryptedTextField
from governance import evidence
from governance.states import (
    GONE_COMMENTS,
    SHOWN_COMMENTS,
    Breaker,
    CommentReason,
    CommentState,
    Group,
    Mode,
    PassageState,
    ProofKind,
    ProposalState,
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
