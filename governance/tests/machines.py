"""The state machines of governance, by the model whose `state` each moves, and what each is to end in."""

from governance.states import COMMENT_TRANSITIONS, PASSAGE_TRANSITIONS, PROPOSAL_TRANSITIONS

MACHINES = {
    "Comment": (COMMENT_TRANSITIONS, {"restored", "upheld"}),
    "GatePassage": (PASSAGE_TRANSITIONS, {"done", "withdrawn", "lapsed", "fallen"}),
    "RuleChange": (PROPOSAL_TRANSITIONS, {"approved", "withdrawn", "lapsed"}),
}
