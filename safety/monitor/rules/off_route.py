"""Off the planned way for a while (S5)."""

from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.facts import one_of
from core.formats import distance
from core.policy import Unit
from rides.geometry import route_length
from rides.routing import is_drawn
from safety.monitor.declare import (
    PARTY,
    Again,
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

METRES = limit(
    "off_route_metres",
    policy.declare(
        "safety.off_route_metres",  # S5
        policy.Whole(50, 10_000, Unit.METRES),
        500,
        name=pgettext_lazy("policy name", "Distance off the route"),
        about=_("Farther from the router's route is off it."),
    ),
)
SECONDS = limit(
    "off_route_seconds",
    policy.declare(
        "safety.off_route_seconds",  # S5
        policy.Span(5, 1_800),
        30,
        name=pgettext_lazy("policy name", "Time off the route"),
        about=_("A car that is off its route for at least this long has left it."),
    ),
)
# Where no router drew the way, the straight line stands for it: very wide, and wider on long trips.
STRAIGHT_METRES = limit(
    "straight_least_metres",
    policy.declare(
        "safety.straight_least_metres",  # S5
        policy.Whole(500, 20_000, Unit.METRES),
        3_000,
        name=pgettext_lazy("policy name", "Distance off a straight line"),
        about=_("Where no router drew the way, farther from the straight line is off it."),
    ),
)
STRAIGHT_SHARE = limit(
    "straight_share",
    policy.declare(
        "safety.straight_share",  # S5
        policy.Real(0.3, 3.0, Unit.SHARE),
        0.75,
        name=pgettext_lazy("policy name", "Distance off a long straight line"),
        about=_(
            "On long trips without a drawn way it is this share of the straight line's length, where that is more."
        ),
    ),
)


def _tolerance(trip: "WatchedTrip", limits: Limits) -> float:
    if is_drawn(trip.route_source):
        return limits[METRES] / closeness(trip, limits)
    return max(limits[STRAIGHT_METRES], limits[STRAIGHT_SHARE] * route_length(trip.route))


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
    again=Again.ITSELF,
    figures=("metres",),
    fine={SINCE: np.inf},  # it has to be on its way again before it can leave it
    of_trip={"way": _which_way},
    says=_("%(metres)s from the %(way)s (%(party)s's phone)"),
    forms={"metres": distance, "way": one_of(WAYS), "party": PARTY},
)
