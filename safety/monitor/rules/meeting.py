"""Both phones at one place before boarding (R7), or after the driver cancelled: he may say so on the way to her (R6).

After her own cancel they have not met: a car that was nearly there goes past her, and on to somebody else.
"""

from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import distance
from core.policy import Unit
from safety.monitor.declare import (
    DRIVER,
    PASSENGER,
    Again,
    Array,
    Phase,
    Place,
    Position,
    Rule,
    X,
    Y,
    limit,
    memory_column,
    phase_of,
    phone_column,
    trip_column,
)

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip

METRES = limit(
    "meeting_metres",
    policy.declare(
        "safety.meeting_metres",  # R6
        policy.Whole(20, 1_000, Unit.METRES),
        100,
        name=pgettext_lazy("policy name", "Meeting of two phones"),
        about=_("Both phones of a trip within this distance of each other have met."),
    ),
)
COUNTS = trip_column(
    "meeting.counts",
    lambda trip, _limits: float(phase_of(trip) == Phase.BEFORE_BOARDING or trip.by_driver),
)
MET_X = memory_column("meeting.x")
MET_Y = memory_column("meeting.y")
NEAR = phone_column("meeting.near", 0.0)  # positions in a row near the other phone


def look(here: Position) -> tuple[bool, tuple[float]]:
    """They are near each other for the first time, by two positions of each."""
    here.mine[NEAR] = here.mine[NEAR] + 1.0 if here.apart <= here.limits[METRES] else 0.0
    near = min(here.phones[PASSENGER, NEAR], here.phones[DRIVER, NEAR]) >= 2.0
    fires = here.trip[COUNTS] > 0 and near and np.isnan(here.memory[MET_X])
    if fires:
        here.memory[MET_X], here.memory[MET_Y] = here.phones[PASSENGER, X], here.phones[PASSENGER, Y]
    return fires, (here.apart,)


def _met_before(trip: "WatchedTrip", phones: Array, memory: Array) -> bool:
    if not trip.met or np.isnan(phones[PASSENGER, X]):
        return False
    memory[MET_X], memory[MET_Y] = phones[PASSENGER, X], phones[PASSENGER, Y]
    return True


RULE = Rule(
    key="meeting",
    on_position=look,
    again=Again.ITSELF,
    phases=frozenset({Phase.BEFORE_BOARDING, Phase.CANCELLED}),
    figures=("apart",),
    place=Place.PASSENGER,
    begin=_met_before,
    says=_("both phones at one place, %(apart)s apart"),
    forms={"apart": distance},
)
