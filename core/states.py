"""State machines: a complete map and one way to move."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class Transitions(Mapping[str, frozenset[str]]):
    """The complete map of a machine: from each of its states to those that may follow it, none after an end.

    `moves` has every state that something follows, `ends` every state that nothing does. Raises `ValueError`, so that
    the platform does not start, where a state of the choices is in neither or in both, where one is named that is not
    among the choices, where a state follows itself, or where one that is no end has nothing after it: a state that
    was added and forgotten must not become the end of everything by silence.
    """

    def __init__(
        self, states: type[models.TextChoices], moves: Mapping[str, Set[str]], *, ends: Set[str]
    ) -> None:
        known = set(states.values)
        named = {*moves, *ends, *(new for follow in moves.values() for new in follow)}
        faults = {
            "not among the choices": named - known,
            "neither moves nor is an end": known - moves.keys() - ends,
            "is an end and moves": moves.keys() & ends,
            "nothing follows, and it is not said to be an end": {old for old in moves if not moves[old]},
            "follows itself": {old for old in moves if old in moves[old]},
        }
        said = [f"{fault}: {', '.join(sorted(which))}" for fault, which in faults.items() if which]
        if said:
            raise ValueError(f"The map of {states.__name__} is wrong. {'; '.join(said)}.")
        self.states, self.ends = states, frozenset(ends)
        self._moves = {state: frozenset(moves.get(state, ())) for state in states.values}

    def __getitem__(self, state: str) -> frozenset[str]:
        return self._moves[state]

    def __iter__(self) -> Iterator[str]:
        return iter(self._moves)

    def __len__(self) -> int:
        return len(self._moves)


def label_of(choices: type[models.TextChoices], value: str) -> str:
    """What a value is called, in the reader's language; one that is not among the choices stays as it is.

    For models whose rows stand in long lists: the framework's own `get_FIELD_display` puts every label of the choices into
    the reader's language at each call.
    """
    return str(choices(value).label) if value in choices.values else value


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
    if not _swap(row, old, changes):
        raise StaleState
    for name, value in changes.items():
        setattr(row, name, value)


def _swap(row: models.Model, old: str, changes: Mapping[str, Any]) -> bool:
    """A plain statement, which Django would make anew each time: a machine moves at each step of whatever saves lives."""
    if any(hasattr(value, "resolve_expression") for value in changes.values()):
        return type(row)._default_manager.filter(pk=row.pk, state=old).update(**changes) == 1
    meta, connection = row._meta, transaction.get_connection()
    fields: list[Any] = [meta.get_field(name) for name in changes]
    given = [
        field.get_db_prep_save(
            value.prepare_database_save(field) if isinstance(value, models.Model) else value, connection
        )
        for field, value in zip(fields, changes.values(), strict=True)
    ]
    quote = connection.ops.quote_name
    written = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    where = f"{quote(meta.pk.column)} = %s AND {quote('state')} = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {quote(meta.db_table)} SET {written} WHERE {where}", [*given, row.pk, old])  # noqa: S608
        changed: int = cursor.rowcount
    return changed == 1
