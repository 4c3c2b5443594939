"""Rows that take long to make and are the same for every test: made once a process, put back as text afterwards."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql


class Replay:
    """What `make` wrote into the database, kept as one text of plain INSERTs, and of UPDATEs of what stood there before.

    Primary keys come back as they were; a column whose value the database itself gives (which transaction wrote the
    row, in which cluster) is given anew, and triggers and constraints are the database's as ever. A `make` that takes
    rows away that stood there before cannot be kept so: RuntimeError.
    """

    def __init__(self, make: Callable[[], None]) -> None:
        self._make = make
        self._script: sql.Composed | None = None
        self._hooks = 0

    def __call__(self) -> None:
        """Make the rows, or put them back. Where they are committed and that wakes somebody, they are really made."""
        within = connection.in_atomic_block
        if self._script is not None and (within or not self._hooks):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(self._script)
        elif within:
            before, hooks = _rows(), len(connection.run_on_commit)
            self._make()
            self._script, self._hooks = _written(before, _rows()), len(connection.run_on_commit) - hooks
        else:
            self._make()


# Of each table the rows by primary key, both as literals.
Rows = dict[type[models.Model], dict[str, str]]


def _rows() -> Rows:
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.proxy:
                continue
            cursor.execute(
                sql.SQL("SELECT {}, {} FROM {}").format(
                    _literals(_key(model)), _literals(_columns(model)), sql.Identifier(model._meta.db_table)
                )
            )
            found[model] = dict(cursor.fetchall())
    return found


def _literals(columns: list[sql.Identifier]) -> sql.Composed:
    return sql.SQL(" || ',' || ").join(sql.SQL("quote_nullable({}::text)").format(name) for name in columns)


def _key(model: type[models.Model]) -> list[sql.Identifier]:
    return [sql.Identifier(field.column) for field in model._meta.pk_fields]


def said_by_the_database(field: Any) -> bool:
    """Whether the database alone says what stands there. With a default of Python's own, that of the database is for the
    release before this one."""
    return field.has_db_default() and not field.has_default()


def _columns(model: type[models.Model]) -> list[sql.Identifier]:
    return [
        sql.Identifier(field.column)
        for field in model._meta.local_concrete_fields
        if not said_by_the_database(field) and not field.generated
    ]


def _written(before: Rows, after: Rows) -> sql.Composed:
    added, changed = [], []
    for model, rows in after.items():
        if not before[model].keys() <= rows.keys():
            raise RuntimeError(f"Rows of {model._meta.label} were taken away: that cannot be put back.")
        table, columns = sql.Identifier(model._meta.db_table), sql.SQL(", ").join(_columns(model))
        if new := [sql.SQL(row) for key, row in rows.items() if key not in before[model]]:
            values = sql.SQL("), (").join(new)
            added.append(sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, columns, values))
        changed += [
            sql.SQL("UPDATE {} SET ({}) = ROW({}) WHERE ({}) = ({})").format(
                table, columns, sql.SQL(row), sql.SQL(", ").join(_key(model)), sql.SQL(key)
            )
            for key, row in rows.items()
            if before[model].get(key, row) != row
        ]
    return sql.SQL("; ").join(added + changed)
