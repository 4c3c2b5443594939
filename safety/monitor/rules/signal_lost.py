"""A phone that was not heard for long while somebody is aboard (S5)."""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.facts import number
from core.formats import span
from safety.monitor.declare import (
    BEGAN,
    GONE,
    HEARD,
    PARTY,
    Kind,
    Moment,
    Once,
    Rule,
    closeness,
    limit,
    of_phone_since,
    phone_column,
    trip_column,
)

SILENCE_AFTER = policy.declare(
    "safety.silence",  # S5
    policy.Span(30, 3_600),
    180,
    name=pgettext_lazy("policy name", "Silent phone"),
    about=_("A phone that is silent for longer is lost."),
)
SILENCE_AWAY_AFTER = policy.declare(
    "safety.silence_away",  # R9
    policy.Span(60, 7_200),
    900,
    name=pgettext_lazy("policy name", "Silent phone in the background"),
    about=_("A phone whose page said that it goes to the background is lost after this time."),
)
SILENCE = limit("silence", SILENCE_AFTER)
SILENCE_AWAY = limit("silence_away", SILENCE_AWAY_AFTER)
CLOSENESS = trip_column("signal_lost.closeness", closeness)
# The last position before the silence that was told; before all times where there was none.
TOLD = phone_column("signal_lost.told", time=True)


def look(now: Moment) -> tuple[bool, tuple[float, float]]:
    """Silent since it was last heard, or since the trip began; said once for each silence."""
    allowed = now.limits[SILENCE_AWAY] if now.mine[GONE] > 0 else now.limits[SILENCE]
    heard = -np.inf if np.isnan(now.mine[HEARD]) else now.mine[HEARD]
    fires = now.silent > allowed / now.trip[CLOSENESS] and now.mine[TOLD] != heard
    if fires:
        now.mine[TOLD] = heard
    return fires, (now.silent, max(heard, now.trip[BEGAN]))


KIND = Kind("signal_lost", _("a phone went silent"), weight=30)
RULE = Rule(
    key="signal_lost",
    kind=KIND,
    on_tick=look,
    figures=("seconds", "since"),
    once=Once.NEVER,
    detail=of_phone_since,
    says=_("the %(party)s's phone silent for %(seconds)s"),
    forms={"seconds": span, "since": number, "party": PARTY},
)
