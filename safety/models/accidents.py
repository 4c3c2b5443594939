from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from safety.states import AccidentAnswer


class AccidentQuestion(models.Model):
    """'Has there been an accident?', asked of both sides at once; neither learns what the other says (S12)."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.PROTECT,
        related_name="accident_questions",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    expires_at = models.DateTimeField(pgettext_lazy("safetyquestion", "answer until"))
    passenger = models.CharField(
        pgettext_lazy("safetyquestion", "passenger's answer"),
        max_length=3,
        choices=AccidentAnswer.choices,
        blank=True,
    )
    driver = models.CharField(
        pgettext_lazy("safetyquestion", "driver's answer"),
        max_length=3,
        choices=AccidentAnswer.choices,
        blank=True,
    )
    # Since when nothing more follows from silence: one side has answered, or nobody did and an incident is open.
    closed_at = models.DateTimeField(pgettext_lazy("field", "closed at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "question about an accident")
        verbose_name_plural = pgettext_lazy("model", "questions about accidents")
        constraints = [
            models.UniqueConstraint(
                fields=["trip"], condition=Q(closed_at=None), name="one_open_accident_question_per_trip"
            ),
            models.CheckConstraint(
                condition=Q(passenger__in=["", *AccidentAnswer.values])
                & Q(driver__in=["", *AccidentAnswer.values]),
                name="accident_answers_are_known",
            ),
            models.CheckConstraint(
                condition=Q(passenger="", driver="") | Q(closed_at__isnull=False),
                name="accident_answered_is_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(closed_at=None), name="accident_question_open"),
            # The board asks each minute what became of those of its time.
            models.Index(fields=["asked_at"], name="accident_question_asked"),
        ]

    def __str__(self) -> str:
        return f"question about an accident {self.pk}"
