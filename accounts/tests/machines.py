"""The state machines of accounts, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from accounts.states import (
    GUARDIAN_TRANSITIONS,
    REAL_NAME_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "RealNameCheck": (REAL_NAME_TRANSITIONS, {"refused", "verified"}),
    "Guardianship": (GUARDIAN_TRANSITIONS, {"ended", "refused"}),
}
