"""Service levels (C3): which limits each class has, in which hours, and what may stop them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from complaints import calendars
from complaints.states import Level, PauseReason, TimerKind
from core import policy

SERVICE_LEVELS = policy.declare(
    "complaints.service_levels",
    {
        "severe": {
            "answer": {"seconds": 600, "hours": "always", "pause": []},
            "review": {"seconds": 7_200, "hours": "always", "pause": []},
            "decide": {"seconds": 259_200, "hours": "always", "pause": ["police"]},
        },
        "raised": {
            "answer": {"seconds": 7_200, "hours": "always", "pause": []},
            "decide": {"seconds": 432_000, "hours": "always", "pause": ["complainant", "outside", "police"]},
        },
        "ordinary": {
            "answer": {"seconds": 14_400, "hours": "business", "pause": []},
            "decide": {
                "seconds": 216_000,
                "hours": "business",
                "pause": ["complainant", "accused", "outside", "police"],
            },
        },
    },
    unit="seconds",
    about="First answer, review of the stop on orders and decision by class, their hours, and what may stop them (C2, C3).",
)
WARN_AT = policy.declare(
    "complaints.warn_at",
    0.75,
    unit="share",
    about="A limit warns when this share of its time has passed (C3).",
)
LADDER = policy.declare(
    "complaints.ladder",
    [0, 3_600, 14_400],
    unit="seconds",
    about="After a breach: at once to the owner's supervisor, then to all supervisors, then to the executive on duty (C3).",
)
SILENT_AFTER = policy.declare(
    "complaints.silent_after",
    {"severe": 1_800, "raised": 14_400, "ordinary": 172_800},
    unit="seconds",
    about="A complaint whose owner does nothing on it for this long goes back to the queue (C3).",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take, in which hours, and the rule that says so."""

    kind: TimerKind
    seconds: int
    hours: str
    pauses: tuple[PauseReason, ...]
    citation: str

    def times(self, start: datetime) -> tuple[datetime, datetime]:
        """(when it warns, when it is due) for a start."""
        share = float(policy.value(WARN_AT))
        return (
            calendars.add(start, self.seconds * share, self.hours),
            calendars.add(start, self.seconds, self.hours),
        )


def limits_of(level: str, *, interlock: bool) -> list[Limit]:
    """The limits of a class; the review is asked for only where a driver was stopped."""
    rule = policy.in_force(SERVICE_LEVELS)
    found: dict[str, dict[str, Any]] = rule.value[Level(level)]
    return [
        Limit(
            TimerKind(kind),
            each["seconds"],
            each["hours"],
            tuple(PauseReason(reason) for reason in each["pause"]),
            rule.citation,
        )
        for kind, each in found.items()
        if interlock or kind != TimerKind.REVIEW
    ]


def limit_of(level: str, kind: str) -> Limit:
    """One limit of a class."""
    return next(limit for limit in limits_of(level, interlock=True) if limit.kind == kind)


def silent_after(level: str) -> timedelta:
    """How long an owner may do nothing."""
    return timedelta(seconds=policy.value(SILENT_AFTER)[Level(level)])
