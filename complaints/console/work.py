"""Shifts, practice, work summaries and the team (C8, C9, C10)."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.selectors import people_who_may
from complaints import pdf, practice, selectors, services
from complaints.actions import SUMMARIES
from complaints.models import WorkSummary
from complaints.services import Planned
from complaints.services.shifts import midnight
from core import clock, typed
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import page
from core.errors import DomainError, InvalidInput
from core.permissions import may

ROWS = 12  # of the roster's form


def _day(text: str) -> date:
    """The day that is asked for, today where none is. Raises `DayUnreadable`."""
    if not text:
        return timezone.localtime(clock.now()).date()
    return typed.day.read(text, field="day")


def _planned(request: HttpRequest, day: date) -> list[Planned]:
    """The rows of the form that name somebody. Raises `InvalidInput`."""
    found = []
    for number in range(ROWS):
        who, start, hours = (request.POST.get(f"{name}-{number}", "") for name in ("who", "start", "hours"))
        if not who:
            continue
        hour, _colon, minute = start.partition(":")
        begins = midnight(day) + timedelta(
            hours=typed.number.read(hour, field="hours", most=47),
            minutes=typed.number.read(minute or "0", field="hours", most=59),
        )
        try:
            found.append(Planned(who, begins, float(hours), request.POST.get(f"on_call-{number}") == "1"))
        except ValueError:
            raise InvalidInput("hours") from None
    return found


@require_http_methods(["GET", "POST"])
@permission_required("complaints.work")
def roster(request: HttpRequest) -> HttpResponse:
    """A day's shifts beside what each hour needs; only a supervisor writes, and not too thin a roster."""
    account = account_of(request)
    day = _day(request.POST.get("day", "") or request.GET.get("day", ""))
    rows: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST":
        try:
            if request.POST.get("day", "") != f"{day:%Y-%m-%d}":
                raise InvalidInput("day")  # whose roster is written has to be said
            services.save_roster(account=account, day=day, shifts=_planned(request, day))
            messages.success(request, _("Saved."))
            return redirect(f"{request.path}?day={day:%Y-%m-%d}")
        except DomainError as error:
            messages.error(request, error.detail)
            status = error.status
            rows = [
                {
                    name: request.POST.get(f"{name}-{number}", "")
                    for name in ("who", "start", "hours", "on_call")
                }
                for number in range(ROWS)
            ]
    begins = midnight(day)
    shifts = selectors.shifts_between(begins, begins + timedelta(days=1))
    if not rows:
        rows = [
            {
                "who": shift.account.code,
                "start": f"{timezone.localtime(shift.starts_at):%H:%M}",
                "hours": f"{(shift.ends_at - shift.starts_at).total_seconds() / 3600:g}",
                "on_call": "1" if shift.on_call else "",
            }
            for shift in shifts
            if shift.starts_at >= begins
        ]
        rows += [{"who": "", "start": "", "hours": "", "on_call": ""}] * max(0, ROWS - len(rows))
    workers = people_who_may("complaints.work")
    passed = selectors.practised([each.code for each in workers])
    context = {
        "title": _("Roster"),
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "hours": selectors.roster_hours(begins, hours=24),
        "shifts": shifts,
        "rows": list(enumerate(rows[:ROWS])),
        "workers": [(each.code, each.get_role_display()) for each in workers],
        "unpractised": [code for code, done in passed.items() if len(done) < len(practice.scenarios())],
        "may_plan": may(account, "roster.plan"),
        "now": clock.now(),
        "gaps": selectors.roster_gaps(clock.now()),
        "on_shift": selectors.on_shift(clock.now()),
    }
    return page(request, "console/roster.html", context, status=status)


# --- Practice ------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def exercises(request: HttpRequest) -> HttpResponse:
    """Exercises, what I scored, and beginning one."""
    account = account_of(request)
    if request.method == "POST":
        run = services.begin_practice(account=account, scenario=request.POST.get("scenario", ""))
        return redirect("complaints_console:exercise", run.code)
    runs = selectors.practice_runs(account)
    context = {
        "title": _("Practice"),
        "scenarios": [
            (each, [run for run in runs if run.scenario == each.key])
            for each in practice.scenarios().values()
        ],
    }
    return page(request, "console/practice.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def exercise(request: HttpRequest, code: str) -> HttpResponse:
    """One step at a time; after each answer what the rules say, and at the end how it went."""
    account = account_of(request)
    if request.method == "POST":
        services.answer_step(
            account=account,
            code=code,
            step=request.POST.get("step", ""),
            choice=request.POST.get("choice", ""),
        )
        return redirect("complaints_console:exercise", code)
    run = selectors.practice_by_code(account, code)
    scenario = practice.scenarios()[run.scenario]
    answered = []
    for step, given in zip(scenario.steps, run.answers, strict=False):
        choice = next(each for each in step.choices if each.key == given["choice"])
        right = next(each for each in step.choices if each.key == step.right())
        answered.append(
            {"step": step, "choice": choice, "right": right, "given": given, "limit": step.seconds()}
        )
    here = scenario.steps[len(run.answers)] if run.ended_at is None else None
    context = {
        "title": str(scenario.title),
        "run": run,
        "scenario": scenario,
        "answered": list(reversed(answered)),
        "step": here,
        "limit": here.seconds() if here else 0,
        "since": int(run.step_at.timestamp()),
        "number": len(run.answers) + 1,
        "most": practice.POINTS_RIGHT,
    }
    return page(request, "console/exercise.html", context)


# --- Work summaries ------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def summaries(request: HttpRequest) -> HttpResponse:
    """My summaries, those that wait for my answer, and beginning one."""
    account, status = account_of(request), 200
    if request.method == "POST":
        try:
            begins, ends = typed.day.read_span(request.POST.get("period", ""), field="period")
            row = services.begin_summary(account=account, begins=begins, ends=ends)
            return redirect("complaints_console:summary", row.code)
        except DomainError as error:
            messages.error(request, error.detail)
            status = error.status
    today = timezone.localtime(clock.now()).date()
    context = {
        "title": _("Work summaries"),
        "mine": selectors.summaries_of(account),
        "to_answer": selectors.summaries_to_answer(account) if may(account, "summaries.answer") else [],
        "month": f"{today:%Y-%m}",
        "year": f"{today:%Y}",
        "typed": request.POST.get("period", ""),
    }
    return page(request, "console/summaries.html", context, status=status)


@require_GET
@permission_required("console.open")
def summary(request: HttpRequest, code: str) -> HttpResponse:
    """One summary: figures from the data, my words, the supervisor's answer."""
    account = account_of(request)
    row = selectors.summary_by_code(account, code, supervises=may(account, "summaries.answer"))
    return _summary_page(request, row, None)


@SUMMARIES.shown_by
def _summary_page(request: HttpRequest, row: WorkSummary, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    figures = row.figures or selectors.figures_of(row.account, row.begins, row.ends).as_row()
    keep, hand_in = (SUMMARIES.offer(key, row, account, refusal) for key in ("keep", "hand_in"))
    context = {
        "title": _("Work summary %(begins)s – %(ends)s") % {"begins": row.begins, "ends": row.ends},
        "summary": row,
        "figures": pdf.figure_rows(figures),
        "categories": pdf.category_rows(figures),
        # One form with two buttons: what was typed before a refused handing in stands in it.
        "write": None if keep.why_not else hand_in if hand_in.refused else keep,
        "keep": keep,
        "hand_in": hand_in,
        "answer": SUMMARIES.offer("answer", row, account, refusal),
    }
    return page(request, "console/summary.html", context)


@require_GET
@permission_required("console.open")
def summary_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The summary as a PDF."""
    account = account_of(request)
    row = selectors.summary_by_code(account, code, supervises=may(account, "summaries.answer"))
    figures = row.figures or selectors.figures_of(row.account, row.begins, row.ends).as_row()
    return HttpResponse(
        pdf.of_summary(row, figures),
        content_type="application/pdf",
        headers={"Cache-Control": "no-store", "Content-Disposition": f'inline; filename="{code}.pdf"'},
    )


@require_http_methods(["GET", "POST"])
@permission_required("roster.plan")
def team(request: HttpRequest) -> HttpResponse:
    """Everybody's month beside one another, teams, and who has practised."""
    account, status = account_of(request), 200
    who, named = request.POST.get("code", ""), request.POST.get("team")
    if request.method == "POST":
        try:
            if named is None:
                raise InvalidInput("team")
            services.set_team(account=account, code=who, team=named)
            return redirect("complaints_console:team")
        except DomainError as error:
            messages.error(request, error.detail)
            status = error.status
    today = timezone.localtime(clock.now()).date()
    begins, ends = typed.day.read_span(request.GET.get("period", "") or f"{today:%Y-%m}", field="period")
    people = people_who_may("complaints.work")
    passed, teams = selectors.practised([each.code for each in people]), selectors.teams()
    rows = [
        {
            "who": each,
            "team": named if named is not None and each.code == who else teams.get(each.code, ""),
            "figures": selectors.figures_of(each, begins, ends),
            "passed": len(passed[each.code]),
        }
        for each in people
    ]
    context = {
        "title": _("Team"),
        "rows": sorted(rows, key=lambda row: (str(row["team"]), row["who"].code)),  # type: ignore[attr-defined]  # an account
        "period": f"{begins:%Y-%m}",
        "exercises": len(practice.scenarios()),
    }
    return page(request, "console/team.html", context, status=status)
