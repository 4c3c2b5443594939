"""What changed lately, as open consoles are told: read from the journal and the timelines, in which everything stands.

Who changes something need not think of pages: it writes a line, as it must, and the line names its subject. So no kind
of case can be forgotten, and nothing is written for the sake of pages.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model

from core import clock, live
from core.models import AuditEntry, TimelineEntry

MARGIN = 200  # lines that are read again: a transaction that began earlier may commit later
LIMIT = 2_000  # lines of one look; where more came at once, everything is said to have changed
KEPT = 20_000  # names whose last change is remembered


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@dataclass(slots=True)
class _Book:
    """One table of lines, read by its growing key: `what` is written down `at`, about the `subjects`."""

    model: type[Model]
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
        rows = self.model._default_manager.order_by("-pk")
        keys = list(
            rows.filter(pk__gt=self.newest - MARGIN).values_list("pk", flat=True)[
                : MARGIN if first else LIMIT
            ]
        )
        new = [pk for pk in keys if pk not in self.seen]
        if not new:
            return [], False
        more = not first and len(keys) == LIMIT and keys[-1] > self.newest
        self.newest = max(self.newest, keys[0])
        self.seen = {pk for pk in keys if pk > self.newest - MARGIN}
        found = rows.filter(pk__in=new).values_list(self.what, self.at, *self.subjects)
        return [(at if first else None, what, tuple(subjects)) for what, at, *subjects in found], more


class Changes:
    """When each subject and each mark changed last, in milliseconds since 1970, as this process found it.

    A mark's name stands behind `mark:`, so that it is never the code of somebody or of a case.
    """

    def __init__(self) -> None:
        self._books = (
            _Book(AuditEntry, "action", "at", ("subject", "case", "facts__trip")),
            _Book(TimelineEntry, "kind", "recorded_at", ("trip", "incident", "case")),
        )
        self._at: OrderedDict[str, int] = OrderedDict()
        self._everything = 0
        self.marks: dict[str, int] = {}

    def look(self) -> str:
        """Read what is new; returns a word that is another one whenever something changed."""
        now = _milliseconds(clock.now())
        for book in self._books:
            lines, more = book.read()
            for at, what, subjects in reversed(lines):
                for name in _names(what, subjects):
                    self._set(name, now if at is None else min(now, _milliseconds(at)))
            if more:
                self._everything = now
        while len(self._at) > KEPT:
            self._at.popitem(last=False)
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


def _names(what: str, subjects: tuple[str, ...]) -> Iterator[str]:
    if live.is_look(what):
        return
    mark = live.mark_of(what)
    if mark:
        yield f"mark:{mark}"
    yield from filter(None, subjects)
