"""What is told to the regulator, and how far."""

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from core import formats


class FeedMark(models.Model):
    """How far one source has been read for the regulator (G11): a transaction or a row's number, by the source."""

    source = models.CharField(pgettext_lazy("feed", "source"), max_length=40, unique=True)
    mark = models.BigIntegerField(pgettext_lazy("feed", "read as far as"))

    class Meta:
        verbose_name = pgettext_lazy("model", "mark of the regulator's feed")
        verbose_name_plural = pgettext_lazy("model", "marks of the regulator's feed")

    def __str__(self) -> str:
        return self.source


class FeedMessage(models.Model):
    """One fact that the regulator is to hear of: by which interface, about which rows of ours, and what came of it.

    The item itself is made when it leaves, so nothing personal stands here.
    """

    kind = models.CharField(pgettext_lazy("feed", "interface"), max_length=32)
    key = models.CharField(pgettext_lazy("feed", "what it is"), max_length=80)
    # The code of the trip or case, and the numbers of the rows that the item is made of.
    subject = models.CharField(pgettext_lazy("feed", "about"), max_length=20, blank=True)
    rows = models.JSONField(pgettext_lazy("feed", "rows"), default=dict)
    happened_at = models.DateTimeField(pgettext_lazy("feed", "happened at"))
    queued_at = models.DateTimeField(pgettext_lazy("feed", "seen at"))
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    acknowledged_at = models.DateTimeField(pgettext_lazy("feed", "acknowledged at"), null=True)
    # Why it cannot go, `INTERFACE:FIELD:WORD`, until somebody has it tried again.
    refused_at = models.DateTimeField(pgettext_lazy("feed", "refused at"), null=True)
    refused_for = models.CharField(pgettext_lazy("feed", "refused for"), max_length=110, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "message to the regulator")
        verbose_name_plural = pgettext_lazy("model", "messages to the regulator")
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="feed_message_is_one"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(refused_at=None), name="feed_message_has_one_end"
            ),
            models.CheckConstraint(
                condition=Q(refused_at=None) ^ ~Q(refused_for=""), name="feed_message_refused_for_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(acknowledged_at=None, refused_at=None),
                name="feed_message_waits",
            ),
            models.Index(
                fields=["refused_for"], condition=Q(refused_at__isnull=False), name="feed_message_refused"
            ),
            models.Index(fields=["acknowledged_at"], name="feed_message_over"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class FeedHour(models.Model):
    """What of one interface the regulator acknowledged in an hour, how much of it later than promised, and what was refused."""

    kind = models.CharField(pgettext_lazy("feed", "interface"), max_length=32)
    hour = models.DateTimeField(pgettext_lazy("feed", "hour"))
    acknowledged = models.PositiveIntegerField(pgettext_lazy("feed", "acknowledged"), default=0)
    late = models.PositiveIntegerField(pgettext_lazy("feed", "late"), default=0)
    refused = models.PositiveIntegerField(pgettext_lazy("feed", "refused"), default=0)

    class Meta:
        verbose_name = pgettext_lazy("model", "hour of the regulator's feed")
        verbose_name_plural = pgettext_lazy("model", "hours of the regulator's feed")
        constraints = [models.UniqueConstraint(fields=["kind", "hour"], name="feed_hour_is_one")]
        indexes = [models.Index(fields=["hour"], name="feed_hour_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {formats.moment(self.hour)}"


class FeedPosition(models.Model):
    """The time of the newest position of a trip's car that was told to the regulator; the row goes soon after the trip."""

    trip = models.BigIntegerField(pgettext_lazy("feed", "number of the trip"), unique=True)
    at = models.DateTimeField(pgettext_lazy("feed", "position of"))
    told_at = models.DateTimeField(pgettext_lazy("feed", "told at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "position told to the regulator")
        verbose_name_plural = pgettext_lazy("model", "positions told to the regulator")
        indexes = [models.Index(fields=["told_at"], name="feed_position_old")]

    def __str__(self) -> str:
        return f"{self.trip} {formats.moment(self.at)}"


class FeedScore(models.Model):
    """What the regulator says that it has of one day (Asia/Shanghai), beside what it had acknowledged to us."""

    day = models.DateField(pgettext_lazy("feed", "day"), unique=True)
    theirs = models.PositiveIntegerField(pgettext_lazy("feed", "counted by the regulator"))
    ours = models.PositiveIntegerField(pgettext_lazy("feed", "acknowledged to us"))
    at = models.DateTimeField(pgettext_lazy("feed", "asked at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "day as the regulator counts it")
        verbose_name_plural = pgettext_lazy("model", "days as the regulator counts them")

    def __str__(self) -> str:
        return f"{self.day}"
