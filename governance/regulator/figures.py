"""What the console shows of the feed: by interface what waits, what was acknowledged, late and refused, and why."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Sum
from django.utils.functional import Promise

from governance.models import FeedHour, FeedMessage, FeedPosition
from governance.regulator.company import BadFile, company, is_set_up
from governance.regulator.words import KINDS, NOT_TOLD, why

DAY = timedelta(days=1)


@dataclass(slots=True)
class Row:
    """One interface; the figures are of the last day, what waits and is refused of any age."""

    kind: str
    label: Promise
    waiting: int = 0
    oldest: datetime | None = None
    acknowledged: int = 0
    late: int = 0
    refused: int = 0
    causes: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shown:
    """The feed as the console shows it. `wrong_file` says that the company's file cannot be read."""

    connected: bool
    wrong_file: bool
    rows: list[Row]
    newest_position: datetime | None
    not_told: list[tuple[str, str, Promise]]  # interface, table, and why


def shown(at: datetime) -> Shown:
    """Each interface, in the order of its life; four questions however much was told."""
    rows = {kind: Row(kind, label) for kind, label in KINDS.items()}
    open_rows = FeedMessage.objects.filter(acknowledged_at=None)
    for kind, count, oldest in (
        open_rows.filter(refused_at=None)
        .values_list("kind")
        .annotate(count=Count("pk"), oldest=Min("happened_at"))
        .values_list("kind", "count", "oldest")
    ):
        rows[kind].waiting, rows[kind].oldest = count, oldest
    for cause, count in (
        FeedMessage.objects.filter(refused_at__isnull=False)
        .values_list("refused_for")
        .annotate(count=Count("pk"))
        .order_by("-count")
    ):
        rows[cause.partition(":")[0]].causes.append((why(cause), count))
    for kind, acknowledged, late, refused in (
        FeedHour.objects.filter(hour__gte=at - DAY)
        .values_list("kind")
        .annotate(a=Sum("acknowledged"), b=Sum("late"), c=Sum("refused"))
        .values_list("kind", "a", "b", "c")
    ):
        row = rows[kind]
        row.acknowledged, row.late, row.refused = acknowledged, late, refused
    return Shown(
        is_set_up(),
        is_set_up() and not _readable(),
        list(rows.values()),
        FeedPosition.objects.aggregate(newest=Max("at"))["newest"],
        [(kind, table, reason) for kind, (table, reason) in NOT_TOLD.items()],
    )


def _readable() -> bool:
    try:
        company()
    except BadFile:
        return False
    return True
