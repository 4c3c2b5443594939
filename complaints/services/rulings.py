"""Adjudication (C5): statements, decisions of which the second is blind, appeals."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints import messages
from complaints.errors import AppealClosed, AwardClosed, CitesNothing, CitesUnknown, StatementOver
from complaints.limits import SERVICE_LEVELS
from complaints.models import Appeal, Complaint, Decision, Statement
from complaints.policies import (
    APPEAL_DAYS,
    APPEAL_WITHIN,
    STATEMENT_REMIND,
    STATEMENT_WITHIN,
    Award,
    stage_of,
)
from complaints.selectors import (
    appeal_until,
    awarded_alone,
    citable,
    complaint_by_code,
    covert,
    decision_in_force,
    measures_of,
    open_appeal_of,
    person_of,
    statements_of,
    told_accused_from,
)
from complaints.services import interlock, sanctions, timers
from complaints.services.desk import for_action, said_words
from complaints.services.files import File, Missing
from complaints.services.intake import (
    channel_of,
    hear_more,
    keep_files,
    link_of,
    locked,
    phone_and_language,
)
from complaints.services.outcomes import CONSEQUENCES, needs_second, why_not_by_agent
from complaints.services.timers import add_line, note_activity
from complaints.states import (
    COMPLAINT_TRANSITIONS,
    STATEMENT_TRANSITIONS,
    UNDECIDED,
    ComplaintLine,
    ComplaintState,
    Finding,
    PauseReason,
    Side,
    Stage,
    StatementState,
    TimerKind,
)
from core import audit, clock, formats, holds, jobs, policy
from core.actors import SYSTEM, Actor
from core.errors import InvalidInput
from core.messages import outbox
from core.permissions import may
from core.recipients import write_to_each
from core.states import move
from core.transactions import begins_transaction, joins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST = 4_000
AWARD_LOCK = 0x41574152
PAUSED_BY = {Side.COMPLAINANT: PauseReason.COMPLAINANT, Side.ACCUSED: PauseReason.ACCUSED}


# --- Statements ---------------------------------------------------------------------------------


@begins_transaction
def ask_statement(*, account: "Account", code: str, side: Side, words: str) -> Statement:
    """Ask a side what happened, with a deadline; they are reminded before it. Raises `NotNow`, `ReasonNeeded`.

    The other side is asked only when nobody can be in the car with them any more, and hears of it not before the next
    day: its time runs from then (S11).
    """
    complaint, known = for_action(account, code, f"ask_{side}")
    at, within = clock.now(), policy.span(STATEMENT_WITHIN)
    heard = max(at, told_accused_from(complaint)) if side == Side.ACCUSED else at
    question = said_words(words)
    missed = known.statements.get(side)
    times = {
        "asked_at": at,
        "due_at": heard + within,
        "remind_at": heard + within * policy.value(STATEMENT_REMIND),
    }
    if missed:
        Statement.objects.filter(pk=missed.pk).update(
            state=StatementState.ASKED, question=question, asked_by=account.code, reminded_at=None, **times
        )
        statement = Statement.objects.get(pk=missed.pk)
    else:
        statement = Statement.objects.create(
            complaint=complaint,
            side=side,
            round=complaint.round,
            question=question,
            asked_by=account.code,
            **times,
        )
    add_line(complaint, account.actor, ComplaintLine.ASKED, words=question, side=side)
    audit.record(account.actor, "complaints.statement_asked", code, case=code, side=side)
    _write_about(complaint, statement, "asked", not_before=heard if heard > at else None)
    note_activity(complaint)
    return statement


def statement_link(complaint: Complaint, side: Side) -> str:
    """Where a side gives its statement."""
    if side == Side.ACCUSED:
        return settings.PUBLIC_URL + reverse("complaints:receipt", args=[complaint.code])
    return link_of(complaint)


def _write_about(
    complaint: Complaint, statement: Statement, what: str, *, not_before: datetime | None = None
) -> None:
    side = Side(statement.side)
    phone, language = phone_and_language(complaint, side)
    if not phone:
        return
    said = messages.StatementAsked if what == "asked" else messages.StatementReminded
    outbox.queue(
        said(code=complaint.code, due=statement.due_at, link=statement_link(complaint, side)),
        key=f"statement:{statement.pk}:{what}:{statement.asked_at:%Y%m%d%H%M}",
        channel=channel_of(complaint, side),
        to=phone,
        language=language,
        subject=complaint.code,
        not_before=not_before,
    )


@begins_transaction
def give_statement(
    *, complaint: Complaint, side: Side, actor: Actor, words: str, files: Sequence[File | Missing] = ()
) -> Statement:
    """A side says what happened; late is better than never, as long as nothing is decided. The complaint was fetched
    for this side. Raises `StatementOver`, `InvalidInput`.
    """
    row = locked(complaint.pk)
    statement = statements_of(row).get(side)
    if statement is None or statement.state == StatementState.GIVEN or row.state not in UNDECIDED:
        raise StatementOver
    if not words.strip():
        raise InvalidInput("words")
    move(
        statement,
        STATEMENT_TRANSITIONS,
        StatementState.GIVEN,
        words=words.strip()[:LONGEST],
        given_at=clock.now(),
    )
    add_line(row, actor, ComplaintLine.STATED, words=statement.words, side=side)
    if side == Side.COMPLAINANT:
        hear_more(actor=actor, complaint=row, words=statement.words)
    audit.record(actor, "complaints.stated", row.code, case=row.code, side=side)
    keep_files(actor, row, files, side)
    timers.resume(row, actor=SYSTEM, reason=PAUSED_BY[side])
    note_activity(row)
    return statement


def chase_statements(*, at: datetime) -> int:
    """Remind of statements that are awaited, and go on without those whose time is over; returns how many."""
    return STATEMENTS.run(at=at).total


def _to_chase(at: datetime, limit: int) -> list[int]:
    waiting = Statement.objects.filter(state=StatementState.ASKED)
    due = waiting.filter(remind_at__lte=at, reminded_at=None) | waiting.filter(due_at__lte=at)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


@begins_transaction
def _chase(pk: int, at: datetime) -> bool:
    statement = (
        Statement.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, state=StatementState.ASKED)
        .first()
    )
    if statement is None:
        return False
    complaint = complaint_by_code(
        Complaint.objects.values_list("code", flat=True).get(pk=statement.complaint_id)
    )
    side = Side(statement.side)
    if side == Side.ACCUSED and covert(complaint):
        return False  # somebody may be in the car with them now: not a word to that phone (S11)
    if statement.due_at <= at:
        move(statement, STATEMENT_TRANSITIONS, StatementState.MISSED)
        add_line(complaint, SYSTEM, ComplaintLine.MISSED, side=side)
        timers.resume(complaint, actor=SYSTEM, reason=PAUSED_BY[side])
        return True
    if statement.reminded_at is None:
        Statement.objects.filter(pk=pk).update(reminded_at=at)
        add_line(complaint, SYSTEM, ComplaintLine.REMINDED, side=side)
        _write_about(complaint, statement, "reminded")
    return True


# --- Decisions ----------------------------------------------------------------------------------


@begins_transaction
def decide(
    *,
    account: "Account",
    code: str,
    finding: Finding,
    awards: Sequence[Award],
    reason: str,
    cites: Sequence[str],
) -> Complaint:
    """Give the decision that is next on a complaint: the first, the blind second, the deciding vote, or on an appeal.

    Severe cases, bans, long suspensions, much money (also in many small awards to one person) and 'knowingly false' take two people who do not know of each
    other's decision, and so does whatever changes what two decided, on appeal or in a later round; where they differ,
    a third decides. Nobody decides twice on one complaint. What comes into force acts in the same transaction.
    Raises `NotNow`, `SecondPersonNeeded`, `ReasonNeeded`, `CitesNothing`, `CitesUnknown`, `AwardClosed`, `NotFound`.
    """
    complaint, known = for_action(account, code, "decide")
    stage, took_two = stage_of(complaint, known), known.took_two
    assert stage is not None  # noqa: S101 - the action would be closed
    said, wanted = said_words(reason), _checked(complaint, finding, awards)
    before = _awarded_before(complaint, wanted, account)
    if not may(account, "complaints.judge") and (why := why_not_by_agent(wanted, before)):
        raise AwardClosed("award", why=str(why))
    decision = Decision.objects.create(
        complaint=complaint,
        round=complaint.round,
        stage=stage,
        by=account,
        at=clock.now(),
        finding=finding,
        outcomes=[award.as_row() for award in wanted],
        reason=said,
        cites=_checked_cites(complaint, cites),
        citation=policy.in_force(SERVICE_LEVELS).citation,
    )
    # What was found stands in the journal only when it is in force: the second person must not read it anywhere.
    audit.record(account.actor, "complaints.decision_given", code, case=code, stage=stage)
    match stage:
        case Stage.FIRST | Stage.APPEAL if took_two or needs_second(complaint.level, finding, wanted, before):
            _wait_for_second(complaint, account)
        case Stage.SECOND | Stage.APPEAL_SECOND if not _agree(complaint, decision):
            _wait_for_third(complaint, account)
        case (
            Stage.FIRST | Stage.SECOND | Stage.THIRD | Stage.APPEAL | Stage.APPEAL_SECOND | Stage.APPEAL_THIRD
        ):
            if complaint.state == ComplaintState.APPEALED:
                _decide_appeal(complaint, decision, account)
            else:
                _bring_into_force(complaint, decision, account)
    return complaint


def _awarded_before(complaint: Complaint, awards: Sequence[Award], account: "Account") -> int:
    """`awarded_alone`, with one award of money by a person at a time: two at once would not see each other."""
    people = [person for award in awards if award.fen and (person := person_of(complaint, award.side))]
    if not people:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [AWARD_LOCK, account.pk])
    return awarded_alone(complaint, people, account, clock.now())


def _wait_for_second(complaint: Complaint, account: "Account") -> None:
    """Nothing acts yet: somebody else decides without seeing it. An appeal waits in its state."""
    free = {"owner": None, "owned_at": None, "proposed_by": account.code}
    if complaint.state == ComplaintState.APPEALED:
        Complaint.objects.filter(pk=complaint.pk).update(**free)
    else:
        move(complaint, COMPLAINT_TRANSITIONS, ComplaintState.PROPOSED, **free)
    add_line(complaint, account.actor, ComplaintLine.PROPOSED)
    note_activity(complaint)


def _wait_for_third(complaint: Complaint, account: "Account") -> None:
    free = {"owner": None, "owned_at": None}
    if complaint.state == ComplaintState.APPEALED:
        Complaint.objects.filter(pk=complaint.pk).update(**free)
    else:
        move(complaint, COMPLAINT_TRANSITIONS, ComplaintState.OPEN, **free)
    add_line(complaint, account.actor, ComplaintLine.DIFFERED)
    note_activity(complaint)


def _agree(complaint: Complaint, second: Decision) -> bool:
    """Whether a blind second decision says what the first of its pair said."""
    stage = Stage.FIRST if second.stage == Stage.SECOND else Stage.APPEAL
    first = Decision.objects.get(complaint=complaint, round=complaint.round, stage=stage)
    return (first.finding, first.outcomes) == (second.finding, second.outcomes)


def _checked(complaint: Complaint, finding: Finding, awards: Sequence[Award]) -> list[Award]:
    seen: dict[tuple[str, str], Award] = {}
    for award in awards:
        if why := CONSEQUENCES[award.outcome].check(complaint, finding, award):
            raise AwardClosed("award", why=str(why))
        seen[award.side, award.outcome] = award
    return [seen[key] for key in sorted(seen)]


def _checked_cites(complaint: Complaint, cites: Sequence[str]) -> list[str]:
    known = {cite.code for cite in citable(complaint)}
    chosen = sorted(set(cites))
    if not chosen:
        raise CitesNothing("cites")
    for cite in chosen:
        if cite not in known:
            raise CitesUnknown("cites", cite=cite[:40])
    return chosen


@joins_transaction
def _bring_into_force(complaint: Complaint, decision: Decision, account: "Account") -> None:
    """The decision holds from now on: what it asks for is done, what an earlier one did and it does not, taken back."""
    actor = account.actor
    Decision.objects.filter(complaint=complaint, in_force=True).update(in_force=False)
    decision.in_force = True
    Decision.objects.filter(pk=decision.pk).update(in_force=True)
    if complaint.state != ComplaintState.APPEALED:
        move(
            complaint,
            COMPLAINT_TRANSITIONS,
            ComplaintState.DECIDED,
            decided_at=decision.at,
            decided_by=account.code,
            finding=decision.finding,
        )
        timers.meet_limit(complaint, TimerKind.DECIDE, by=account)
        timers.meet_limit(complaint, TimerKind.REVIEW, by=account)
        timers.meet_limit(complaint, TimerKind.ANSWER, by=account)
        add_line(
            complaint,
            actor,
            ComplaintLine.DECIDED,
            words=decision.reason,
            code=complaint.code,
            finding=decision.finding,
        )
    audit.record(actor, "complaints.decided", complaint.code, case=complaint.code, finding=decision.finding)
    sanctions.carry_out(complaint, decision, actor=actor)
    if complaint.stopped_at and complaint.lifted_at is None:
        # What was decided takes the place of the stop, in the same transaction: there is no moment in between.
        interlock.let_orders_pass(
            actor=actor,
            complaint=complaint,
            reason=str(Finding(decision.finding).label),
            paid=decision.finding in {Finding.UNFOUNDED, Finding.FALSE},
        )
    note_activity(complaint)


# --- Appeals ------------------------------------------------------------------------------------


def why_not_appeal(complaint: Complaint, side: Side, at: datetime) -> str:
    """Why this side cannot appeal now; empty where it can."""
    until = appeal_until(complaint)
    if complaint.state != ComplaintState.DECIDED or until is None:
        return _("there is no decision that waits for one.")
    if at > until:
        return _("its time was over on %(until)s.") % {"until": formats.moment(until)}
    if Appeal.objects.filter(complaint=complaint, round=complaint.round).exists():
        return _("it was appealed already.")
    if side == Side.ACCUSED and complaint.finding != Finding.UPHELD and not measures_of(complaint, side):
        return _("nothing was decided against you.")
    return ""


@begins_transaction
def appeal(*, complaint: Complaint, side: Side, actor: Actor, words: str) -> Appeal:
    """A side objects to the decision; somebody who gave none of the decisions decides. Fetched for this side.

    Raises `AppealClosed`, `InvalidInput`.
    """
    row, at = locked(complaint.pk), clock.now()
    why = why_not_appeal(row, side, at)
    if why:
        raise AppealClosed(why=why)
    if not words.strip():
        raise InvalidInput("words")
    filed = Appeal.objects.create(
        complaint=row,
        round=row.round,
        side=side,
        words=words.strip()[:LONGEST],
        filed_at=at,
        due_at=at + policy.span(APPEAL_WITHIN),
    )
    move(row, COMPLAINT_TRANSITIONS, ComplaintState.APPEALED, owner=None, owned_at=None)
    timers.start_appeal(row, due=filed.due_at, citation=policy.in_force(APPEAL_WITHIN).citation)
    add_line(row, actor, ComplaintLine.APPEALED, words=filed.words, side=side)
    audit.record(actor, "complaints.appealed", row.code, case=row.code, side=side)
    note_activity(row)
    return filed


def _decide_appeal(complaint: Complaint, decision: Decision, account: "Account") -> None:
    before, filed = decision_in_force(complaint), open_appeal_of(complaint)
    assert before is not None and filed is not None  # noqa: S101 - the state says so
    changed = (before.finding, before.outcomes) != (decision.finding, decision.outcomes)
    _bring_into_force(complaint, decision, account)
    Appeal.objects.filter(pk=filed.pk).update(decided_at=decision.at, reversed=changed)
    timers.meet_limit(complaint, TimerKind.APPEAL, by=account)
    move(
        complaint,
        COMPLAINT_TRANSITIONS,
        ComplaintState.FINAL,
        decided_at=decision.at,
        decided_by=account.code,
        finding=decision.finding,
    )
    add_line(
        complaint,
        account.actor,
        ComplaintLine.APPEAL_DECIDED,
        words=decision.reason,
        finding=decision.finding,
    )
    audit.record(
        account.actor, "complaints.appeal_decided", complaint.code, case=complaint.code, reversed=changed
    )
    holds.release(actor=account.actor, source="complaint", case=complaint.code)
    note_activity(complaint)


def close_windows(*, at: datetime) -> int:
    """Decisions that nobody appealed in time are for good, and their data holds end; returns how many."""
    return WINDOWS.run(at=at).total


def _over(at: datetime, limit: int) -> list[int]:
    since = at - policy.span(APPEAL_DAYS)
    rows = Complaint.objects.filter(state=ComplaintState.DECIDED, decided_at__lt=since).order_by("decided_at")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _close(pk: int, _at: datetime) -> bool:
    complaint = locked(pk)
    if complaint.state != ComplaintState.DECIDED:
        return False
    move(complaint, COMPLAINT_TRANSITIONS, ComplaintState.FINAL)
    holds.release(actor=SYSTEM, source="complaint", case=complaint.code)
    return True


# --- Telling ------------------------------------------------------------------------------------


def tell_decisions(*, at: datetime) -> int:
    """Tell both sides of what was decided: the accused when nobody can be in the car with them; returns how many."""
    return TELLING.run(at=at).total


def _to_tell(_at: datetime, limit: int) -> list[int]:
    rows = Decision.objects.filter(in_force=True)
    open_ = rows.filter(told_complainant_at=None) | rows.filter(told_accused_at=None)
    return list(open_.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _tell(pk: int, at: datetime) -> int:
    decision = (
        Decision.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, in_force=True)
        .first()
    )
    if decision is None:
        return 0
    code = Complaint.objects.values_list("code", flat=True).get(pk=decision.complaint_id)
    complaint, told = complaint_by_code(code), 0
    if decision.told_complainant_at is None:
        Decision.objects.filter(pk=pk).update(told_complainant_at=at)
        told += _tell_side(complaint, decision, Side.COMPLAINANT)
        told += write_to_each(
            complaint.joined.all(),
            lambda other: _tell_joined(other, decision),
            about=f"decision:{decision.pk}",
        )
    if decision.told_accused_at is None and not covert(complaint) and at >= told_accused_from(complaint):
        Decision.objects.filter(pk=pk).update(told_accused_at=at)
        heard = Side.ACCUSED in statements_of(complaint) or measures_of(complaint, Side.ACCUSED)
        if heard or complaint.stopped_at:
            told += _tell_side(complaint, decision, Side.ACCUSED)
    return told


def _tell_joined(other: Complaint, decision: Decision) -> None:
    _tell_side(complaint_by_code(other.code), decision, Side.COMPLAINANT)


def _tell_side(complaint: Complaint, decision: Decision, side: Side) -> int:
    phone, language = phone_and_language(complaint, side)
    if not phone:
        return 0
    outbox.queue(
        messages.ComplaintDecided(code=complaint.code, link=statement_link(complaint, side)),
        key=f"decision:{decision.pk}:{complaint.code}:{side}",
        channel=channel_of(complaint, side),
        to=phone,
        language=language,
        subject=complaint.code,
    )
    return 1


@begins_transaction
def reopen(*, account: "Account", code: str, words: str) -> Complaint:
    """A supervisor opens a decided complaint again; what was decided acts until something else is.

    What two people decided is opened again by two: this proposes it. Raises `NotNow`, `ReasonNeeded`, `NotFound`.
    """
    complaint, known = for_action(account, code, "reopen")
    reason = said_words(words)
    if not known.took_two:
        return open_again(complaint, actor=account.actor, words=reason)
    complaint.reopen_by, complaint.reopened_by = account.code, ""
    Complaint.objects.filter(pk=complaint.pk).update(reopen_by=account.code, reopened_by="")
    add_line(complaint, account.actor, ComplaintLine.REOPEN_PROPOSED, words=reason)
    audit.record(account.actor, "complaints.reopen_proposed", code, case=code)
    note_activity(complaint)
    return complaint


@begins_transaction
def agree_to_reopen(*, account: "Account", code: str) -> Complaint:
    """The second, another person: it is opened again. Raises `NotNow`, `SecondPersonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "reopen_agree")
    return open_again(complaint, actor=account.actor, words="", agreed_by=account.code)


@begins_transaction
def refuse_to_reopen(*, account: "Account", code: str, words: str) -> Complaint:
    """It stays decided. Raises `NotNow`, `ReasonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "reopen_refuse")
    reason = said_words(words)
    Complaint.objects.filter(pk=complaint.pk).update(reopen_by="")
    add_line(complaint, account.actor, ComplaintLine.REOPEN_REFUSED, words=reason)
    audit.record(account.actor, "complaints.reopen_refused", code, case=code)
    note_activity(complaint)
    return complaint


@joins_transaction
def open_again(complaint: Complaint, *, actor: Actor, words: str, agreed_by: str = "") -> Complaint:
    """Begin a new round: limits run anew, other people decide. `agreed_by` is the second of two people, where it took two.

    Raises `IllegalTransition`.
    """
    move(
        complaint,
        COMPLAINT_TRANSITIONS,
        ComplaintState.OPEN,
        decided_at=None,
        round=complaint.round + 1,
        owner=None,
        owned_at=None,
        proposed_by="",
        reopen_by=complaint.reopen_by if agreed_by else "",
        reopened_by=agreed_by,
        lifted_at=complaint.lifted_at or (clock.now() if complaint.stopped_at else None),
    )
    add_line(complaint, actor, ComplaintLine.REOPENED, words=words)
    audit.record(actor, "complaints.reopened", complaint.code, case=complaint.code)
    if complaint.trip:
        holds.place(actor=actor, subject=complaint.trip.code, source="complaint", case=complaint.code)
    timers.start(complaint, interlock=False)
    note_activity(complaint)
    return complaint


STATEMENTS = jobs.rows(
    "complaints.chase_statements",
    gettext_lazy("chasing statements that are awaited"),
    due=_to_chase,
    act=_chase,
    key=int,
)
WINDOWS = jobs.rows(
    "complaints.close_windows",
    gettext_lazy("closing decisions that nobody appealed"),
    due=_over,
    act=_close,
    key=int,
)
TELLING = jobs.rows(
    "complaints.tell_decisions",
    gettext_lazy("telling people what was decided"),
    due=_to_tell,
    act=_tell,
    key=int,
)
