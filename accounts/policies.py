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
SET_UP_LIFE = policy.declare(
    "accounts.set_up_life",
    policy.Span(3_600, 14 * 86_400),
    3 * 86_400,
    name=pgettext_lazy("policy name", "Life of a set-up code"),
    about=_("How long somebody new has to set up their second factor with the code that they were given."),
)
SESSION_LIFE = policy.declare(
    "accounts.session_life",
    policy.Span(86_400, 14 * 86_400),
    14 * 86_400,
    name=pgettext_lazy("policy name", "Life of a session"),
    about=_(
        "So long after a sign-in passengers and drivers stay signed in. A call for help needs no sign-in."
    ),
)
STAFF_SESSION_LIFE = policy.declare(
    "accounts.staff_session_life",
    policy.Span(3_600, 86_400),
    12 * 3_600,
    name=pgettext_lazy("policy name", "Life of a session of staff and police"),
    about=_("So long after a sign-in staff and police officers stay signed in, however much they do."),
)
STAFF_SESSION_IDLE = policy.declare(
    "accounts.staff_session_idle",
    policy.Span(300, 14_400),
    1_800,
    name=pgettext_lazy("policy name", "Unused session of staff and police"),
    about=_(
        "A session of staff or of a police officer that was not used for so long ends. An open console uses it, so that it rings through the night."
    ),
)
