"""Who may do what, by role. Objects are checked where they are fetched."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
