"""A reviewer's video call (D4): who called, what was seen, what the browsers told each other, and the recording."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from drivers.models.faces import FaceCheck
from drivers.states import CallEnd, CallSide, CallWord


class VideoCall(models.Model):
    """One reviewer takes a driver's wish and calls. Whoever calls again after it has ended begins another."""

    check_row = models.ForeignKey(
        FaceCheck,
        on_delete=models.PROTECT,
        related_name="calls",
        verbose_name=pgettext_lazy("field", "face check"),
    )
    # The account's code.
    reviewer = models.CharField(pgettext_lazy("field", "reviewer"), max_length=40)
    taken_at = models.DateTimeField(pgettext_lazy("field", "taken at"))
    # When both sides had seen the other's picture move; null while they have not.
    connected_at = models.DateTimeField(pgettext_lazy("field", "connected at"), null=True)
    # When each side's page said last that the other's picture moves, and for how many seconds it has in all.
    driver_seen_at = models.DateTimeField(pgettext_lazy("field", "driver saw last"), null=True)
    driver_seconds = models.FloatField(pgettext_lazy("field", "seconds seen by the driver"), default=0)
    reviewer_seen_at = models.DateTimeField(pgettext_lazy("field", "reviewer saw last"), null=True)
    reviewer_seconds = models.FloatField(pgettext_lazy("field", "seconds seen by the reviewer"), default=0)
    # The version of the consent under which it was recorded; empty where it was not.
    recorded_under = models.CharField(pgettext_lazy("field", "recorded under"), max_length=20, blank=True)
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)
    ended_why = models.CharField(
        pgettext_lazy("field", "why it ended"), max_length=10, choices=CallEnd.choices, blank=True
    )

    class Meta:
        verbose_name = _("video call")
        verbose_name_plural = _("video calls")
        constraints = [
            models.UniqueConstraint(
                fields=["check_row"], condition=Q(ended_at=None), name="one_reviewer_calls_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_why="")
                | Q(ended_at__isnull=False, ended_why__in=CallEnd.values),
                name="video_call_ended_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(connected_at=None)
                | Q(driver_seen_at__isnull=False, reviewer_seen_at__isnull=False),
                name="video_call_connected_from_both_sides",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_row_id} {self.reviewer}"

    @property
    def seconds(self) -> int:
        """For how many seconds both have seen each other."""
        return int(min(self.driver_seconds, self.reviewer_seconds)) if self.connected_at else 0


class VideoSignal(models.Model):
    """One word of a browser for the other one. Its addresses are a person's: it goes when the call is over."""

    call = models.ForeignKey(
        VideoCall,
        on_delete=models.CASCADE,
        related_name="signals",
        verbose_name=pgettext_lazy("field", "video call"),
    )
    side = models.CharField(pgettext_lazy("field", "said by"), max_length=10, choices=CallSide.choices)
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=CallWord.choices)
    body = models.TextField(pgettext_lazy("field", "body"), blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "signal of a video call")
        verbose_name_plural = pgettext_lazy("model", "signals of video calls")
        indexes = [models.Index(fields=["call", "side", "id"], name="video_signal_heard")]

    def __str__(self) -> str:
        return f"{self.call_id} {self.side} {self.kind}"


class VideoPart(models.Model):
    """Some seconds of a call's recording. Parts of one `take` follow each other without a gap, from 0 on."""

    call = models.ForeignKey(
        VideoCall,
        on_delete=models.PROTECT,
        related_name="parts",
        verbose_name=pgettext_lazy("field", "video call"),
    )
    # A page that was loaded anew, or that connected again, begins another one.
    take = models.CharField(pgettext_lazy("field", "take"), max_length=36)
    number = models.PositiveIntegerField(pgettext_lazy("field", "number"))
    picture = models.OneToOneField(
        "core.StoredPicture", on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "stored file")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "part of a recorded video call")
        verbose_name_plural = pgettext_lazy("model", "parts of recorded video calls")
        constraints = [
            models.UniqueConstraint(fields=["call", "take", "number"], name="video_part_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.number}"
