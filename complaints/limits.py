"""Service levels (C3): which limits each class has, in which hours, and what may stop them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import calendars
from complaints.states import Level, PauseReason, TimerKind
from core import policy
from core.policy import Unit


class RunsIn(TextChoices):
    """In which hours a limit runs; see `complaints.calendars`."""

    ALWAYS = calendars.ALWAYS, pgettext_lazy("limit", "around the clock")
    BUSINESS = calendars.BUSINESS, pgettext_lazy("limit", "in business hours")


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How long something may take, in which hours, and what may pause it."""

    seconds: int
    hours: str
    pause: tuple[str, ...] = ()


_LEVEL = policy.Record(
    ServiceLevel,
    {
        "seconds": policy.Span(60, 30 * 86_400),
        "hours": policy.Choice(RunsIn),
        "pause": policy.Several(PauseReason),
    },
    labels={
        "seconds": pgettext_lazy("limit", "within"),
        "hours": pgettext_lazy("limit", "runs"),
        "pause": pgettext_lazy("limit", "paused by"),
    },
)
_ANSWER, _REVIEW, _DECIDE = TimerKind.ANSWER, TimerKind.REVIEW, TimerKind.DECIDE
SERVICE_LEVELS = policy.declare(
    "complaints.service_levels",  # C2, C3
    policy.Table(
        {
            Level.SEVERE: policy.Table.of([_ANSWER, _REVIEW, _DECIDE], _LEVEL),
            Level.RAISED: policy.Table.of([_ANSWER, _DECIDE], _LEVEL),
            Level.ORDINARY: policy.Table.of([_ANSWER, _DECIDE], _LEVEL),
        },
        dict(Level.choices),
    ),
    {
        "severe": {
            "answer": ServiceLevel(600, "always"),
            "review": ServiceLevel(7_200, "always"),
            "decide": ServiceLevel(259_200, "always", ("police",)),
        },
        "raised": {
            "answer": ServiceLevel(7_200, "always"),
            "decide": ServiceLevel(432_000, "always", ("complainant", "outside", "police")),
        },
        "ordinary": {
            "answer": ServiceLevel(14_400, "business"),
            "decide": ServiceLevel(216_000, "business", ("complainant", "accused", "outside", "police")),
        },
    },
    name=pgettext_lazy("policy name", "Limits of complaints"),
    about=_(
        "First answer, review of the stop on orders and decision by class, their hours, and what may pause them."
    ),
)
WARN_AT = policy.declare(
    "complaints.warn_at",  # C3
    policy.Real(0.1, 0.99, Unit.SHARE),
    0.75,
    name=pgettext_lazy("policy name", "Warning before a limit ends"),
    about=_("A limit warns when this share of its time has passed."),
)
LADDER = policy.declare(
    "complaints.ladder",  # C3
    policy.Row(policy.Span(0, 7 * 86_400), 3, rising=True),
    (0, 3_600, 14_400),
    name=pgettext_lazy("policy name", "Escalation of late complaints"),
    about=_(
        "So long after a breach it goes to the owner's supervisor, to all supervisors, and to the executive on duty."
    ),
)
SILENT_AFTER = policy.declare(
    "complaints.silent_after",  # C3
    policy.Table.of(Level, policy.Span(300, 30 * 86_400)),
    {"severe": 1_800, "raised": 14_400, "ordinary": 172_800},
    name=pgettext_lazy("policy name", "Silent owner of a complaint"),
    about=_("A complaint whose owner does nothing on it for this long goes back to the queue."),
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
        share = policy.value(WARN_AT)
        return (
            calendars.add(start, self.seconds * share, self.hours),
            calendars.add(start, self.seconds, self.hours),
        )


def limits_of(level: str, *, interlock: bool) -> list[Limit]:
    """The limits of a class; the review is asked for only where a driver was stopped."""
    rule = policy.in_force(SERVICE_LEVELS)
    return [
        Limit(
            TimerKind(kind),
            each.seconds,
            each.hours,
            tuple(PauseReason(reason) for reason in each.pause),
            rule.citation,
        )
        for kind, each in rule.value[Level(level)].items()
        if interlock or kind != TimerKind.REVIEW
    ]


def limit_of(level: str, kind: str) -> Limit:
    """One limit of a class."""
    return next(limit for limit in limits_of(level, interlock=True) if limit.kind == kind)


def silent_after(level: str) -> timedelta:
    """How long an owner may do nothing."""
    return timedelta(seconds=policy.value(SILENT_AFTER)[Level(level)])
