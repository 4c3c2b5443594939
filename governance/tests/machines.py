"""The state machines of governance, by the model whose `state` each moves, and what each is to end in."""

from governance.states import (
    COMMENT_TRANSITIONS,
    CONCERN_TRANSITIONS,
    PASSAGE_TRANSITIONS,
    PROPOSAL_TRANSITIONS,
    REVIEW_TRANSITIONS,
)

MACHINES = {
    "Comment": (COMMENT_TRANSITIONS, {"restored", "upheld"}),
    # Whoever reported may always write more, so it never ends for good.
    "Concern": (CONCERN_TRANSITIONS, set()),
    "Review": (REVIEW_TRANSITIONS, {"done"}),
    "GatePassage": (PASSAGE_TRANSITIONS, {"done", "withdrawn", "lapsed", "fallen"}),
    "RuleChange": (PROPOSAL_TRANSITIONS, {"approved", "withdrawn", "lapsed"}),
    "TransparencyReport": (PROPOSAL_TRANSITIONS, {"approved", "withdrawn", "lapsed"}),
}
