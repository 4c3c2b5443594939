"""State machines: a complete map and one way to move."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

Transitions = Mapping[str, frozenset[str]]


class IllegalTransition(DomainError):
    code, sentence = "illegal_transition", _("This step does not follow from where things stand now.")


class StaleState(DomainError):
    code, sentence = "stale_state", _("Somebody else has just changed this. Please look again.")


def may_move(transitions: Transitions, old: str, new: str) -> bool:
    """True where the map allows the step."""
    return new in transitions.get(old, frozenset())


def move(row: models.Model, transitions: Transitions, to: str, **changes: Any) -> None:
    """Move `row.state` to `to` by compare-and-swap, with `changes` in the same UPDATE.

    Raises `IllegalTransition` where the map does not allow it, `StaleState` where the row has moved meanwhile.
    The row in memory is changed only when the database was.
    """
    old = getattr(row, "state")  # noqa: B009 - every machine's column is called so
    if not may_move(transitions, old, to):
        raise IllegalTransition
    changes["state"] = to
    if type(row)._default_manager.filter(pk=row.pk, state=old).update(**changes) != 1:
        raise StaleState
    for name, value in changes.items():
        setattr(row, name, value)
