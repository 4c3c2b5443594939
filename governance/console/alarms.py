"""What rings for governance: a rule that one person alone made stricter, until a second one has looked."""

from datetime import datetime

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core import policy
from core.alarms import Alarm, alarm
from governance import rules
from governance.policies import CHANGE, LOOKED_AT_WITHIN


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
