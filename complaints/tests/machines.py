"""The state machines of complaints, by the model whose `state` each moves, and what each is to end in (`tests/test_machines.py`)."""

from complaints.states import (
    CAMPAIGN_TRANSITIONS,
    CLAIM_TRANSITIONS,
    COMPLAINT_TRANSITIONS,
    STATEMENT_TRANSITIONS,
    SUMMARY_TRANSITIONS,
)

# A state that is added and forgotten would stand among the ends, and the test would say so.
MACHINES = {
    "Complaint": (COMPLAINT_TRANSITIONS, {"merged"}),
    "Claim": (CLAIM_TRANSITIONS, {"settled"}),
    "Campaign": (CAMPAIGN_TRANSITIONS, {"dropped", "sent"}),
    "Statement": (STATEMENT_TRANSITIONS, {"given"}),
    "WorkSummary": (SUMMARY_TRANSITIONS, {"answered"}),
}
