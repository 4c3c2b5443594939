"""Reports in confidence."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.links import HasLink
from core.models import Heard
from core.privacy import EncryptedTextField
from governance.states import ConcernState, ConcernWord


class Concern(HasLink):
    """A danger that one of the staff or a driver reported in confidence (G9).

    No column says who, or more of when than the hour. Who it was lies in `sealed_who`, under a key of its own that is in no
    database; the name of that key stands here.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ConcernState.choices, default=ConcernState.RECEIVED
    )
    # What it is about, as whoever reported named it: a case, a trip, a place, a colleague.
    about = EncryptedTextField(pgettext_lazy("concern", "what it is about"))
    asks_back = models.BooleanField(pgettext_lazy("concern", "may be asked back"))
    # Codes of those of the staff who must not learn of it, and do not see it.
    barred = models.JSONField(pgettext_lazy("concern", "kept from"), default=list)
    sealed_who = models.BinaryField(pgettext_lazy("concern", "who reported, sealed"))
    key_name = models.CharField(pgettext_lazy("concern", "name of its key"), max_length=40)
    submission = models.CharField(pgettext_lazy("field", "key of the form"), max_length=64, unique=True)
    # Whole hours: nobody sees it before the hour in which it came is over.
    shown_from = models.DateTimeField(pgettext_lazy("concern", "shown from"))
    look_by = models.DateTimeField(pgettext_lazy("concern", "to be looked at by"))
    answer_by = models.DateTimeField(pgettext_lazy("concern", "to be answered by"))
    # Set when it is looked at or answered too late; what is late now is known by the clock.
    was_late = models.BooleanField(pgettext_lazy("concern", "a clock was broken"), default=False)
    looked_by = models.CharField(pgettext_lazy("concern", "looked at by"), max_length=40, blank=True)
    answered_at = models.DateTimeField(pgettext_lazy("concern", "answered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "report in confidence")
        verbose_name_plural = pgettext_lazy("model", "reports in confidence")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ConcernState.values), name="concern_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False)
                | (~Q(state="answered") & Q(answered_at=None)),
                name="concern_answered_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="received") | ~Q(looked_by=""), name="concern_looked_at_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["look_by"], condition=~Q(state="answered"), name="concern_open")]

    def __str__(self) -> str:
        return self.code


class ConcernLine(Heard):
    """Words of a report in confidence. Those of whoever reported have no author and no time but the hour."""

    concern = models.ForeignKey(
        Concern,
        on_delete=models.CASCADE,
        related_name="lines",
        verbose_name=pgettext_lazy("model", "report in confidence"),
    )
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=ConcernWord.choices)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    written_by = models.CharField(pgettext_lazy("concern", "written by"), max_length=40, blank=True)
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    # The job took it in: it is in the journal, and its clock runs.
    taken_in = models.BooleanField(pgettext_lazy("concern", "taken in"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "words of a report in confidence")
        verbose_name_plural = pgettext_lazy("model", "words of reports in confidence")
        constraints = [
            Heard.law("concern_words_were_read"),
            models.CheckConstraint(condition=Q(kind__in=ConcernWord.values), name="concern_line_is_known"),
            # Nobody can write down who it was, by mistake neither.
            models.CheckConstraint(
                condition=Q(kind__in=["report", "more"], written_by="")
                | (Q(kind__in=["question", "answer"]) & ~Q(written_by="")),
                name="concern_reporter_has_no_name",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["report", "more"]) | Q(at__minute=0, at__second=0),
                name="concern_reporter_has_no_minute",
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(taken_in=False), name="concern_line_waits")]

    def __str__(self) -> str:
        return f"{self.concern.code} {self.get_kind_display()}"


class ConcernOpening(models.Model):
    """Two of the staff, by name, open who reported: one asks, another agrees, and only these two read it, for a day."""

    concern = models.ForeignKey(
        Concern,
        on_delete=models.CASCADE,
        related_name="openings",
        verbose_name=pgettext_lazy("model", "report in confidence"),
    )
    asked_by = models.CharField(_("proposed by"), max_length=40)
    asked_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    reason = models.CharField(_("reason"), max_length=300)
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    ended_at = models.DateTimeField(pgettext_lazy("opening", "agreed or refused at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "opening of a report in confidence")
        verbose_name_plural = pgettext_lazy("model", "openings of reports in confidence")
        constraints = [
            four_eyes.law("asked_by", "agreed_by", name="concern_opening_takes_two_people"),
            models.CheckConstraint(
                condition=Q(agreed_by="") | Q(ended_at__isnull=False), name="concern_opening_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["concern"], condition=Q(ended_at=None), name="concern_one_opening_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.concern.code} {self.asked_by}"
