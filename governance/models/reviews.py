"""Reviews of what harmed somebody, and what follows from them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import four_eyes
from core.privacy import EncryptedTextField
from governance.states import ReviewKind, ReviewState, Shows


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
