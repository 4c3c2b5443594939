"""Reads of one row."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import QuerySet

from core.errors import NotFound

M = TypeVar("M", bound=models.Model)


def the(rows: "QuerySet[M]") -> M:
    """The one row that a unique column names. Raises `NotFound`.

    `first()` would sort, and to sort by one column Django compares all that are read: with the tables joined to a
    complaint that takes longer than to read it.
    """
    try:
        return rows.get()
    except ObjectDoesNotExist:
        raise NotFound from None


def part(model: type[M], columns: Sequence[str], values: Sequence[Any]) -> M:
    """A row of which only these columns, by their attributes' names, were read; any other is read when it is asked for."""
    return model.from_db(DEFAULT_DB_ALIAS, columns, values)
