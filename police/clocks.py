"""The published clocks (P8, P8+): how soon the police were answered, by channel, kind and outcome, and what went wrong."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core import clock
from police.models import PoliceRequest, ReleaseError
from police.selectors import OF_PEOPLE
from police.states import UNDECIDED, Channel, ErrorKind, RequestState, Urgency

WITHIN = (timedelta(minutes=1), timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds from asked to decided of one channel, kind and outcome. What waits is counted with the time it has waited, and
    as within nothing: it has no answer yet."""

    channel: str
    kind: str
    outcome: str
    count: int
    within_1: float
    within_10: float
    p50: float
    p95: float
    longest: float

    @property
    def labels(self) -> tuple[str, str, str]:
        """Channel, kind and outcome in the reader's language."""
        return (
            str(Channel(self.channel).label),
            str(Urgency(self.kind).label),
            str(RequestState(self.outcome).label),
        )


@dataclass(frozen=True, slots=True)
class Errors:
    """The register of errors in figures: how many of each kind, how many of all are not closed by two yet."""

    counts: dict[str, int] = field(default_factory=dict)
    open: int = 0
    rows: list[ReleaseError] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def by_kind(self) -> list[tuple[str, int]]:
        """All kinds, those without any too."""
        return [(str(kind.label), self.counts.get(kind.value, 0)) for kind in ErrorKind]


def rank(spans: list[float], share: float) -> float:
    """The nearest rank of sorted spans: the least that so large a share does not exceed."""
    return spans[max(0, math.ceil(len(spans) * share) - 1)] if spans else 0.0


def published_clocks(since: datetime, until: datetime) -> list[Clocks]:
    """Of requests asked in a time: one row for each channel, kind and outcome that there was, waiting ones by their state."""
    rows = PoliceRequest.objects.filter(OF_PEOPLE, asked_at__gte=since, asked_at__lt=until)
    spans: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    at = clock.now()
    for channel, kind, state, asked, decided in rows.values_list(
        "channel", "urgency", "state", "asked_at", "decided_at"
    ):
        spans[channel, kind, state].append(((decided or at) - asked).total_seconds())
    found = []
    for (channel, kind, state), each in sorted(spans.items()):
        each.sort()
        answered = state not in UNDECIDED
        shares = [
            sum(span <= limit.total_seconds() for span in each) / len(each) if answered else 0.0
            for limit in WITHIN
        ]
        within_1, within_10 = shares
        found.append(
            Clocks(
                channel,
                kind,
                state,
                len(each),
                within_1,
                within_10,
                rank(each, 0.5),
                rank(each, 0.95),
                each[-1],
            )
        )
    return found


def errors_since(since: datetime) -> Errors:
    """The register since a time, the newest 200 as rows."""
    rows = ReleaseError.objects.filter(found_at__gte=since)
    kinds = Counter(rows.values_list("kind", flat=True))
    newest = list(rows.select_related("request__agency").order_by("-found_at", "-pk")[:200])
    return Errors(dict(kinds), rows.filter(agreed_by="").count(), newest)
