"""What live checks share: how far they look back, whether a law of the database stands, and what they conclude."""

from datetime import timedelta

from django.db import connection

from core.languages import clauses, sentences
from governance.measures import Found
from governance.states import Status

SPAN = timedelta(days=30)


def law_stands(*names: str) -> list[str]:
    """The named constraints that the database does not hold, or does not hold for all rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE convalidated AND conname = ANY(%s)", [list(names)]
        )
        found = {row[0] for row in cursor.fetchall()}
    return sorted(set(names) - found)


def unique_stands(*names: str) -> list[str]:
    """The named unique indexes that the database does not have, or has not finished."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indisunique AND i.indisvalid AND c.relname = ANY(%s)",
            [list(names)],
        )
        found = {row[0] for row in cursor.fetchall()}
    return sorted(set(names) - found)


def verdict(faults: list[str], evidence: str) -> Found:
    """Red with the faults, or green; the evidence in either case."""
    if faults:
        return Found(Status.FAIL, sentences(clauses(faults), evidence))
    return Found(Status.PASS, evidence, 1.0)
