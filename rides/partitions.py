"""The months of the trail (R9). A month's partition is made before its first row comes, and dropped when its time is over.

The platform's role may not make tables: two functions of the database's owner do this and nothing else (migration `0002_laws`).
"""

from datetime import datetime
from functools import lru_cache

from django.db import connection

from core import clock, policy
from rides.policies import TRAIL_KEPT


@lru_cache(maxsize=64)
def ensure_month(year: int, month: int) -> None:
    """Make a month's partition where it does not exist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rides_trail_month(make_date(%s, %s, 1))", [year, month])


def ensure_months_of(minutes: set[datetime]) -> None:
    """Make the partitions that rows of these minutes need."""
    for year, month in sorted({(minute.year, minute.month) for minute in minutes}):
        ensure_month(year, month)


def drop_expired(*, at: datetime | None = None) -> int:
    """Destroy the months that ended longer ago than trails are kept; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rides_trail_expire(%s)", [(at or clock.now()) - policy.span(TRAIL_KEPT)])
        row = cursor.fetchone()
    ensure_month.cache_clear()
    return int(row[0]) if row else 0


def months() -> list[str]:
    """The partitions that exist, by name, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'rides_trail'::regclass ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]
