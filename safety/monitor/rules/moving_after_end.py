"""Both phones go on together after the trip was ended: she is still in the car (R9)."""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import distance
from core.policy import Unit
from safety.monitor.declare import Again, Kind, Phase, Position, Rule, limit, phone_column
from safety.monitor.rules.together import APART_METRES

METRES = limit(
    "after_end_metres",
    policy.declare(
        "safety.after_end_metres",  # R9
        policy.Whole(200, 10_000, Unit.METRES),
        1_000,
        name=pgettext_lazy("policy name", "Together after the end"),
        about=_("Both phones that move this far together after a trip was ended are a signal."),
    ),
)
FROM_X = phone_column("moving_after_end.x")
FROM_Y = phone_column("moving_after_end.y")


def look(here: Position) -> tuple[bool, tuple[float, float]]:
    """Both have moved on since the end, and are near each other."""
    if np.isnan(here.mine[FROM_X]):
        here.mine[FROM_X], here.mine[FROM_Y] = here.x, here.y
    dx, dy = here.x - here.mine[FROM_X], here.y - here.mine[FROM_Y]
    moved = np.sqrt(dx * dx + dy * dy)
    return here.apart <= here.limits[APART_METRES] and moved > here.limits[METRES], (moved, here.apart)


RULE = Rule(
    key="moving_after_end",
    kind=Kind("moving_after_end", _("both phones move together after the end"), weight=70),
    on_position=look,
    again=Again.TWICE_EACH,
    phases=frozenset({Phase.ENDED}),
    figures=("metres", "apart"),
    says=_("both phones %(metres)s on since the trip was ended, %(apart)s apart"),
    forms={"metres": distance, "apart": distance},
)
