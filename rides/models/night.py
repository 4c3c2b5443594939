from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rides.states import CallOutcome, Party


class Reminder(models.Model):
    """The safety reminder of one side of a hitch trip that is estimated to run past the curfew's hour (R4)."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="reminders",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(_("side"), max_length=10, choices=Party.choices)
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    # From then on an agent calls whoever has not answered.
    call_from = models.DateTimeField(pgettext_lazy("field", "call from"))
    acknowledged_at = models.DateTimeField(pgettext_lazy("field", "acknowledged at"), null=True)
    called_at = models.DateTimeField(pgettext_lazy("field", "called at"), null=True)
    called_by = models.CharField(pgettext_lazy("field", "called by"), max_length=40, blank=True)
    outcome = models.CharField(
        pgettext_lazy("reminder", "what the call found"),
        max_length=12,
        choices=CallOutcome.choices,
        blank=True,
    )

    class Meta:
        verbose_name = _("safety reminder")
        verbose_name_plural = _("safety reminders")
        constraints = [
            models.UniqueConstraint(fields=["trip", "party"], name="one_reminder_per_side_of_a_trip"),
            models.CheckConstraint(
                condition=Q(called_at=None) | (~Q(called_by="") & ~Q(outcome="")),
                name="reminder_call_has_caller_and_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["call_from"],
                condition=Q(acknowledged_at=None, called_at=None),
                name="reminder_unanswered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.party}"


class LatePickup(models.Model):
    """A passenger whose pick-up slipped into the curfew: offered another line, looked after until safe (R4)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    trip = models.OneToOneField(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="late_pickup",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    opened_at = models.DateTimeField(_("since"))
    taken_by = models.CharField(_("taken by"), max_length=40, blank=True)
    taken_at = models.DateTimeField(pgettext_lazy("field", "taken at"), null=True)
    # The order on another line that took the place of this one.
    replacement = models.OneToOneField(
        "rides.Trip",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaces",
        verbose_name=pgettext_lazy("field", "trip instead"),
    )
    closed_at = models.DateTimeField(pgettext_lazy("field", "closed at"), null=True)
    closed_by = models.CharField(pgettext_lazy("field", "closed by"), max_length=40, blank=True)
    outcome = models.CharField(
        pgettext_lazy("latepickup", "what the call found"),
        max_length=12,
        choices=CallOutcome.choices,
        blank=True,
    )

    class Meta:
        verbose_name = _("late pick-up")
        verbose_name_plural = _("late pick-ups")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | (~Q(closed_by="") & ~Q(outcome="")),
                name="late_pickup_closed_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["opened_at"], condition=Q(closed_at=None), name="late_pickup_open")]

    def __str__(self) -> str:
        return self.code
