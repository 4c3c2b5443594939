from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Transitions


class DriverState(models.TextChoices):
    APPLIED = "applied", _("applied")
    VETTED = "vetted", _("vetted")
    BARRED = "barred", _("barred")


DRIVER_TRANSITIONS: Transitions = {
    "applied": frozenset({"vetted", "barred"}),
    "vetted": frozenset({"barred"}),
    "barred": frozenset(),
}


class HoldKind(models.TextChoices):
    COMPLAINT = "complaint", _("an open severe complaint")
    MISMATCH = "mismatch", _("a driver or car that is not the registered one")
    SAFETY = "safety", _("an open safety incident")
    STAFF = "staff", _("a decision of a member of staff")
    FACE = "face", _("face checks that failed")


class FacePurpose(models.TextChoices):
    """What a face check is for. The key of a hitch check is the order, of the others the day or the paper."""

    ENROL = "enrol", _("enrolment")
    ACCEPT = "accept", _("before an order is accepted")
    DAILY = "daily", _("once a day before going online")
    PICKUP = "pickup", _("before the pick-up")


class FaceCheckState(models.TextChoices):
    ASKED = "asked", _("asked")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")
    UNSURE = "unsure", _("neither sure nor refused")
    UNREADABLE = "unreadable", _("could not be read")


FACE_CHECK_TRANSITIONS: Transitions = {
    "asked": frozenset({"passed", "failed", "unsure", "unreadable"}),
    "passed": frozenset(),
    "failed": frozenset(),
    "unsure": frozenset(),
    "unreadable": frozenset(),
}


# What a reviewer reads for a check's verdict (`drivers.vision.liveness.Verdict`).
VERDICT_WORDS = {
    "other_person": _("another person than the enrolled one"),
    "two_people": _("not one person throughout"),
    "not_followed": _("the poses were not followed: a photo or another clip"),
    "unsure": _("neither sure nor refused"),
    "passed": _("passed"),
}


class PlatePhotoState(models.TextChoices):
    SAME = "same", _("the registered plate was read")
    WAITING = "waiting", _("a person looks at the photo")
    DIFFERS = "differs", _("another plate was seen")


PLATE_PHOTO_TRANSITIONS: Transitions = {
    "waiting": frozenset({"same", "differs"}),
    "same": frozenset(),
    "differs": frozenset(),
}


class CaseKind(models.TextChoices):
    FACE_FAILURES = "face_failures", _("repeated face checks that failed")
    SAME_FACE = "same_face", _("one face on several accounts")
    UNREADABLE_FACE = "unreadable_face", _("a face that the model cannot read: video call")
    MISMATCH = "mismatch", _("a driver or car that is not the registered one")
    PLATE_DIFFERS = "plate_differs", _("another plate on the photo before the pick-up")


class AppealState(models.TextChoices):
    OPEN = "open", _("open")
    GRANTED = "granted", _("granted")
    REJECTED = "rejected", _("rejected")


APPEAL_TRANSITIONS: Transitions = {
    "open": frozenset({"granted", "rejected"}),
    "granted": frozenset(),
    "rejected": frozenset(),
}


class CaseState(models.TextChoices):
    OPEN = "open", _("open")
    DECIDED = "decided", _("decided")


CASE_TRANSITIONS: Transitions = {"open": frozenset({"decided"}), "decided": frozenset()}


class CaseOutcome(models.TextChoices):
    CLEARED = "cleared", _("cleared: the hold ends")
    BARRED = "barred", _("barred from driving")
