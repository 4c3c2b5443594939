"""Rows written by the shortest way, for what must be quick: the journal, timelines, events, a call for help.

Django makes the statement of each row anew, which takes longer than the database takes to write it. Here it is made of
the table's columns; values are prepared by their fields, as everywhere. No signals are sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.db import models, transaction
from django.db.models.expressions import DatabaseDefault

from core.transactions import joins_transaction

_gathered: ContextVar[list[models.Model] | None] = ContextVar("inserts_gathered", default=None)


@joins_transaction
def insert(row: models.Model, *others: models.Model, unless_there: bool = False) -> bool:
    """Insert rows of one table, which have no number yet and get it here, in one statement.

    With `unless_there` a row is not written where the database has one in its place, whichever constraint says so:
    False then, and of several rows none knows its number. Raises `IntegrityError` otherwise.
    """
    rows, connection = (row, *others), transaction.get_connection()
    fields, head, tail = _statement(type(row))
    given: list[Any] = []
    places = []
    for each in rows:
        values = [field.pre_save(each, add=True) for field in fields]
        places.append(
            ", ".join("DEFAULT" if isinstance(value, DatabaseDefault) else "%s" for value in values)
        )
        given += [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, values, strict=True)
            if not isinstance(value, DatabaseDefault)
        ]
    ending = f" ON CONFLICT DO NOTHING{tail}" if unless_there else tail
    with connection.cursor() as cursor:
        cursor.execute(f"{head}({'), ('.join(places)}){ending}", given)
        numbers = cursor.fetchall()
    if len(numbers) < len(rows):
        return False
    for each, (number,) in zip(rows, numbers, strict=True):
        each.pk, each._state.adding, each._state.db = number, False, connection.alias
    return True


@cache
def _statement(model: type[models.Model]) -> tuple[list[Any], str, str]:
    """The fields of a table but its number, and what stands before and behind their values."""
    meta, quote = model._meta, transaction.get_connection().ops.quote_name
    fields = [field for field in meta.local_concrete_fields if not field.primary_key and not field.generated]
    if len(fields) + 1 < len(meta.concrete_fields) or any(
        hasattr(each, "get_placeholder") for each in fields
    ):
        raise TypeError(f"{model.__name__} is not written by a plain statement")
    columns = ", ".join(quote(field.column) for field in fields)
    number = quote(meta.pk.column)
    head = f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES "  # noqa: S608 - a table of ours
    return fields, head, f" RETURNING {number}"


def keep(row: models.Model) -> None:
    """Insert a row now, or inside `together` when all else is done; only then does it have a number."""
    gathered = _gathered.get()
    if gathered is None:
        insert(row)
    else:
        gathered.append(row)


@contextmanager
def together() -> Iterator[None]:
    """Write what is kept inside at once, one statement a table, each in its order; nothing where an error leaves."""
    rows: list[models.Model] = []
    token = _gathered.set(rows)
    try:
        yield
    finally:
        _gathered.reset(token)
    by_table: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    for some in by_table.values():
        insert(*some)
