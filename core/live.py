"""Waking open pages. The message says only that something changed; pages ask the database what.

Valkey carries the wake-up, and nothing but speed depends on it: a console's reader asks the database each second by
itself while Valkey is down, a trip's page every few seconds. What sweeps and other tasks would have changed meanwhile
has not changed: they travel through Valkey as well.

Open consoles learn from two things what changed. Whatever is done is written down in the journal or in a timeline, so
these are what a console's reader looks through (`core.console.changes`): a line wakes the pages about its subject, and
the panels of the mark that its app gave to such lines by `moves`. What no line tells has a `mark` that is asked.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

import structlog

from core import broker
from core.transactions import on_commit_once

log = structlog.get_logger()
Mark = Callable[[], int | tuple[int, ...]]
_marks: dict[tuple[str, ...], Mark] = {}
_said: dict[str, int] = {}
_moved: dict[str, str] = {}
_looks: set[str] = set()
# The apps of which something was written down since the last look; None where anything may have changed.
_since: ContextVar[frozenset[str] | None] = ContextVar("apps_with_lines", default=None)
CHANNEL = "live"  # the console
TRIPS = "live:trips"  # topics such as `trip:T123`


def mark(*names: str) -> Callable[[Mark], Mark]:
    """Function decorator: a number that grows when something of an app changed; open consoles get it by its name.

    A function that answers several at once has as many names. Raises `ValueError` for a name that is taken.
    """
    if again := sorted(set(names) & {name for asked in _marks for name in asked}):
        raise ValueError(f"two marks are called {', '.join(again)}")

    def register(ask: Mark) -> Mark:
        _marks[names] = ask
        return ask

    return register


def marks() -> dict[str, int]:
    """What all apps say now. One that cannot be asked keeps what it said last, and stops no other."""
    for asked, ask in _marks.items():
        try:
            found = ask()
            _said.update(zip(asked, found if isinstance(found, tuple) else (found,), strict=True))
        except Exception as why:  # whatever one app's question meets, the other marks are told
            log.error("live.mark_failed", marks=asked, error=type(why).__name__)
            for name in asked:
                _said.setdefault(name, 0)
    return {name: _said[name] for name in sorted(name for asked in _marks for name in asked)}


@contextmanager
def only_of(apps: frozenset[str] | None) -> Iterator[None]:
    """Whoever looks inside knows that nothing was written down since the last look but by these apps; None: not known."""
    token = _since.set(apps)
    try:
        yield
    finally:
        _since.reset(token)


def may_have_changed(app: str) -> bool:
    """False where nothing of this app was written down since the last look, so that what was asked then still holds."""
    apps = _since.get()
    return apps is None or app in apps


def moves(name: str, *starts: str) -> None:
    """Say which mark moves when something is written down whose name begins so; the longest beginning counts.

    A name is the action of a line of the journal or the kind of a line of a timeline, such as `claims.filed`. An empty
    mark says that no panel shows it. Raises `ValueError` for a beginning that moves one already.
    """
    if again := sorted(_moved.keys() & set(starts)):
        raise ValueError(f"{', '.join(again)} moves a mark already")
    _moved.update(dict.fromkeys(starts, name))
    mark_of.cache_clear()


def looks(*names: str) -> None:
    """Name lines that only say that somebody looked: nothing changed, so no page looks again because of them.

    A page that writes down that it was read would otherwise wake itself. Raises `ValueError` for a name that is taken.
    """
    if again := sorted(_looks & set(names)):
        raise ValueError(f"{', '.join(again)}: said already to be a look")
    _looks.update(names)


def is_look(name: str) -> bool:
    """True where a line says no more than that somebody looked."""
    return name in _looks


def all_looks() -> frozenset[str]:
    """All lines that only say that somebody looked."""
    return frozenset(_looks)


@cache
def mark_of(name: str) -> str | None:
    """The mark that moves with such a line: empty where no panel shows it, None where nobody said anything of it."""
    if name in _looks:
        return ""
    found = max((start for start in _moved if name.startswith(start)), key=len, default=None)
    return None if found is None else _moved[found]


def names() -> frozenset[str]:
    """All marks there are: what a panel may follow."""
    asked = frozenset(name for each in _marks for name in each)
    return asked | frozenset(name for name in _moved.values() if name)


def wrote(name: str) -> None:
    """Something was written down: consoles look again after the commit, where a panel shows such lines."""
    if mark_of(name):
        changed_on_commit("console")


def changed_on_commit(topic: str) -> None:
    """After the commit, tell open pages of `topic` (`console`, or `trip:` and its code) to look again, once."""
    on_commit_once(_Publish(topic))


@dataclass(frozen=True, slots=True)
class _Publish:
    topic: str

    def __call__(self) -> None:
        broker.publish(CHANNEL if self.topic == "console" else TRIPS, self.topic)


moves("", "core.")
moves("processes", "core.process_")
