"""Pure rules of drivers."""

from core import policy
from drivers.vision.liveness import Bands

FACE_ACCEPT = policy.declare(
    "drivers.face_accept",
    0.45,
    unit="cosine",
    about="From here on a face is taken for the enrolled one (D4).",
)
FACE_REFUSE = policy.declare(
    "drivers.face_refuse", 0.36, unit="cosine", about="Below this a face is another person's (D4)."
)
FACE_FAILURES = policy.declare(
    "drivers.face_failures", 3, unit="checks", about="Failed checks in a row that freeze the account (D4)."
)
FACE_CHALLENGE_LIFE = policy.declare(
    "drivers.face_challenge_life", 90, unit="seconds", about="Time to follow a challenge."
)
VIDEO_CALL_WITHIN = policy.declare(
    "drivers.video_call_within",
    1800,
    unit="seconds",
    about="A reviewer's video call instead of a face check happens within this time, or is asked for again (D4).",
)
FACE_TOKEN_LIFE = policy.declare(
    "drivers.face_token_life", 300, unit="seconds", about="How long a passed check opens an acceptance (D4)."
)
PICKUP_WITHIN = policy.declare(
    "drivers.pickup_check_within",
    600,
    unit="seconds",
    about="The check before the pick-up is at most this old at arrival (D11).",
)
FRAMES_KEPT = policy.declare(
    "drivers.face_frames_kept", 259_200, unit="seconds", about="How long frames of a passed check are kept."
)
FAILED_FRAMES_KEPT = policy.declare(
    "drivers.failed_face_frames_kept",
    15_552_000,
    unit="seconds",
    about="How long frames of a failed check are kept as evidence.",
)
APPEAL_WITHIN = policy.declare(
    "drivers.appeal_within",
    259_200,
    unit="seconds",
    about="A driver's appeal is decided within this time, by somebody who had no part in the hold (D8).",
)
CERTIFICATES_KEPT = policy.declare(
    "drivers.certificates_kept",
    63_072_000,
    unit="seconds",
    about="How long photos of certificates are kept after they were sent (Interim Measures, art. 27: two years).",
)
MISMATCH_REWARD = policy.declare(
    "drivers.mismatch_reward",
    30_000,
    unit="fen",
    about="What the first reporter of a confirmed mismatch gets (D5).",
)
REWARD_WITHIN = policy.declare(
    "drivers.reward_within",
    7 * 86_400,
    unit="seconds",
    about="A reward is decided this long after the mismatch was confirmed (D5).",
)
SCREENED_WITHIN = policy.declare(
    "drivers.screened_within",
    365 * 86_400,
    unit="seconds",
    about="Nobody drives whose last screening is older (D2).",
)
SAME_FACE = policy.declare(
    "drivers.same_face", 0.5, unit="cosine", about="From here on two accounts' faces open a case (D7)."
)
FACE_CONSENT = "face-1"  # the version of the text that drivers agree to
DAILY_LINES = frozenset({"express", "premier", "luxury"})


def bands() -> Bands:
    """The thresholds in force; measured error rates are in `docs/faces.md`."""
    return Bands(accept=policy.value(FACE_ACCEPT), refuse=policy.value(FACE_REFUSE))
