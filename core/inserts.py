"""Rows written by the shortest way, for what must be quick: the journal, timelines, events, a call for help.

Django makes the statement of each row anew, which takes longer than the database takes to write it. Here it is made of
the table's columns; values are prepared by their fields, as everywhere. No signals are sent.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
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
    """Insert rows of several tables in one statement, which costs as many turns as one row.

    Each table's rows are one value, so that it is the same statement however many they are: it is read and planned once.
    """
    forms = [_form(type(rows[0])) for rows in tables]
    given = [form.said(rows) for form, rows in zip(forms, tables, strict=True)]
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(_together(forms), given)
        numbers = [number for (number,) in cursor.fetchall()]
    _number([row for rows in tables for row in rows], numbers)


def _together(forms: "Sequence[_Form]") -> str:
    parts = ", ".join(f"t{at} AS ({form.text})" for at, form in enumerate(forms))
    asked = " UNION ALL ".join(f"SELECT {form.number} FROM t{at}" for at, form in enumerate(forms))  # noqa: S608 - tables of ours
    return f"WITH {parts} {asked}"


def nothing_of(*tables: type[models.Model]) -> tuple[str, list[str]]:
    """The statement that writes what is kept together in these tables, in the order in which each came first, of no rows."""
    forms = [_form(table) for table in tables]
    return (_together(forms) if len(forms) > 1 else forms[0].text), ["[]"] * len(forms)


# What JSON says as exactly as the value's own form does.
_SAID = re.compile(
    "varchar|text|bytea|timestamp with time zone|jsonb|(small|big)?int(eger)?|boolean|double precision"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How rows of a table are written that come as one JSON value; `number` is the column of their number, `left` the
    fields that the database fills by itself."""

    text: str
    number: str
    fields: list[Any]
    left: list[Any]

    def said(self, rows: Sequence[models.Model]) -> str:
        """Raises `TypeError` for a value that JSON does not have, or one that was left to the database."""
        if any(
            not isinstance(field.pre_save(row, add=True), DatabaseDefault)
            for field in self.left
            for row in rows
        ):
            raise TypeError(f"{type(rows[0]).__name__} is not kept with a value of {self.left}")
        connection = transaction.get_connection()
        return json.dumps(
            [{field.column: _plain(field, row, connection) for field in self.fields} for row in rows],
            allow_nan=False,
        )


def _plain(field: Any, row: models.Model, connection: Any) -> Any:
    value = field.pre_save(row, add=True)
    if isinstance(field, models.JSONField):
        return value
    value = field.get_db_prep_save(value, connection)
    if isinstance(value, datetime):
        return value.isoformat()
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


@cache
def _form(model: type[models.Model]) -> _Form:
    every, _head, tail = _statement(model)
    left = [field for field in every if field.has_db_default()]
    fields = [field for field in every if field not in left]
    connection = transaction.get_connection()
    for field in fields:
        if not _SAID.match(str(field.db_type(connection))):
            raise TypeError(f"{field} is not said in JSON")
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(field.column) for field in fields)
    rows = f"SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json)"  # noqa: S608 - a table of ours
    text = f"INSERT INTO {table} ({columns}) {rows}{tail}"
    return _Form(text, quote(model._meta.pk.column), fields, left)


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
