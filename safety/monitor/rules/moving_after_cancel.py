"""Both phones on the way together after a cancel; or the driver's, where nobody knows where hers is (R6)."""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import distance, span
from core.policy import Unit
from safety.monitor.declare import (
    DRIVER,
    Again,
    Kind,
    Phase,
    Position,
    Rule,
    limit,
    memory_column,
    phone_column,
    trip_column,
)
from safety.monitor.rules.meeting import MET_X, MET_Y
from safety.monitor.rules.signal_lost import SILENCE
from safety.monitor.rules.together import APART_METRES

TOGETHER_METRES = limit(
    "after_cancel_metres",
    policy.declare(
        "safety.after_cancel_metres",  # R6
        policy.Whole(50, 10_000, Unit.METRES),
        300,
        name=pgettext_lazy("policy name", "Together after a cancel"),
        about=_("Both phones that move this far together after a cancel are a signal."),
    ),
)
ALONE_METRES = limit(
    "alone_after_cancel_metres",
    policy.declare(
        "safety.alone_after_cancel_metres",  # R6
        policy.Whole(100, 50_000, Unit.METRES),
        1_000,
        name=pgettext_lazy("policy name", "Car alone after a cancel"),
        about=_(
            "A car that moves this far after a cancel, or from where both phones met after it, while no good position of her "
            "phone comes, is a signal."
        ),
    ),
)
MET = trip_column("moving_after_cancel.met", lambda trip, _limits: float(trip.has_met))
FROM_X = phone_column("moving_after_cancel.x")
FROM_Y = phone_column("moving_after_cancel.y")
# 1 where their phones had met by the first position after the cancel, 0 where they had not: he may pick her up after it.
BEFORE = memory_column("moving_after_cancel.met_before")


def look_together(here: Position) -> tuple[bool, tuple[float, float]]:
    """Both have moved on since the cancel, and are near each other."""
    if np.isnan(here.memory[BEFORE]):
        here.memory[BEFORE] = 0.0 if np.isnan(here.memory[MET_X]) else 1.0
    if np.isnan(here.mine[FROM_X]):
        here.mine[FROM_X], here.mine[FROM_Y] = here.x, here.y
    dx, dy = here.x - here.mine[FROM_X], here.y - here.mine[FROM_Y]
    moved = np.sqrt(dx * dx + dy * dy)
    fires = here.apart <= here.limits[APART_METRES] and moved > here.limits[TOGETHER_METRES]
    return fires, (moved, here.apart)


def look_alone(here: Position) -> tuple[bool, tuple[float, float]]:
    """The car has moved on, and nobody knows where her phone is, although both had met, before the cancel or after it."""
    met = not np.isnan(here.memory[MET_X])
    x, y = here.mine[FROM_X], here.mine[FROM_Y]
    if met and here.memory[BEFORE] == 0:
        x, y = here.memory[MET_X], here.memory[MET_Y]
    moved = np.sqrt((here.x - x) ** 2 + (here.y - y) ** 2)
    unplaced = here.limits[SILENCE] + 1.0 if np.isnan(here.unplaced) else here.unplaced
    fires = (
        here.phone == DRIVER
        and (met or here.trip[MET] > 0)
        and unplaced > here.limits[SILENCE]
        and moved > here.limits[ALONE_METRES]
    )
    return fires, (moved, unplaced)


KIND = Kind("moving_after_cancel", _("both phones move together after a cancel"), weight=70)
TOGETHER = Rule(
    key="moving_together_after_cancel",
    kind=KIND,
    on_position=look_together,
    again=Again.TWICE_EACH,
    phases=frozenset({Phase.CANCELLED}),
    figures=("metres", "apart"),
    says=_("both phones %(metres)s on, %(apart)s apart"),
    forms={"metres": distance, "apart": distance},
)
ALONE = Rule(
    key="moving_alone_after_cancel",
    kind=KIND,
    on_position=look_alone,
    phases=frozenset({Phase.CANCELLED}),
    figures=("metres", "seconds"),
    says=_("driver %(metres)s on, her phone silent or too coarse for %(seconds)s"),
    forms={"metres": distance, "seconds": span},
)
