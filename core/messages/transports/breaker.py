"""A provider that hangs is left alone for a moment, and those behind it are asked at once.

Of each transport, in each process: after `AFTER` failures in a row that took `SLOW` or longer, nobody waits for it during
`REST`; then one message at a time asks whether it is back. What fails at once holds nobody up and opens nothing.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

import structlog

from core import broker
from core.messages.transports import NoAnswer, NotTaken, Unfit

log = structlog.get_logger()
T = TypeVar("T")
AFTER = 2
SLOW = 1.0  # seconds from which on a failure holds others up
REST = 10.0  # seconds


class Resting(NotTaken):
    """It was not asked: it did not answer a moment ago."""


class Breaker:
    """See the module. Safe for threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._missed = 0
        self._closed_again = 0.0
        self._probing = False

    def ask(self, do: Callable[[], T]) -> T:
        """What `do` returns or raises. Raises `Resting` without doing it while the transport is left alone."""
        probe = self._enter()
        began, answered = monotonic(), True
        try:
            return do()
        except (NoAnswer, Unfit):  # what it cannot carry may never have reached it
            answered = False
            raise
        except NotTaken:
            answered = monotonic() - began < SLOW
            raise
        finally:
            self._leave(probe=probe, answered=answered, slow=monotonic() - began >= SLOW)

    def _enter(self) -> bool:
        with self._lock:
            if self._missed < AFTER:
                return False
            if self._probing or monotonic() < self._closed_again:
                raise Resting(f"{self.name}: did not answer a moment ago")
            self._probing = True
            return True

    def _leave(self, *, probe: bool, answered: bool, slow: bool) -> None:
        with self._lock:
            if probe:
                self._probing = False
            if answered:
                self._missed = 0
                return
            if not slow:
                return
            self._missed += 1
            opens = self._missed >= AFTER
            if opens:
                self._closed_again = monotonic() + REST
        if opens:
            log.warning("messages.transport_rests", transport=self.name)
            broker.ask(lambda client: client.set(_key(self.name), 1, px=int(REST * 1000)), None)


_breakers: dict[str, Breaker] = {}
_making = threading.Lock()


def of(name: str) -> Breaker:
    """The breaker of a transport in this process."""
    with _making:
        return _breakers.setdefault(name, Breaker(name))


def forget() -> None:
    """Every transport is asked again."""
    with _making:
        _breakers.clear()


def rests(name: str) -> bool:
    """Whether any process leaves this transport alone now; False where Valkey does not say."""
    return broker.ask(lambda client: bool(client.exists(_key(name))), False)


def _key(name: str) -> str:
    return f"transport-rests:{name}"
