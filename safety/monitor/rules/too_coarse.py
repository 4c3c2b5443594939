"""A phone that is heard, and whose positions are too coarse to watch anything by them (S5, R9)."""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.facts import number
from core.formats import span
from safety.monitor.declare import (
    AT,
    BEGAN,
    PARTY,
    Kind,
    Moment,
    Once,
    Rule,
    limit,
    of_phone_since,
    phone_column,
)
from safety.monitor.rules.signal_lost import CLOSENESS, SILENCE

SECONDS = limit(
    "coarse_seconds",
    policy.declare(
        "safety.coarse_seconds",  # S5, R9
        policy.Span(60, 3_600),
        300,
        name=pgettext_lazy("policy name", "Only coarse positions"),
        about=_(
            "A phone from which no good position came for longer, while it was heard, cannot be watched."
        ),
    ),
)
# The last good position before the time that was told; before all times where there was none.
TOLD = phone_column("too_coarse.told", time=True)


def look(now: Moment) -> tuple[bool, tuple[float, float]]:
    """Heard, and no position that rules hear of for long; said once for each such time. Silence is another rule's."""
    placed = -np.inf if np.isnan(now.mine[AT]) else now.mine[AT]
    closeness = now.trip[CLOSENESS]
    heard = now.silent < now.unplaced and now.silent <= now.limits[SILENCE] / closeness
    fires = heard and now.unplaced > now.limits[SECONDS] / closeness and now.mine[TOLD] != placed
    if fires:
        now.mine[TOLD] = placed
    return fires, (now.unplaced, max(placed, now.trip[BEGAN]))


RULE = Rule(
    key="too_coarse",
    kind=Kind("too_coarse", _("positions too coarse to watch"), weight=10),
    on_tick=look,
    figures=("seconds", "since"),
    once=Once.NEVER,
    detail=of_phone_since,
    says=_("the %(party)s's positions too coarse to watch for %(seconds)s"),
    forms={"seconds": span, "since": number, "party": PARTY},
)
