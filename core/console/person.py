"""What stands on a person's page in the console beside their masked fields: offered by apps in `APP/console/panels.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from core.console import panels

if TYPE_CHECKING:
    from accounts.models import Account

Read = Callable[["Account"], Sequence[object]]


@dataclass(frozen=True, slots=True)
class PersonPart:
    """One strip of the page: its title, and the template that draws one of its rows as `row`, of `person`."""

    title: str | Promise
    template: str
    read: Read


_parts: list[PersonPart] = []


def person_part(title: str | Promise, *, template: str) -> Callable[[Read], Read]:
    """Function decorator: offer a strip of the person's page, made of the rows that the function reads."""

    def offer(read: Read) -> Read:
        _parts.append(PersonPart(title, template, read))
        return read

    return offer


def parts_of(person: "Account") -> list[tuple[PersonPart, Sequence[object]]]:
    """All strips that have something to say of a person."""
    panels.offered()  # reads what the apps offer
    found = [(part, part.read(person)) for part in _parts]
    return [(part, rows) for part, rows in found if rows]
