"""Pure rules of complaints."""

from complaints.states import SEVERE, Category
from core import policy
from safety.policies import says_distress

REVIEW_WITHIN = policy.declare(
    "complaints.interlock_review_within",
    7200,
    unit="seconds",
    about="A person looks at each severe complaint within this time (C2).",
)
DECIDE_WITHIN = policy.declare(
    "complaints.interlock_decide_within",
    259_200,
    unit="seconds",
    about="… and decides within this time (C2).",
)
INTERLOCK = policy.declare(
    "complaints.interlock",
    True,
    about="A severe complaint holds the accused driver until it is decided (C2).",
)


def is_severe(category: Category, words: str) -> bool:
    """By category; danger words raise any class and never lower one."""
    return category in SEVERE or says_distress(words)
