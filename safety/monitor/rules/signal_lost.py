"""A phone that was not heard for long while somebody is aboard (S5)."""

import numpy as np
from django.utils.translation import gettext_lazy as _

from core import policy
from core.formats import span
from safety.monitor.declare import (
    AT,
    BEGAN,
    GONE,
    PARDONED,
    PARTY,
    Kind,
    Moment,
    Once,
    Rule,
    closeness,
    limit,
    trip_column,
)

SILENCE = limit(
    "silence",
    policy.declare(
        "safety.silence", 180, unit="seconds", about="A phone that is silent for longer is lost (S5)."
    ),
)
SILENCE_AWAY = limit(
    "silence_away",
    policy.declare(
        "safety.silence_away",
        900,
        unit="seconds",
        about="The same, for a page that said that it goes to the background (R9).",
    ),
)
CLOSENESS = trip_column("signal_lost.closeness", lambda trip, _limits: closeness(trip))


def look(now: Moment) -> tuple[bool, tuple[float]]:
    """Silent since it was last heard, since the trip began, or since we could hear again."""
    since = max(now.trip[BEGAN], now.memory[PARDONED])
    if not np.isnan(now.mine[AT]):
        since = max(since, now.mine[AT])
    allowed = now.limits[SILENCE_AWAY] if now.mine[GONE] > 0 else now.limits[SILENCE]
    silent = now.at - since
    return silent > allowed / now.trip[CLOSENESS], (silent,)


RULE = Rule(
    key="signal_lost",
    kind=Kind("signal_lost", _("a phone went silent"), weight=30),
    on_tick=look,
    figures=("seconds",),
    once=Once.FOR_PHONE,
    detail=lambda facts: str(facts["party"]),
    says=_("the %(party)s's phone silent for %(seconds)s"),
    forms={"seconds": span, "party": PARTY},
)
