from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from rides.states import Party, Phrase


class Message(models.Model):
    """One phrase of the fixed list, said within a trip (A4). There is no column for words of one's own."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="messages",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    phrase = models.CharField(pgettext_lazy("field", "phrase"), max_length=20, choices=Phrase.choices)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "phrase said")
        verbose_name_plural = pgettext_lazy("model", "phrases said")
        constraints = [
            models.CheckConstraint(condition=Q(phrase__in=Phrase.values), name="message_is_of_the_list")
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.party} {self.phrase}"


class RelayNumber(models.Model):
    """A number that joins both sides of a trip while it lasts, so that neither learns the other's (A4)."""

    trip = models.OneToOneField(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="relay",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    number = models.CharField(pgettext_lazy("relaynumber", "relay number"), max_length=20)
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    until = models.DateTimeField(pgettext_lazy("relaynumber", "valid until"))

    class Meta:
        verbose_name = pgettext_lazy("model", "relay number")
        verbose_name_plural = pgettext_lazy("model", "relay numbers")

    def __str__(self) -> str:
        return self.number
