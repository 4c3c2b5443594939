"""Rows that nobody reads before the commit, written together at the end of what must be quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models

_gathered: ContextVar[list[models.Model] | None] = ContextVar("inserts_gathered", default=None)


def keep(row: models.Model) -> None:
    """Insert a row now, or inside `together` when all else is done; only then does it have a number."""
    gathered = _gathered.get()
    if gathered is None:
        row.save(force_insert=True)
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
    for table, some in by_table.items():
        table._default_manager.bulk_create(some)
