"""Severe complaints that nobody has, and messages from outside that speak of danger or came to the SOS number, ring until
somebody takes them."""

from datetime import datetime

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from complaints import selectors
from complaints.policies import DANGER_WITHIN
from core import policy
from core.alarms import Alarm, Rank, alarm

WORK = "complaints.work"
_SMS = _("SMS to the SOS number that is no packet: nobody has read it")


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


@alarm("outside_danger", permission=WORK)
def outside_danger(_at: datetime) -> list[Alarm]:
    """Those that nobody sorted yet."""
    return [
        Alarm(
            key=f"outside:{row.code}",
            code=row.code,
            what=_SMS if row.danger != "severe" else _("Danger in a message from outside"),
            link=reverse_lazy("complaints_console:outside"),
            since=row.at,
            within=policy.span(DANGER_WITHIN),
            rank=Rank.CROWD if row.from_crowd else Rank.OUTSIDE,
        )
        for row in selectors.outside_that_rings()
    ]
