"""The police are never left waiting unheard: emergencies without an answer, and releases that want a second person."""

from datetime import datetime

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core import policy
from core.alarms import Alarm, Rank, alarm
from police import selectors
from police.policies import FORM_WITHIN, had_a_part


@alarm("police_second_person", permission="police.confirm")
def second_person(_at: datetime) -> list[Alarm]:
    """It rings for all who may confirm it, without those who had a part."""
    return [
        Alarm(
            key=f"police:{row.code}:second",
            code=row.code,
            what=_("The police wait for a second person"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.called_back_at or row.asked_at,
            within=policy.span(FORM_WITHIN),
            without=frozenset(had_a_part(row)),
        )
        for row in selectors.waiting_for_second_person()
    ]


@alarm("police_emergencies", permission="police.answer")
def emergencies(_at: datetime) -> list[Alarm]:
    """Danger to life that no rule released at once, because it led to no trip or to several, or the station is called back."""
    return [
        Alarm(
            key=f"police:{row.code}",
            code=row.code,
            what=_("Police: danger to life, nobody has answered"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.asked_at,
            within=policy.span(FORM_WITHIN),
            rank=Rank.CALL,
        )
        for row in selectors.emergencies_without_answer()
    ]
