"""Times in which no phone could be heard, by no fault of its own: the door was closed (`rides.door`)."""

import time
from collections.abc import Iterable

import redis

from core import clock
from rides import door
from rides.door import Gap
from safety.monitor.reports import LAG_SECONDS, Reports

UNKNOWN_SECONDS = 60.0  # for which a lane may be about to start


class Outages:
    """What one monitor knows of the door."""

    def __init__(self, client: "redis.Redis") -> None:
        self.redis = client
        self._gaps: dict[bytes, Gap] = {}
        self._closed_since: float | None = None
        self._unknown_since: float | None = None

    def look(self, reports: Reports, silence: float) -> list[Gap]:
        """The gaps of now, in Unix seconds of `core.clock`, in order and apart; one that still lasts has no end.

        Staff are told of a long one until phones have had as long as they may be silent to be heard again.
        """
        now = door.look(self.redis)
        # One that is known may have gone with a step of the clock.
        self._gaps = {name: self._gaps.get(name, gap) for name, gap in now.gaps.items()}
        self._closed_since = now.closed_since
        self._tell(now, reports, silence)
        return self.gaps()

    def gaps(self) -> list[Gap]:
        """As they were found when this was last looked for."""
        known = [(clock.shown(began), clock.shown(over)) for began, over in self._gaps.values()]
        if self._closed_since is not None:
            known.append((clock.shown(self._closed_since), float("inf")))
        return _apart(known)

    def shift(self, seconds: float) -> None:
        """The machine's clock stepped, and the times of gaps go with it."""
        self._gaps = {name: (began + seconds, over + seconds) for name, (began, over) in self._gaps.items()}
        if self._closed_since is not None:
            self._closed_since += seconds

    def _tell(self, now: door.Door, reports: Reports, silence: float) -> None:
        if now.opened is None:
            since = self._unknown_since = self._unknown_since or time.monotonic()
            if time.monotonic() - since > UNKNOWN_SECONDS:
                reports.closed("no lane ever said that it takes positions")
            return
        self._unknown_since = None
        lasted = [now.now - now.opened]
        lasted += [over - began for began, over in self._gaps.values() if over > now.now - silence]
        if max(lasted) > LAG_SECONDS:
            reports.closed(f"{max(lasted):.0f} s")
        else:
            reports.open()


def _apart(gaps: Iterable[Gap]) -> list[Gap]:
    """The same times as gaps that do not overlap."""
    found: list[Gap] = []
    for began, over in sorted(gaps):
        if found and began <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], over)
        else:
            found.append((began, over))
    return found
