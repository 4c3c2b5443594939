"""What live checks share: how far they look back, whether a law of the database stands, and what they conclude."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext_noop as noop

from governance.evidence import Facts, fault
from governance.measures import Found
from governance.states import Status

SPAN = timedelta(days=30)
NO_LAW = fault("no_law", noop("The database no longer holds: %(law)s"))


def law_stands(*names: str) -> list[str]:
    """The named constraints that the database does not hold, or does not hold for all rows."""
    return _missing("SELECT conname FROM pg_constraint WHERE convalidated AND conname = ANY(%s)", names)


def unique_stands(*names: str) -> list[str]:
    """The named unique indexes that the database does not have, or has not finished."""
    return _missing(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indisunique AND i.indisvalid AND c.relname = ANY(%s)",
        names,
    )


def trigger_stands(*names: str) -> list[str]:
    """The named triggers that the database does not have, or that are switched off."""
    return _missing("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND tgname = ANY(%s)", names)


def trigger_always_stands(*names: str) -> list[str]:
    """The named triggers that the database does not have, or that somebody passes as a replica (`tgenabled` is not A)."""
    return _missing("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A' AND tgname = ANY(%s)", names)


def _missing(question: str, names: Sequence[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(question, [list(names)])
        found = {row[0] for row in cursor.fetchall()}
    return sorted(set(names) - found)


def laws(*names: str) -> list[Facts]:
    """What is wrong where one of these constraints is gone."""
    return [NO_LAW(law=name) for name in law_stands(*names)]


def columns_like(words: str, *prefixes: str) -> list[str]:
    """`table.column` of what tables of these apps have under such a name (a regular expression)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE c.relkind IN ('r', 'p', 'v') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped"
            " AND split_part(c.relname, '_', 1) = ANY(%s) AND a.attname ~* %s ORDER BY 1",
            [list(prefixes), words],
        )
        return [row[0] for row in cursor.fetchall()]


def verdict(faults: Sequence[Facts], *seen: Facts, happened: int | None = None) -> Found:
    """Red with the faults, else green; where nothing has `happened` that could show it, there is no evidence."""
    if faults:
        return Found(Status.FAIL, (*faults, *seen))
    if happened == 0:
        return Found(Status.NONE, seen)
    return Found(Status.PASS, seen, 1.0)


def shared(faults: Sequence[Facts], done: int, everybody: int, seen: Facts) -> Found:
    """Green only where all is done; red where some is not; no evidence where there is nobody."""
    if not everybody and not faults:
        return Found(Status.NONE, (seen,))
    share = done / everybody if everybody else None
    return Found(Status.PASS if share == 1.0 and not faults else Status.FAIL, (*faults, seen), share)
