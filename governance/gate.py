"""What stands in the way of a relaunch (G2): one sentence for each thing that is missing.

A suspended line stays suspended: there is no service that starts one again. Until the gate is built whole, with its
signatures and its probation, this only says why it would refuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from governance.measures import DATE, Measure
from governance.models import DrillRun
from governance.selectors import Row
from governance.states import Status

FRESH = timedelta(hours=2)  # a drill runs each hour


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing: what, and the measure it is about, None where it is none."""

    sentence: str
    row: Row | None = None


def counts(measure: Measure, line: str, at: datetime) -> bool:
    """Whether a measure has to hold before a line returns: of its scope, due before a relaunch, or of the whole platform
    and past its date."""
    if line in measure.scope.split(", ") or measure.due == "relaunch":
        return True
    due = bool(DATE.fullmatch(measure.due)) and measure.due <= at.date().isoformat()
    return measure.scope == "platform" and due


def in_the_way(rows: Sequence[Row], line: str, at: datetime) -> list[Missing]:
    """What is missing for a line, in one sentence each; a waiver helps only where no life depends on the measure."""
    found = []
    for row in rows:
        if not counts(row.measure, line, at) or row.found.status == Status.PASS:
            continue
        if row.waiver is not None and not row.measure.saves_lives:
            continue
        said = {"id": row.measure.id, "state": str(row.found.status.label), "title": row.measure.title}
        found.append(Missing(_("%(id)s is “%(state)s”: %(title)s") % said, row))
    drill = DrillRun.objects.order_by("-begun_at").first()
    if drill is None or not drill.passed or at - drill.begun_at > FRESH:
        found.append(Missing(_("No drill of the last two hours has passed.")))
    found.append(
        Missing(_("The gate itself is not built: nobody can sign, and no line can be started again."))
    )
    return found
