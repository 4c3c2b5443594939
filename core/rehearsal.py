"""What a call for help asks of the database, asked of nobody by each connection before the first call comes.

A connection that never met a table reads first what its columns, indexes and rules are, and plans each statement: 20 to
30 ms, paid by whoever calls for help on it first. Fifty who do so in the second in which the server has started paid for
sixteen connections. So connections of the web process are opened beforehand (`config.settings`), and each rehearses.

Each also notes when it was last answered: while any of them is, the database is not away, however long it takes to make
a new connection on a busy machine (`config.gate`).
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import psycopg
import structlog

log = structlog.get_logger()
Statement = tuple[str, Sequence[object]]
_rehearsed: list[Callable[[], Statement]] = []


def rehearse(statement: Callable[[], Statement]) -> Callable[[], Statement]:
    """Function decorator: a statement, as it is asked, with values that find nothing and write nothing."""
    _rehearsed.append(statement)
    return statement


def statements() -> list[Statement]:
    """All that are rehearsed."""
    return [each() for each in _rehearsed]


class Connection(psycopg.Connection[Any]):
    """One that has rehearsed when it is opened. What cannot be asked yet, such as before tables are made, is left out."""

    last_answer = -float("inf")  # `monotonic` seconds at which any of them was answered

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        answered = super().wait(*args, **kwargs)
        Connection.last_answer = monotonic()
        return answered

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> "Connection":
        made = super().connect(*args, **kwargs)
        try:
            for text, values in statements():
                made.execute(text, values, prepare=True)
        except Exception as why:  # whatever keeps it from rehearsing, the connection itself is good
            log.warning("rehearsal.failed", error=type(why).__name__)
        return made
