"""A hitch trip that was planned to end before the curfew runs into it (R4)."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from core.formats import span
from rides.curfew import curfew_after
from rides.states import Line
from safety.monitor.declare import (
    BEGAN,
    Kind,
    Limits,
    Moment,
    Phase,
    Rule,
    phase_of,
    planned_seconds,
    trip_column,
)

if TYPE_CHECKING:
    from rides.selectors import WatchedTrip


def _late_at(trip: "WatchedTrip", _limits: Limits) -> float:
    """When the curfew begins that it was planned to end before; never for all others."""
    if trip.line != Line.HITCH or phase_of(trip) != Phase.ABOARD:
        return float("inf")
    began = trip.driver_state_since.timestamp()
    at = curfew_after(datetime.fromtimestamp(began, tz=UTC))
    return float("inf") if at is None or at < began + planned_seconds(trip) else at


LATE_AT = trip_column("late_running.at", _late_at)


def look(now: Moment) -> tuple[bool, tuple[float]]:
    """The curfew has begun."""
    return now.at >= now.trip[LATE_AT], (now.at - now.trip[BEGAN],)


RULE = Rule(
    key="late_running",
    kind=Kind("late_running", _("still on the way when the night hours began"), weight=10),
    on_tick=look,
    each_phone=False,
    figures=("seconds",),
    says=_("%(seconds)s since boarding"),
    forms={"seconds": span},
)
