"""Both phones travel together after they met, although no code was entered (R7)."""

import numpy as np
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import distance
from core.policy import Unit
from safety.monitor.declare import PASSENGER, Again, Phase, Place, Position, Rule, X, Y, limit
from safety.monitor.rules.meeting import MET_X, MET_Y

APART_METRES = limit(
    "together_metres",
    policy.declare(
        "safety.together_metres",  # R6
        policy.Whole(20, 2_000, Unit.METRES),
        200,
        name=pgettext_lazy("policy name", "Phones that travel together"),
        about=_("Phones within this distance of each other travel together."),
    ),
)
TRAVELLED_METRES = limit(
    "travelled_metres",
    policy.declare(
        "safety.travelled_metres",  # R6
        policy.Whole(100, 10_000, Unit.METRES),
        500,
        name=pgettext_lazy("policy name", "Travelling together without a boarding code"),
        about=_("Phones that travel together for this distance are aboard, whatever was entered."),
    ),
)


def look(here: Position) -> tuple[bool, tuple[float, float]]:
    """Near each other, and far from where they met."""
    dx = here.phones[PASSENGER, X] - here.memory[MET_X]
    dy = here.phones[PASSENGER, Y] - here.memory[MET_Y]
    travelled = np.sqrt(dx * dx + dy * dy)
    fires = here.apart <= here.limits[APART_METRES] and travelled > here.limits[TRAVELLED_METRES]
    return fires, (travelled, here.apart)


RULE = Rule(
    key="together",
    on_position=look,
    again=Again.TWICE_EACH,
    phases=frozenset({Phase.BEFORE_BOARDING}),
    figures=("metres", "apart"),
    place=Place.PASSENGER,
    says=_("both phones travelled %(metres)s together, %(apart)s apart"),
    forms={"metres": distance, "apart": distance},
)
