"""Waking open pages. The message says only that something changed; pages ask the database what.

Valkey carries the wake-up, and nothing but speed depends on it: a console's reader asks the database each second by
itself while Valkey is down, a trip's page every few seconds. What sweeps and other tasks would have changed meanwhile
has not changed: they travel through Valkey as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from core import broker

Mark = Callable[[], int]
_marks: dict[str, Mark] = {}
CHANNEL = "live"  # the console
TRIPS = "live:trips"  # topics such as `trip:T123`


def mark(name: str) -> Callable[[Mark], Mark]:
    """Function decorator: a number that grows when something of an app changed; open consoles get it by its name."""

    def register(ask: Mark) -> Mark:
        _marks[name] = ask
        return ask

    return register


def marks() -> dict[str, int]:
    """What all apps say now."""
    return {name: ask() for name, ask in sorted(_marks.items())}


def changed_on_commit(topic: str) -> None:
    """After the commit, tell open pages of `topic` (`console`, or `trip:` and its code) to look again, once."""
    connection = transaction.get_connection()
    within = set(connection.savepoint_ids)
    for sids, waiting, *_rest in connection.run_on_commit:
        if isinstance(waiting, _Publish) and waiting.topic == topic and sids == within:
            return
    transaction.on_commit(_Publish(topic))


@dataclass(frozen=True, slots=True)
class _Publish:
    topic: str

    def __call__(self) -> None:
        broker.publish(CHANNEL if self.topic == "console" else TRIPS, self.topic)
