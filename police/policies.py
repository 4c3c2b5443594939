"""Pure rules of police liaison."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.permissions import may

if TYPE_CHECKING:
    from accounts.models import Account

PAPERS_WITHIN = policy.declare(
    "police.papers_within",  # P3
    policy.Span(3_600, 30 * 86_400),
    86_400,
    name=pgettext_lazy("policy name", "Paperwork after an emergency"),
    about=_("Paperwork follows an emergency release within this time."),
)
ESCALATE_WITHIN = policy.declare(
    "police.escalate_within",  # P4
    policy.Span(10, 3_600),
    120,
    name=pgettext_lazy("policy name", "Escalation to the executive on duty"),
    about=_("The executive on duty is called this long after an escalation."),
)
PHONE_WITHIN = policy.declare(
    "police.phone_within",  # P4
    policy.Span(30, 3_600),
    300,
    name=pgettext_lazy("policy name", "Answer to an officer on the phone"),
    about=_("An officer on the phone has the pack within this time."),
)
FORM_WITHIN = policy.declare(
    "police.form_within",  # P3
    policy.Span(5, 3_600),
    60,
    name=pgettext_lazy("policy name", "Answer to an emergency by the form"),
    about=_("An emergency by the form is released within this time."),
)
OPEN_FOR = policy.declare(
    "police.release_open_for",  # P6
    policy.Span(1, 30 * 24, policy.Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "Life of a released pack"),
    about=_("How long a released pack can be opened."),
)
SPOKEN_TRIES = policy.declare(
    "police.spoken_code_tries",
    policy.Whole(1, 20),
    5,
    name=pgettext_lazy("policy name", "Tries of a spoken code"),
    about=_("After so many wrong codes a link to a pack opens no more."),
)
EMERGENCY_RULE = policy.declare(
    "police.emergency_release",  # P3
    policy.Flag(),
    True,
    name=pgettext_lazy("policy name", "Release at once in an emergency"),
    about=_("A verified officer's emergency that leads to one trip is released at once."),
)


def may_confirm(account: "Account", *, first: str) -> bool:
    """The second person: senior, and not the one who called back."""
    return may(account, "police.confirm") and account.code != first
