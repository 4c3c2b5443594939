from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from rides.states import Party


class Rating(models.Model):
    """A number from 1 to 5, once for each side of a trip. No words, no tags: they go into complaints (R8)."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="ratings",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    stars = models.PositiveSmallIntegerField(pgettext_lazy("field", "stars"))
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "rating")
        verbose_name_plural = pgettext_lazy("model", "ratings")
        constraints = [
            models.UniqueConstraint(fields=["trip", "party"], name="one_rating_per_side_of_a_trip"),
            models.CheckConstraint(condition=Q(stars__gte=1) & Q(stars__lte=5), name="rating_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.party} {self.stars}"


class Score(models.Model):
    """What others gave somebody, as sum and count, and the least score that they themselves wish to ride with."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="score",
        verbose_name=pgettext_lazy("field", "account"),
    )
    stars = models.PositiveIntegerField(pgettext_lazy("field", "stars"), default=0)
    count = models.PositiveIntegerField(pgettext_lazy("field", "count"), default=0)
    # Tenths: 45 is 4.5; 0 is no wish.
    least = models.PositiveSmallIntegerField(pgettext_lazy("field", "least score wished"), default=0)

    class Meta:
        verbose_name = pgettext_lazy("model", "score")
        verbose_name_plural = pgettext_lazy("model", "scores")
        constraints = [
            models.CheckConstraint(
                condition=Q(stars__gte=F("count")) & Q(stars__lte=5 * F("count")), name="score_adds_up"
            ),
            models.CheckConstraint(condition=Q(least__lte=50), name="least_score_is_at_most_5"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.stars}/{self.count}"
