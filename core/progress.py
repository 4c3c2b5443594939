"""How far a long job is, for whoever waits for it: how much is done, at what rate, and how long the rest takes."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `of` pieces at the moment `at`, since work on them began; None of `since` where it has yet to begin."""

    done: int
    of: int
    since: datetime | None
    at: datetime

    @property
    def rate(self) -> float | None:
        """Pieces a second; None before one is done."""
        if self.since is None or not self.done:
            return None
        seconds = (self.at - self.since).total_seconds()
        return self.done / seconds if seconds > 0 else None

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes at this rate; None where there is none yet."""
        rate = self.rate
        return max(self.of - self.done, 0) / rate if rate else None

    @property
    def a_minute(self) -> str:
        """The rate as it is said, in pieces a minute; empty before one is done."""
        if self.rate is None:
            return ""
        minute = self.rate * 60
        return f"{minute:,.1f}" if minute < 10 else f"{round(minute):,}"
