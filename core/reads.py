"""Reads of rows: part of one, and what is asked again and again."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from core.errors import NotFound

M = TypeVar("M", bound=models.Model)


def part(model: type[M], columns: Sequence[str], values: Sequence[Any]) -> M:
    """A row of which only these columns, by their attributes' names, were read; any other is read when it is asked for."""
    return model.from_db(DEFAULT_DB_ALIAS, columns, values)


def _blanks(kinds: Sequence[type]) -> list[Any]:
    """Values that stand for what is asked later, and for nothing else."""
    made: dict[type, Callable[[int], Any]] = {
        str: lambda at: f"blank {at} of a read",
        int: lambda at: 32_700 + at,  # fits the narrowest column, and no query of ours has such a number
        datetime: lambda at: datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=at),
    }
    return [made[kind](at) for at, kind in enumerate(kinds)]


class _Written(NamedTuple):
    """A statement, and what `ModelIterable` of Django would find out anew for each answer."""

    sql: str
    params: tuple[Any, ...]
    places: list[int | None]
    compiler: SQLCompiler
    converters: dict[int, Any]
    model: type[Any]
    columns: slice
    names: list[str]
    joined: list[Any]
    added: dict[str, int]


class Read(Generic[M]):
    """A read whose statement Django writes once, for what is asked at each request.

    `rows(*values)` builds it, of values of these `kinds` (`str`, `int`, `datetime`), each compared with a column and none
    of them None. It is called once, so nothing in it may change: a moment or the value of a rule is one of the values.
    Writing a statement takes Django 1 to 4 ms where seven tables are joined, ten times what PostgreSQL takes to answer it.
    """

    def __init__(self, rows: "Callable[..., QuerySet[M]]", *kinds: type) -> None:
        self._rows, self._kinds = rows, kinds
        self._written: _Written | None = None

    def _write(self) -> "_Written":
        blanks = _blanks(self._kinds)
        rows = self._rows(*blanks)
        if getattr(rows, "_prefetch_related_lookups", ()) or rows.query.select_for_update:
            raise ValueError(f"prefetched rows and locks are for a queryset: {rows.query}")
        compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        places = [blanks.index(param) if param in blanks else None for param in params]
        if set(places) - {None} != set(range(len(blanks))):
            raise ValueError(f"of {len(blanks)} values only some stand in the statement: {sql}")
        if any(isinstance(param, datetime) and at is None for param, at in zip(params, places, strict=True)):
            raise ValueError(f"a moment would stand in the statement for ever: {sql}")
        kind, select = compiler.klass_info, compiler.select
        columns = slice(kind["select_fields"][0], kind["select_fields"][-1] + 1)
        return _Written(
            sql,
            tuple(params),
            places,
            compiler,
            compiler.get_converters([column[0] for column in select[: compiler.col_count]]),
            kind["model"],
            columns,
            [column[0].target.attname for column in select[columns]],
            get_related_populators(kind, select, DEFAULT_DB_ALIAS),  # type: ignore[call-arg]  # stubs of a later Django
            compiler.annotation_col_map,
        )

    def all(self, *values: Any) -> list[M]:
        """The rows, for these values."""
        written = self._written = self._written or self._write()
        # A number keeps the width in which Django sends it.
        filled = [
            param if at is None else type(param)(values[at]) if isinstance(param, int) else values[at]
            for param, at in zip(written.params, written.places, strict=True)
        ]
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(written.sql, filled)
            rows: Iterable[Sequence[Any]] = cursor.fetchall()
        if written.converters:
            rows = written.compiler.apply_converters(rows, written.converters)
        made = []
        for row in rows:
            each = written.model.from_db(DEFAULT_DB_ALIAS, written.names, row[written.columns])
            for other in written.joined:
                other.populate(row, each)
            for name, column in written.added.items():
                setattr(each, name, row[column])
            made.append(each)
        return made

    def first(self, *values: Any) -> M | None:
        """The first of the rows, None where there is none."""
        return next(iter(self.all(*values)), None)

    def the(self, *values: Any) -> M:
        """The one row that a unique column names. Raises `NotFound`."""
        row = self.first(*values)
        if row is None:
            raise NotFound
        return row
