"""Two people, one place: what one proposes another agrees to, and nobody is both.

What takes two is declared here once, with the table that holds it and the two columns that name the two. The database
repeats the law (`law` gives the table its constraint), services ask `another`, and one error with one code says it.
A way to undo or to weaken what two people did is declared as well, so that one person has no back door to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError

End = TypeVar("End", bound=str)  # a state that ends a row


class SecondPersonNeeded(DomainError):
    code, status, sentence = (
        "second_person_needed",
        409,
        _("Somebody else has to agree to this: you had a part in it already."),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """What takes two people: `table` is 'app.Model', `first` and `second` the columns with their codes, `law` the constraint."""

    key: str
    label: str | Promise
    table: str
    first: str
    second: str
    law: str

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.table)


PAIRS: dict[str, Pair] = {}


def declare(key: str, label: str | Promise, *, table: str, first: str, second: str, law: str) -> Pair:
    """Say that something takes two people. Raises `ValueError` where the key is taken."""
    if key in PAIRS:
        raise ValueError(f"two pairs of people are called {key}")
    pair = PAIRS[key] = Pair(key, label, table, first, second, law)
    return pair


def ended_by(table: str, ends: Mapping[End, str]) -> None:
    """Say by which pair each end of a table's rows is given, where that takes two.

    Raises `ValueError`, so that the platform does not start, for an end that names no pair of this table: whoever adds
    one would else let a single person give it.
    """
    for end, key in ends.items():
        if key not in PAIRS or PAIRS[key].table != table:
            raise ValueError(
                f"{table} would end as {end!s} by one person: {key!r} is no pair of two people declared for it"
            )


def law(first: str, second: str, *, name: str, once: Q | None = None) -> models.CheckConstraint:
    """The database's half: once `once` is true, both are named and differ.

    Without it that is as soon as there is a second; an empty `Q()` is for a row that never stands for one person.
    """
    done = ~Q(**{second: ""}) if once is None else once
    both = ~Q(**{first: ""}) & ~Q(**{second: ""}) & ~Q(**{first: F(second)})
    return models.CheckConstraint(condition=~done | both if done else both, name=name)


def another(person: str, *had_a_part: str) -> None:
    """Raises `SecondPersonNeeded` where the person of this code is one of those who had a part."""
    if person in had_a_part:
        raise SecondPersonNeeded
