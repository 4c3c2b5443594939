"""What begins a transaction is done once more where another one stood in its way."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection

from core.models import FailedWork
from core.transactions import begins_transaction

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def lock(key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def test_of_two_that_wait_for_each_other_both_are_done():
    both_hold, tries, done = threading.Barrier(2), {1: 0, 2: 0}, []

    @begins_transaction
    def take(first, second):
        tries[first] += 1
        lock(first)
        if tries[first] == 1:
            both_hold.wait(30)
        lock(second)
        done.append(first)

    def run(first, second):
        try:
            take(first, second)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [1, 2]
    assert sorted(tries.values()) == [1, 2]


def raising(sqlstate, times):
    """A service that fails so often, with what it was given each time."""
    seen = []

    @begins_transaction
    def service(items):
        seen.append(list(items))
        if len(seen) <= times:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"DO $$ BEGIN RAISE EXCEPTION 'for a test' USING ERRCODE = '{sqlstate}'; END $$"
                )
        return "done"

    return service, seen


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_what_is_given_once_is_there_the_second_time(sqlstate):
    service, seen = raising(sqlstate, 1)
    assert service(number for number in range(3)) == "done"
    assert seen == [[0, 1, 2]] * 2


def test_it_is_not_tried_for_ever():
    service, seen = raising("40P01", 9)
    with pytest.raises(OperationalError):
        service([])
    assert len(seen) == 2


def test_other_errors_are_not_tried_again():
    service, seen = raising("57014", 9)  # the statement was cancelled
    with pytest.raises(OperationalError):
        service([])
    assert len(seen) == 1


def test_a_row_that_the_first_time_changed_is_as_it_was():
    """A step that the database took back is taken again, and not refused as one that was taken already."""
    row = FailedWork.objects.create(kind="x", key="k", first_at=NOW, last_at=NOW, next_at=NOW)
    tries = []

    @begins_transaction
    def take(work):
        tries.append(work.attempts)
        work.attempts += 1
        work.save(update_fields=["attempts"])
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'for a test' USING ERRCODE = '40001'; END $$")

    take(row)
    assert tries == [0, 0]
    row.refresh_from_db()
    assert row.attempts == 1
