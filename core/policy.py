"""Versioned rules: a value, from a time on, that decisions cite.

An app declares its policies with their first value; later versions are rows. `value()` asks for the one in force.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


def declare(key: str, default: Any, *, unit: str = "", about: str = "") -> str:
    """Declare a policy at import time; returns its key."""
    _declared[key] = Policy(key, default, unit, about)
    return key


def declared() -> list[Policy]:
    """All declared policies, by key."""
    return sorted(_declared.values(), key=lambda policy: policy.key)


def in_force(key: str, *, at: datetime | None = None) -> InForce:
    """The version that holds at a time, now by default."""
    policy = _declared[key]
    row = (
        PolicyVersion.objects.filter(key=key, effective_from__lte=at or clock.now())
        .order_by("-effective_from", "-number")
        .first()
    )
    return InForce(row.value, f"{key} v{row.number}") if row else InForce(policy.default, f"{key} v0")


def value(key: str, *, at: datetime | None = None) -> Any:
    """The value that holds at a time, now by default."""
    return in_force(key, at=at).value
