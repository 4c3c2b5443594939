"""Service levels at work (C3): limits begin, are met, stop for a reason, warn, and go up the line."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Min, Q
from django.utils.translation import gettext_lazy

from accounts.selectors import people_who_may
from complaints import calendars, limits, messages
from complaints.errors import PauseClosed
from complaints.models import Complaint, Pause, Statement, TeamMember, Timer
from complaints.states import LIVE, NEWS, ComplaintLine, Level, PauseReason, TimerKind
from core import audit, clock, danger, jobs, live, policy, timeline
from core.actors import SYSTEM, Actor
from core.errors import NotFound
from core.messages import outbox
from core.recipients import write_to_each
from core.transactions import begins_transaction, joins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

RUNNING = Q(met_at=None, void_at=None, paused_at=None)


def add_line(
    complaint: Complaint, actor: Actor, kind: ComplaintLine, *, words: str = "", **facts: Any
) -> None:
    """One line of the case, also on the trip's own timeline. Grave words in it are news (`NEWS`)."""
    trip = complaint.trip.code if complaint.trip else ""
    at = clock.now()
    timeline.add(kind, actor, trip=trip, case=complaint.code, at=at, words=words, **facts)
    if kind in NEWS and danger.is_severe(words):
        bring_news(complaint, actor, at=at)


def bring_news(complaint: Complaint, actor: Actor, *, at: datetime | None = None) -> None:
    """Something that a person has to look at: whoever has it does not know of it, unless they wrote it down themselves.

    `at` is the time of its line, if not now: what nobody looked at are the lines since the first such time.
    """
    if complaint.owner is not None and complaint.owner.code == actor.code:
        return
    complaint.news_at, complaint.news = complaint.news_at or at or clock.now(), complaint.news + 1
    Complaint.objects.filter(pk=complaint.pk).update(news_at=complaint.news_at, news=complaint.news)


@joins_transaction
def note_seen(complaint: Complaint) -> None:
    """A person has looked at all that this complaint, whose row is locked, holds now."""
    complaint.news_at = None
    Complaint.objects.filter(pk=complaint.pk).update(news_at=None)


def note_activity(complaint: Complaint) -> None:
    """Somebody did something here: the queue's order, the owner's last sign of life, and open pages follow."""
    due = Timer.objects.filter(RUNNING, complaint=complaint, round=complaint.round).aggregate(
        at=Min("due_at")
    )["at"]
    complaint.due_at = due
    complaint.touched_at = clock.now()
    Complaint.objects.filter(pk=complaint.pk).update(due_at=due, touched_at=complaint.touched_at)
    live.changed_on_commit("console")


@joins_transaction
def start(complaint: Complaint, *, interlock: bool) -> None:
    """Begin the limits of the complaint's class; those that run already go on, where they are not longer than the new.

    A class that was raised gets its shorter limits from the time it was filed: nobody gains time by a wrong class.
    """
    known = {
        row.kind: row
        for row in Timer.objects.select_for_update().filter(
            complaint=complaint, round=complaint.round, void_at=None
        )
    }
    for limit in limits.limits_of(complaint.level, interlock=interlock):
        begun = known.pop(limit.kind, None)
        if begun and (begun.met_at or begun.level == complaint.level):
            continue
        started = begun.started_at if begun else clock.now()
        if begun:
            void_timer(begun)
        warn, due = limit.times(started)
        Timer.objects.create(
            complaint=complaint,
            kind=limit.kind,
            round=complaint.round,
            level=complaint.level,
            citation=limit.citation,
            hours=limit.hours,
            started_at=started,
            warn_at=warn,
            due_at=due,
        )


def void_timer(timer: Timer) -> None:
    """A limit that does not count any more."""
    at = clock.now()
    Pause.objects.filter(timer=timer, ended_at=None).update(ended_at=at)
    Timer.objects.filter(pk=timer.pk).update(void_at=at, paused_at=None, left_seconds=None, pause_reason="")


@joins_transaction
def void_timers(complaint: Complaint) -> None:
    """The complaint is worked on elsewhere: its limits end unmet and count in no figure."""
    for timer in Timer.objects.select_for_update().filter(complaint=complaint, met_at=None, void_at=None):
        void_timer(timer)


@joins_transaction
def start_appeal(complaint: Complaint, *, due: datetime, citation: str) -> None:
    """An appeal has a limit of its own: around the clock, and nothing stops it."""
    at = clock.now()
    Timer.objects.create(
        complaint=complaint,
        kind=TimerKind.APPEAL,
        round=complaint.round,
        level=complaint.level,
        citation=citation,
        hours=calendars.ALWAYS,
        started_at=at,
        warn_at=at + (due - at) * policy.value(limits.WARN_AT),
        due_at=due,
    )


@joins_transaction
def meet_limit(complaint: Complaint, kind: TimerKind, *, by: "Account | None") -> None:
    """A limit is met now, in time or late; nothing happens where none of the kind runs."""
    at = clock.now()
    timer = (
        Timer.objects.select_for_update()
        .filter(complaint=complaint, round=complaint.round, kind=kind, met_at=None, void_at=None)
        .first()
    )
    if timer is None:
        return
    if timer.paused_at:
        _end_pause(timer, at)
    late = at > timer.due_at
    Timer.objects.filter(pk=timer.pk).update(
        met_at=at,
        breached_at=timer.breached_at or (timer.due_at if late else None),
        person=by or timer.person,
        team=team_of(by) if by else timer.team,
    )


def team_of(account: "Account | None") -> str:
    """The team that somebody is in; empty where that is not kept."""
    if account is None:
        return ""
    return TeamMember.objects.filter(account=account).values_list("team", flat=True).first() or ""


@joins_transaction
def pause(complaint: Complaint, kind: TimerKind, *, actor: Actor, reason: PauseReason) -> None:
    """Stop a limit for a reason that its class allows. Raises `PauseClosed`, `NotFound`."""
    timer = (
        Timer.objects.select_for_update()
        .filter(RUNNING, complaint=complaint, round=complaint.round, kind=kind)
        .first()
    )
    if timer is None:
        raise NotFound
    at = clock.now()
    if kind == TimerKind.APPEAL:
        raise PauseClosed
    if reason not in limits.limit_of(timer.level, timer.kind).pauses or at >= timer.due_at:
        raise PauseClosed
    left = round(calendars.between(at, timer.due_at, timer.hours))
    Timer.objects.filter(pk=timer.pk).update(paused_at=at, pause_reason=reason, left_seconds=left)
    Pause.objects.create(timer=timer, reason=reason, by=actor.code, began_at=at)
    add_line(complaint, actor, ComplaintLine.PAUSED, timer=kind, pause=reason)
    audit.record(
        actor, "complaints.timer_paused", complaint.code, case=complaint.code, timer=kind, why=reason
    )


@joins_transaction
def resume(complaint: Complaint, *, actor: Actor, reason: PauseReason | None = None) -> int:
    """Let paused limits run again, all or those paused for one reason; returns how many."""
    at = clock.now()
    rows = Timer.objects.select_for_update().filter(
        complaint=complaint, paused_at__isnull=False, void_at=None
    )
    paused = list(rows.filter(pause_reason=reason) if reason else rows)
    for timer in paused:
        _end_pause(timer, at)
        add_line(complaint, actor, ComplaintLine.RESUMED, timer=timer.kind)
    return len(paused)


def _end_pause(timer: Timer, at: datetime) -> None:
    left = timer.left_seconds or 0
    whole = calendars.between(timer.started_at, timer.due_at, timer.hours)
    due = calendars.add(at, left, timer.hours)
    warn = calendars.add(at, max(left - (1 - policy.value(limits.WARN_AT)) * whole, 0), timer.hours)
    timer.due_at, timer.warn_at, timer.paused_at, timer.left_seconds = due, warn, None, None
    Timer.objects.filter(pk=timer.pk).update(
        due_at=due, warn_at=warn, paused_at=None, left_seconds=None, pause_reason=""
    )
    Pause.objects.filter(timer=timer, ended_at=None).update(ended_at=at)


# --- The periodic job ---------------------------------------------------------------------------


def check(*, at: datetime) -> tuple[int, int]:
    """Warn of what falls due soon, and take what is late up the line; returns (warnings, steps).

    Everything is worked out from the limits themselves and from `at`: a job that was down does at its next run what it
    missed, and a second run does nothing more.
    """
    return WARNINGS.run(at=at).total, ESCALATIONS.run(at=at).total


def _to_warn(at: datetime, limit: int) -> list[int]:
    return _due_ids(Q(warn_at__lte=at, due_at__gt=at, warned_at=None), limit)


def _to_escalate(at: datetime, limit: int) -> list[int]:
    late, steps = Q(pk__in=[]), policy.value(limits.LADDER)
    for step, after in enumerate(steps, start=1):
        late |= Q(escalated__lt=step, due_at__lte=at - timedelta(seconds=after))
    return _due_ids(late, limit)


def _due_ids(which: Q, limit: int) -> list[int]:
    rows = Timer.objects.filter(RUNNING, which, complaint__state__in=sorted(LIVE))
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


def _locked(pk: int) -> Timer | None:
    return (
        Timer.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("complaint__owner", "complaint__trip")
        .filter(RUNNING, pk=pk)
        .first()
    )


@begins_transaction
def _warn(pk: int, at: datetime) -> bool:
    timer = _locked(pk)
    if timer is None or timer.warned_at:
        return False
    Timer.objects.filter(pk=pk).update(warned_at=at)
    complaint = timer.complaint
    add_line(complaint, SYSTEM, ComplaintLine.WARNED, timer=timer.kind)
    if complaint.owner:
        _tell(complaint, timer, [complaint.owner], step=0)
    return True


@begins_transaction
def _escalate(pk: int, at: datetime) -> bool:
    timer = _locked(pk)
    if timer is None:
        return False
    steps = policy.value(limits.LADDER)
    reached = sum(timer.due_at + timedelta(seconds=after) <= at for after in steps)
    if reached <= timer.escalated:
        return False
    complaint = timer.complaint
    first = timer.breached_at is None
    Timer.objects.filter(pk=pk).update(
        breached_at=timer.breached_at or timer.due_at,
        escalated=reached,
        person=complaint.owner,
        team=team_of(complaint.owner),
    )
    if first:
        add_line(complaint, SYSTEM, ComplaintLine.BREACHED, timer=timer.kind)
        audit.record(SYSTEM, "complaints.late", complaint.code, case=complaint.code, timer=timer.kind)
    for step in range(timer.escalated + 1, reached + 1):
        _up_the_line(complaint, timer, step)
    return True


def _up_the_line(complaint: Complaint, timer: Timer, step: int) -> None:
    """Each step of the ladder has somebody above: the team's supervisors, all supervisors, the executive on duty."""
    supervisors = people_who_may("duty.supervise")
    if step == 1:
        team = team_of(complaint.owner)
        same = (
            set(TeamMember.objects.filter(team=team).values_list("account_id", flat=True)) if team else set()
        )
        _tell(complaint, timer, [each for each in supervisors if each.pk in same] or supervisors, step=1)
    elif step == 2:
        _tell(complaint, timer, supervisors, step=2)
    elif settings.EXECUTIVE_PHONE:
        _send(complaint, timer, settings.EXECUTIVE_PHONE, "executive", "zh-hans", step)


def _tell(complaint: Complaint, timer: Timer, people: "list[Account]", *, step: int) -> None:
    write_to_each(
        people,
        lambda person: _send(complaint, timer, person.phone, person.code, person.language, step),
        about=f"timer:{timer.pk}:{step}",
    )


def _send(complaint: Complaint, timer: Timer, phone: str, who: str, language: str, step: int) -> None:
    code, kind, level = complaint.code, TimerKind(timer.kind), Level(complaint.level)
    owner = complaint.owner.code if complaint.owner else None
    said = (
        messages.LimitNear(timer=kind, code=code, level=level)
        if step == 0
        else messages.LimitPassed(timer=kind, code=code, level=level, who=owner)
    )
    outbox.queue(said, key=f"timer:{timer.pk}:{step}:{who}", to=phone, language=language, subject=code)


# --- Owners who do nothing -----------------------------------------------------------------------


def release_silent(*, at: datetime) -> int:
    """Complaints whose owner does nothing, or is nobody any more, go back to the queue; returns how many."""
    return RELEASES.run(at=at).total


def _quiet(at: datetime, limit: int) -> list[int]:
    quiet = Q(owner__is_active=False)
    for level in ("severe", "raised", "ordinary"):
        since = at - limits.silent_after(level)
        quiet |= Q(level=level, owned_at__lt=since) & (Q(touched_at=None) | Q(touched_at__lt=since))
    # Where a limit waits for somebody else, or a side was asked, the owner has nothing to do.
    waited_for = Statement.objects.filter(state="asked").values("complaint")
    rows = Complaint.objects.live().filter(quiet, owner__isnull=False)
    rows = rows.exclude(timers__paused_at__isnull=False).exclude(pk__in=waited_for)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _release(pk: int, at: datetime) -> bool:
    complaint = (
        Complaint.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("owner", "trip")
        .filter(pk=pk, owner__isnull=False)
        .first()
    )
    if complaint is None or complaint.owner is None:
        return False
    last = max(each for each in (complaint.owned_at, complaint.touched_at) if each)
    if complaint.owner.is_active and last > at - limits.silent_after(complaint.level):
        return False
    who = complaint.owner.code
    Complaint.objects.filter(pk=pk).update(owner=None, owned_at=None)
    add_line(complaint, SYSTEM, ComplaintLine.SILENT, who=who)
    audit.record(SYSTEM, "complaints.released", complaint.code, case=complaint.code, owner=who)
    return True


WARNINGS = jobs.rows(
    "complaints.warn", gettext_lazy("warning of limits that fall due"), due=_to_warn, act=_warn, key=int
)
ESCALATIONS = jobs.rows(
    "complaints.escalate",
    gettext_lazy("taking late complaints up the line"),
    due=_to_escalate,
    act=_escalate,
    key=int,
)
RELEASES = jobs.rows(
    "complaints.release_silent",
    gettext_lazy("giving cases of silent owners back to the queue"),
    due=_quiet,
    act=_release,
    key=int,
)
