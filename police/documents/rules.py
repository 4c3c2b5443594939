"""Rules of what is told to the people on a trip: when, who puts it off, and what is against it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, policy
from police.documents.models import ReleaseNotice

TOLD_AFTER = policy.declare(
    "police.told_after",  # P6+
    policy.Span(1, 365, policy.Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "The person is told of a release"),
    about=_("Whose data were released to the police is told so long after it, unless two people put it off."),
)
LATEST = policy.declare(
    "police.told_at_the_latest",  # P6+
    policy.Span(1, 365, policy.Unit.DAYS),
    90,
    name=pgettext_lazy("policy name", "One putting off of what a person is told"),
    about=_("A notice is put off by so many days at most; then the authority has to ask again."),
)
PUTTING_OFF = four_eyes.declare(
    "police.notice_later",
    _("Putting off that somebody is told of a release"),
    table="police.ReleaseNotice",
    first="later_by",
    second="later_agreed_by",
    law="release_notice_put_off_by_two",
)


def of_request(code: str) -> list[ReleaseNotice]:
    """The notices of a request's release."""
    rows = ReleaseNotice.objects.select_related("person").filter(release__request__code=code)
    return list(rows.order_by("pk"))


def waiting(code: str) -> list[ReleaseNotice]:
    """Those of nobody told yet."""
    return [row for row in of_request(code) if row.told_at is None]


def proposed(code: str) -> str:
    """Who proposed to put the notices of a request off, while that waits for another; empty where nobody did."""
    return next((row.later_by for row in waiting(code) if row.later_by and not row.later_agreed_by), "")


def why_not_put_off(code: str) -> str | Promise:
    """The reason against proposing it."""
    if not waiting(code):
        return _("Nobody is left who was not told.")
    return _("It is proposed already: somebody else agrees.") if proposed(code) else ""


def why_not_agree(code: str, person: str) -> str | Promise:
    """The reason against this person agreeing to it."""
    by = proposed(code)
    if not by:
        return _("Nobody proposed to put it off.")
    return four_eyes.SecondPersonNeeded.sentence if by == person else ""
