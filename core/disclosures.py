"""What somebody shared, with whom and when (R11): every app that shows people's data to others tells it here.

An app registers a function that lists what one account shared by itself. Nothing in these lists may depend on what the
other side, staff or police did: from the list nobody learns that somebody called for help.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One line: since when, until when (None while it goes on), what, with whom, and on which trip."""

    since: datetime
    until: datetime | None
    what: str
    whom: str
    trip: str = ""


Discloser = Callable[[str], Iterable[Disclosure]]
_disclosers: list[Discloser] = []


def discloses(discloser: Discloser) -> Discloser:
    """Function decorator: add to everybody's list; the function takes an account's code."""
    _disclosers.append(discloser)
    return discloser


def of(code: str) -> list[Disclosure]:
    """Everything that an account shared, newest first."""
    rows = [each for discloser in _disclosers for each in discloser(code)]
    return sorted(rows, key=lambda share: share.since, reverse=True)
