"""The months of the trail (R9). A month's partition is made before its first row comes, and dropped when its time is over.

It is made by a job of its own, never by who writes a trail: attaching a table locks the trips for a moment, and within
a writer's transaction that is a circle with whoever ends one of them. What comes for a month that is not there yet
stands in the partition for all others, and moves when its month is made.

The platform's role may not make tables: two functions of the database's owner do this and nothing else (migration `0002_laws`).
"""

from datetime import UTC, datetime, timedelta

from django.db import connection

from core import clock, holds, policy
from core.models import DataHold
from rides.models import Trip
from rides.policies import TRAIL_KEPT

AHEAD = 2  # months after this one


def ensure_months(*, at: datetime | None = None) -> int:
    """Make the partitions of yesterday's month, of this one and of the next two; how many were missing.

    Each is a transaction of its own. Raises where the trips are locked for more than a second: it is tried again.
    """
    now, before = at or clock.now(), set(months())
    wanted = {month_of(now - timedelta(days=1)), month_of(now)}
    year, month = month_of(now)
    for later in range(1, AHEAD + 1):
        wanted.add((year + (month + later - 1) // 12, (month + later - 1) % 12 + 1))
    missing = [
        (year, month) for year, month in sorted(wanted) if f"rides_trail_{year:04}_{month:02}" not in before
    ]
    for each in missing:
        ensure_month(*each)
    return len(missing)


def month_of(at: datetime) -> tuple[int, int]:
    """The year and month of a time, as partitions count them."""
    return at.astimezone(UTC).year, at.astimezone(UTC).month


def ensure_month(year: int, month: int) -> None:
    """Make a month's partition where it does not exist, with the rows that came for it before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rides_trail_month(make_date(%s, %s, 1))", [year, month])


def drop_expired(*, at: datetime | None = None) -> int:
    """Destroy the months that ended longer ago than trails are kept, but what is held; how many there were."""
    held = DataHold.objects.filter(holds.in_force()).values_list("subject", flat=True)
    kept = list(Trip.objects.filter(code__in=list(held)).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        before = (at or clock.now()) - policy.span(TRAIL_KEPT)
        cursor.execute("SELECT rides_trail_expire(%s, %s::bigint[])", [before, kept])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def months() -> list[str]:
    """The partitions that exist, by name, oldest first; the one for all other months is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'rides_trail'::regclass AND inhrelid <> 'rides_trail_rest'::regclass ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]
