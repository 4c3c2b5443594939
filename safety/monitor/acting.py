"""What was found and not acted on yet: acted on for a part of each turn, tried again where it failed, never lost."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

import redis
import structlog

from core import retry
from safety.monitor import findings
from safety.monitor.memory import Detection
from safety.monitor.quarantine import FINDINGS, database_away
from safety.monitor.shards import Shards

log = structlog.get_logger()
ACT_SECONDS = 0.5  # what acting on findings may take of one turn: positions are read meanwhile


@dataclass(slots=True)
class Found:
    """A finding that is not acted on yet. `kept` says that Valkey has it."""

    stream: str
    code: str
    seen: Detection
    kept: bool = False
    failed: bool = False


class Pending:
    """One monitor's findings, by key; what positions say goes before what silence says."""

    def __init__(self, shards: Shards) -> None:
        self.shards = shards
        self.found: dict[str, Found] = {}
        self.urgent: deque[str] = deque()
        self.ordinary: deque[str] = deque()
        self.acted: dict[str, list[str]] = defaultdict(list)
        self._resting: list[tuple[float, str]] = []

    @property
    def waiting(self) -> bool:
        """True where something could be acted on now."""
        return bool(self.urgent or self.ordinary)

    def take(self, streams: Iterable[str]) -> None:
        """What the last holder of these shards had found and not acted on."""
        for stream in streams:
            for key, packed in self.shards.found(stream).items():
                try:
                    code, seen = findings.unpack(packed)
                except ValueError as why:
                    log.exception("monitor.unreadable_finding", key=key)
                    retry.failed(FINDINGS, f"{stream}/{key}", why, life_safety=True, needs_person=True)
                else:
                    self.found[key] = Found(stream, code, seen, kept=True)
                    self.urgent.append(key)

    def lose(self, streams: Collection[str]) -> None:
        """Whoever has these shards now acts on what was found on them."""
        for stream in streams:
            self.acted.pop(stream, None)
        self.found = {key: each for key, each in self.found.items() if each.stream not in streams}

    def note(
        self, seen: list[tuple[str, Detection]], stream_of: Callable[[str], str], *, urgent: bool
    ) -> None:
        """These were found; what is known already is no other finding."""
        queue = self.urgent if urgent else self.ordinary
        for code, each in seen:
            key = findings.key_of(code, each)
            if key not in self.found:
                self.found[key] = Found(stream_of(code), code, each)
                queue.append(key)

    def act(self) -> bool:
        """Act on what was found for as long as positions may wait; True where a trip is another one now."""
        changed = False
        until = time.monotonic() + ACT_SECONDS
        while self._resting and self._resting[0][0] <= time.monotonic():
            self.urgent.append(heappop(self._resting)[1])
        while self.waiting and time.monotonic() < until:
            key = (self.urgent or self.ordinary).popleft()
            each = self.found.get(key)
            if each is not None and self._act_on(key, each):
                changed = changed or each.seen.kind is None
        return changed

    def _act_on(self, key: str, each: Found) -> bool:
        name = f"{each.stream}/{key}"
        try:
            findings.act_on(each.code, each.seen)
        except Exception as why:  # it is tried again; the other findings do not wait for it
            if isinstance(why, redis.RedisError) or database_away(why):
                raise
            log.exception("monitor.finding", trip=each.code, rule=each.seen.rule)
            row = retry.failed(FINDINGS, name, why, life_safety=True)
            wait = (row.next_at - row.last_at).total_seconds()
            heappush(self._resting, (time.monotonic() + wait, key))
            each.failed = True
            return False
        del self.found[key]
        if each.kept:
            self.acted[each.stream].append(key)
        if each.failed or each.kept:
            retry.done(FINDINGS, name)
        return True

    def to_keep(self) -> dict[str, dict[str, bytes]]:
        """What Valkey does not have yet, by stream and key."""
        left: dict[str, dict[str, bytes]] = defaultdict(dict)
        for key, each in self.found.items():
            if not each.kept:
                left[each.stream][key] = findings.pack(each.code, each.seen)
        return left

    def kept(self) -> None:
        """Valkey has all of them now."""
        for each in self.found.values():
            each.kept = True
