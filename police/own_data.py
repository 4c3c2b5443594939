"""What police keep of somebody, for themselves: what was released, once they were told of it (`core.own_data`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from core.own_data import Json, Told, part, tells
from police.documents import telling
from police.documents.states import CopyKind
from police.states import Wanted

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import Account

LAW = _(
    "Personal Information Protection Law art. 13 no. 3 and art. 35, E-Commerce Law art. 25, Interim Measures on online taxis art. 27"
)
OF_DRIVER = _(
    "Your name, ID number, phone, licence, photo, your car and its plate, the course of the trip and the last positions"
)
OF_PASSENGER = _("The course of the trip and the last positions; not your name, number or phone")


# What of an answer to a letter is of the other side alone.
_OTHERS = {True: {Wanted.PASSENGER}, False: {Wanted.DRIVER, Wanted.VEHICLE}}


def _what(row: Json) -> "str | Promise":
    """What of theirs it was: the categories of a letter, or the minimum pack's."""
    if not row["wanted"]:
        return OF_DRIVER if row["driver"] else OF_PASSENGER
    mine = [Wanted(each).label for each in row["wanted"] if each not in _OTHERS[row["driver"]]]
    separator = pgettext("between the items of a list", ", ")
    return separator.join(str(each) for each in mine) or pgettext("answer to a letter", "nothing of yours")


@tells
def releases(account: "Account") -> Iterator[Told]:
    """What a station got of a trip of theirs, and each time that it was read."""
    for row in telling.told_to(account):
        yield Told(
            to=row["station"],
            at=row["released_at"],
            about=row["trip"],
            what=_what(row),
            law=LAW,
            reads=[(each["at"], CopyKind(each["as"]).label) for each in row["read"]],
        )


@part("released", _("What was given to the police"))
def release_rows(account: "Account") -> Iterator[Json]:
    """The same for their copy."""
    yield from telling.told_to(account)
