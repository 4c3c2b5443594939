"""What changed lately, as open consoles are told: read from the journal and the timelines, in which everything stands.

Who changes something need not think of pages: it writes a line, as it must, and the line names its subject. So no kind
of case can be forgotten, and nothing is written for the sake of pages.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from django.db import connection

from core import clock, live, timeline
from core.models import AuditEntry, TimelineEntry

MARGIN = 200  # lines that are read again: a transaction that began earlier may commit later
LIMIT = 2_000  # lines of one look; where more came at once, everything is said to have changed
WHOLE = 0.9  # seconds after which a look asks for all marks again, whatever was written down
KEPT = 20_000  # names whose last change is remembered


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@dataclass(slots=True)
class _Book:
    """One table of lines, read by its growing key: `what` is written down `at`, about the `subjects`, all SQL.

    The two statements are written once: each process asks them after each change, and Django takes longer to write one
    than the database to answer it.
    """

    table: str
    what: str
    at: str
    subjects: tuple[str, ...]
    newest: int = 0
    seen: set[int] = field(default_factory=set)

    def read(self) -> tuple[list[tuple[datetime | None, str, tuple[str, ...]]], bool]:
        """Lines that were not there at the last look, and whether more came than were read.

        What stood there at the first look keeps its own time; later lines are as new as the look that finds them. Keys
        alone are read first: mostly nothing is new, and each process looks each second.
        """
        first = not self.seen
        columns = ", ".join((self.what, self.at, *self.subjects))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {self.table} WHERE id > %s ORDER BY id DESC LIMIT %s",  # noqa: S608 - a table of ours
                [self.newest - MARGIN, MARGIN if first else LIMIT],
            )
            keys = [pk for (pk,) in cursor.fetchall()]
            new = [pk for pk in keys if pk not in self.seen]
            if not new:
                return [], False
            more = not first and len(keys) == LIMIT and keys[-1] > self.newest
            self.newest = max(self.newest, keys[0])
            self.seen = {pk for pk in keys if pk > self.newest - MARGIN}
            cursor.execute(
                f"SELECT {columns} FROM {self.table} WHERE id = ANY(%s) ORDER BY id DESC",  # noqa: S608 - of ours
                [new],
            )
            found = cursor.fetchall()
        return [(at if first else None, what, tuple(subjects)) for what, at, *subjects in found], more


class Changes:
    """When each subject and each mark changed last, in milliseconds since 1970, as this process found it.

    A mark's name stands behind `mark:`, so that it is never the code of somebody or of a case.
    """

    def __init__(self) -> None:
        self._books = (
            _Book(AuditEntry._meta.db_table, "action", "at", ("subject", '"case"', "facts ->> 'trip'")),
            _Book(TimelineEntry._meta.db_table, "kind", "recorded_at", ("trip", "incident", '"case"')),
        )
        self._at: OrderedDict[str, int] = OrderedDict()
        self._everything = 0
        self._whole = -WHOLE
        self.marks: dict[str, int] = {}

    def look(self) -> str:
        """Read what is new; returns a word that is another one whenever something changed."""
        now = _milliseconds(clock.now())
        apps: set[str] = set()
        whole = monotonic() - self._whole >= WHOLE
        for book in self._books:
            lines, more = book.read()
            apps |= {_app(what) for _at, what, _subjects in lines}
            whole = whole or more
            for at, what, subjects in reversed(lines):
                for name in _names(what, subjects):
                    self._set(name, now if at is None else min(now, _milliseconds(at)))
            if more:
                self._everything = now
        while len(self._at) > KEPT:
            self._at.popitem(last=False)
        if whole:
            self._whole = monotonic()
        with live.only_of(None if whole else frozenset(apps)):
            marks = live.marks()
        for name, number in marks.items():
            if self.marks.get(name, number) != number:
                self._set(f"mark:{name}", now)
        self.marks = marks
        newest = next(reversed(self._at.values()), 0)
        return f"{newest}|{self._everything}|{len(self._at)}|{sorted(marks.items())}"

    def _set(self, name: str, at: int) -> None:
        # Two changes within one millisecond are two, or the second would be told to nobody.
        self._at[name] = max(at, self._at.get(name, 0) + 1)
        self._at.move_to_end(name)

    def of(self, names: Iterable[str]) -> dict[str, int]:
        """When these changed last; those of which nothing is known are left out."""
        found = {name: max(self._at.get(name, 0), self._everything) for name in names}
        return {name: at for name, at in found.items() if at}


def _app(what: str) -> str:
    """Whose line it is: of a timeline the app that declared its kind, of the journal the one that its action begins with."""
    return timeline.app_of(what) or what.partition(".")[0]


def _names(what: str, subjects: tuple[str, ...]) -> Iterator[str]:
    if live.is_look(what):
        return
    mark = live.mark_of(what)
    if mark:
        yield f"mark:{mark}"
    yield from filter(None, subjects)
