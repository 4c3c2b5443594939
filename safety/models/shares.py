from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from core.privacy import EncryptedTextField
from rides.states import Party


class TripShare(models.Model):
    """A link to one trip for somebody without an account (S4). The link itself is known to who has it alone."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.PROTECT,
        related_name="shares",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64, unique=True)
    # Kept readable for its owner's page, and encrypted like all that opens something.
    token = EncryptedTextField(pgettext_lazy("field", "token of the link"))
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    # Whom it was sent to: a contact's number as it stood, or empty for a link that its owner passes on.
    contact_phone = EncryptedTextField(pgettext_lazy("field", "contact phone"))
    contact = models.BigIntegerField(pgettext_lazy("field", "emergency contact"), null=True)
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    revoked_at = models.DateTimeField(pgettext_lazy("field", "revoked at"), null=True)
    first_seen_at = models.DateTimeField(pgettext_lazy("field", "first seen at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "shared trip")
        verbose_name_plural = pgettext_lazy("model", "shared trips")
        constraints = [
            models.UniqueConstraint(
                fields=["trip", "party", "contact"],
                condition=Q(contact__isnull=False, revoked_at=None),
                name="one_share_per_trip_and_contact",
            )
        ]
        indexes = [models.Index(fields=["trip"], name="share_of_trip")]

    def __str__(self) -> str:
        return f"share {self.pk}"
