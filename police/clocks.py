"""The published clocks (P8, P8+): how soon the police were answered, by channel, kind and outcome, and what went wrong.

The database counts; the drill's marked accounts are nobody. The transparency report asks the same of its period
(`governance.transparency.questions`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from core import clock
from police.models import ReleaseError
from police.states import Channel, ErrorKind, RequestState, Urgency

WITHIN = (timedelta(minutes=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds from asked to decided of one channel, kind and outcome. What waits is counted with the time it has waited, and
    as within nothing: it has no answer yet."""

    channel: str
    kind: str
    outcome: str
    count: int
    within_1: float
    within_10: float
    p50: float
    p95: float
    longest: float

    @property
    def labels(self) -> tuple[str, str, str]:
        """Channel, kind and outcome in the reader's language."""
        return (
            str(Channel(self.channel).label),
            str(Urgency(self.kind).label),
            str(RequestState(self.outcome).label),
        )


@dataclass(frozen=True, slots=True)
class Errors:
    """The register of errors in figures: how many of each kind two people agreed on, how many wait for two, how many were none."""

    counts: dict[str, int] = field(default_factory=dict)
    open: int = 0
    none: int = 0
    rows: list[ReleaseError] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values()) + self.open + self.none

    @property
    def by_kind(self) -> list[tuple[str, int]]:
        """All kinds, those without any too."""
        return [(str(kind.label), self.counts.get(kind.value, 0)) for kind in ErrorKind]


_CLOCKS = """
SELECT channel, urgency, state, count(*), avg((decided_at IS NOT NULL AND span <= %(first)s)::int)::float8,
    avg((decided_at IS NOT NULL AND span <= %(second)s)::int)::float8,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY span), percentile_disc(0.95) WITHIN GROUP (ORDER BY span), max(span)
FROM (
    SELECT q.channel, q.urgency, q.state, q.decided_at, extract(epoch FROM COALESCE(q.decided_at, %(at)s) - q.asked_at)::float8 AS span
    FROM police_policerequest q LEFT JOIN police_officer o ON o.id = q.officer_id LEFT JOIN rides_trip t ON t.id = q.trip_id
    WHERE q.asked_at >= %(since)s AND q.asked_at < %(until)s
    AND COALESCE(o.account_id NOT IN (SELECT id FROM accounts_account WHERE is_drill), true)
    AND COALESCE(t.passenger_id NOT IN (SELECT id FROM accounts_account WHERE is_drill), true)
) asked GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def published_clocks(since: datetime, until: datetime) -> list[Clocks]:
    """Of requests asked in a time: one row for each channel, kind and outcome that there was, waiting ones by their state.

    Times by nearest rank: the least that so large a share does not exceed.
    """
    first, second = (each.total_seconds() for each in WITHIN)
    given: dict[str, Any] = {
        "since": since,
        "until": until,
        "at": clock.now(),
        "first": first,
        "second": second,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOCKS, given)
        return [Clocks(*row) for row in cursor.fetchall()]


def _of_people() -> QuerySet[ReleaseError]:
    marked = Q(request__officer__account__is_drill=True) | Q(request__trip__passenger__is_drill=True)
    return ReleaseError.objects.exclude(marked)


def errors_since(since: datetime) -> Errors:
    """The register since a time, the newest 200 as rows."""
    rows = _of_people().filter(found_at__gte=since)
    closed = rows.exclude(agreed_by="").order_by()
    kinds = dict(closed.filter(was_none=False).values_list("kind").annotate(many=Count("pk")))
    newest = list(rows.select_related("request__agency").order_by("-found_at", "-pk")[:200])
    return Errors(kinds, rows.filter(agreed_by="").count(), closed.filter(was_none=True).count(), newest)
