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
CODES_A_DAY = policy.declare(
    "accounts.codes_a_day",
    policy.Whole(5, 200),
    20,
    name=pgettext_lazy("policy name", "Codes in a day"),
    about=_("So many codes for one purpose are sent to one phone within a day."),
)
CODES_FROM_ADDRESS = policy.declare(
    "accounts.codes_from_address",
    policy.Whole(10, 10_000),
    100,
    name=pgettext_lazy("policy name", "Codes from one address"),
    about=_("So many sign-in codes are asked for from one address in an hour, and so many wrong ones typed."),
)
CODE_INTERVAL = policy.declare(
    "accounts.code_interval",
    policy.Span(10, 3_600),
    60,
    name=pgettext_lazy("policy name", "Time between two codes"),
    about=_("The least time between two codes to one phone."),
)
