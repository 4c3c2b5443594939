"""Reads about shifts, practice and what people did."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Avg, Count, F, Q

from complaints import rosters
from complaints.calendars import ZONE
from complaints.models import (
    Appeal,
    Assignment,
    Complaint,
    Decision,
    PracticeRun,
    Satisfaction,
    Shift,
    TeamMember,
    Timer,
    WorkSummary,
)
from complaints.states import SummaryState
from core import clock
from core.errors import NotFound
from core.permissions import may
from core.reads import Read
from safety.selectors import calls_for_help, incidents_worked_on

if TYPE_CHECKING:
    from accounts.models import Account


# --- Shifts --------------------------------------------------------------------------------------


_SHIFTS = Read(
    lambda begins, ends: (
        Shift.objects.select_related("account")
        .filter(cancelled_at=None, starts_at__lt=ends, ends_at__gt=begins)
        .order_by("starts_at", "account__code")
    ),
    datetime,
    datetime,
)


def shifts_between(begins: datetime, ends: datetime) -> list[Shift]:
    """Shifts that overlap a time, by who and when."""
    return _SHIFTS.all(begins, ends)


def roster_hours(begins: datetime, *, hours: int) -> list[rosters.Hour]:
    """Each hour from a time on: how many specialists it needs by volume, and how many are at a desk in it."""
    ends = begins + timedelta(hours=hours)
    spans = [
        (shift.starts_at, shift.ends_at)
        for shift in shifts_between(begins, ends)
        if may(shift.account, "incidents.specialise") and not shift.on_call and shift.account.is_active
    ]
    since = clock.now() - timedelta(weeks=rosters.WEEKS)
    return rosters.hours_of(begins, spans, rosters.busiest_hours(calls_for_help(since)), hours=hours)


def on_shift(at: datetime) -> list[Shift]:
    """Who works, or can be called, now."""
    return [shift for shift in shifts_between(at, at + timedelta(seconds=1)) if shift.starts_at <= at]


def at_desk(at: datetime) -> "list[Account]":
    """Who works now, each once; who can only be called is not there."""
    return list({shift.account_id: shift.account for shift in on_shift(at) if not shift.on_call}.values())


def roster_gaps(at: datetime, *, hours: int = 12) -> list[rosters.Hour]:
    """Hours of the next half day with too few specialists."""
    start = at.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
    return [hour for hour in roster_hours(start, hours=hours) if hour.short]


# --- Practice ------------------------------------------------------------------------------------


def practice_runs(account: "Account") -> list[PracticeRun]:
    """Somebody's goes, newest first."""
    return list(PracticeRun.objects.filter(account=account).order_by("-pk")[:50])


def practice_by_code(account: "Account", code: str) -> PracticeRun:
    """One's own go. Raises `NotFound`."""
    row = PracticeRun.objects.filter(account=account, code=code).first()
    if row is None:
        raise NotFound
    return row


def practised(codes: list[str]) -> dict[str, set[str]]:
    """Which exercises each of these people has passed."""
    found: dict[str, set[str]] = {code: set() for code in codes}
    rows = PracticeRun.objects.filter(account__code__in=codes, passed=True)
    for code, scenario in rows.values_list("account__code", "scenario"):
        found[code].add(scenario)
    return found


# --- What people did -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """What somebody did in a time, from the data alone. Shares are from 0 to 1, None where there was nothing."""

    taken: int
    answered: int
    decided: int
    limits: int
    limits_met: int
    satisfaction: float | None
    scores: int
    appealed: int
    reversed: int
    incidents: int
    follow_ups: int
    by_category: dict[str, int]

    @property
    def met_share(self) -> float | None:
        return self.limits_met / self.limits if self.limits else None

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def span_of(begins: date, ends: date) -> tuple[datetime, datetime]:
    """From the first moment of the first day to the last of the last, Asia/Shanghai."""
    return (
        datetime.combine(begins, time(), ZONE),
        datetime.combine(ends + timedelta(days=1), time(), ZONE),
    )


def figures_of(account: "Account", begins: date, ends: date) -> Figures:
    """Volumes, service levels, satisfaction, decisions and reversals of one person (C8)."""
    since, until = span_of(begins, ends)
    taken = Assignment.objects.filter(after=account, at__gte=since, at__lt=until, undone_at=None)
    limits = Timer.objects.filter(person=account, void_at=None, due_at__gte=since, due_at__lt=until)
    decisions = Decision.objects.filter(by=account, at__gte=since, at__lt=until)
    scores = Satisfaction.objects.filter(agent=account, scored_at__gte=since, scored_at__lt=until)
    in_force = decisions.exclude(stage="appeal").values("complaint")
    appeals = Appeal.objects.filter(complaint__in=in_force, decided_at__gte=since, decided_at__lt=until)
    categories = Counter(taken.order_by().values_list("complaint__category", flat=True))
    return Figures(
        taken=taken.values("complaint").distinct().count(),
        answered=limits.filter(kind="answer", met_at__isnull=False).count(),
        decided=decisions.count(),
        limits=limits.filter(Q(met_at__isnull=False) | Q(breached_at__isnull=False)).count(),
        limits_met=limits.filter(met_at__isnull=False, breached_at=None).count(),
        satisfaction=scores.aggregate(mean=Avg("score"))["mean"],
        scores=scores.count(),
        appealed=appeals.count(),
        reversed=appeals.filter(reversed=True).count(),
        incidents=incidents_worked_on(account.code, since, until),
        follow_ups=account.care_tasks.filter(done_at__gte=since, done_at__lt=until).count(),
        by_category=dict(categories.most_common()),
    )


def cases_to_remember(account: "Account", begins: date, ends: date, *, limit: int = 12) -> list[Complaint]:
    """Cases that somebody had or decided in a time: grave ones, those scored 5, those reversed."""
    since, until = span_of(begins, ends)
    mine = Q(assignments__after=account) | Q(decisions__by=account)
    rows = Complaint.objects.filter(mine, filed_at__gte=since - timedelta(days=90), filed_at__lt=until)
    weighed = rows.annotate(
        weight=Count("pk", filter=Q(level="severe"))
        + Count("satisfaction", filter=Q(satisfaction__score=5))
        + 2 * Count("appeals", filter=Q(appeals__reversed=True))
    )
    return list(weighed.filter(weight__gt=0).order_by(F("weight").desc(), "-pk")[:limit])


def summaries_of(account: "Account") -> list[WorkSummary]:
    return list(WorkSummary.objects.filter(account=account).order_by("-begins", "ends"))


_SUMMARY = Read(lambda code: WorkSummary.objects.select_related("account").filter(code=code), str)


def summary_by_code(account: "Account", code: str, *, supervises: bool) -> WorkSummary:
    """One's own summary, or, for a supervisor, one that was handed in. Raises `NotFound`."""
    row = _SUMMARY.first(code)
    if row is None or not (row.account_id == account.pk or (supervises and row.state != SummaryState.DRAFT)):
        raise NotFound
    return row


def summaries_to_answer(account: "Account") -> list[WorkSummary]:
    """Handed in and unanswered, of others."""
    rows = WorkSummary.objects.select_related("account").filter(state=SummaryState.SUBMITTED)
    return list(rows.exclude(account=account).order_by("submitted_at"))


def teams() -> dict[str, str]:
    """Each member of staff's team by their code."""
    return dict(TeamMember.objects.values_list("account__code", "team"))
