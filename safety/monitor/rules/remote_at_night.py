"""At night far from the way and from every known place (S5)."""

from datetime import time

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import distance
from core.policy import Unit
from rides.curfew import HOURS, Hours
from safety.monitor.declare import PARTY, Kind, Position, Rule, limit


def _second_of_day(local: time) -> float:
    return local.hour * 3600.0 + local.minute * 60.0 + local.second


CITY_OFFSET = 8 * 3600.0  # Asia/Shanghai has no summer time
METRES = limit(
    "remote_metres",
    policy.declare(
        "safety.remote_metres",  # S5
        policy.Whole(500, 50_000, Unit.METRES),
        3_000,
        name=pgettext_lazy("policy name", "Remote area"),
        about=_(
            "Farther than this from the way and from every known place is a remote area; at night a signal."
        ),
    ),
)
NIGHT = policy.declare(
    "safety.night",  # S5
    HOURS,
    Hours(time(22), time(6)),
    name=pgettext_lazy("policy name", "Night"),
    about=_("The hours in which a remote area is a signal."),
)
NIGHT_FROM = limit("night_from", NIGHT, of=lambda hours: _second_of_day(hours.from_))
NIGHT_TO = limit("night_to", NIGHT, of=lambda hours: _second_of_day(hours.to))


def look(here: Position) -> tuple[bool, tuple[float]]:
    """The nearest of way, destination and known places is far, and it is night."""
    fires, gap = False, here.off
    far = here.limits[METRES]
    if here.off > far and here.left > far:
        local = (here.at + CITY_OFFSET) % 86400.0
        first, last = here.limits[NIGHT_FROM], here.limits[NIGHT_TO]
        over_midnight = first > last and (local >= first or local < last)
        if over_midnight or first <= local < last:
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
