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
        return f"{self.trip_id} {self.get_party_display()} {self.get_phrase_display()}"


class RelayNumber(models.Model):
    """A number that joins both sides of a trip while it lasts, so that neither learns the other's (A4).

    It is of one driver: whoever drives after them has one of their own.
    """

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="relays",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    driver = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    # What the provider knows it by.
    key = models.CharField(pgettext_lazy("relaynumber", "key at the provider"), max_length=120, unique=True)
    # Empty until the provider has answered.
    number = models.CharField(
        pgettext_lazy("relaynumber", "relay number"), max_length=20, blank=True, default=""
    )
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    until = models.DateTimeField(pgettext_lazy("relaynumber", "valid until"))
    # The provider said that it joins nobody any more.
    ended_at = models.DateTimeField(pgettext_lazy("relaynumber", "ended before that"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "relay number")
        verbose_name_plural = pgettext_lazy("model", "relay numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["trip", "driver"],
                condition=Q(ended_at=None),
                name="one_relay_number_of_a_driver_on_a_trip",
            )
        ]
        indexes = [models.Index(fields=["until"], condition=Q(ended_at=None), name="relay_number_open")]

    def __str__(self) -> str:
        return self.number
