"""Writing to several people: one who cannot be written to does not cost the others their message."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import retry
from core.transactions import joins_transaction


class _Row(Protocol):
    """Any row of a table: its key names it where it is set aside."""

    @property
    def pk(self) -> object: ...


P = TypeVar("P", bound=_Row)

# Nothing is tried again by itself: the others have been told. A person sees who was not, and reaches them.
UNWRITTEN = retry.declare("core.recipients", _("writing to one of several people"))


@joins_transaction
def write_to_each(
    people: Iterable[P],
    write: Callable[[P], None],
    *,
    about: str,
    life_safety: bool = False,
    again: retry.Work | None = None,
) -> int:
    """Call `write` for each of several people; returns how many it reached. `about` names the message, such as `sos:I1`.

    Whoever it fails for, because a number does not open, is set aside for a person at once; and tried again by the law of
    `again`, a kind of work whose keys are `about` and the person's own.
    """

    def write_or_ask(person: P) -> None:
        try:
            # Undone before anybody asks whether the database is there: a broken transaction answers nothing.
            with transaction.atomic():
                write(person)
        except Exception as why:
            if retry.database_away(why):
                raise
            raise retry.Hopeless(f"{type(why).__name__}: {why}") from why

    return retry.each(
        again or UNWRITTEN,
        people,
        write_or_ask,
        key=lambda person: f"{about}:{person.pk}",
        life_safety=life_safety,
        begins=True,
    ).done
