"""Neither phone is heard after the car arrived, and nobody was said to board (S5): where both are, nobody knows.

Whoever changes to a map that navigates takes the page off the screen, and a phone in a pocket shows none. So the car can
be gone with her in it, and no position says so.
"""

from django.utils.translation import gettext_lazy as _

from core.formats import span
from rides.states import Party, TripState
from safety.monitor.declare import (
    BEGAN,
    DRIVER,
    HEARD,
    PASSENGER,
    Moment,
    Phase,
    Rule,
    trip_column,
)
from safety.monitor.rules.signal_lost import CLOSENESS, KIND, SILENCE_AWAY

ARRIVED = trip_column(
    "silent_at_pickup.arrived", lambda trip, _limits: float(trip.state == TripState.ARRIVED)
)


def look(now: Moment) -> tuple[bool, tuple[float]]:
    """Both since the car was there, for as long as a page in the background may be silent.

    The trip's own silence is the driver's phone's; what hers was heard later is no silence of both.
    """
    began = now.trip[BEGAN]
    his, hers = now.phones[DRIVER, HEARD], now.phones[PASSENGER, HEARD]
    his = his if his > began else began  # NaN is no time after it
    hers = hers if hers > began else began
    both = now.silent - max(0.0, hers - his)
    fires = now.trip[ARRIVED] > 0 and both > now.limits[SILENCE_AWAY] / now.trip[CLOSENESS]
    return fires, (both,)


RULE = Rule(
    key="silent_at_pickup",
    kind=KIND,
    on_tick=look,
    phases=frozenset({Phase.BEFORE_BOARDING}),
    each_phone=False,
    figures=("seconds",),
    # Hers is one of the two: unanswered, it opens an incident as any silence of hers.
    detail=lambda _facts: f"{Party.PASSENGER}/pickup",
    says=_("both phones silent for %(seconds)s after the car arrived"),
    forms={"seconds": span},
)
