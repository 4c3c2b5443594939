"""The queue reads what is live, however many complaints are over, also by a plan that was made for any value."""

import pytest
from django.db import connection

from complaints.selectors.queue import OF_LIVE, Filter, count_of, page_of
from core import clock

pytestmark = pytest.mark.django_db


def _plans(ask):
    """The plans that a statement gets once it was prepared: those that know no value (PostgreSQL, `plan_cache_mode`)."""
    plans = []

    def explained(execute, sql, params, many, context):
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (GENERIC_PLAN) {_numbered(sql)}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        ask()
    return plans


def _numbered(sql):
    parts = sql.split("%s")
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]


@pytest.mark.parametrize("state", sorted(OF_LIVE))
@pytest.mark.parametrize("ask", [count_of, page_of])
def test_a_view_of_what_is_live_reads_nothing_that_is_over(people, state, ask):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plans = _plans(lambda: ask(Filter(state=state), people("agent"), clock.now()))
    assert any("complaint_queue_" in plan for plan in plans), plans
