"""Rows that take long to make and are the same for every test: made once a process, put back as text afterwards."""

from collections.abc import Callable

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql


class Replay:
    """What `make` wrote into the database, kept as one statement of plain INSERTs.

    Primary keys come back as they were; a column whose value the database itself gives (which transaction wrote the
    row, in which cluster) is given anew, and triggers and constraints are the database's as ever. A `make` that changes
    or deletes rows that stood there before cannot be kept so: RuntimeError.
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
            self._script, self._hooks = _added(before, _rows()), len(connection.run_on_commit) - hooks
        else:
            self._make()


Rows = dict[type[models.Model], dict[str, None]]


def _rows() -> Rows:
    """Of each table every row, as the literals of a VALUES list."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if not model._meta.managed or model._meta.proxy:
                continue
            literals = sql.SQL(" || ',' || ").join(
                sql.SQL("quote_nullable({}::text)").format(name) for name in _columns(model)
            )
            cursor.execute(
                sql.SQL("SELECT {} FROM {}").format(literals, sql.Identifier(model._meta.db_table))
            )
            found[model] = dict.fromkeys(row for (row,) in cursor.fetchall())
    return found


def _columns(model: type[models.Model]) -> list[sql.Identifier]:
    return [
        sql.Identifier(field.column)
        for field in model._meta.local_concrete_fields
        if not field.has_db_default() and not field.generated
    ]


def _added(before: Rows, after: Rows) -> sql.Composed:
    statements = []
    for model, rows in after.items():
        if not before[model].keys() <= rows.keys():
            raise RuntimeError(f"Rows of {model._meta.label} were changed: only new rows can be put back.")
        if added := rows.keys() - before[model].keys():
            statements.append(
                sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(model._meta.db_table),
                    sql.SQL(", ").join(_columns(model)),
                    sql.SQL("), (").join(sql.SQL(row) for row in rows if row in added),
                )
            )
    return sql.SQL("; ").join(statements)
