from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pgvector.django import VectorField

from core import formats
from drivers.models.people import Driver, Vehicle
from drivers.states import (
    POSE_WORDS,
    UNDECIDED_PHOTO,
    VERDICT_WORDS,
    FaceCheckState,
    FacePurpose,
    PlatePhotoState,
    PlateSpot,
)


class FaceTemplate(models.Model):
    """A description of an enrolled face under the secret rotation (`drivers.vision.templates`), never a picture."""

    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        related_name="templates",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    protected = VectorField(pgettext_lazy("field", "protected template"), dimensions=128)
    # Which weights and library made it: descriptions of two models cannot be compared.
    model = models.CharField(pgettext_lazy("facetemplate", "model"), max_length=80)
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    retired_at = models.DateTimeField(pgettext_lazy("field", "retired at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "face template")
        verbose_name_plural = pgettext_lazy("model", "face templates")
        indexes = [
            models.Index(fields=["driver"], condition=Q(retired_at=None), name="template_in_use"),
        ]

    def __str__(self) -> str:
        return f"template of {self.driver_id}"


class FaceCheck(models.Model):
    """One challenge and what came of it. A passed one carries a token that opens one thing once."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="face_checks", verbose_name=_("driver")
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=FacePurpose.choices)
    # The trip's code for `accept` and `pickup`, the service day (ISO) for `daily`.
    subject = models.CharField(_("subject"), max_length=20)
    challenge = ArrayField(models.CharField(max_length=10), verbose_name=pgettext_lazy("field", "challenge"))
    # When the pictures of each pose were named, and their digests: only then is the next one said.
    followed = models.JSONField(pgettext_lazy("field", "poses followed"), default=list, db_default=[])
    # A reviewer looks by video instead of the model (`drivers.services.video`).
    by_video = models.BooleanField(_("by video call"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=FaceCheckState.choices, default=FaceCheckState.ASKED
    )
    asked_at = models.DateTimeField(pgettext_lazy("time", "asked"))
    expires_at = models.DateTimeField(pgettext_lazy("field", "expires at"))
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    verdict = models.CharField(_("verdict"), max_length=20, blank=True)
    score = models.FloatField(_("likeness"), null=True)
    # The figures behind the verdict (`drivers.vision.liveness.Judgement`); their sentence is `why`.
    facts = models.JSONField(pgettext_lazy("field", "facts"), default=dict)
    # Who looked by video; why they decided so is in the journal.
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True)
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60, blank=True)
    token_digest = models.CharField(pgettext_lazy("field", "digest of the token"), max_length=64, blank=True)
    token_until = models.DateTimeField(pgettext_lazy("field", "token valid until"), null=True)
    token_used_at = models.DateTimeField(pgettext_lazy("field", "token used at"), null=True)

    class Meta:
        verbose_name = _("face check")
        verbose_name_plural = _("face checks")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FaceCheckState.values) & Q(purpose__in=FacePurpose.values),
                name="face_check_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="asked") ^ Q(decided_at__isnull=False), name="face_check_decided_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(token_digest="") | Q(state="passed"), name="face_token_only_when_passed"
            ),
            models.UniqueConstraint(
                fields=["token_digest"], condition=~Q(token_digest=""), name="face_token_is_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["driver", "-decided_at"], name="face_checks_of_driver"),
            models.Index(fields=["subject", "purpose"], name="face_checks_of_subject"),
            models.Index(
                fields=["asked_at"], condition=Q(state="asked", by_video=True), name="video_check_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def verdict_label(self) -> str:
        """The verdict in the reader's words."""
        return str(VERDICT_WORDS.get(self.verdict, self.verdict))

    @property
    def why(self) -> str:
        """From which figures or by whom, in the reader's words; empty where the verdict says it all."""
        if self.decided_by:
            return _("Seen by video by %(who)s") % {"who": self.decided_by}
        match self.facts:
            case {"pose": pose, "same_as": before}:
                return _("Not followed: %(pose)s; it showed the same as: %(before)s") % {
                    "pose": POSE_WORDS[pose],
                    "before": POSE_WORDS[before],
                }
            case {"positions": count}:
                return _("The head was seen in %(count)s positions only: a few photos show as many") % {
                    "count": count
                }
            case {"pose": pose}:
                return _("Not followed: %(pose)s") % {"pose": POSE_WORDS[pose]}
            case {"least": least}:
                return _("One frame is alike to the others by %(likeness)s only") % {
                    "likeness": f"{least:.2f}"
                }
            case {"frame": number}:
                return _("Frame %(number)s came before") % {"number": number}
            case {"nearing": nearing}:
                return _(
                    "When closer, what stands out grew by %(nearing)s more for each width of the face; nothing says a picture"
                ) % {"nearing": f"{nearing:.2f}"}
            case {"relief": relief, "reach": reach}:
                return _(
                    "Relief like a head's by %(relief)s; skin moved %(reach)s times as far as by its turns"
                ) % {
                    "relief": f"{relief:.2f}",
                    "reach": f"{reach:.2f}",
                }
            case _nothing:
                return ""


class FaceFrame(models.Model):
    """One frame of a check, for the reviewer of a case."""

    check_row = models.ForeignKey(
        FaceCheck,
        on_delete=models.PROTECT,
        related_name="frames",
        verbose_name=pgettext_lazy("field", "face check"),
    )
    step = models.PositiveSmallIntegerField(pgettext_lazy("field", "step"))
    picture = models.OneToOneField(
        "core.StoredPicture", on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "picture")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "frame of a face check")
        verbose_name_plural = pgettext_lazy("model", "frames of face checks")

    def __str__(self) -> str:
        return f"{self.check_row_id} step {self.step}"


class PlatePhoto(models.Model):
    """The live photo of car and plate within ten minutes before the pick-up (D11)."""

    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        related_name="plate_photos",
        verbose_name=pgettext_lazy("field", "driver"),
    )
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "vehicle")
    )
    face_check = models.OneToOneField(
        FaceCheck, on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "face check")
    )
    # The trip's code.
    subject = models.CharField(_("trip"), max_length=20)
    picture = models.OneToOneField(
        "core.StoredPicture", on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "picture")
    )
    read = models.CharField(_("plate read"), max_length=12, blank=True)
    certainty = models.FloatField(pgettext_lazy("field", "certainty of reading"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=PlatePhotoState.choices)
    # Where the plate was asked to stand; whether it did, null where no plate was found (D11+).
    spot = models.CharField(
        pgettext_lazy("field", "place asked for"), max_length=12, choices=PlateSpot.choices, blank=True
    )
    # A difference hash of 256 bits, as hex, and the photo that this one looks like.
    fingerprint = models.CharField(pgettext_lazy("field", "fingerprint"), max_length=64, blank=True)
    # What stands out on it (`drivers.vision.marks`): a part of it is known again, turned and larger too.
    marks = models.BinaryField(pgettext_lazy("field", "marks"), default=b"", db_default=b"")
    like = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, verbose_name=pgettext_lazy("field", "looks like")
    )
    # It may show a picture on a sheet: a person looks whether the plate is on a car.
    on_sheet = models.BooleanField(pgettext_lazy("field", "a picture on a sheet"), default=False)
    # How far the driver's phone was from the pick-up, and when it said so; null where it said nothing of late.
    metres_away = models.PositiveIntegerField(pgettext_lazy("field", "metres from the pick-up"), null=True)
    placed_at = models.DateTimeField(pgettext_lazy("field", "phone's position at"), null=True)
    taken_at = models.DateTimeField(pgettext_lazy("photo", "taken"))
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("plate photo")
        verbose_name_plural = _("plate photos")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PlatePhotoState.values), name="plate_photo_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(UNDECIDED_PHOTO)) | ~Q(decided_by=""),
                name="plate_photo_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="plate_photo_of_trip"),
            models.Index(fields=["fingerprint"], condition=~Q(fingerprint=""), name="plate_photo_alike"),
            models.Index(
                fields=["taken_at"],
                condition=Q(state__in=sorted(UNDECIDED_PHOTO)),
                name="plate_photo_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.get_state_display()}"


class OnlineSpell(models.Model):
    """A driver of express, premier or luxury is online; none begins without the day's face check (D4)."""

    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="spells", verbose_name=pgettext_lazy("field", "driver")
    )
    line = models.CharField(pgettext_lazy("field", "line"), max_length=10)
    face_check = models.ForeignKey(
        FaceCheck,
        on_delete=models.PROTECT,
        related_name="spells",
        verbose_name=pgettext_lazy("field", "face check"),
    )
    began_at = models.DateTimeField(pgettext_lazy("field", "began at"))
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "time online")
        verbose_name_plural = pgettext_lazy("model", "times online")
        constraints = [
            models.UniqueConstraint(
                fields=["driver"], condition=Q(ended_at=None), name="one_open_spell_per_driver"
            )
        ]
        # Who went offline lately, and who is online (the regulator's feed).
        indexes = [models.Index(fields=["ended_at"], name="spell_by_end")]

    def __str__(self) -> str:
        return f"{self.driver_id} online since {formats.moment(self.began_at)}"
