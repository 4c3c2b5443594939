from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from core.links import HasLink
from safety.models.incidents import Incident
from safety.states import CentreWord, PushCause


class EmergencyPush(HasLink):
    """An incident at the emergency centre of the police (110), once for each (P12); its own queue.

    It is opened until the centre has it, then followed each ten seconds, then closed. Its link is what the centre opens.
    """

    incident = models.OneToOneField(
        Incident,
        on_delete=models.PROTECT,
        related_name="push",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    # What the centre knows it by: said again it is the same case there.
    key = models.CharField(pgettext_lazy("field", "key"), max_length=64, unique=True)
    # Empty where the passenger alone wished it.
    cause = models.CharField(
        pgettext_lazy("field", "cause"), max_length=10, choices=PushCause.choices, blank=True
    )
    wished_at = models.DateTimeField(pgettext_lazy("field", "wished by the passenger at"), null=True)
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    # The centre's own number of the case, empty until it has it.
    number = models.CharField(pgettext_lazy("field", "number at the centre"), max_length=40, blank=True)
    received_at = models.DateTimeField(pgettext_lazy("field", "received by the centre at"), null=True)
    said = models.CharField(
        pgettext_lazy("field", "the centre's newest word"),
        max_length=12,
        choices=CentreWord.choices,
        blank=True,
    )
    said_at = models.DateTimeField(pgettext_lazy("field", "said at"), null=True)
    traced_at = models.DateTimeField(pgettext_lazy("field", "position sent at"), null=True)
    # When the newest call for help was made that the centre confirmed to have heard of; null: none after it was asked for.
    told_at = models.DateTimeField(pgettext_lazy("field", "told of calls until"), null=True)
    # When a further call was last handed on: one who taps in a loop must not stand before the first call of others.
    repeated_at = models.DateTimeField(pgettext_lazy("field", "further call handed on at"), null=True)
    looked_at = models.DateTimeField(pgettext_lazy("field", "link opened at"), null=True)
    # Of the first case, where the centre ended it and there is another: how long that took stays to be measured.
    first_asked_at = models.DateTimeField(pgettext_lazy("field", "first asked at"), null=True)
    first_received_at = models.DateTimeField(
        pgettext_lazy("field", "first received by the centre at"), null=True
    )
    # Since when it is to be closed there, and when nothing more is said.
    closing_at = models.DateTimeField(pgettext_lazy("field", "to be closed since"), null=True)
    closed_at = models.DateTimeField(pgettext_lazy("field", "closed at"), null=True)
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)

    class Meta:
        verbose_name = pgettext_lazy("model", "case at the emergency centre")
        verbose_name_plural = pgettext_lazy("model", "cases at the emergency centre")
        constraints = [
            models.CheckConstraint(
                condition=Q(cause__in=["", *PushCause.values]), name="push_cause_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(cause="") | Q(wished_at__isnull=False), name="push_has_a_cause_or_a_wish"
            ),
            models.CheckConstraint(condition=Q(said__in=["", *CentreWord.values]), name="push_word_is_known"),
            models.CheckConstraint(
                condition=Q(said="") ^ Q(said_at__isnull=False), name="push_word_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(received_at=None) ^ ~Q(number=""), name="push_received_has_a_number"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(closed_at=None), name="push_due")]

    def __str__(self) -> str:
        return self.key

    @property
    def ended_there(self) -> bool:
        """The centre said that it does nothing more."""
        return self.said in {CentreWord.OVER, CentreWord.REFUSED}

    @property
    def told_until(self) -> datetime:
        """A call for help after it is news to the centre. What is sent holds all calls until it was asked for."""
        return max(self.told_at or self.asked_at, self.asked_at)

    @property
    def is_followed(self) -> bool:
        """Its link shows something: until it is closed, here or there."""
        return self.closing_at is None and self.closed_at is None
