"""The state machines of core, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from core.models import (
    MOTION_TRANSITIONS,
    NOTIFICATION_TRANSITIONS,
    PAYOUT_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "Notification": (NOTIFICATION_TRANSITIONS, {"delivered", "lapsed"}),
    "Motion": (MOTION_TRANSITIONS, {"carried", "dropped"}),
    "Payout": (PAYOUT_TRANSITIONS, {"paid"}),
}
