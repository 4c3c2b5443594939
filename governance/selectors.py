"""Reads of the board's history."""

from datetime import timedelta

from core import clock
from governance.measures import Checked, Found, check_measure, measures
from governance.models import MeasureResult
from governance.states import Status


def histories(*, days: int = 30) -> dict[str, list[MeasureResult]]:
    """What each measure was in the last days, oldest first, by the measure's id."""
    found: dict[str, list[MeasureResult]] = {}
    since = clock.now() - timedelta(days=days)
    for row in MeasureResult.objects.filter(checked_at__gte=since).order_by("checked_at"):
        found.setdefault(row.measure, []).append(row)
    return found


def last_board() -> list[Checked]:
    """Every measure as its last periodic check found it; one that was never checked is checked now."""
    rows = MeasureResult.objects.order_by("measure", "-checked_at", "-pk").distinct("measure")
    last = {row.measure: row for row in rows}
    return [
        Checked(measure, Found(Status(row.status), row.evidence, row.share), row.checked_at)
        if (row := last.get(measure.id))
        else check_measure(measure)
        for measure in measures()
    ]
