"""What rings for governance: a rule that one person alone made stricter, until a second one has looked, and a report in
confidence that nobody looked at in time, or that tells of grave danger."""

from datetime import datetime, timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core import policy
from core.alarms import Alarm, Rank, alarm
from governance import comments, concerns, rules
from governance.policies import CHANGE, CONCERNS_ANSWER, LOOKED_AT_WITHIN, MODERATE
from governance.states import ConcernState

TAKEN_WITHIN = timedelta(hours=1)


@alarm("rules_alone", permission=CHANGE)
def rules_alone(_at: datetime) -> list[Alarm]:
    """One for each that nobody agreed to or withdrew."""
    return [
        Alarm(
            key=f"rule:{row.code}",
            code=row.code,
            what=_("One person alone made a rule stricter"),
            link=reverse_lazy("governance_console:rule", args=[row.key]),
            since=row.proposed_at,
            within=policy.span(LOOKED_AT_WITHIN),
            without=frozenset({row.proposed_by}),
        )
        for row in rules.made_stricter_alone()
    ]


@alarm("concerns", permission=CONCERNS_ANSWER)
def concerns_late(at: datetime) -> list[Alarm]:
    """One for each whose clock is broken, until somebody looks at it or answers, and at once for what tells of grave danger
    and nobody has looked at."""
    return [
        Alarm(
            key=f"concern:{each.row.pk}:{each.row.state}:{since.timestamp():.0f}",
            code=each.row.code,
            what=_("A report in confidence waits"),
            link=reverse_lazy("governance_console:concern", args=[each.row.code]),
            since=since,
            within=TAKEN_WITHIN,
            without=frozenset(each.row.barred),
            unsaid=True,
        )
        for each in concerns.waiting(at)
        if each.row.state != ConcernState.ANSWERED
        for since in [_rings_since(each)]
        if since <= at
    ]


def _rings_since(each: concerns.Waiting) -> datetime:
    if each.grave and each.row.state == ConcernState.RECEIVED:
        return min(each.due, each.row.shown_from)
    return each.due


@alarm("comment_danger", permission=MODERATE)
def comment_danger(_at: datetime) -> list[Alarm]:
    """Grave words in what the public writes about a question, until a moderator decided about it."""
    return [
        Alarm(
            key=f"comment:{row.code}",
            code=row.code,
            what=_("Grave words in a comment of the public: nobody looked at it"),
            link=reverse_lazy("governance_console:comments"),
            since=row.sent_at,
            within=TAKEN_WITHIN,
            rank=Rank.OUTSIDE,
        )
        for row in comments.that_ring()
    ]
