"""The state machines of drivers, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from drivers.states import (
    APPEAL_TRANSITIONS,
    APPLICATION_TRANSITIONS,
    CASE_TRANSITIONS,
    DRIVER_TRANSITIONS,
    FACE_CHECK_TRANSITIONS,
    PLATE_PHOTO_TRANSITIONS,
    REWARD_TRANSITIONS,
    RUN_TRANSITIONS,
    SCREENING_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "Driver": (DRIVER_TRANSITIONS, set()),
    "Screening": (SCREENING_TRANSITIONS, {"answered"}),
    "ScreeningRun": (RUN_TRANSITIONS, {"done"}),
    "Application": (APPLICATION_TRANSITIONS, {"approved"}),
    "VettingCase": (CASE_TRANSITIONS, {"overturned"}),
    "Appeal": (APPEAL_TRANSITIONS, {"granted", "rejected"}),
    "FaceCheck": (FACE_CHECK_TRANSITIONS, {"failed", "passed", "unreadable", "unsure"}),
    "PlatePhoto": (PLATE_PHOTO_TRANSITIONS, {"differs", "reused", "same"}),
    "Reward": (REWARD_TRANSITIONS, {"approved", "refused"}),
}
