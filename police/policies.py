"""Pure rules of police liaison."""

from datetime import timedelta

from accounts.policies import SENIORS
from core import policy

PAPERS_WITHIN = policy.declare(
    "police.papers_within",
    86_400,
    unit="seconds",
    about="Paperwork follows an emergency release within this time (P3).",
)
ESCALATE_WITHIN = policy.declare(
    "police.escalate_within",
    120,
    unit="seconds",
    about="After an escalation the executive on duty is called after this time (P4).",
)
PHONE_WITHIN = policy.declare(
    "police.phone_within",
    300,
    unit="seconds",
    about="An officer on the phone has the pack within this time (P4).",
)
FORM_WITHIN = policy.declare(
    "police.form_within",
    60,
    unit="seconds",
    about="An emergency by the form is released within this time (P3).",
)
RULE = "police.emergency_release"
OPEN_FOR = timedelta(hours=72)  # P6
EMERGENCY_RULE = policy.declare(
    RULE, True, about="A verified officer's emergency that leads to one trip is released at once (P3)."
)


def may_confirm(*, role: str, code: str, first: str) -> bool:
    """The second person: senior, and not the one who called back."""
    return role in SENIORS and code != first
