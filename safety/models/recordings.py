from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rides.states import Party
from safety.states import RecordingPurpose, RecordingState


class RecordingConsent(models.Model):
    """What one side of one trip answered to the question whether the trip's sound is recorded. The newest counts."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.PROTECT,
        related_name="recording_consents",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    # The text that was agreed to, as a policy version. Video is asked for by nobody yet.
    version = models.CharField(pgettext_lazy("field", "version"), max_length=60)
    audio = models.BooleanField(pgettext_lazy("field", "agreed to sound"))
    video = models.BooleanField(pgettext_lazy("field", "agreed to video"), default=False)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "consent to recording")
        verbose_name_plural = pgettext_lazy("model", "consents to recording")
        constraints = [models.CheckConstraint(condition=Q(video=False), name="recording_has_no_video")]
        indexes = [models.Index(fields=["trip", "party", "-id"], name="recording_consent_newest")]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.get_party_display()} {self.audio}"


class RecordingRefusal(models.Model):
    """Somebody is never to be recorded, and not to be asked: on no trip, on whichever side (A6)."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=pgettext_lazy("field", "account"),
    )
    version = models.CharField(pgettext_lazy("field", "version"), max_length=60)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "refusal to be recorded")
        verbose_name_plural = pgettext_lazy("model", "refusals to be recorded")

    def __str__(self) -> str:
        return f"refusal of {self.account_id}"


class Recording(models.Model):
    """Sound from one phone: a run of encrypted chunks in storage. What it says opens only with its key (`RecordingKey`)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    trip = models.ForeignKey(
        "rides.Trip", on_delete=models.PROTECT, related_name="recordings", verbose_name=_("trip")
    )
    party = models.CharField(_("side"), max_length=10, choices=Party.choices)
    purpose = models.CharField(_("purpose"), max_length=6, choices=RecordingPurpose.choices)
    mime = models.CharField(pgettext_lazy("field", "media type"), max_length=60)
    slice_ms = models.PositiveIntegerField(pgettext_lazy("field", "length of a chunk (ms)"))
    state = models.CharField(
        _("state"), max_length=10, choices=RecordingState.choices, default=RecordingState.LIVE
    )
    # SHA-256 of the key, so that a receipt can name what was destroyed.
    key_digest = models.CharField(pgettext_lazy("field", "digest of the key"), max_length=64)
    begun_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(pgettext_lazy("time", "ended"), null=True)
    last_chunk_at = models.DateTimeField(pgettext_lazy("field", "last chunk at"), null=True)
    # The number of the last chunk, where the phone has said which is the last one.
    last = models.PositiveIntegerField(pgettext_lazy("recording", "number of the last chunk"), null=True)
    chunks = models.PositiveIntegerField(_("chunks"), default=0)
    missing = models.PositiveIntegerField(pgettext_lazy("recording", "missing"), default=0)
    bytes = models.PositiveBigIntegerField(pgettext_lazy("field", "size in bytes"), default=0)
    # What the phone measured while it recorded.
    silent_ms = models.PositiveIntegerField(pgettext_lazy("field", "silence in ms"), default=0)
    clipped_ms = models.PositiveIntegerField(pgettext_lazy("field", "clipping in ms"), default=0)
    destroy_at = models.DateTimeField(_("to be destroyed"))
    destroyed_at = models.DateTimeField(pgettext_lazy("time", "destroyed"), null=True)
    receipt = models.CharField(_("receipt"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RecordingState.values), name="recording_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=RecordingPurpose.values), name="recording_purpose_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="destroyed") ^ Q(destroyed_at=None), name="recording_destroyed_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at=None) ^ ~Q(receipt=""), name="recording_destroyed_has_a_receipt"
            ),
        ]
        indexes = [
            models.Index(fields=["trip"], name="recording_of_trip"),
            models.Index(fields=["destroy_at"], condition=~Q(state="destroyed"), name="recording_to_destroy"),
            models.Index(fields=["receipt"], condition=~Q(receipt=""), name="recording_of_receipt"),
        ]

    def __str__(self) -> str:
        return self.code


class RecordingKey(models.Model):
    """A recording's key, wrapped under a key of the day that is not in the database. Destroying is deleting this row."""

    recording = models.OneToOneField(
        Recording,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="key",
        verbose_name=pgettext_lazy("field", "recording"),
    )
    wrapped_by = models.CharField(pgettext_lazy("field", "wrapped under"), max_length=20)
    wrapped = models.BinaryField(pgettext_lazy("field", "wrapped key"))

    class Meta:
        verbose_name = pgettext_lazy("model", "key of a recording")
        verbose_name_plural = pgettext_lazy("model", "keys of recordings")
        indexes = [models.Index(fields=["wrapped_by"], name="recording_key_by_day")]

    def __str__(self) -> str:
        return f"{self.recording_id} {self.wrapped_by}"


class RecordingReceipt(models.Model):
    """Recordings that were destroyed together: the journal has the same digest under the same code."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    destroyed_at = models.DateTimeField(pgettext_lazy("field", "destroyed at"))
    count = models.PositiveIntegerField(pgettext_lazy("field", "count"))
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    # What was stored goes after the keys; until then it is noise.
    erased_at = models.DateTimeField(pgettext_lazy("field", "erased at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "receipt of destruction")
        verbose_name_plural = pgettext_lazy("model", "receipts of destruction")
        indexes = [models.Index(fields=["id"], condition=Q(erased_at=None), name="receipt_to_erase")]

    def __str__(self) -> str:
        return self.code


class RecordingPlay(models.Model):
    """Somebody opened a recording inside a case; those concerned are told when it is safe and lawful."""

    recording = models.ForeignKey(
        Recording,
        on_delete=models.PROTECT,
        related_name="plays",
        verbose_name=pgettext_lazy("field", "recording"),
    )
    actor = models.CharField(_("who"), max_length=40)
    case = models.CharField(_("case"), max_length=20)
    reason = models.CharField(_("reason"), max_length=400)
    at = models.DateTimeField(_("at"))
    told_at = models.DateTimeField(pgettext_lazy("field", "told at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "playing of a recording")
        verbose_name_plural = pgettext_lazy("model", "playings of recordings")
        indexes = [models.Index(fields=["at"], condition=Q(told_at=None), name="recording_play_untold")]

    def __str__(self) -> str:
        return f"{self.recording_id} {self.actor}"
