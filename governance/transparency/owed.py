"""Which months owe a transparency report (G7): each that is over since people ride, until its days are published."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core import policy
from governance.policies import REPORT_WITHIN
from governance.transparency.figures import ZONE, span_of
from governance.transparency.reports import published
from rides.selectors import first_trip_at

LOOKS_BACK = 24  # months


@dataclass(frozen=True, slots=True)
class Owed:
    """A month whose days are not all published, and until when they were to be."""

    begins: date
    ends: date
    due: datetime
    late: bool

    @property
    def name(self) -> str:
        """As ISO 8601 has it: 2026-02."""
        return f"{self.begins:%Y-%m}"


def _months(at: datetime) -> list[tuple[date, date]]:
    """First and last day of the months that are over since the first trip, China's, oldest first."""
    first = first_trip_at()
    if first is None:
        return []
    begun = first.astimezone(ZONE).date().replace(day=1)
    found: list[tuple[date, date]] = []
    after = at.astimezone(ZONE).date().replace(day=1)
    while len(found) < LOOKS_BACK and after > begun:
        ends = after - timedelta(days=1)
        after = ends.replace(day=1)
        found.append((after, ends))
    return found[::-1]


def owed(at: datetime) -> list[Owed]:
    """All that are owed, oldest first; those of which `late` say so were due before."""
    months = _months(at)
    if not months:
        return []
    told = list(published().filter(version=1).values_list("begins", "ends"))
    within = policy.span(REPORT_WITHIN)
    found = []
    for begins, ends in months:
        # Published periods share no day, so their days are simply added.
        days = sum(max(0, (min(ends, last) - max(begins, first)).days + 1) for first, last in told)
        if days <= (ends - begins).days:
            due = span_of(begins, ends)[1] + within
            found.append(Owed(begins, ends, due, due <= at))
    return found
