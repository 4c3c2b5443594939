"""The queue reads what is live, however many complaints are over, also by a plan that was made for any value."""

from functools import partial
from itertools import product

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


OVER = 1_000  # complaints that are over, beside one that is live: enough that nobody would read them all


def _copies(table, **changed):
    """`OVER` copies of each row of a table; `changed` says what is another in the copy of number `n`, as SQL."""
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return (
        f"INSERT INTO {table} SELECT copy.* FROM {table} row, generate_series(1, {OVER}) n,"  # noqa: S608 - words of ours
        f" jsonb_populate_record(NULL::{table}, to_jsonb(row) || jsonb_build_object({pairs})) copy"
    )


@pytest.fixture
def archive(cases):
    """A live complaint with both its statements beside very many that were decided; the planner knows how many."""
    cases.heard(cases.ended())
    with connection.cursor() as cursor:
        cursor.execute(
            _copies(
                "complaints_complaint",
                id="row.id + n",
                code="'C-' || n",
                submission="'over-' || n",
                secret_digest="md5(n::text)",
                state="'decided'",
                decided_at="now()",
                decided_by="'adjudicator'",
                finding="'upheld'",
            )
        )
        cursor.execute(
            _copies("complaints_statement", id="row.id + 2 * n", complaint_id="row.complaint_id + n")
        )
        cursor.execute("ANALYZE complaints_complaint, complaints_statement")


def test_a_view_of_what_is_live_reads_nothing_that_is_over(people, archive):
    views = list(product(sorted(OF_LIVE), (count_of, page_of)))
    agent, now = people("agent"), clock.now()
    plans = {(state, ask): _plans(partial(ask, Filter(state=state), agent, now)) for state, ask in views}
    assert [view for view in views if not any("complaint_queue_" in plan for plan in plans[view])] == [], (
        plans
    )
