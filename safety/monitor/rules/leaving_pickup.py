"""The car leaves the pick-up before anybody was said to board, and nothing shows that she is not in it (S5, R6).

No code need be entered, and no phone heard, for somebody to sit in a car that has arrived. A phone of hers that is heard
well, and stays away from the car, says that he left her: that is no signal here.
"""

from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import distance, span
from core.policy import Unit
from rides.states import TripState
from safety.monitor.declare import (
    BEGAN,
    DRIVER,
    Kind,
    Phase,
    Position,
    Rule,
    limit,
    phone_column,
    trip_column,
)
from safety.monitor.plane import project
from safety.monitor.rules.signal_lost import SILENCE
from safety.monitor.rules.together import APART_METRES

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip

METRES = limit(
    "leaving_metres",
    policy.declare(
        "safety.leaving_metres",  # S5, R6
        policy.Whole(200, 20_000, Unit.METRES),
        1_000,
        name=pgettext_lazy("policy name", "Leaving the pick-up"),
        about=_(
            "A car that was at the pick-up and goes this far from it, before anybody boarded, has left it: a signal where "
            "her phone is silent, too coarse, or near the car."
        ),
    ),
)


def _pickup(trip: "WatchedTrip") -> list[float]:
    place: list[float] = project(np.array([trip.origin], dtype=float), trip.destination)[0].tolist()
    return place


THERE = trip_column(
    "leaving_pickup.there", lambda trip, _limits: float(trip.has_met or trip.state == TripState.ARRIVED)
)
FROM_X = trip_column("leaving_pickup.x", lambda trip, _limits: _pickup(trip)[0])
FROM_Y = trip_column("leaving_pickup.y", lambda trip, _limits: _pickup(trip)[1])
# How near the pick-up the car has been since it was there: who says 'I am here' too early comes nearer first.
NEAREST = phone_column("leaving_pickup.nearest")


def look_alone(here: Position) -> tuple[bool, tuple[float, float]]:
    """The car is away again, and nobody knows where her phone is. Two positions that follow each other say how near it was."""
    x, y = here.trip[FROM_X], here.trip[FROM_Y]
    away = np.sqrt((here.x - x) ** 2 + (here.y - y) ** 2)
    before = np.sqrt((here.last_x - x) ** 2 + (here.last_y - y) ** 2)
    if here.trip[THERE] == 0:
        here.mine[NEAREST] = np.nan
    elif before >= 0 and not max(away, before) >= here.mine[NEAREST]:
        here.mine[NEAREST] = max(away, before)
    left = away - here.mine[NEAREST]
    # Of a phone that was never heard, the time since the car was there.
    unplaced = max(0.0, here.at - here.trip[BEGAN]) if np.isnan(here.unplaced) else here.unplaced
    fires = here.phone == DRIVER and left > here.limits[METRES] and unplaced > here.limits[SILENCE]
    return fires, (away, unplaced)


def look_together(here: Position) -> tuple[bool, tuple[float, float]]:
    """The same, and hers goes with it, although both were never seen to meet."""
    away = np.sqrt((here.x - here.trip[FROM_X]) ** 2 + (here.y - here.trip[FROM_Y]) ** 2)
    left = away - here.mine[NEAREST]  # as the rule before this one left it
    fires = here.phone == DRIVER and left > here.limits[METRES] and here.apart <= here.limits[APART_METRES]
    return fires, (away, here.apart)


KIND = Kind("leaving_pickup", _("the car left the pick-up, and nobody was said to board"), weight=40)
ALONE = Rule(
    key="leaving_pickup",
    kind=KIND,
    on_position=look_alone,
    phases=frozenset({Phase.BEFORE_BOARDING}),
    figures=("metres", "seconds"),
    fine={NEAREST: np.nan},  # as far again from where it is now
    says=_("car %(metres)s from the pick-up, her phone silent or too coarse for %(seconds)s"),
    forms={"metres": distance, "seconds": span},
)
TOGETHER = Rule(
    key="leaving_pickup_together",
    kind=KIND,
    on_position=look_together,
    phases=frozenset({Phase.BEFORE_BOARDING}),
    figures=("metres", "apart"),
    fine={NEAREST: np.nan},
    says=_("both phones %(metres)s from the pick-up, %(apart)s apart"),
    forms={"metres": distance, "apart": distance},
)
