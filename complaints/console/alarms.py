"""Severe complaints that nobody has, grave words that nobody looked at in those that somebody has, and messages from
outside that speak of danger or came to the SOS number, ring until somebody takes them."""

from datetime import datetime

from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import selectors
from complaints.models import OutsideMessage
from complaints.policies import DANGER_WITHIN
from core import policy
from core.alarms import Alarm, Rank, alarm

WORK = "complaints.work"
_SMS = _("SMS to the SOS number that is no packet: nobody has read it")
# By whose phone it came, and whether it speaks of danger.
_FROM_A_TRIP = {
    (False, False): _("SMS to the SOS number from somebody on a trip: nobody has read it"),
    (False, True): _("Danger in an SMS from somebody on a trip: nobody has read it"),
    (True, False): _("SMS from the emergency contact of somebody on a trip: nobody has read it"),
    (True, True): _("Danger in an SMS from the emergency contact of somebody on a trip: nobody has read it"),
}


@alarm("severe_complaints", permission=WORK)
def severe_complaints(_at: datetime) -> list[Alarm]:
    """Those without an owner."""
    return [
        Alarm(
            key=f"complaint:{row.code}:{row.round}",
            code=row.code,
            what=_("Severe complaint: nobody has it"),
            link=reverse_lazy("complaints_console:case", args=[row.code]),
            since=row.filed_at,
            within=policy.span(DANGER_WITHIN),
        )
        for row in selectors.severe_without_owner()
    ]


@alarm("complaint_news", permission=WORK)
def complaint_news(_at: datetime) -> list[Alarm]:
    """Owned is not seen: grave words that came to one which somebody has, or to an appeal."""
    return [
        Alarm(
            key=f"complaint-news:{row.code}:{row.news_at.timestamp():.3f}",
            code=row.code,
            what=_("Grave words in a complaint: not looked at"),
            link=reverse_lazy("complaints_console:case", args=[row.code]),
            since=row.news_at,
            within=policy.span(DANGER_WITHIN),
            owner=row.owner.code if row.owner else "",
        )
        for row in selectors.complaints_with_news()
        if row.news_at
    ]


@alarm("outside_danger", permission=WORK)
def outside_danger(_at: datetime) -> list[Alarm]:
    """Those that nobody sorted yet."""
    return [
        Alarm(
            key=f"outside:{row.code}",
            code=row.code,
            what=_what(row),
            link=reverse_lazy("complaints_console:outside"),
            since=row.at,
            within=policy.span(DANGER_WITHIN),
            rank=_rank(row),
        )
        for row in selectors.outside_that_rings()
    ]


def _what(row: OutsideMessage) -> Promise:
    if row.trip:
        return _FROM_A_TRIP[row.by_contact, row.danger == "severe"]
    return _("Danger in a message from outside") if row.danger == "severe" else _SMS


def _rank(row: OutsideMessage) -> Rank:
    if row.from_crowd:
        return Rank.CROWD
    if row.trip:
        return Rank.CALL if row.danger == "severe" else Rank.KNOWN
    return Rank.OUTSIDE
