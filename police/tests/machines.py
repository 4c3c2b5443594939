"""The state machines of police, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from police.states import (
    IDENTITY_TRANSITIONS,
    REQUEST_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "PoliceRequest": (REQUEST_TRANSITIONS, {"refused", "released"}),
    "IdentityPart": (IDENTITY_TRANSITIONS, {"disowned", "refused"}),
}
