"""Waiting until all transactions that run now have ended: what is sealed, or asked for once, depends on the oldest one.

PostgreSQL counts transactions for the whole cluster, and other test processes keep theirs open for as long as a test
takes: whoever waits only so many seconds, waits for somebody else's test.
"""

import time

from django.db import connection

LONGEST = 600.0  # seconds; no test takes so long


def passes_now() -> None:
    """Wait until each transaction of the cluster that has begun to write before this call has ended."""
    assert not connection.in_atomic_block, "a transaction would wait for itself"
    until = time.monotonic() + LONGEST
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        mine = cursor.fetchone()[0]
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > %s", [mine])
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > until:
                cursor.execute(
                    "SELECT pid, datname, xact_start::text, left(query, 80) FROM pg_stat_activity"
                    " WHERE backend_xid IS NOT NULL ORDER BY xact_start"
                )
                raise AssertionError(f"still open after {LONGEST} s: {cursor.fetchall()}")
            time.sleep(0.02)
