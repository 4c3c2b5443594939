"""Reviews of what harmed somebody, and what follows from them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.privacy import EncryptedTextField
from governance.states import ReviewKind, ReviewState, Shows


class Review(models.Model):
    """What is learned from a death, a severe injury or a broken clock of safety; the platform opens it (G10)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=ReviewKind.choices)
    # The incident or claim from which it came, and which of its clocks (S2, S3, S6, S10).
    subject = models.CharField(pgettext_lazy("review", "of what"), max_length=20)
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
            models.UniqueConstraint(fields=["subject", "kind", "clock"], name="review_once_of_each"),
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

    class Meta:
        verbose_name = pgettext_lazy("model", "action of a review")
        verbose_name_plural = pgettext_lazy("model", "actions of reviews")
        constraints = [
            models.CheckConstraint(condition=Q(shows__in=Shows.values), name="review_action_is_shown")
        ]

    def __str__(self) -> str:
        return self.code
