"""What a decision does (C5): each outcome acts at once, once, and can be taken back."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Complaint, Decision, Measure
from complaints.policies import Award, awards_of
from complaints.selectors import open_trainings, part_of, person_of
from complaints.services.desk import for_action, said_words
from complaints.services.outcomes import CONSEQUENCES, Act
from complaints.services.timers import add_line, note_activity
from complaints.states import ComplaintLine, Outcome
from core import audit, clock, jobs
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.transactions import begins_transaction, joins_transaction

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def carry_out(complaint: Complaint, decision: Decision, *, actor: Actor) -> list[Measure]:
    """Do what the decision asks for; what stands already from an earlier one stays, what it does not ask for is undone."""
    wanted = awards_of(decision)
    standing = {
        (row.outcome, row.person_id, row.days, row.fen): row
        for row in Measure.objects.select_related("person").filter(
            decision__complaint=complaint, undone_at=None
        )
    }
    done = []
    for award in wanted:
        person = person_of(complaint, award.side)
        assert person is not None  # noqa: S101 - the award was checked
        if standing.pop((str(award.outcome), person.pk, award.days, award.fen), None) is None:
            done.append((award, person))
    for row in standing.values():
        take_back(complaint, row, actor=actor)
    return [_do(complaint, decision, award, person, actor) for award, person in done]


def _do(complaint: Complaint, decision: Decision, award: Award, person: "Account", actor: Actor) -> Measure:
    at = clock.now()
    consequence = CONSEQUENCES[award.outcome]
    measure = Measure.objects.create(
        code=new_code("S"),
        decision=decision,
        outcome=award.outcome,
        person=person,
        person_as=part_of(complaint, award.side),
        days=award.days,
        fen=award.fen,
        done_at=at,
        until=consequence.until(award, at),
    )
    consequence.do(Act(complaint, measure, actor, decision.citation))
    add_line(complaint, actor, ComplaintLine.ACTED, outcome=award.outcome)
    audit.record(
        actor,
        "complaints.measure",
        person.code,
        case=complaint.code,
        measure=measure.code,
        outcome=award.outcome,
        days=award.days,
        fen=award.fen,
    )
    return measure


@joins_transaction
def take_back(complaint: Complaint, measure: Measure, *, actor: Actor) -> None:
    """Undo a measure that a later decision does not ask for, where it is one that can be undone."""
    if not _undo(measure, actor, str(_("another decision"))):
        return
    at = clock.now()
    Measure.objects.filter(pk=measure.pk).update(undone_at=at, ended_at=measure.ended_at or at)
    add_line(complaint, actor, ComplaintLine.UNDONE, outcome=measure.outcome)
    audit.record(
        actor,
        "complaints.measure_undone",
        measure.person.code,
        case=complaint.code,
        measure=measure.code,
        outcome=measure.outcome,
    )


def _undo(measure: Measure, actor: Actor, reason: str) -> bool:
    return CONSEQUENCES[Outcome(measure.outcome)].undo(measure, actor=actor, reason=reason)


def end_suspensions(*, at: datetime) -> int:
    """Suspensions whose time is over end; returns how many."""
    return ENDS.run(at=at).total


def _ended(at: datetime, limit: int) -> list[int]:
    rows = Measure.objects.filter(until__lte=at, ended_at=None).order_by("until")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _end(pk: int, at: datetime) -> bool:
    measure = (
        Measure.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("person")
        .filter(pk=pk, ended_at=None)
        .first()
    )
    if measure is None:
        return False
    Measure.objects.filter(pk=pk).update(ended_at=at)
    _undo(measure, SYSTEM, str(_("its time is over")))
    return True


ENDS = jobs.rows(
    "complaints.end_suspensions",
    gettext_lazy("ending suspensions whose time is over"),
    due=_ended,
    act=_end,
    key=int,
)


# --- Training: it ends a sanction, so one says that it was done and another confirms it ------------


def _open_training(complaint: Complaint) -> Measure:
    return next(iter(open_trainings(complaint)))  # the action would be closed where there is none


@begins_transaction
def report_training(*, account: "Account", code: str, words: str) -> Measure:
    """Say that a driver did the training of a decision; orders open once somebody else confirms it.

    Raises `NotNow`, `ReasonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "training")
    said, measure = said_words(words), _open_training(complaint)
    Measure.objects.filter(pk=measure.pk).update(trained_by=account.code)
    measure.trained_by = account.code
    add_line(complaint, account.actor, ComplaintLine.TRAINED, words=said)
    audit.record(
        account.actor, "complaints.training_reported", measure.person.code, case=code, measure=measure.code
    )
    note_activity(complaint)
    return measure


@begins_transaction
def confirm_training(*, account: "Account", code: str) -> Measure:
    """The second, another person: the training was done, and orders open again.

    Raises `NotNow`, `SecondPersonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "training_agree")
    measure = _open_training(complaint)
    Measure.objects.filter(pk=measure.pk).update(ended_at=clock.now(), confirmed_by=account.code)
    _undo(measure, account.actor, str(_("the training was done")))
    add_line(complaint, account.actor, ComplaintLine.TRAINING_CONFIRMED)
    audit.record(
        account.actor, "complaints.training_done", measure.person.code, case=code, measure=measure.code
    )
    note_activity(complaint)
    return measure


@begins_transaction
def refuse_training(*, account: "Account", code: str, words: str) -> Measure:
    """It was not done, or not shown to be: the driver still has it to do. Raises `NotNow`, `ReasonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "training_refuse")
    said, measure = said_words(words), _open_training(complaint)
    Measure.objects.filter(pk=measure.pk).update(trained_by="")
    add_line(complaint, account.actor, ComplaintLine.TRAINING_REFUSED, words=said)
    audit.record(
        account.actor, "complaints.training_refused", measure.person.code, case=code, measure=measure.code
    )
    note_activity(complaint)
    return measure
