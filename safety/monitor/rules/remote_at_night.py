"""At night far from the way and from every known place (S5)."""

import numpy as np
from django.utils.translation import gettext_lazy as _

from core import policy
from core.formats import distance
from safety.monitor.declare import PARTY, Kind, Position, Rule, limit

NIGHT_FROM, NIGHT_TO = 22 * 3600.0, 6 * 3600.0  # local time
CITY_OFFSET = 8 * 3600.0  # Asia/Shanghai has no summer time
METRES = limit(
    "remote_metres",
    policy.declare(
        "safety.remote_metres",
        3000,
        unit="metres",
        about="Farther than this from the way and from every known place is a remote area; at night a signal (S5).",
    ),
)


def look(here: Position) -> tuple[bool, tuple[float]]:
    """The nearest of way, destination and known places is far, and it is night."""
    fires, gap = False, here.off
    far = here.limits[METRES]
    if here.off > far and here.left > far:
        local = (here.at + CITY_OFFSET) % 86400.0
        if local >= NIGHT_FROM or local < NIGHT_TO:
            nearest = np.inf
            for i in range(len(here.places)):
                nearest = min(nearest, (here.places[i, 0] - here.x) ** 2 + (here.places[i, 1] - here.y) ** 2)
            fires = nearest > far**2
            gap = min(here.off, np.sqrt(nearest))
    return fires, (gap,)


RULE = Rule(
    key="remote_at_night",
    kind=Kind("remote_at_night", _("in a remote area at night"), weight=40),
    on_position=look,
    figures=("metres",),
    says=_("%(metres)s from the way and from every known place (%(party)s's phone)"),
    forms={"metres": distance, "party": PARTY},
)
