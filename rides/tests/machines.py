"""The state machines of rides, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from rides.states import (
    OFFER_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    SUSPENSION_TRANSITIONS,
    TRIP_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "LineSuspension": (SUSPENSION_TRANSITIONS, {"carried_out", "withdrawn"}),
    "Offer": (OFFER_TRANSITIONS, {"accepted", "declined", "expired", "withdrawn"}),
    "Payment": (PAYMENT_TRANSITIONS, {"refunded"}),
    "Proposal": (OFFER_TRANSITIONS, {"accepted", "declined", "expired", "withdrawn"}),
    "Trip": (TRIP_TRANSITIONS, {"cancelled", "ended"}),
}
