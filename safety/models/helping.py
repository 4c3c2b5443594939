"""What stands between somebody who called for help and the staff who answer; each side of a trip has its own."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.languages import sentences
from core.privacy import EncryptedTextField
from rides.states import Party
from safety.models.incidents import Incident
from safety.states import Callee, CallerPhrase, PlacedState, StaffPhrase


class Acknowledgement(models.Model):
    """A person looked at all that an incident held at this time; only added to.

    Whatever came before it was opened by a person then, whatever came after it was not, whoever owns the incident.
    """

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        related_name="acknowledgements",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    at = models.DateTimeField(pgettext_lazy("field", "at"))
    by = models.CharField(pgettext_lazy("field", "by"), max_length=40)

    class Meta:
        verbose_name = pgettext_lazy("model", "acknowledgement of an incident")
        verbose_name_plural = pgettext_lazy("model", "acknowledgements of incidents")
        indexes = [models.Index(fields=["incident", "at"], name="acknowledged_first_after")]

    def __str__(self) -> str:
        return f"acknowledgement {self.pk}"


class HelpMessage(models.Model):
    """Something written between one side that called for help and the staff, either way: a phrase by its key, or words."""

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        related_name="help_messages",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    # Whose thread it stands in; the other side of the trip never reads it.
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    # The member of the staff who wrote it; empty where that side did.
    staff = models.CharField(pgettext_lazy("field", "written by staff"), max_length=40, blank=True)
    phrase = models.CharField(_("phrase"), max_length=20, blank=True)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    at = models.DateTimeField(pgettext_lazy("field", "at"))
    # When that side's page had it on its screen; of what that side wrote, an acknowledgement says the same.
    shown_at = models.DateTimeField(pgettext_lazy("field", "shown at"), null=True)
    # The same from one page is written once.
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "message in a call for help")
        verbose_name_plural = pgettext_lazy("model", "messages in calls for help")
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "party", "submission"],
                condition=~Q(submission=""),
                name="help_message_written_once",
            ),
            models.CheckConstraint(
                condition=Q(staff="", phrase__in=["", *CallerPhrase.values])
                | (~Q(staff="") & Q(phrase__in=["", *StaffPhrase.values])),
                name="help_message_phrase_is_known",
            ),
            models.CheckConstraint(
                condition=Q(shown_at=None) | ~Q(staff=""), name="help_message_shown_is_from_staff"
            ),
        ]
        indexes = [models.Index(fields=["incident", "party"], name="help_message_of_side")]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def said(self) -> str:
        """What it says: the phrase in the reader's language, and the words as they were written."""
        phrases = StaffPhrase if self.staff else CallerPhrase
        return sentences(*([str(phrases(self.phrase).label)] if self.phrase else []), str(self.words))


class PlacedCall(models.Model):
    """A call that staff placed from an incident, through the relay: the incident is the reason."""

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        related_name="placed_calls",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    to = models.CharField(pgettext_lazy("placedcall", "to whom"), max_length=10, choices=Callee.choices)
    # Of an emergency contact: which one.
    contact = models.PositiveIntegerField(pgettext_lazy("field", "emergency contact"), null=True)
    # Of a police station: its code in the register.
    station = models.CharField(_("police station"), max_length=50, blank=True)
    by = models.CharField(pgettext_lazy("field", "by"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("field", "at"))
    state = models.CharField(
        _("state"), max_length=10, choices=PlacedState.choices, default=PlacedState.RINGING
    )
    connected_at = models.DateTimeField(pgettext_lazy("placedcall", "connected at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "call from an incident")
        verbose_name_plural = pgettext_lazy("model", "calls from incidents")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PlacedState.values), name="placed_call_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="connected") ^ Q(connected_at=None), name="placed_call_connected_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(to="contact") ^ Q(contact=None), name="placed_call_names_its_contact"
            ),
            models.CheckConstraint(
                condition=Q(to="station") ^ Q(station=""), name="placed_call_names_its_station"
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(state="ringing"), name="placed_call_rings")]

    def __str__(self) -> str:
        return f"call {self.pk}"

    @property
    def key(self) -> str:
        """What the relay knows it by."""
        return f"incident-call:{self.pk}"
