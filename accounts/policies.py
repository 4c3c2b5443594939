"""Who may do what, by role. Objects are checked where they are fetched."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.states import Role
from core import policy

CODE_LIFE = policy.declare(
    "accounts.code_life",
    policy.Span(60, 1_800),
    300,
    name=pgettext_lazy("policy name", "Life of a one-time code"),
    about=_("How long a one-time code is valid."),
)
CODE_INTERVAL = policy.declare(
    "accounts.code_interval",
    policy.Span(10, 3_600),
    60,
    name=pgettext_lazy("policy name", "Time between two codes"),
    about=_("The least time between two codes to one phone."),
)

STAFF = frozenset({Role.AGENT, Role.SPECIALIST, Role.VETTING, Role.ADJUDICATOR, Role.SUPERVISOR, Role.ADMIN})
SECOND_FACTOR = STAFF | {Role.OFFICER}
# Who may take an incident and act on it.
RESPONDERS = frozenset({Role.AGENT, Role.SPECIALIST, Role.SUPERVISOR})
# Who may hear a recording inside an open case, with a reason (S7): whoever acts on it, and whoever decides on it.
HEARERS = RESPONDERS | {Role.ADJUDICATOR}
# Who may be the second person beside an agent.
SENIORS = frozenset({Role.SPECIALIST, Role.SUPERVISOR})

# Who may have a field of a person shown, with a reason (A5).
REVEALERS = RESPONDERS | {Role.VETTING, Role.ADJUDICATOR}

_READS_ALL = frozenset({Role.SUPERVISOR, Role.ADMIN})
# Reading in the console, by app. Writing happens through services, each with its own rule.
_CONSOLE_READERS: dict[str, frozenset[str]] = {
    "accounts": _READS_ALL,
    "core": _READS_ALL,
    "drivers": _READS_ALL | {Role.AGENT, Role.SPECIALIST, Role.VETTING},
    "rides": _READS_ALL | {Role.AGENT, Role.SPECIALIST},
    "safety": _READS_ALL | {Role.AGENT, Role.SPECIALIST},
    "complaints": _READS_ALL | {Role.AGENT, Role.SPECIALIST, Role.ADJUDICATOR},
    "police": _READS_ALL | {Role.AGENT, Role.SPECIALIST},
    "governance": STAFF,
}


def may_read_app(role: str, app_label: str) -> bool:
    """True where the role may read the app's lists in the console."""
    return role in _CONSOLE_READERS.get(app_label, frozenset())
