from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import live
from core.states import Transitions


class Line(models.TextChoices):
    """The four service lines."""

    HITCH = "hitch", _("Hitch")  # 顺风车
    EXPRESS = "express", _("Express")  # 快车
    PREMIER = "premier", _("Premier")  # 专车
    LUXURY = "luxury", _("Luxury")  # 豪华车


class DriverState(models.TextChoices):
    APPLIED = "applied", _("applied")
    VETTED = "vetted", _("vetted")
    BARRED = "barred", _("barred")


DRIVER_TRANSITIONS = Transitions(
    DriverState,
    {
        "applied": frozenset({"vetted", "barred"}),
        "vetted": frozenset({"barred"}),
        "barred": frozenset({"applied", "vetted"}),  # by a granted appeal alone
    },
    ends=frozenset(),
)


class HoldKind(models.TextChoices):
    COMPLAINT = "complaint", _("an open severe complaint")
    MISMATCH = "mismatch", _("a driver or car that is not the registered one")
    SAFETY = "safety", pgettext_lazy("driver hold", "under review")  # says no more (S11)
    STAFF = "staff", _("a decision of a member of staff")
    FACE = "face", _("face checks that failed")
    SCREENING = "screening", _("what a registry says")
    SANCTION = "sanction", _("a decision about a complaint")


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


FACE_CHECK_TRANSITIONS = Transitions(
    FaceCheckState,
    {"asked": frozenset({"passed", "failed", "unsure", "unreadable"})},
    ends={"passed", "failed", "unsure", "unreadable"},
)


# What each kind of picture that the red team shows is (`drivers.vision.attacks.Attack`).
ATTACKS = {
    "flat": pgettext_lazy("attack", "a photo that a hand moves"),
    "perspective": pgettext_lazy("attack", "a photo that is turned"),
    "bent_x": pgettext_lazy("attack", "a photo bent about an upright axis"),
    "bent_y": pgettext_lazy("attack", "a photo bent about a level axis"),
    "bump_x": pgettext_lazy("attack", "a photo with a nose pulled sideways"),
    "bump_y": pgettext_lazy("attack", "a photo with a nose pulled up and down"),
    "bump_both": pgettext_lazy("attack", "a photo with a nose pulled both ways"),
    "smooth": pgettext_lazy("attack", "a photo that is warped smoothly"),
    "piecewise": pgettext_lazy("attack", "a photo that is warped piece by piece"),
    "zoomed": pgettext_lazy("attack", "a photo that is zoomed"),
    "screen": pgettext_lazy("attack", "a photo on a screen"),
    "cut_out": pgettext_lazy("attack", "a mask cut out of a photo"),
    "stills_5": pgettext_lazy("attack", "five photos of a head that was turned"),
    "stills_9": pgettext_lazy("attack", "nine photos of a head that was turned"),
    "stills_10": pgettext_lazy("attack", "nine photos of a head that was turned, and one from closer"),
    "stills_12": pgettext_lazy("attack", "twelve photos of a head that was turned"),
}


# --- A reviewer's video call ---


class CallSide(models.TextChoices):
    DRIVER = "driver", pgettext_lazy("video call", "the driver")
    REVIEWER = "reviewer", pgettext_lazy("video call", "the reviewer")


class CallWord(models.TextChoices):
    """What the two browsers of a call tell each other by way of us (WebRTC's signalling), or us alone."""

    HELLO = "hello", pgettext_lazy("video call", "the page is open")
    OFFER = "offer", pgettext_lazy("video call", "offer")
    ANSWER = "answer", pgettext_lazy("video call", "answer")
    CANDIDATE = "candidate", pgettext_lazy("video call", "address to try")
    TROUBLE = "trouble", pgettext_lazy("video call", "something does not work")
    SEEN = "seen", pgettext_lazy("video call", "the other's picture moves")
    BYE = "bye", pgettext_lazy("video call", "hung up")


class CallTrouble(models.TextChoices):
    """Why a browser cannot take part, for the other side's page."""

    CAMERA = "camera", pgettext_lazy("video call", "no camera or microphone can be used")
    NETWORK = "network", pgettext_lazy("video call", "the two networks do not let each other through")


class CallEnd(models.TextChoices):
    HUNG_UP = "hung_up", pgettext_lazy("video call", "the reviewer hung up")
    LEFT = "left", pgettext_lazy("video call", "the driver hung up")
    DECIDED = "decided", pgettext_lazy("video call", "it was decided")
    LATE = "late", pgettext_lazy("video call", "its time was over")


# What a reviewer reads for a check's verdict (`drivers.vision.liveness.Verdict`).
VERDICT_WORDS = {
    "other_person": _("another person than the enrolled one"),
    "two_people": _("not one person throughout"),
    "repeated": _("one frame was sent twice"),
    "not_solid": _("no head in space: a picture, a screen or a mask"),
    "not_followed": _("the poses were not followed: a photo or another clip"),
    "unsure": _("neither sure nor refused"),
    "passed": _("passed"),
}


# The poses of a challenge (`drivers.vision.poses.Pose`).
POSE_WORDS = {
    "centre": _("look straight ahead"),
    "left": _("turn to the left"),
    "right": _("turn to the right"),
    "up": _("lift the chin"),
    "down": _("lower the chin"),
    "left_up": _("turn to the left and up"),
    "left_down": _("turn to the left and down"),
    "right_up": _("turn to the right and up"),
    "right_down": _("turn to the right and down"),
    "closer": _("come closer"),
}


class PlatePhotoState(models.TextChoices):
    SAME = "same", _("the registered plate was read")
    WAITING = "waiting", _("a person looks at the photo")
    UNPLACED = "unplaced", _("place not known: a person looks at the photo")
    DIFFERS = "differs", _("another plate was seen")
    REUSED = "reused", _("a photo that was sent before")


class PlateSpot(models.TextChoices):
    """Where on the photo the plate is asked to stand, by chance: an earlier photo has it elsewhere."""

    UPPER_LEFT = "upper_left", pgettext_lazy("on the photo", "upper left")
    UPPER_RIGHT = "upper_right", pgettext_lazy("on the photo", "upper right")
    LOWER_LEFT = "lower_left", pgettext_lazy("on the photo", "lower left")
    LOWER_RIGHT = "lower_right", pgettext_lazy("on the photo", "lower right")


# Nobody has decided on these: the plate counts as not verified until a person did.
UNDECIDED_PHOTO = frozenset({"waiting", "unplaced"})

PLATE_PHOTO_TRANSITIONS = Transitions(
    PlatePhotoState,
    {"waiting": frozenset({"same", "differs"}), "unplaced": frozenset({"same", "differs"})},
    ends={"same", "differs", "reused"},
)


class CaseKind(models.TextChoices):
    FACE_FAILURES = "face_failures", _("repeated face checks that failed")
    SAME_FACE = "same_face", _("one face on several accounts")
    MISMATCH = "mismatch", _("a driver or car that is not the registered one")
    PLATE_DIFFERS = "plate_differs", _("another plate on the photo before the pick-up")
    SCREENING = "screening", _("what a registry says")
    SAME_DEVICE = "same_device", _("one device on several accounts")
    FAR_SIGN_IN = "far_sign_in", _("signed in far from the moving car")
    KEPT_AWAY = "kept_away", _("many passengers do not want to ride with them again")
    POLICE = "police", _("the police ask about the driver, or took an incident over")


class AppealState(models.TextChoices):
    OPEN = "open", _("open")
    GRANTED = "granted", _("granted")
    REJECTED = "rejected", _("rejected")


APPEAL_TRANSITIONS = Transitions(
    AppealState,
    {"open": frozenset({"granted", "rejected"})},
    ends={"granted", "rejected"},
)


class CaseState(models.TextChoices):
    OPEN = "open", _("open")
    DECIDED = "decided", pgettext_lazy("vetting", "decided")
    OVERTURNED = "overturned", pgettext_lazy("vetting", "overturned on appeal")


CASE_TRANSITIONS = Transitions(
    CaseState,
    {"open": frozenset({"decided"}), "decided": frozenset({"overturned"})},
    ends={"overturned"},
)


class CaseOutcome(models.TextChoices):
    CLEARED = "cleared", _("cleared: the hold ends")
    BARRED = "barred", _("confirmed: barred from driving")


# --- Application and screening ---


class PaperKind(models.TextChoices):
    DRIVING_LICENCE = "driving_licence", _("driving licence")  # 机动车驾驶证
    VEHICLE_LICENCE = "vehicle_licence", _("vehicle licence")  # 机动车行驶证
    DRIVER_PERMIT = "driver_permit", _("ride-hailing driver permit")  # 网络预约出租汽车驾驶员证
    TRANSPORT_PERMIT = "transport_permit", _("ride-hailing vehicle permit")  # 网络预约出租汽车运输证


class Certificate(models.TextChoices):
    """The three certificates (三证), each with a photo."""

    ID_CARD = "id_card", _("ID card")  # 居民身份证
    DRIVING_LICENCE = "driving_licence", _("driving licence")
    VEHICLE_LICENCE = "vehicle_licence", _("vehicle licence")


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("not sent yet")
    CHECKING = "checking", _("the registries are being asked")
    REVIEW = "review", _("a reviewer looks at it")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", pgettext_lazy("application", "refused")


APPLICATION_TRANSITIONS = Transitions(
    ApplicationState,
    {
        "draft": frozenset({"checking"}),
        "checking": frozenset({"review", "draft"}),
        # Back to the applicant where something is to be mended; decided by two people otherwise.
        "review": frozenset({"approved", "refused", "draft"}),
        # An appeal that was granted opens it again for two other people (D8).
        "refused": frozenset({"review"}),
    },
    ends={"approved"},
)


class Decision(models.TextChoices):
    APPROVE = "approve", _("approve")
    REFUSE = "refuse", _("refuse")


class Registry(models.TextChoices):
    """What is asked at its source (D10)."""

    IDENTITY = "identity", _("identity registry")
    LICENCE = "licence", _("driving-licence registry")
    VEHICLE = "vehicle", _("vehicle registry")
    POLICE = "police", _("police registry")


class Offence(models.TextChoices):
    """Categories in which the police registry answers."""

    PERSONS = "persons", _("against persons")
    PROPERTY = "property", _("against property")
    PUBLIC_SAFETY = "public_safety", _("against public safety")
    VIOLENCE = "violence", _("violence")
    TRAFFIC_CRIME = "traffic_crime", _("traffic crime")
    DANGEROUS_DRIVING = "dangerous_driving", _("dangerous driving")
    DRUGS = "drugs", _("drugs")
    DRINK_DRIVING = "drink_driving", _("drink-driving")
    SERIOUS_ACCIDENT = "serious_accident", _("liability for a serious accident")
    COPYRIGHT = "copyright", _("copyright")
    OTHER = "other", _("other")


class ScreeningState(models.TextChoices):
    ASKED = "asked", _("the registries are being asked")
    ANSWERED = "answered", _("answered")


SCREENING_TRANSITIONS = Transitions(
    ScreeningState,
    {"asked": frozenset({"answered"})},
    ends={"answered"},
)


class Finding(models.TextChoices):
    """What a rule makes of an answer; the worst of all is the screening's."""

    CLEAR = "clear", _("nothing against it")
    REVIEW = "review", _("a person must look")
    BAR = "bar", _("bars from driving")


class RunState(models.TextChoices):
    RUNNING = "running", pgettext_lazy("screening run", "running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")


RUN_TRANSITIONS = Transitions(
    RunState,
    {
        "running": frozenset({"paused", "done"}),
        "paused": frozenset({"running"}),
    },
    ends={"done"},
)


class ChunkState(models.TextChoices):
    """A stretch is claimed and given back by compare-and-swap on state and lease (`drivers.services.runs`)."""

    WAITING = "waiting", _("waiting")
    WORKING = "working", _("working")
    DONE = "done", _("done")


# --- Mismatch (人车不符) ---


class ReportSource(models.TextChoices):
    BEFORE = "before", _("passenger, before boarding")
    DURING = "during", _("passenger, during the trip")
    AFTER = "after", _("passenger, afterwards")
    DRIVER = "driver", _("another driver")
    PUBLIC = "public", _("the public")


class RewardState(models.TextChoices):
    DUE = "due", _("to be approved")
    PROPOSED = "proposed", _("waits for a second person")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", pgettext_lazy("reward", "refused")


REWARD_TRANSITIONS = Transitions(
    RewardState,
    {
        "due": frozenset({"proposed"}),
        "proposed": frozenset({"approved", "refused", "due"}),
    },
    ends={"approved", "refused"},
)

# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("vetting", "drivers.")
live.moves("", "drivers.face_", "drivers.online", "drivers.certificate_sent", "drivers.application_begun")
live.looks("drivers.application_read", "drivers.vetting_case_read")
