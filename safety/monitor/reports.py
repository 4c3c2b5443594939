"""What staff are told of the monitor's own trouble: rows of `FailedWork` that close when it is over."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable

import structlog

from core import retry
from safety.monitor.memory import Fault
from safety.monitor.quarantine import CLOSED, LAG, RULES, TRIPS

log = structlog.get_logger()
LAG_SECONDS = 15.0  # of our own, from which on staff are told
TELL_SECONDS = 10.0
DOOR = "positions"


class Reports:
    """What one monitor told, so that it is said now and then and taken back when it is over."""

    def __init__(self) -> None:
        self.told: dict[str, float] = {}
        self.in_time: set[str] = set()
        self.door_is_open = False
        self.unwatched: set[str] = set()  # trips of which staff were told
        self.faulty: dict[str, set[str]] = defaultdict(set)  # what staff were told of rules, by trip

    def recall(self) -> tuple[set[str], set[str]]:
        """What other monitors, or those before this one, told: trips that were unwatchable, trips with faulty rules.

        From now on it is taken back here where it is over.
        """
        trips = retry.open_keys(TRIPS) - self.unwatched
        self.unwatched |= trips
        faulty = retry.open_subjects(RULES)
        for name, code in faulty.items():
            self.told.setdefault(name, -float("inf"))
            if code:
                self.faulty[code].add(name)
        return trips, {code for code in faulty.values() if code}

    def lose(self, streams: Collection[str]) -> None:
        """Whoever has these shards now tells of them."""
        for stream in streams:
            self.told.pop(stream, None)
        self.in_time -= set(streams)

    def read_to(self, stream: str, behind: float) -> None:
        """A stream was read up to so many seconds ago."""
        if behind > LAG_SECONDS:
            self.in_time.discard(stream)
            if self._due(stream):
                log.error("monitor.lag", stream=stream, seconds=round(behind))
                retry.failed(LAG, stream, f"{behind:.0f} s", life_safety=True, needs_person=True)
        elif stream not in self.in_time:
            # Also the first time that a shard is in time: who had it before may have been late.
            self.in_time.add(stream)
            retry.done(LAG, stream)

    def closed(self, why: str) -> None:
        """The platform took no positions, for so long."""
        self.door_is_open = False
        if self._due(DOOR):
            log.error("monitor.door_closed", why=why)
            retry.failed(CLOSED, DOOR, why, life_safety=True, needs_person=True)

    def open(self) -> None:
        """It takes positions."""
        if not self.door_is_open:  # also the first time: another monitor may have told
            self.door_is_open = True
            self.told.pop(DOOR, None)
            retry.done(CLOSED, DOOR)

    def unwatchable(self, code: str, why: Exception) -> None:
        """A trip cannot be watched as it is."""
        log.error("monitor.unwatchable", trip=code, why=repr(why))
        self.unwatched.add(code)
        retry.failed(TRIPS, code, why, life_safety=True, needs_person=True)

    def watchable(self, codes: Collection[str]) -> None:
        """These trips are watched as they are."""
        for code in self.unwatched.intersection(codes):
            self.unwatched.discard(code)
            retry.done(TRIPS, code)

    def over(self, codes: Iterable[str]) -> None:
        """These trips are watched no more: nothing that was told of them matters now."""
        for code in codes:
            for name in self.faulty.pop(code, ()):
                self.told.pop(name, None)
                retry.done(RULES, name)
            if code in self.unwatched:
                self.unwatched.discard(code)
                retry.done(TRIPS, code)

    def faults(self, faults: Iterable[Fault]) -> set[str]:
        """What rules were not fit for, and all else goes on; returns the names of what failed."""
        failed = set()
        for fault in faults:
            failed.add(fault.name)
            if self._due(fault.name):
                if fault.code:
                    self.faulty[fault.code].add(fault.name)
                retry.failed(
                    RULES, fault.name, fault.why, life_safety=True, needs_person=True, subject=fault.code
                )
        return failed

    def no_fault(self, names: Iterable[str]) -> None:
        """These did not fail this time."""
        for name in self.told.keys() & set(names):
            del self.told[name]
            retry.done(RULES, name)

    def _due(self, name: str) -> bool:
        """True where it is time to say this again."""
        if time.monotonic() - self.told.get(name, -float("inf")) <= TELL_SECONDS:
            return False
        self.told[name] = time.monotonic()
        return True
