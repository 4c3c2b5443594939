"""The state machines of safety, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from safety.states import (
    HEARD_TRANSITIONS,
    INCIDENT_TRANSITIONS,
    PLACED_TRANSITIONS,
    RECORDING_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "AutomatedCall": (HEARD_TRANSITIONS, {"fine", "help", "silent"}),
    "Incident": (INCIDENT_TRANSITIONS, {"closed"}),
    "PlacedCall": (PLACED_TRANSITIONS, {"connected", "failed"}),
    "Recording": (RECORDING_TRANSITIONS, {"destroyed"}),
}
