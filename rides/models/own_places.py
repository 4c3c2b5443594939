from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from core.privacy import EncryptedTextField
from rides.geometry import Point
from rides.states import OwnPlaceKind


class OwnPlace(models.Model):
    """A place that somebody keeps for their own bookings, or wishes to see no more among them; nobody else reads it.

    Where somebody lives and how they call it is worth more to a thief than any trip: a dump shows neither.
    """

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="own_places",
        verbose_name=pgettext_lazy("field", "account"),
    )
    city = models.ForeignKey(
        "rides.City", on_delete=models.CASCADE, related_name="+", verbose_name=pgettext_lazy("field", "city")
    )
    kind = models.CharField(pgettext_lazy("ownplace", "kept as"), max_length=10, choices=OwnPlaceKind.choices)
    # What its owner calls it, where it is neither home nor work.
    called = EncryptedTextField(pgettext_lazy("ownplace", "own name"), blank=True)
    # Both names of the map, as trips hold them: what a driver reads is never the owner's word (A4).
    names = EncryptedTextField(pgettext_lazy("ownplace", "names"))
    coordinates = EncryptedTextField(pgettext_lazy("ownplace", "latitude and longitude"))
    kept_at = models.DateTimeField(pgettext_lazy("ownplace", "kept at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "own place")
        verbose_name_plural = pgettext_lazy("model", "own places")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OwnPlaceKind.values), name="own_place_kind_is_known"),
            models.UniqueConstraint(
                fields=["account", "city", "kind"],
                condition=Q(kind__in=["home", "work"]),
                name="one_home_and_work_in_a_city",
            ),
        ]
        indexes = [models.Index(fields=["account", "city"], name="own_place_of_account")]

    def __str__(self) -> str:
        return self.code

    @property
    def point(self) -> Point:
        """Latitude and longitude in degrees, WGS-84."""
        latitude, longitude = self.coordinates.split(",")
        return float(latitude), float(longitude)
