from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from rides.states import OfferState


class Offer(models.Model):
    """An order given to one driver by the dispatcher; open until answered or until its seconds are over (R3)."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="offers",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    driver = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.CASCADE,
        related_name="offers",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    state = models.CharField(
        pgettext_lazy("field", "state"), max_length=10, choices=OfferState.choices, default=OfferState.OPEN
    )
    pickup_seconds = models.PositiveIntegerField(pgettext_lazy("field", "seconds to the pick-up"))
    offered_at = models.DateTimeField(pgettext_lazy("field", "offered at"))
    expires_at = models.DateTimeField(pgettext_lazy("offer", "answer until"))
    answered_at = models.DateTimeField(pgettext_lazy("field", "answered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "dispatch")
        verbose_name_plural = pgettext_lazy("model", "dispatches")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="offer_state_is_known"),
            models.UniqueConstraint(
                fields=["trip"], condition=Q(state="open"), name="one_open_offer_per_order"
            ),
            models.UniqueConstraint(
                fields=["driver"], condition=Q(state="open"), name="one_open_offer_per_driver"
            ),
            models.CheckConstraint(
                condition=Q(state="open") ^ Q(answered_at__isnull=False), name="offer_answered_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="offer_open"),
            models.Index(fields=["trip", "driver"], name="offer_of_trip"),
        ]

    def __str__(self) -> str:
        return self.code


class Proposal(models.Model):
    """A hitch request held out to one owner on one of their ways, one at a time; nobody picks from a list (R2)."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="proposals",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    itinerary = models.ForeignKey(
        "rides.Itinerary",
        on_delete=models.CASCADE,
        related_name="proposals",
        verbose_name=pgettext_lazy("field", "owner's way"),
    )
    # The way's owner, repeated so that the database can hold them to one.
    driver = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.CASCADE,
        related_name="proposals",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    state = models.CharField(
        pgettext_lazy("field", "state"), max_length=10, choices=OfferState.choices, default=OfferState.OPEN
    )
    # Of how many requests that fit equally well the lot took it; 0 where the passenger chose the owner.
    among = models.PositiveIntegerField(pgettext_lazy("proposal", "drawn from"))
    citation = models.CharField(pgettext_lazy("proposal", "rule"), max_length=60)
    made_at = models.DateTimeField(pgettext_lazy("field", "offered at"))
    answered_at = models.DateTimeField(pgettext_lazy("field", "answered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "hitch request held out")
        verbose_name_plural = pgettext_lazy("model", "hitch requests held out")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="proposal_state_is_known"),
            models.UniqueConstraint(
                fields=["driver"], condition=Q(state="open"), name="one_open_proposal_per_owner"
            ),
            models.CheckConstraint(
                condition=Q(state="open") ^ Q(answered_at__isnull=False), name="proposal_answered_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["driver", "answered_at"], name="proposal_answers_of_owner"),
            models.Index(fields=["trip"], condition=Q(state="open"), name="proposal_open_of_trip"),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.itinerary_id} {self.get_state_display()}"


class LostRequest(models.Model):
    """A request for which a driver came too late: it stands on that driver's list no more, whatever became of it."""

    driver = models.ForeignKey(
        "drivers.Driver",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="lost_by",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    at = models.DateTimeField(pgettext_lazy("field", "at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "lost request")
        verbose_name_plural = pgettext_lazy("model", "lost requests")
        constraints = [
            models.UniqueConstraint(fields=["trip", "driver"], name="request_lost_once_by_a_driver")
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.driver_id}"
