"""Who may do what, by role. Objects are checked where they are fetched."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, policy

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
LOOKS_UNUSUAL = policy.declare(
    "accounts.looks_unusual",
    policy.Whole(3, 1_000),
    20,
    name=pgettext_lazy("policy name", "Unusual number of looks"),
    about=_(
        "From so many looks a day on, at data shown in the clear and at people one has no case with, a colleague stands on the supervisors' first page."
    ),
)
four_eyes.declare(
    "accounts.look",
    _("A look at somebody without a case is answered for by a second person"),
    table="accounts.Look",
    first="actor",
    second="answered_by",
    law="look_answered_by_a_second_person",
)

_WORDS = re.compile(r"[^\W\d_]{2,}")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def says_why(reason: str) -> bool:
    """True where a reason is a sentence: six Chinese characters, or three words, and no few letters over and over."""
    text = unicodedata.normalize("NFKC", reason).lower()
    letters = [each for each in text if each.isalpha()]
    if len(set(letters)) < 5:
        return False
    words = set(_WORDS.findall(text))
    return len(_HAN.findall(text)) >= 6 or (len(words) >= 3 and len(letters) >= 12)
