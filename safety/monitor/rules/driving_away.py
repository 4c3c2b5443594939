"""Farther from the destination again than the planned way leads (S5)."""

from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import formats, policy
from core.policy import Unit
from rides.geometry import distance
from rides.routing import is_drawn
from safety.monitor.declare import (
    PARTY,
    Limits,
    Position,
    Rule,
    closeness,
    limit,
    phone_column,
    trip_column,
)
from safety.monitor.plane import project
from safety.monitor.rules.off_route import KIND

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip

METRES = limit(
    "away_metres",
    policy.declare(
        "safety.away_metres",  # S5
        policy.Whole(100, 20_000, Unit.METRES),
        900,
        name=pgettext_lazy("policy name", "Driving away"),
        about=_("Farther from the destination again, than the planned way leads, is driving away."),
    ),
)
SHARE = limit(
    "away_share",
    policy.declare(
        "safety.away_share",  # S5
        policy.Real(0.01, 1.0, Unit.SHARE),
        0.15,
        name=pgettext_lazy("policy name", "Driving away on long trips"),
        about=_("On long trips it is this share of the straight line, where that is more."),
    ),
)


def _tolerance(trip: "WatchedTrip", limits: Limits) -> float:
    whole = distance(trip.route[0], trip.destination)
    return _planned(trip) + max(limits[METRES], limits[SHARE] * whole) / closeness(trip, limits)


def _planned(trip: "WatchedTrip") -> float:
    """How far the planned way itself leads away from the destination again: on a drawn way that is no signal."""
    if not is_drawn(trip.route_source):
        return 0.0
    left = np.hypot(*project(np.array(trip.route), trip.destination).T)
    return float((left - np.minimum.accumulate(left)).max())


TOLERANCE = trip_column("driving_away.tolerance", _tolerance)
BEST = phone_column("driving_away.best")


def look(here: Position) -> tuple[bool, tuple[float]]:
    """Farther than the nearest that this phone has been, by two positions that follow each other."""
    before = np.sqrt(here.last_x * here.last_x + here.last_y * here.last_y)
    nearest = max(here.left, before)
    if here.left >= 0 and before >= 0 and not nearest >= here.mine[BEST]:
        here.mine[BEST] = nearest
    farther = here.left - here.mine[BEST]
    return farther > here.trip[TOLERANCE], (farther,)


RULE = Rule(
    key="driving_away",
    kind=KIND,
    on_position=look,
    figures=("metres",),
    fine={BEST: np.nan},  # as far again from where it is now
    detail=lambda _facts: "away",
    says=_("%(metres)s away from the destination again (%(party)s's phone)"),
    forms={"metres": formats.distance, "party": PARTY},
)
