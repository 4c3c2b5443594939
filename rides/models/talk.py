from django.db import models
from django.db.models import Q

from rides.states import Party, Phrase


class Message(models.Model):
    """One phrase of the fixed list, said within a trip (A4). There is no column for words of one's own."""

    trip = models.ForeignKey("rides.Trip", on_delete=models.CASCADE, related_name="messages")
    party = models.CharField(max_length=10, choices=Party.choices)
    phrase = models.CharField(max_length=20, choices=Phrase.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(phrase__in=Phrase.values), name="message_is_of_the_list")
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.party} {self.phrase}"


class RelayNumber(models.Model):
    """A number that joins both sides of a trip while it lasts, so that neither learns the other's (A4)."""

    trip = models.OneToOneField("rides.Trip", on_delete=models.CASCADE, related_name="relay")
    number = models.CharField(max_length=20)
    made_at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.number
