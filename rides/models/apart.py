from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from rides.states import Party


class NeverAgainQuerySet(models.QuerySet["NeverAgain"]):
    def in_force(self, at: datetime) -> "NeverAgainQuerySet":
        """Said, not taken back, and not run out."""
        return self.filter(undone_at=None, until__gt=at)


class NeverAgain(models.Model):
    """One person wishes not to ride with another again; nobody but they and staff know of it (R15)."""

    # The newest trip of both after which it was said.
    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.CASCADE,
        related_name="never_again",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="never_again",
        verbose_name=pgettext_lazy("neveragain", "who said it"),
    )
    other = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="kept_away",
        verbose_name=pgettext_lazy("neveragain", "of whom"),
    )
    said_at = models.DateTimeField(pgettext_lazy("neveragain", "said at"))
    until = models.DateTimeField(pgettext_lazy("neveragain", "kept apart until"))
    undone_at = models.DateTimeField(pgettext_lazy("neveragain", "taken back at"), null=True)
    # Said by who travels, on the page of one trip that somebody's account booked: that page reads and takes back no more.
    by_key = models.BooleanField(
        pgettext_lazy("neveragain", "said by who was booked for"), default=False, db_default=False
    )

    objects = NeverAgainQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("model", "never again")
        verbose_name_plural = pgettext_lazy("model", "never again")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "other"],
                condition=Q(undone_at=None, by_key=False),
                name="one_never_again_of_a_pair",
            ),
            models.UniqueConstraint(
                fields=["trip"], condition=Q(undone_at=None, by_key=True), name="one_never_again_of_a_rider"
            ),
            models.CheckConstraint(condition=~Q(account=models.F("other")), name="never_again_is_of_another"),
        ]
        indexes = [
            # All who say it of one driver.
            models.Index(fields=["other", "said_at"], name="never_again_of_one"),
            models.Index(fields=["until"], name="never_again_run_out"),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.get_party_display()}"
