"""Rows written by the shortest way, for what must be quick: the journal, timelines, events, a call for help.

Django makes the statement of each row anew, which takes longer than the database takes to write it. Here it is made of
the table's columns; values are prepared by their fields, as everywhere. No signals are sent.
"""

from collections.abc import Iterator, Sequence
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
    head, given, tail = _written(rows)
    ending = f" ON CONFLICT DO NOTHING{tail}" if unless_there else tail
    with connection.cursor() as cursor:
        cursor.execute(f"{head}{ending}", given)
        numbers = cursor.fetchall()
    if len(numbers) < len(rows):
        return False
    _number(rows, [number for (number,) in numbers])
    return True


def _written(rows: Sequence[models.Model]) -> tuple[str, list[Any], str]:
    """The statement that inserts rows of one table, its values, and what gives their numbers."""
    connection = transaction.get_connection()
    fields, head, tail = _statement(type(rows[0]))
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
    return f"{head}({'), ('.join(places)})", given, tail


def _number(rows: Sequence[models.Model], numbers: Sequence[int]) -> None:
    alias = transaction.get_connection().alias
    for each, number in zip(rows, numbers, strict=True):
        each.pk, each._state.adding, each._state.db = number, False, alias


@joins_transaction
def _insert_all(tables: Sequence[Sequence[models.Model]]) -> None:
    """Insert rows of several tables in one statement, which costs as many turns as one row."""
    parts, given, asked = [], [], []
    for at, rows in enumerate(tables):
        text, values, tail = _written(rows)
        number = transaction.get_connection().ops.quote_name(type(rows[0])._meta.pk.column)
        parts.append(f"t{at} AS ({text}{tail})")
        asked.append(f"SELECT {number} FROM t{at}")  # noqa: S608 - a table of ours
        given += values
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} {' UNION ALL '.join(asked)}", given)
        numbers = [number for (number,) in cursor.fetchall()]
    _number([row for rows in tables for row in rows], numbers)


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
    """Write what is kept inside at once, in one statement, each table's in its order; nothing where an error leaves."""
    rows: list[models.Model] = []
    token = _gathered.set(rows)
    try:
        yield
    finally:
        _gathered.reset(token)
    by_table: dict[type[models.Model], list[models.Model]] = {}
    for row in rows:
        by_table.setdefault(type(row), []).append(row)
    if len(by_table) > 1:
        _insert_all(list(by_table.values()))
    elif rows:
        insert(*rows)
