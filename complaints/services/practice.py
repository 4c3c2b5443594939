"""Practice (C9): one exercise at a time, each answer scored when it is given."""

from typing import TYPE_CHECKING

from complaints import practice
from complaints.errors import PracticeOver
from complaints.models import PracticeRun
from core import audit, clock
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.permissions import require
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def begin_practice(*, account: "Account", scenario: str) -> PracticeRun:
    """Begin an exercise; one that was begun goes on. Raises `Forbidden`, `NotFound`."""
    require(account, "console.open")
    found = practice.scenarios().get(scenario)
    if found is None:
        raise NotFound
    running = PracticeRun.objects.filter(account=account, scenario=scenario, ended_at=None).first()
    if running:
        return running
    at = clock.now()
    return PracticeRun.objects.create(
        code=new_code("X"),
        account=account,
        scenario=scenario,
        begun_at=at,
        step_at=at,
        most=practice.POINTS_RIGHT * len(found.steps),
    )


@begins_transaction
def answer_step(*, account: "Account", code: str, step: str, choice: str) -> PracticeRun:
    """Answer the step at which the exercise stands. The same step sent again changes nothing.

    Raises `NotFound`, `InvalidInput`, `PracticeOver`.
    """
    run = PracticeRun.objects.select_for_update().filter(account=account, code=code).first()
    if run is None:
        raise NotFound
    scenario = practice.scenarios()[run.scenario]
    if any(each["step"] == step for each in run.answers):
        return run
    if run.ended_at is not None:
        raise PracticeOver
    here = scenario.steps[len(run.answers)]
    if here.key != step or choice not in {each.key for each in here.choices}:
        raise InvalidInput("choice")
    at = clock.now()
    seconds = (at - run.step_at).total_seconds()
    points = practice.points_for(here, choice, seconds)
    run.answers = [
        *run.answers,
        {"step": step, "choice": choice, "seconds": round(seconds), "points": points},
    ]
    run.points += points
    run.step_at = at
    if len(run.answers) == len(scenario.steps):
        run.ended_at, run.passed = at, run.points >= practice.PASS_SHARE * run.most
        audit.record(
            account.actor,
            "practice.ended",
            account.code,
            scenario=run.scenario,
            points=run.points,
            passed=run.passed,
        )
    run.save(update_fields=["answers", "points", "step_at", "ended_at", "passed"])
    return run
