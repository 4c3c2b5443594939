"""Figures of complaints (C3, C5, C7): each report is a head and rows, for a table, a chart and a CSV alike."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Exists, F, OuterRef, Q
from django.db.models.functions import TruncDay, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.calendars import ZONE
from complaints.models import Appeal, CareTask, Complaint, Decision, Satisfaction, Timer
from complaints.models.cases import LIVE_STATES
from complaints.selectors.outside import repeat_contacts
from complaints.selectors.work import span_of
from complaints.states import Finding, Level, TimerKind


@dataclass(frozen=True, slots=True)
class Report:
    """A table with a head. `chart` says which columns a chart shows: names from the first, figures from these."""

    key: str
    title: str | Promise
    head: list[str | Promise]
    rows: list[list[Any]]
    chart: tuple[int, ...] = ()
    kind: str = "bar"


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def volume(begins: date, ends: date) -> Report:
    """How many were filed each day, by class."""
    since, until = span_of(begins, ends)
    rows = (
        Complaint.objects.counted()
        .filter(filed_at__gte=since, filed_at__lt=until)
        .annotate(day=TruncDay("filed_at", tzinfo=ZONE))
        .values("day")
        .annotate(
            severe=Count("pk", filter=Q(level=Level.SEVERE)),
            raised=Count("pk", filter=Q(level=Level.RAISED)),
            ordinary=Count("pk", filter=Q(level=Level.ORDINARY)),
        )
        .order_by("day")
    )
    return Report(
        "volume",
        _("Complaints filed"),
        [_("day"), Level.SEVERE.label, Level.RAISED.label, Level.ORDINARY.label],
        [[f"{row['day']:%Y-%m-%d}", row["severe"], row["raised"], row["ordinary"]] for row in rows],
        (1, 2, 3),
    )


def _met(
    key: str,
    title: str | Promise,
    name: str | Promise,
    field: str,
    begins: date,
    ends: date,
    labels: dict[str, Any],
) -> Report:
    since, until = span_of(begins, ends)
    done = Q(met_at__isnull=False) | Q(breached_at__isnull=False)
    rows = (
        Timer.objects.filter(done, void_at=None, due_at__gte=since, due_at__lt=until)
        .exclude(complaint__complainant__is_drill=True)
        .values(field, "kind")
        .annotate(all=Count("pk"), met=Count("pk", filter=Q(met_at__isnull=False, breached_at=None)))
        .order_by(field, "kind")
    )
    return Report(
        key,
        title,
        [name, _("limit"), _("in time"), _("of"), "%"],
        [
            [
                str(labels.get(row[field], row[field] or "—")),
                str(TimerKind(row["kind"]).label),
                row["met"],
                row["all"],
                _percent(row["met"], row["all"]),
            ]
            for row in rows
        ],
        (4,),
    )


def service_by_class(begins: date, ends: date) -> Report:
    """Percent of limits met, by class."""
    labels = {str(level): level.label for level in Level}
    return _met("service", _("Service level by class"), _("class"), "level", begins, ends, labels)


def service_by_agent(begins: date, ends: date) -> Report:
    """… by agent."""
    return _met("agents", _("Service level by agent"), _("agent"), "person__code", begins, ends, {})


def service_by_team(begins: date, ends: date) -> Report:
    """… by team."""
    return _met("teams", _("Service level by team"), _("team"), "team", begins, ends, {})


def _scores(
    key: str,
    title: str | Promise,
    name: str | Promise,
    field: str,
    begins: date,
    ends: date,
    labels: dict[str, Any],
) -> Report:
    since, until = span_of(begins, ends)
    rows = (
        Satisfaction.objects.filter(asked_at__gte=since, asked_at__lt=until)
        .values(field)
        .annotate(
            asked=Count("pk"),
            scored=Count("score"),
            mean=Avg("score"),
            low=Count("pk", filter=Q(score__lte=2)),
        )
        .order_by(field)
    )
    return Report(
        key,
        title,
        [name, _("mean score"), _("answers"), pgettext_lazy("report", "asked"), _("scores of 1 and 2")],
        [
            [
                str(labels.get(row[field], row[field] or "—")),
                round(row["mean"], 2) if row["mean"] is not None else None,
                row["scored"],
                row["asked"],
                row["low"],
            ]
            for row in rows
        ],
        (1,),
    )


def satisfaction_by_class(begins: date, ends: date) -> Report:
    labels = {str(level): level.label for level in Level}
    return _scores(
        "satisfaction", _("Satisfaction by class"), _("class"), "complaint__level", begins, ends, labels
    )


def satisfaction_by_agent(begins: date, ends: date) -> Report:
    return _scores(
        "satisfaction_agents", _("Satisfaction by agent"), _("agent"), "agent__code", begins, ends, {}
    )


def satisfaction_by_team(begins: date, ends: date) -> Report:
    return _scores("satisfaction_teams", _("Satisfaction by team"), _("team"), "team", begins, ends, {})


def satisfaction_by_month(begins: date, ends: date) -> Report:
    since, until = span_of(begins, ends)
    rows = (
        Satisfaction.objects.filter(asked_at__gte=since, asked_at__lt=until)
        .annotate(month=TruncMonth("asked_at", tzinfo=ZONE))
        .values("month")
        .annotate(mean=Avg("score"), scored=Count("score"), asked=Count("pk"))
        .order_by("month")
    )
    return Report(
        "satisfaction_months",
        _("Satisfaction by month"),
        [_("month"), _("mean score"), _("answers"), pgettext_lazy("report", "asked")],
        [
            [
                f"{row['month']:%Y-%m}",
                round(row["mean"], 2) if row["mean"] is not None else None,
                row["scored"],
                row["asked"],
            ]
            for row in rows
        ],
        (1,),
        "line",
    )


def findings(begins: date, ends: date) -> Report:
    """What was found, and how many of the decisions an appeal changed; knowingly false ones are their own row."""
    since, until = span_of(begins, ends)
    rows = {
        row["finding"]: row
        for row in Decision.objects.filter(in_force=True, at__gte=since, at__lt=until)
        .values("finding")
        .annotate(all=Count("pk"))
    }
    appeals = Appeal.objects.filter(decided_at__gte=since, decided_at__lt=until)
    all_, changed = appeals.count(), appeals.filter(reversed=True).count()
    whole = sum(row["all"] for row in rows.values())
    table = [
        [
            str(finding.label),
            rows.get(finding, {"all": 0})["all"],
            _percent(rows.get(finding, {"all": 0})["all"], whole),
        ]
        for finding in Finding
    ]
    table += [
        [str(_("appeals decided")), all_, _percent(all_, whole)],
        [str(_("of which reversed")), changed, _percent(changed, all_)],
    ]
    return Report("findings", _("Findings and reversals"), [_("what"), _("how many"), "%"], table, (1,))


def repeats(begins: date, ends: date) -> Report:
    """Who had to come again."""
    since, until = span_of(begins, ends)
    people, again = repeat_contacts(since, until)
    late = CareTask.objects.filter(due_at__gte=since, due_at__lt=until)
    done = late.filter(done_at__isnull=False, done_at__lte=F("due_at")).count()
    return Report(
        "repeats",
        _("Repeat contacts and follow-ups"),
        [_("what"), _("how many"), _("of"), "%"],
        [
            [str(_("people who complained more than once")), again, people, _percent(again, people)],
            [str(_("follow-ups done in time")), done, late.count(), _percent(done, late.count())],
        ],
    )


def limits_met(level: str, kind: str, since: datetime, until: datetime) -> tuple[int, int]:
    """(limits of a class and kind that were met in time, all that fell due in a time), drills left out."""
    rows = Timer.objects.filter(level=level, kind=kind, void_at=None, due_at__gte=since, due_at__lt=until)
    rows = rows.exclude(complaint__complainant__is_drill=True)
    in_time = Q(met_at__isnull=False, breached_at=None)
    found = rows.aggregate(met=Count("pk", filter=in_time), all=Count("pk"))
    return found["met"], found["all"]


def live_without_limit() -> list[str]:
    """Undecided complaints on which no limit runs or is paused: the law says none."""
    watched = Timer.objects.filter(
        met_at=None, void_at=None, complaint=OuterRef("pk"), round=OuterRef("round")
    )
    rows = Complaint.objects.undecided().filter(~Exists(watched))
    return list(rows.values_list("code", flat=True)[:20])


def limits_not_watched(at: datetime, *, grace: timedelta = timedelta(minutes=5)) -> list[str]:
    """Live complaints whose limit passed a while ago and went to nobody: the job that watches them is down."""
    rows = Timer.objects.filter(
        met_at=None, void_at=None, paused_at=None, breached_at=None, due_at__lt=at - grace
    ).filter(complaint__state__in=LIVE_STATES)
    return list(rows.values_list("complaint__code", flat=True)[:20])


def severe_past_time(at: datetime) -> int:
    """How many severe complaints have a limit that passed and was not met; those of marked people left out."""
    rows = Timer.objects.filter(
        met_at=None, void_at=None, paused_at=None, due_at__lt=at, complaint__level=Level.SEVERE
    ).filter(complaint__state__in=LIVE_STATES)
    marked = rows.filter(Q(complaint__complainant__is_drill=True) | Q(complaint__accused__is_drill=True))
    return rows.exclude(pk__in=marked).values("complaint").distinct().count()


REPORTS = {
    report.__name__: report
    for report in (
        volume,
        service_by_class,
        service_by_agent,
        service_by_team,
        satisfaction_by_class,
        satisfaction_by_agent,
        satisfaction_by_team,
        satisfaction_by_month,
        findings,
        repeats,
    )
}
