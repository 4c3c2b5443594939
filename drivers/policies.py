"""Pure rules of drivers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, limits, policy
from core.errors import DomainError, Forbidden
from core.four_eyes import SecondPersonNeeded
from core.limits import Per
from core.permissions import may
from core.policy import Unit
from core.privacy import blind_index
from core.states import IllegalTransition, StaleState, may_move
from drivers.errors import (
    AlreadyProposed,
    CallOver,
    CallTaken,
    HadAPart,
    HoldEndsOtherwise,
    NotSeen,
    ScreeningOpen,
)
from drivers.states import (
    RUN_TRANSITIONS,
    UNDECIDED_PHOTO,
    AppealState,
    ApplicationState,
    CaseState,
    FaceCheckState,
    HoldKind,
    Line,
    Offence,
    RewardState,
    RunState,
    ScreeningState,
)
from drivers.vision.faces import Demands
from drivers.vision.liveness import Bands, Moves
from drivers.vision.plates import Sheets

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import (
        Appeal,
        Application,
        FaceCheck,
        Hold,
        MismatchReport,
        PlatePhoto,
        Reward,
        Screening,
        ScreeningRun,
        VettingCase,
        VideoCall,
    )

# --- Faces ---------------------------------------------------------------------------------------
# The bounds keep a face check one: no value takes anybody for the enrolled person, and none refuses everybody.

FACE_ACCEPT = policy.declare(
    "drivers.face_accept",  # D4
    policy.Real(0.37, 0.8),
    0.45,
    name=pgettext_lazy("policy name", "Likeness from which a face is accepted"),
    about=_("From this likeness (cosine) on a face is taken for the enrolled one."),
)
FACE_REFUSE = policy.declare(
    "drivers.face_refuse",  # D4
    policy.Real(0.2, 0.37),
    0.36,
    name=pgettext_lazy("policy name", "Likeness below which a face is refused"),
    about=_("Below this likeness (cosine) a face is another person's; between both limits nobody knows."),
)
SAME_FACE = policy.declare(
    "drivers.same_face",  # D7
    policy.Real(0.37, 0.9),
    0.5,
    name=pgettext_lazy("policy name", "One face on two accounts"),
    about=_("From this likeness (cosine) on the faces of two accounts open a case."),
)
FACE_MOVES = policy.declare(
    "drivers.face_moves",  # D4
    policy.Record(
        Moves,
        {
            "steps": policy.Whole(8, 10),
            "turn": policy.Real(6.0, 20.0),
            "off": policy.Real(25.0, 50.0),
            "apart": policy.Real(2.0, 6.0),
            "positions": policy.Whole(10, 18),
            "closer_by": policy.Real(1.05, 2.0, Unit.TIMES),
            "nearing": policy.Real(0.04, 0.12),
            "same_throughout": policy.Real(0.37, 0.9),
            "relief": policy.Real(0.7, 0.85),
            "least_reach": policy.Real(0.4, 0.9, Unit.TIMES),
            "most_reach": policy.Real(1.3, 1.6, Unit.TIMES),
        },
        labels={
            "steps": pgettext_lazy("face check", "poses"),
            "turn": pgettext_lazy("face check", "least turn of the head, in degrees"),
            "off": pgettext_lazy("face check", "most degrees beside the asked direction"),
            "apart": pgettext_lazy("face check", "least difference of two turns, in degrees"),
            "positions": pgettext_lazy("face check", "positions in which the head is seen"),
            "closer_by": pgettext_lazy("face check", "width when closer"),
            "nearing": pgettext_lazy("face check", "least additional growth of what stands out when closer"),
            "same_throughout": pgettext_lazy("face check", "likeness of all frames"),
            "relief": pgettext_lazy("face check", "least likeness of the relief to a head's"),
            "least_reach": pgettext_lazy("face check", "least movement of the skin for the turn"),
            "most_reach": pgettext_lazy("face check", "most movement of the skin for the turn"),
        },
    ),
    Moves(),
    name=pgettext_lazy("policy name", "Challenge of a face check"),
    about=_("How many poses a face check asks for, how far they must go, and how alike all frames must be."),
)
FACE_DEMANDS = policy.declare(
    "drivers.face_demands",  # D4
    policy.Record(
        Demands,
        {
            "height": policy.Whole(60, 400),
            "light": policy.Whole(15, 128),
            "certain": policy.Real(0.5, 0.95),
            "beside": policy.Real(0.05, 0.6, Unit.SHARE),
        },
        labels={
            "height": pgettext_lazy("face check", "least height of the face, in pixels"),
            "light": pgettext_lazy("face check", "least light, of 255"),
            "certain": pgettext_lazy("face check", "least certainty that it is a face"),
            "beside": pgettext_lazy("face check", "size of a second face that counts"),
        },
    ),
    Demands(),
    name=pgettext_lazy("policy name", "Picture of a face"),
    about=_("What a picture must show before a face in it is compared."),
)
FACE_FAILURES = policy.declare(
    "drivers.face_failures",  # D4
    policy.Whole(1, 10),
    3,
    name=pgettext_lazy("policy name", "Failed face checks before a freeze"),
    about=_("So many failed checks in a row freeze the account."),
)
FACE_CHALLENGE_LIFE = policy.declare(
    "drivers.face_challenge_life",
    policy.Span(30, 600),
    90,
    name=pgettext_lazy("policy name", "Time for a face check"),
    about=_("The time to follow a challenge."),
)
FACE_POSE_WITHIN = policy.declare(
    "drivers.face_pose_within",
    policy.Span(10, 60),
    25,
    name=pgettext_lazy("policy name", "Time for one pose"),
    about=_(
        "From a pose to its pictures, by the server's clock. Whoever takes longer has not failed, and may begin anew or ask for a video call."
    ),
)
FACE_CHALLENGES = limits.declare(
    "drivers.face_challenges",
    {Per.TARGET: 300},
    within=86_400,
    name=pgettext_lazy("policy name", "Face checks of one driver"),
    about=_("So many checks a driver can begin: nobody waits for the row of poses that a clip shows."),
)
# Of one pose's pictures, in milliseconds of the page's clock, which no server's time may be shorter than: the last is not
# taken before, and none so soon after another. A head does not turn faster; pictures that are sent in one go are none of it.
FACE_POSE_LEAST, FACE_FRAMES_APART = 300, 60
FACE_TOKEN_LIFE = policy.declare(
    "drivers.face_token_life",  # D4
    policy.Span(30, 1_800),
    300,
    name=pgettext_lazy("policy name", "Life of a passed face check"),
    about=_("How long a passed check opens an acceptance."),
)
VIDEO_CALL_WITHIN = policy.declare(
    "drivers.video_call_within",  # D4
    policy.Span(300, 86_400),
    1_800,
    name=pgettext_lazy("policy name", "Video call instead of a face check"),
    about=_("A reviewer's video call happens within this time, or is asked for again."),
)
VIDEO_CALL_LASTS = policy.declare(
    "drivers.video_call_lasts",
    policy.Span(300, 3_600),
    900,
    name=pgettext_lazy("policy name", "Length of a video call"),
    about=_("From the moment in which a reviewer takes a wish there is so much time to call and to decide."),
)
VIDEO_CALL_LEAST = policy.declare(
    "drivers.video_call_least",  # D4
    policy.Span(5, 120),
    10,
    name=pgettext_lazy("policy name", "Least time seen in a video call"),
    about=_("A reviewer decides only after both have seen each other for so long."),
)
FRAMES_KEPT = policy.declare(
    "drivers.face_frames_kept",
    policy.Span(3_600, 30 * 86_400),
    259_200,
    name=pgettext_lazy("policy name", "Frames of a passed face check"),
    about=_("How long frames of a passed check are kept."),
)
FAILED_FRAMES_KEPT = policy.declare(
    "drivers.failed_face_frames_kept",
    policy.Span(30 * 86_400, 1_095 * 86_400),
    15_552_000,
    name=pgettext_lazy("policy name", "Frames of a failed face check"),
    about=_("How long frames of a failed check are kept as evidence."),
)

# --- Plates and pick-up --------------------------------------------------------------------------

PICKUP_WITHIN = policy.declare(
    "drivers.pickup_check_within",  # D11
    policy.Span(60, 3_600),
    600,
    name=pgettext_lazy("policy name", "Check before the pick-up"),
    about=_("The check before the pick-up is at most this old at arrival."),
)
VEHICLE_SAID_FOR = policy.declare(
    "drivers.vehicle_said_for",
    policy.Span(3_600, 7 * 86_400),
    86_400,
    name=pgettext_lazy("policy name", "Which of two cars"),
    about=_("So long counts what a driver with two cars said of which one they drive."),
)
PLATE_CERTAINTY = policy.declare(
    "drivers.plate_certainty",  # D11
    policy.Real(0.5, 0.99),
    0.85,
    name=pgettext_lazy("policy name", "Certainty of a plate that was read"),
    about=_("A plate that was read with less certainty is looked at by a person."),
)
PHOTO_SAME = policy.declare(
    "drivers.photo_same",
    policy.Whole(0, 48),
    12,
    name=pgettext_lazy("policy name", "The same photo"),
    about=_(
        "Photos of cars whose fingerprints differ in at most so many of 256 bits are one: the later one is refused."
    ),
)
PHOTO_ALIKE = policy.declare(
    "drivers.photo_alike",
    policy.Whole(0, 96),
    40,
    name=pgettext_lazy("policy name", "Photos that resemble each other"),
    about=_("Up to so many of 256 bits, a person looks at both photos."),
)
PHOTO_SHARED = policy.declare(
    "drivers.photo_shared",
    policy.Real(0.05, 0.5, Unit.SHARE),
    0.06,
    name=pgettext_lazy("policy name", "Photos of which one is a part of the other"),
    about=_(
        "From this share on of what stands out on a photo and lies as it lay on an earlier one, however cut and turned, a person looks at both."
    ),
)
PHOTO_AWAY = policy.declare(
    "drivers.photo_away",
    policy.Whole(100, 20_000, Unit.METRES),
    3_000,
    name=pgettext_lazy("policy name", "Photo far from the pick-up"),
    about=_(
        "A person looks at the photo of a car whose driver's phone is farther than this from the pick-up."
    ),
)
PHOTO_PLACE_AGE = policy.declare(
    "drivers.photo_place_age",
    policy.Span(30, 1_800),
    300,
    name=pgettext_lazy("policy name", "Place of a photo"),
    about=_(
        "Where a driver's phone was longer ago than this does not say where the photo of the car was taken."
    ),
)
PHOTO_SHEET = policy.declare(
    "drivers.photo_sheet",  # D11
    policy.Record(
        Sheets,
        {
            "blank": policy.Real(0.2, 0.9),
            "square": policy.Real(0.5, 1.0),
            "bare": policy.Real(0.5, 1.0),
        },
        labels={
            "blank": pgettext_lazy("photo", "share that shows nothing"),
            "square": pgettext_lazy("photo", "how far the part with the plate fills a rectangle"),
            "bare": pgettext_lazy("photo", "share of an edge that it leaves free"),
        },
    ),
    Sheets(),
    name=pgettext_lazy("policy name", "Photo of a picture on a sheet"),
    about=_(
        "A photo of a car that shows nothing on so much of it, or whose part with the plate is a rectangle that leaves so much of an edge free, is looked at by a person."
    ),
)
PLATE_MARKS = policy.declare(
    "drivers.plate_marks",  # D11
    policy.Whole(1, 4),
    3,
    name=pgettext_lazy("policy name", "Marks in which another plate differs"),
    about=_("A plate that differs in so many marks is another plate; with fewer a person looks."),
)

# --- Papers, screening, vetting ------------------------------------------------------------------

LEAST_AGE = policy.declare(
    "drivers.least_age",
    policy.Whole(18, 30, Unit.YEARS),  # 18 by Order 162 of the Ministry of Public Security
    18,
    name=pgettext_lazy("policy name", "Least age of drivers"),
    about=_("Nobody younger is taken as a driver."),
)
PAPERS_AHEAD = policy.declare(
    "drivers.papers_ahead",  # D9
    policy.Row(policy.Span(1, 180, Unit.DAYS), 3, falling=True),
    (30, 7, 1),
    name=pgettext_lazy("policy name", "Warnings before papers end"),
    about=_("So long before a certificate ends its driver is told: first, second and last warning."),
)
PAPERS_ENDED_FOR = policy.declare(
    "drivers.papers_ended_for",  # D9
    policy.Span(1, 365, Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Papers that have ended"),
    about=_("A driver is told of a certificate that ended no longer ago than this."),
)
CERTIFICATES_KEPT = policy.declare(
    "drivers.certificates_kept",
    policy.Span(730 * 86_400, 3_650 * 86_400),  # Interim Measures, art. 27: two years
    63_072_000,
    name=pgettext_lazy("policy name", "Photos of certificates"),
    about=_("How long photos of certificates are kept after they were sent; the law asks for two years."),
)
CERTIFICATE_PHOTOS = limits.declare(
    "drivers.certificate_photos",
    {Per.TARGET: 60},
    within=3_600,
    name=pgettext_lazy("policy name", "Photos of one application"),
    about=_("So many photos of one application are read."),
)


TOLD_FROM_HOUR, TOLD_WITHIN = 8, 12  # of the next day in Asia/Shanghai, and hours after it


def told_from(at: datetime, code: str) -> datetime:
    """From when a driver may be told of something that began at `at` and concerns a trip: not before the next day (S11+).

    The hour depends on the code alone, in a way that nobody can compute who has no key: it points to no trip.
    """
    drawn = int(blind_index(code, purpose="told")[:8], 16) % (TOLD_WITHIN * 3_600)
    first = timezone.localtime(at).replace(hour=TOLD_FROM_HOUR, minute=0, second=0, microsecond=0)
    return first + timedelta(days=1, seconds=drawn)


class OffenceRule(TextChoices):
    """What a record of a category means for an applicant."""

    REFUSE = "refuse", pgettext_lazy("record", "refuse")
    REVIEW = "review", pgettext_lazy("record", "a person reviews")
    ADMIT = "admit", pgettext_lazy("record", "admit")


# The promise of 2018: no policy lifts these, and nobody can be approved with one.
NEVER = frozenset({Offence.PERSONS, Offence.PROPERTY, Offence.PUBLIC_SAFETY, Offence.VIOLENCE})
NEVER_RULE = policy.fixed("M07", pgettext_lazy("policy name", "Crimes that bar for ever"))
OFFENCE_RULES = policy.declare(
    "drivers.offence_rules",  # D2
    policy.Table.of([one for one in Offence if one not in NEVER], policy.Choice(OffenceRule)),
    {
        "traffic_crime": "refuse",
        "dangerous_driving": "refuse",
        "drugs": "refuse",
        "drink_driving": "refuse",
        "serious_accident": "review",
        "copyright": "review",
        "other": "review",
    },
    name=pgettext_lazy("policy name", "Criminal and traffic records"),
    about=_("What a record of each category means. Records against persons, property or public safety always bar."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineConditions:
    """Years of driving, and the penalty points in one of the last three periods that bar; 0 for none."""

    years: int
    points: int


LINE_CONDITIONS = policy.declare(
    "drivers.line_conditions",  # Interim Measures, art. 14
    policy.Table.of(
        Line,
        policy.Record(
            LineConditions,
            {"years": policy.Whole(1, 20, Unit.YEARS), "points": policy.Whole(0, 12)},
            labels={
                "years": pgettext_lazy("driver's conditions", "years of driving"),
                "points": pgettext_lazy("driver's conditions", "penalty points that bar"),
            },
        ),
    ),
    {
        "hitch": LineConditions(years=1, points=0),
        "express": LineConditions(years=3, points=12),
        "premier": LineConditions(years=3, points=12),
        "luxury": LineConditions(years=3, points=12),
    },
    name=pgettext_lazy("policy name", "Driver's conditions of each line"),
    about=_("Years of driving, and the penalty points in one of the last three periods that bar; 0 for none."),
)  # fmt: skip
SCREENED_WITHIN = policy.declare(
    "drivers.screened_within",  # D2
    policy.Span(30 * 86_400, 730 * 86_400),
    365 * 86_400,
    name=pgettext_lazy("policy name", "Age of a screening"),
    about=_("Nobody drives whose last screening is older."),
)
SCREENING_RULE = policy.fixed("D6", pgettext_lazy("policy name", "Screening of drivers"))
RUN_LIMIT = policy.declare(
    "drivers.screening_concurrency",  # D6
    policy.Whole(1, 256),
    32,
    name=pgettext_lazy("policy name", "Questions to the registries at once"),
    about=_("How many drivers one worker asks the registries about at the same time."),
)
RUN_WORKERS = policy.declare(
    "drivers.screening_workers",  # D6
    policy.Whole(1, 32),
    1,
    name=pgettext_lazy("policy name", "Workers of a screening"),
    about=_("How many workers screen the fleet at the same time, each with its own limit."),
)
RUN_WITHIN = policy.declare(
    "drivers.screening_run_within",  # D6
    policy.Span(86_400, 90 * 86_400),
    7 * 86_400,
    name=pgettext_lazy("policy name", "Screening of the fleet"),
    about=_("A screening of the fleet is done this long after its start."),
)
APPEAL_WITHIN = policy.declare(
    "drivers.appeal_within",  # D8
    policy.Span(3_600, 30 * 86_400),
    259_200,
    name=pgettext_lazy("policy name", "Appeal of a driver"),
    about=_("A driver's appeal is decided within this time, by somebody who had no part in the hold."),
)

# --- Mismatches ----------------------------------------------------------------------------------

MISMATCH_RULE = policy.fixed("D5", pgettext_lazy("policy name", "Driver or car other than registered"))
MISMATCH_REWARD = policy.declare(
    "drivers.mismatch_reward",  # D5
    policy.Whole(0, 1_000_000, Unit.FEN),
    30_000,
    name=pgettext_lazy("policy name", "Reward for a report"),
    about=_("What the first reporter of a confirmed mismatch gets."),
)
REWARD_WITHIN = policy.declare(
    "drivers.reward_within",  # D5
    policy.Span(86_400, 90 * 86_400),
    7 * 86_400,
    name=pgettext_lazy("policy name", "Decision about a reward"),
    about=_("A reward is decided this long after the mismatch was confirmed."),
)
STREET_REPORTS = limits.declare(
    "drivers.street_reports",
    {Per.DEVICE: 10, Per.ADDRESS: 100},
    within=3_600,
    name=pgettext_lazy("policy name", "Reports from the street"),
    about=_(
        "So many reports of a car are taken from one device and one address. One that tells of danger is taken beyond it too: it says 'many from this address', and a reviewer finds out whom it is about."
    ),
)
# The version of the text that drivers agree to.
FACE_CONSENT = policy.fixed(
    "face-1", pgettext_lazy("policy name", "Consent to recognition of faces, version 1")
)
VIDEO_CONSENT = policy.fixed(
    "video-1", pgettext_lazy("policy name", "Consent to recorded video calls, version 1")
)
DAILY_LINES = frozenset({"express", "premier", "luxury"})


def bands() -> Bands:
    """The thresholds in force; measured error rates are in `docs/faces.md`."""
    return Bands(accept=policy.value(FACE_ACCEPT), refuse=policy.value(FACE_REFUSE))


# --- What takes two people -----------------------------------------------------------------------

four_eyes.declare(
    "drivers.case",
    _("The outcome of a vetting case"),
    table="drivers.VettingCase",
    first="proposed_by",
    second="decided_by",
    law="vetting_case_two_people",
)
four_eyes.declare(
    "drivers.application",
    _("The decision on an application"),
    table="drivers.VettingDecision",
    first="proposed_by",
    second="agreed_by",
    law="vetting_decision_two_people",
)
four_eyes.declare(
    "drivers.reward",
    _("The reward for a report"),
    table="drivers.Reward",
    first="proposed_by",
    second="approved_by",
    law="reward_two_people",
)
four_eyes.declare(
    "drivers.appeal",
    _("The decision on a driver's appeal"),
    table="drivers.Appeal",
    first="proposed_by",
    second="decided_by",
    law="appeal_two_people",
)
four_eyes.declare(
    "drivers.hold_release",
    _("The release of a driver's hold"),
    table="drivers.Hold",
    first="release_proposed_by",
    second="released_by",
    law="hold_released_by_two_people",
)

# What a complaint's decision began, its decision, review or appeal ends (`complaints`); all else takes two here.
ENDS_WITH_COMPLAINT = frozenset({HoldKind.COMPLAINT, HoldKind.SANCTION})
_BY_CASE = _("This hold ends when two people clear its vetting case, or grant an appeal.")
ENDS_BY: Mapping[HoldKind, str | Promise] = {
    HoldKind.COMPLAINT: _("This hold ends with the complaint's decision or review, or when two people grant an appeal."),
    HoldKind.MISMATCH: _BY_CASE,
    HoldKind.SAFETY: _("This hold ends with the reviewed outcome of its incident, or when two people clear its vetting case or grant an appeal."),
    HoldKind.STAFF: _("Two people release this hold: one proposes it, another agrees."),
    HoldKind.FACE: _BY_CASE,
    HoldKind.SCREENING: _BY_CASE,
    HoldKind.SANCTION: _("This hold ends when its time is over, or by another decision about the complaint."),
}  # fmt: skip


# --- What may be done now ------------------------------------------------------------------------
# Each rule gives the error with which a service refuses, asked under its lock; the page says its sentence.


def _not_second(account: "Account", proposed_by: str) -> DomainError | None:
    if not proposed_by:
        return IllegalTransition()
    return SecondPersonNeeded() if account.code == proposed_by else None


def _by_two(account: "Account", proposed_by: str, key: str) -> DomainError | None:
    """One proposes where nothing is proposed; another agrees to it, or does not. Raises `KeyError` for no action."""
    first = AlreadyProposed(who=proposed_by) if proposed_by else None
    return {
        "propose": first,
        "agree": _not_second(account, proposed_by),
        "disagree": _not_second(account, proposed_by),
    }[key]


def against_case(case: "VettingCase", account: "Account", key: str) -> DomainError | None:
    """What is against an action on a vetting case. Raises `KeyError` for no action."""
    if not may(account, "vetting.decide"):
        return Forbidden()
    if case.state != CaseState.OPEN:
        return IllegalTransition()
    return _by_two(account, case.proposed_by, key)


def against_application(
    application: "Application", account: "Account", key: str, last: "Screening | None"
) -> DomainError | None:
    """What is against an action on an application, whose newest screening is `last`. Raises `KeyError` for no action."""
    if not may(account, "vetting.decide"):
        return Forbidden()
    if application.state != ApplicationState.REVIEW:
        return IllegalTransition()
    asked = ScreeningOpen() if last is None or last.state != ScreeningState.ANSWERED else None
    return {
        "propose": _by_two(account, application.proposed_by, "propose") or asked,
        "agree": _by_two(account, application.proposed_by, "agree") or asked,
        "disagree": _by_two(account, application.proposed_by, "disagree"),
        "return": None,
        "ask": ScreeningOpen() if last and last.state == ScreeningState.ASKED else None,
    }[key]


def against_video(
    check: "FaceCheck", account: "Account", key: str, calls: Collection["VideoCall"], at: datetime
) -> DomainError | None:
    """What is against an action on a driver's wish for a video call, of which these `calls` were made.

    Nobody decides unseen: it takes a call of one's own in which both have seen each other. Raises `KeyError` for no
    action.
    """
    if not may(account, "vetting.decide"):
        return Forbidden()
    if check.state != FaceCheckState.ASKED:
        return IllegalTransition()
    if at > check.expires_at or check.driver.account_id == account.pk:
        return StaleState()
    other = next((call.reviewer for call in calls if not call.ended_at and call.reviewer != account.code), "")
    if other:
        return CallTaken(who=other)
    mine = [call for call in calls if call.reviewer == account.code]
    least = policy.value(VIDEO_CALL_LEAST)
    seen = any(call.seconds >= least for call in mine)
    return {
        "take": None,
        "hang_up": None if any(not call.ended_at for call in mine) else CallOver(),
        "decide": None if seen else NotSeen(seconds=least),
    }[key]


def against_plate(photo: "PlatePhoto", account: "Account") -> DomainError | None:
    """What is against saying what is on a photo."""
    if not may(account, "plates.read"):
        return Forbidden()
    return None if photo.state in UNDECIDED_PHOTO else IllegalTransition()


def against_report(report: "MismatchReport", account: "Account", key: str) -> DomainError | None:
    """What is against saying whom a report is about, or that one looked at its words."""
    if key == "look":
        return (None if report.rings else StaleState()) if may(account, "vetting.see") else Forbidden()
    if not may(account, "vetting.decide"):
        return Forbidden()
    return None if report.driver_id is None else StaleState()


def against_reward(reward: "Reward", account: "Account", key: str) -> DomainError | None:
    """What is against an action on a reward. Raises `KeyError` for no action."""
    if not may(account, "rewards.decide"):
        return Forbidden()
    wanted = {"propose": RewardState.DUE, "approve": RewardState.PROPOSED, "refuse": RewardState.PROPOSED}[
        key
    ]
    if reward.state != wanted:
        return IllegalTransition()
    return None if key == "propose" else _not_second(account, reward.proposed_by)


def against_appeal(
    appeal: "Appeal", account: "Account", key: str, parties: Collection[str]
) -> DomainError | None:
    """What is against an action on an appeal; `parties` had a part in what it is about. Raises `KeyError` for no action."""
    if not may(account, "holds.release"):
        return Forbidden()
    if appeal.state != AppealState.OPEN:
        return IllegalTransition()
    if key == "look":
        return None if appeal.rings else StaleState()
    return HadAPart() if account.code in parties else _by_two(account, appeal.proposed_by, key)


def against_release(hold: "Hold", account: "Account", key: str) -> DomainError | None:
    """What is against an action on the release of a hold. Raises `KeyError` for no action."""
    if not may(account, "holds.release"):
        return Forbidden()
    if hold.released_at is not None:
        return IllegalTransition()
    if hold.kind != HoldKind.STAFF:
        return HoldEndsOtherwise(way=ENDS_BY[HoldKind(hold.kind)])
    return _by_two(account, hold.release_proposed_by, key)


def against_run(run: "ScreeningRun", account: "Account", key: str) -> DomainError | None:
    """What is against an action on a screening of the fleet. Raises `KeyError` for no action."""
    if not may(account, "fleet.screen"):
        return Forbidden()
    wanted = {"pause": RunState.PAUSED, "resume": RunState.RUNNING}[key]
    return None if may_move(RUN_TRANSITIONS, run.state, wanted) else IllegalTransition()


policy.safer(policy.LOWER, FACE_TOKEN_LIFE, PICKUP_WITHIN, SCREENED_WITHIN)
