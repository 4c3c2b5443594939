"""Off the planned way for a while (S5)."""

from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.facts import one_of
from core.formats import distance
from rides.geometry import route_length
from rides.routing import is_drawn
from safety.monitor.declare import (
    PARTY,
    Kind,
    Limits,
    Position,
    Rule,
    closeness,
    limit,
    phone_column,
    trip_column,
)

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip

# Where no router drew the way, the straight line stands for it: very wide, and wider on long trips. On 23 ordinary
# rides the farthest was 0.61 of the straight line's length (`replay_trail`).
STRAIGHT_LEAST_METRES = 3000.0
STRAIGHT_SHARE = 0.75

METRES = limit(
    "off_route_metres",
    policy.declare(
        "safety.off_route_metres", 500, unit="metres", about="Farther from the router's route is off it."
    ),
)
SECONDS = limit(
    "off_route_seconds",
    policy.declare("safety.off_route_seconds", 30, unit="seconds", about="… for at least this long."),
)


def _tolerance(trip: "WatchedTrip", limits: Limits) -> float:
    if is_drawn(trip.route_source):
        return limits[METRES] / closeness(trip)
    return max(STRAIGHT_LEAST_METRES, STRAIGHT_SHARE * route_length(trip.route))


def _which_way(trip: "WatchedTrip") -> str:
    return "planned" if is_drawn(trip.route_source) else "straight"


TOLERANCE = trip_column("off_route.tolerance", _tolerance)
SINCE = phone_column("off_route.since", time=True)
WAYS = {
    "planned": pgettext_lazy("which way", "planned way"),
    "straight": pgettext_lazy("which way", "straight line"),
}


def look(here: Position) -> tuple[bool, tuple[float]]:
    """Farther from the way than the tolerance, since long enough."""
    fires = False
    if here.off > here.trip[TOLERANCE]:
        if np.isnan(here.mine[SINCE]):
            here.mine[SINCE] = here.at
        fires = here.at - here.mine[SINCE] >= here.limits[SECONDS]
    else:
        here.mine[SINCE] = np.nan
    return fires, (here.off,)


KIND = Kind("off_route", _("off the planned route"), weight=40)
RULE = Rule(
    key="off_route",
    kind=KIND,
    on_position=look,
    figures=("metres",),
    of_trip={"way": _which_way},
    says=_("%(metres)s from the %(way)s (%(party)s's phone)"),
    forms={"metres": distance, "way": one_of(WAYS), "party": PARTY},
)
