"""Who may do what, by role. Objects are checked where they are fetched."""

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.errors import LockedOut, TooManyCodes
from core import four_eyes, limits, policy, typed
from core.limits import Per
from core.policy import Unit

CODE_LIFE = policy.declare(
    "accounts.code_life",
    policy.Span(60, 600),
    300,
    name=pgettext_lazy("policy name", "Life of a one-time code"),
    about=_("How long a one-time code is valid."),
)
CODES_OF_PHONE = limits.declare(
    "accounts.codes_of_phone",
    {Per.TARGET: 10},
    within=86_400,
    name=pgettext_lazy("policy name", "Codes to one phone"),
    about=_(
        "So many one-time codes are sent to one phone, whatever they are for. A device of its owner counts by itself."
    ),
    error=TooManyCodes,
)
CODES_ASKED = limits.declare(
    "accounts.codes_asked",
    {Per.DEVICE: 20, Per.ADDRESS: 100, Per.ALL: 20_000},
    within=3_600,
    name=pgettext_lazy("policy name", "Codes asked for"),
    about=_(
        "So many one-time codes are asked for by one device, from one address and by all, to whatever phones."
    ),
    error=TooManyCodes,
)
WRONG_CODES = limits.declare(
    "accounts.wrong_codes",
    {Per.DEVICE: 100, Per.ADDRESS: 100},
    within=3_600,
    name=pgettext_lazy("policy name", "Wrong codes"),
    about=_(
        "So many wrong one-time codes and passkeys come by one device and from one address, for whatever phones. Whoever asked for a code counts apart."
    ),
    error=TooManyCodes,
)
WRONG_PASSWORDS = limits.declare(
    "accounts.wrong_passwords",
    {Per.PAIR: 5, Per.TARGET: 30, Per.ADDRESS: 100},
    within=900,
    name=pgettext_lazy("policy name", "Wrong passwords"),
    about=_(
        "So many wrong passwords are typed for one name from one address, for one name from all, and from one address. A device on which the name was signed in before counts by itself: no stranger locks its owner out."
    ),
    error=LockedOut,
)
WARNINGS = limits.declare(
    "accounts.warnings",
    {Per.TARGET: 3},
    within=86_400,
    name=pgettext_lazy("policy name", "Warnings of wrong tries"),
    about=_("So often the owner of an account is told that somebody tries wrong codes or passwords."),
)
INVITATIONS = limits.declare(
    "accounts.invitations",
    {Per.PAIR: 1, Per.PERSON: 10, Per.TARGET: 5},
    within=86_400,
    name=pgettext_lazy("policy name", "Questions to emergency contacts"),
    about=_(
        "So often one person asks the same contact, asks contacts, and a phone is asked by whoever it is. A contact is kept without a further message."
    ),
)
QUESTIONS_UNANSWERED = policy.declare(
    "accounts.questions_unanswered",
    policy.Whole(1, 20),
    3,
    name=pgettext_lazy("policy name", "Questions without an answer"),
    about=_(
        "So often one person asks the same phone to be a contact or a guardian without an answer that agrees; after that no further message goes there. Who refused to be a contact is not asked again."
    ),
)
GUARDIAN_NAMES = limits.declare(
    "accounts.guardian_names",
    {Per.PERSON: 5},
    within=86_400,
    name=pgettext_lazy("policy name", "Names typed by guardians"),
    about=_("So many wrong names one person types of those who named them as their guardian."),
)
REAL_NAMES = limits.declare(
    "accounts.real_names",
    {Per.PERSON: 10},
    within=86_400,
    name=pgettext_lazy("policy name", "Real names asked about"),
    about=_(
        "So often the registry is asked about a real name for one person. It is no way to find out whose number one has."
    ),
)
COPIES = limits.declare(
    "accounts.copies",
    {Per.PERSON: 5},
    within=86_400,
    name=pgettext_lazy("policy name", "Copies of one's own data"),
    about=_("So many copies of all that is kept of them are made for one person."),
)
REVEALS_WITHOUT_CASE = limits.declare(
    "accounts.reveals_without_case",
    {Per.PERSON: 40},
    within=3_600,
    name=pgettext_lazy("policy name", "Personal data shown without a case"),
    about=_(
        "So many fields of personal data are shown to one member of staff who has no case about the person."
    ),
)
CODE_INTERVAL = policy.declare(
    "accounts.code_interval",
    policy.Span(10, 3_600),
    60,
    name=pgettext_lazy("policy name", "Time between two codes"),
    about=_(
        "The least time between two codes to one phone; after each that was not used it doubles, up to an hour."
    ),
)
COPY_KEPT = policy.declare(
    "accounts.copy_kept",
    policy.Span(3_600, 7 * 86_400),
    86_400,
    name=pgettext_lazy("policy name", "Copy of one's own data"),
    about=_("So long a copy can be downloaded; then the file is destroyed."),
)
LOOKS_TOLD_AFTER = policy.declare(
    "accounts.looks_told_after",
    policy.Span(86_400, 90 * 86_400),
    7 * 86_400,
    name=pgettext_lazy("policy name", "Looks at somebody, told to them"),
    about=_(
        "Looks at somebody are told to that person on the first day of a month: those before the month that this time earlier was running, and none while something about them is examined of which they may not know. Who complained must not be found out by the time."
    ),
)
SHARING_TEXT = policy.fixed(
    "trip-sharing-1", pgettext_lazy("policy name", "Consent to sharing trips, version 1")
)
SCREENS_TEXT = policy.fixed(
    "screens-1", pgettext_lazy("policy name", "Consent to news on screens, version 1")
)
TEEN_SHARING_TEXT = policy.fixed(
    "trip-sharing-teen-1", pgettext_lazy("policy name", "Consent to sharing trips, for 14 to 17, version 1")
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
SIGNED_IN_LATELY = policy.declare(
    "accounts.signed_in_lately",
    policy.Span(60, 3_600),
    600,
    name=pgettext_lazy("policy name", "Sign-in that was lately"),
    about=_(
        "So long after a sign-in somebody may sign out other browsers. Where it is longer, whoever finds a page open can."
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
    "accounts.guardian_end",
    _("The end of a guardian for which nobody asked"),
    table="accounts.Guardianship",
    first="end_proposed_by",
    second="end_agreed_by",
    law="guardianship_ended_by_two",
)
four_eyes.declare(
    "accounts.look",
    _("A look at somebody without a case is answered for by a second person"),
    table="accounts.Look",
    first="actor",
    second="answered_by",
    law="look_answered_by_a_second_person",
)

# Whose data needs the consent of a guardian (Personal Information Protection Law, art. 31); and of age (Civil Code, art. 17).
CHILD_UNTIL, ADULT_FROM = 14, 18
ENDS_GUARDIAN_FROM = policy.declare(
    "accounts.ends_guardian_from",  # A9
    policy.Whole(CHILD_UNTIL, ADULT_FROM, Unit.YEARS),
    16,
    name=pgettext_lazy("policy name", "Who ends a guardian alone"),
    about=_(
        "From this age on somebody ends alone that a guardian stands for them, and rides again once another one has confirmed; who is younger asks our staff to."
    ),
)
_HERE = ZoneInfo("Asia/Shanghai")


def age_at(born: date, at: datetime) -> int:
    """Whole years at a moment, by the day in China."""
    return typed.day.years_between(born, at.astimezone(_HERE).date())


def is_child(born: date, at: datetime) -> bool:
    """Who travels on a guardian's booking alone (A6)."""
    return age_at(born, at) < CHILD_UNTIL


def is_teen(born: date, at: datetime) -> bool:
    """Who travels on an account that a guardian has confirmed (A9)."""
    return CHILD_UNTIL <= age_at(born, at) < ADULT_FROM


def is_old_enough_to_end(born: date, at: datetime) -> bool:
    """Who needs nobody to end that a guardian stands for them (A9)."""
    return age_at(born, at) >= policy.value(ENDS_GUARDIAN_FROM)


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
