"""Reads of the board's history."""

from datetime import timedelta

from core import clock
from governance.measures import Checked, Found, check_measure, measures
from governance.models import MeasureResult
from governance.states import Status


def history_of(measure_id: str, *, days: int = 30) -> list[MeasureResult]:
    """What a measure was in the last days, oldest first."""
    since = clock.now() - timedelta(days=days)
    return list(
        MeasureResult.objects.filter(measure=measure_id, checked_at__gte=since).order_by("checked_at")
    )


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
