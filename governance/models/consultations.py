"""Public consultations: questions, votes that no row links to who voted, comments."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import formats, four_eyes
from core.models import Heard
from core.privacy import EncryptedTextField
from governance.states import GONE_COMMENTS, SHOWN_COMMENTS, CommentReason, CommentState, Group
from rides.states import Line


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
