"""What somebody shared, with whom and when (R11): every app that shows people's data to others tells it here.

An app registers a function that lists what one account shared by itself. Nothing in these lists may depend on what the
other side, staff or police did: from the list nobody learns that somebody called for help.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Share:
    """One line: since when, until when (None while it goes on), what, with whom, and on which trip."""

    since: datetime
    until: datetime | None
    what: str
    whom: str
    trip: str = ""


Teller = Callable[[str], Iterable[Share]]
_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Function decorator: add to everybody's list; the function takes an account's code."""
    _tellers.append(teller)
    return teller


def of(code: str) -> list[Share]:
    """Everything that an account shared, newest first."""
    rows = [share for teller in _tellers for share in teller(code)]
    return sorted(rows, key=lambda share: share.since, reverse=True)
