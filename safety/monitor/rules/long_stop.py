"""At one place for long (S5)."""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.facts import number
from core.formats import span
from core.policy import Unit
from safety.monitor.declare import PARTY, Again, Kind, Once, Position, Rule, limit, phone_column

SECONDS = limit(
    "stop_seconds",
    policy.declare(
        "safety.stop_seconds",  # S5
        policy.Span(60, 7_200),
        300,
        name=pgettext_lazy("policy name", "Long stop"),
        about=_("A car that stays at one place for longer has stopped."),
    ),
)
METRES = limit(
    "stop_metres",
    policy.declare(
        "safety.stop_metres",  # S5
        policy.Whole(20, 1_000, Unit.METRES),
        100,
        name=pgettext_lazy("policy name", "Place of a stop"),
        about=_("A car within this distance of where it came to stand has not moved on."),
    ),
)
SINCE = phone_column("long_stop.since", time=True)
STOP_X = phone_column("long_stop.x")
STOP_Y = phone_column("long_stop.y")


def look(here: Position) -> tuple[bool, tuple[float, float]]:
    """Within a circle for long; said once for each stop, the next one begins when it has moved on.

    It has by two positions that follow each other: one alone ends no stop.
    """
    fires, since = False, here.mine[SINCE]
    dx, dy = here.x - here.mine[STOP_X], here.y - here.mine[STOP_Y]
    within = here.limits[METRES] ** 2
    last_dx, last_dy = here.last_x - here.mine[STOP_X], here.last_y - here.mine[STOP_Y]
    outside = not dx * dx + dy * dy <= within
    if outside and np.isnan(here.mine[STOP_X]):
        here.mine[SINCE], here.mine[STOP_X], here.mine[STOP_Y] = here.at, here.x, here.y
    elif outside and not last_dx * last_dx + last_dy * last_dy <= within:
        here.mine[SINCE], here.mine[STOP_X], here.mine[STOP_Y] = here.last_at, here.last_x, here.last_y
    elif not outside and here.at - since >= here.limits[SECONDS]:
        here.mine[SINCE] = np.inf
        fires = True
    return fires, (here.at - since, since)


RULE = Rule(
    key="long_stop",
    kind=Kind("long_stop", _("a long stop on the way"), weight=20),
    on_position=look,
    again=Again.ITSELF,
    figures=("seconds", "since"),
    once=Once.NEVER,
    # Its beginning names a stop: another one is another signal, the same seen by both phones is one.
    detail=lambda facts: f"{float(facts['since']) // 600:.0f}",
    says=_("%(seconds)s at one place (%(party)s's phone)"),
    forms={"seconds": span, "since": number, "party": PARTY},
)
