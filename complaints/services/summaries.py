"""Work summaries (工作总结, C8): figures from the data, words of one's own, a supervisor's answer."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from complaints.errors import ReasonNeeded, SummaryClosed
from complaints.models import WorkSummary
from complaints.selectors import cases_to_remember, figures_of
from complaints.states import SUMMARY_TRANSITIONS, SummaryState
from core import audit, clock, four_eyes
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST = 4_000


@begins_transaction
def begin_summary(*, account: "Account", begins: date, ends: date) -> WorkSummary:
    """The summary of a month or a year; one that was begun goes on. Raises `Forbidden`, `InvalidInput`."""
    require(account, "console.open")
    if not begins <= ends or (ends - begins).days > 366:
        raise InvalidInput("ends")
    row, _new = WorkSummary.objects.get_or_create(
        account=account, begins=begins, ends=ends, defaults={"code": new_code("Y")}
    )
    return row


@begins_transaction
def write_summary(
    *,
    account: "Account",
    code: str,
    judgement: str,
    learned: str,
    skills: str,
    goals: str,
    cases: Sequence[str],
    submit: bool,
) -> WorkSummary:
    """Keep what was written; handed in, its figures are kept as they are then. Raises `NotFound`, `SummaryClosed`, `ReasonNeeded`.

    Which problems were solved by one's own judgement, and what was learned, must be said to hand it in.
    """
    row = WorkSummary.objects.select_for_update().filter(account=account, code=code).first()
    if row is None:
        raise NotFound
    if row.state != SummaryState.DRAFT:
        raise SummaryClosed
    known = {case.code for case in cases_to_remember(account, row.begins, row.ends)}
    row.judgement, row.learned = judgement.strip()[:LONGEST], learned.strip()[:LONGEST]
    row.skills, row.goals = skills.strip()[:LONGEST], goals.strip()[:LONGEST]
    row.cases = [case for case in cases if case in known]
    if submit and not (row.judgement and row.learned):
        raise ReasonNeeded("judgement" if not row.judgement else "learned")
    row.save(update_fields=["judgement", "learned", "skills", "goals", "cases"])
    if submit:
        figures = figures_of(account, row.begins, row.ends).as_row()
        move(
            row,
            SUMMARY_TRANSITIONS,
            SummaryState.SUBMITTED,
            submitted_at=clock.now(),
            figures=figures,
        )
        audit.record(account.actor, "summaries.submitted", account.code, summary=code)
    return row


@begins_transaction
def answer_summary(*, account: "Account", code: str, reply: str) -> WorkSummary:
    """A supervisor answers somebody else's summary. Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `ReasonNeeded`."""
    require(account, "summaries.answer")
    row = (
        WorkSummary.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(code=code)
        .first()
    )
    if row is None or row.state == SummaryState.DRAFT:
        raise NotFound
    four_eyes.another(account.code, row.account.code)
    if not reply.strip():
        raise ReasonNeeded("reply")
    move(
        row,
        SUMMARY_TRANSITIONS,
        SummaryState.ANSWERED,
        reply=reply.strip()[:LONGEST],
        replied_by=account.code,
        replied_at=clock.now(),
    )
    audit.record(account.actor, "summaries.answered", row.account.code, summary=code)
    return row
