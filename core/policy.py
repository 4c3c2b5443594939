"""Versioned rules: a value, from a time on, that decisions cite.

An app declares its policies with their first value; later versions are rows. `value()` asks for the one in force.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet

from core import clock
from core.models import PolicyVersion


@dataclass(frozen=True, slots=True)
class Policy:
    """A declared policy. `unit` is for the reader: metres, seconds, points."""

    key: str
    default: Any
    unit: str
    about: str


@dataclass(frozen=True, slots=True)
class InForce:
    """A value and what to cite for it, such as `rides.curfew v0`; version 0 is the declared one."""

    value: Any
    citation: str


_declared: dict[str, Policy] = {}
_read: ContextVar[list[PolicyVersion] | None] = ContextVar("policies_read", default=None)


def declare(key: str, default: Any, *, unit: str = "", about: str = "") -> str:
    """Declare a policy at import time; returns its key."""
    _declared[key] = Policy(key, default, unit, about)
    return key


def declared() -> list[Policy]:
    """All declared policies, by key."""
    return sorted(_declared.values(), key=lambda policy: policy.key)


def _newest_first() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.order_by("-effective_from", "-number")


@contextmanager
def read_once(*, offline: bool = False) -> Iterator[None]:
    """Read all versions once for what runs inside: a list of a hundred rows asks for its limits once, not for each.

    `offline` is for commands that also run where there is no database: the declared values hold then.
    """
    try:
        rows = list(_newest_first())
    except DatabaseError:
        if not offline:
            raise
        rows = []
    token = _read.set(rows)
    try:
        yield
    finally:
        _read.reset(token)


def in_force(key: str, *, at: datetime | None = None) -> InForce:
    """The version that holds at a time, now by default."""
    policy, at, read = _declared[key], at or clock.now(), _read.get()
    if read is None:
        row = _newest_first().filter(key=key, effective_from__lte=at).first()
    else:
        row = next((each for each in read if each.key == key and each.effective_from <= at), None)
    return InForce(row.value, f"{key} v{row.number}") if row else InForce(policy.default, f"{key} v0")


def value(key: str, *, at: datetime | None = None) -> Any:
    """The value that holds at a time, now by default."""
    return in_force(key, at=at).value
