"""Much longer on the way than planned (S5)."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.formats import span
from core.policy import Unit
from safety.monitor.declare import (
    BEGAN,
    Kind,
    Limits,
    Moment,
    Rule,
    closeness,
    limit,
    planned_seconds,
    trip_column,
)

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip

FACTOR = limit(
    "overlong_factor",
    policy.declare(
        "safety.overlong_factor",  # S5
        policy.Real(1.0, 10.0, Unit.TIMES),
        2.0,
        name=pgettext_lazy("policy name", "Overlong trip"),
        about=_("A trip is overlong after so many times the planned time, and some time on top."),
    ),
)
SECONDS = limit(
    "overlong_seconds",
    policy.declare(
        "safety.overlong_seconds",  # S5
        policy.Span(60, 4 * 3_600),
        1_200,
        name=pgettext_lazy("policy name", "Time on top of an overlong trip"),
        about=_("This long on top of the planned time, so that short trips are not overlong at once."),
    ),
)


def _allowed(trip: "WatchedTrip", limits: Limits) -> float:
    return (limits[FACTOR] * planned_seconds(trip) + limits[SECONDS]) / closeness(trip, limits)


ALLOWED = trip_column("overlong.allowed", _allowed)


def look(now: Moment) -> tuple[bool, tuple[float]]:
    """More time since the trip began than it may take."""
    lasted = now.at - now.trip[BEGAN]
    return lasted > now.trip[ALLOWED], (lasted,)


RULE = Rule(
    key="overlong",
    kind=Kind("overlong", _("longer on the way than planned"), weight=20),
    on_tick=look,
    each_phone=False,
    figures=("seconds",),
    of_trip={"planned": planned_seconds},
    says=_("%(seconds)s on the way, planned were %(planned)s"),
    forms={"seconds": span, "planned": span},
)
