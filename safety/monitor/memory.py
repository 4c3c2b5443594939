"""The watch table over `Watches`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rides.geometry import Point
from rides.positions import shard_stream
from rides.selectors import WatchedTrip
from rides.states import Party
from rides.trails import Fix
from safety import detectors, watches
from safety.states import SignalKind
from safety.watches import Finding, Limits, Meeting, Seen, Watches, limits_in_force, warm_up

__all__ = ["Detection", "WatchTable", "limits_in_force", "warm_up"]


@dataclass(frozen=True, slots=True)
class Detection:
    """What a rule saw. `at` is Unix seconds; no kind where it is no signal."""

    rule: str
    kind: SignalKind | None
    detail: str
    at: float
    facts: dict[str, Any] = field(default_factory=dict)
    position: Point | None = None


class WatchTable:
    """Watched trips by code."""

    def __init__(self, limits: Limits) -> None:
        self.watches = Watches(limits)

    def __contains__(self, code: str) -> bool:
        return code in self.watches

    def __len__(self) -> int:
        return len(self.watches.trips)

    def codes(self) -> list[str]:
        return list(self.watches.rows)

    def trip(self, code: str) -> WatchedTrip:
        return self.watches.trip(code)

    def put(self, trips: Sequence[WatchedTrip], saved: Mapping[str, bytes]) -> dict[str, Exception]:
        bad: dict[str, Exception] = {}
        new: dict[str, WatchedTrip] = {trip.code: trip for trip in self.watches.trips}
        for trip in trips:
            try:
                watches._compile(trip, self.watches.limits)
            except Exception as why:
                bad[trip.code] = why
                new.pop(trip.code, None)
            else:
                new[trip.code] = trip
        self.watches.set(list(new.values()), self.watches.limits, dict(saved))
        return bad

    def drop(self, codes: Iterable[str]) -> None:
        gone = set(codes)
        self.watches.set([trip for trip in self.watches.trips if trip.code not in gone], self.watches.limits)

    def set_limits(self, limits: Limits) -> dict[str, Exception]:
        self.watches.set(self.watches.trips, limits)
        return {}

    def begin(self, code: str, last: Mapping[Party, tuple[Fix, bool]]) -> None:
        self.watches.begin(code, dict(last))

    def nothing_known(self, code: str) -> bool:
        return self.watches.nothing_known(code)

    def saved(self, code: str) -> bytes:
        return self.watches.saved(code)

    def observe(
        self, batches: Iterable[tuple[str, Party, bool, Sequence[tuple[float, float, float]]]]
    ) -> list[tuple[str, Detection]]:
        return [(code, _detection(seen)) for code, seen in self.watches.observe(batches)]

    def tick(self, now_of: Mapping[str, float]) -> list[tuple[str, Detection]]:
        found: list[tuple[str, Detection]] = []
        for stream, now in now_of.items():
            rows = [row for row, trip in enumerate(self.watches.trips) if shard_stream(trip.city) == stream]
            if not rows:
                continue
            part = self.watches.state[rows]
            seen = np.empty((4 * len(rows), detectors.SEEN_COLUMNS))
            count = detectors.tick(now, self.watches.table[rows], part, self.watches.limit_row, seen)
            self.watches.state[rows] = part
            seen[:count, 0] = np.array(rows)[seen[:count, 0].astype(int)]
            found += [(code, _detection(each)) for code, each in self.watches._found(seen[:count])]
        return found

    def shift(self, seconds: float) -> None:
        """All remembered times by this much: the clock stepped."""
        for column in (detectors.S_AT, detectors.S_OFF, detectors.S_STOP):
            self.watches.state[:, [column, detectors.PHONE_COLUMNS + column]] += seconds

    def pardon(self, whom: str | None, at: float) -> None:
        for code, row in self.watches.rows.items():
            if whom in {None, code, shard_stream(self.watches.trip(code).city)}:
                self.watches.table[row, detectors.T_BEGAN] = max(
                    self.watches.table[row, detectors.T_BEGAN], at
                )


def _detection(seen: Seen) -> Detection:
    match seen:
        case Finding():
            return Detection(
                seen.kind.value, seen.kind, seen.detail, seen.at, {"why": seen.why}, seen.position
            )
        case Meeting():
            return Detection("meeting", None, "", 0.0, {}, seen.position)
        case _:
            return Detection("together", None, "", 0.0, {}, seen.position)
