"""Both phones travel together after they met, although no code was entered (R7)."""

import numpy as np
from django.utils.translation import gettext_lazy as _

from core.formats import distance
from safety.monitor.declare import PASSENGER, Phase, Place, Position, Rule, X, Y
from safety.monitor.rules.meeting import MET_X, MET_Y

APART_METRES = 200.0
TRAVELLED_METRES = 500.0


def look(here: Position) -> tuple[bool, tuple[float, float]]:
    """Near each other, and far from where they met."""
    dx = here.phones[PASSENGER, X] - here.memory[MET_X]
    dy = here.phones[PASSENGER, Y] - here.memory[MET_Y]
    travelled = np.sqrt(dx * dx + dy * dy)
    return here.apart <= APART_METRES and travelled > TRAVELLED_METRES, (travelled, here.apart)


RULE = Rule(
    key="together",
    on_position=look,
    phases=frozenset({Phase.BEFORE_BOARDING}),
    figures=("metres", "apart"),
    place=Place.PASSENGER,
    says=_("both phones travelled %(metres)s together, %(apart)s apart"),
    forms={"metres": distance, "apart": distance},
)
