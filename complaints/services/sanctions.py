"""What a decision does (C5): each outcome acts at once, once, and can be taken back."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.services import lift_restriction, restrict
from complaints.models import Complaint, Decision, Measure
from complaints.policies import Award, awards_of
from complaints.selectors import covert, part_of, person_of
from complaints.services.timers import add_line
from complaints.states import AccusedAs, ComplaintLine, Outcome
from core import audit, clock, formats, jobs, ledger, money
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.permissions import require
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import driver_by_code
from drivers.services import bar_with, hold_driver, lift_bars, release_holds_of
from drivers.states import HoldKind
from rides import services as rides
from rides.selectors import payment_of

if TYPE_CHECKING:
    from accounts.models import Account

EXPENSE = "expense:compensation"


def why_not_refund(complaint: Complaint, award: Award) -> str | Promise:
    """Why the fare cannot be given back as the award says; empty where it can, or where the award is something else."""
    if award.outcome != Outcome.REFUND:
        return ""
    person = person_of(complaint, award.side)
    if complaint.trip is None or person is None or person.pk != complaint.trip.passenger_id:
        return _("Only the passenger of the trip gets a refund.")
    payment = payment_of(complaint.trip)
    if payment is None or payment.paid_at is None:
        return _("The fare was not paid yet.")
    if payment.refunded + award.fen > payment.fen:
        return _("At most %(left)s of this fare are left to refund.") % {
            "left": formats.money(payment.fen - payment.refunded)
        }
    return ""


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
    part = part_of(complaint, award.side)
    measure = Measure.objects.create(
        code=new_code("S"),
        decision=decision,
        outcome=award.outcome,
        person=person,
        person_as=part,
        days=award.days,
        fen=award.fen,
        done_at=at,
        until=at + timedelta(days=award.days) if award.outcome == Outcome.SUSPENSION else None,
    )
    citation = decision.citation
    match award.outcome:
        case Outcome.WARNING:
            pass  # the message and the page say it; it counts with the earlier ones
        case Outcome.TRAINING:
            _stop(complaint, measure, actor, citation)
        case Outcome.SUSPENSION if part == AccusedAs.DRIVER:
            _stop(complaint, measure, actor, citation)
        case Outcome.SUSPENSION:
            restrict(actor=actor, account=person, source=measure.code, citation=citation, until=measure.until)
        case Outcome.BAN:
            # The person, and with a driver the licence and the cars: a new account does not help.
            restrict(actor=actor, account=person, source=measure.code, citation=citation, until=None)
            driver = driver_by_code(person.code)
            if driver:
                _stop(complaint, measure, actor, citation)
                bar_with(actor=actor, driver=driver, source=measure.code)
        case Outcome.COMPENSATION:
            ledger.transfer(
                actor=actor,
                key=f"compensation:{measure.code}",
                subject=complaint.code,
                entries={EXPENSE: award.fen, money.PAYABLE.format(person.code): -award.fen},
                citation=citation,
            )
            money.owe_payout(
                key=f"compensation:{measure.code}", payee=person.code, fen=award.fen, subject=complaint.code
            )
        case Outcome.REFUND:
            assert complaint.trip is not None  # noqa: S101 - the award was checked
            rides.refund(
                actor=actor,
                trip_code=complaint.trip.code,
                fen=award.fen,
                key=f"complaint:{measure.code}",
                citation=citation,
            )
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


def _stop(complaint: Complaint, measure: Measure, actor: Actor, citation: str) -> None:
    driver = driver_by_code(measure.person.code)
    if driver is None:
        return
    hidden = covert(complaint)
    hold_driver(
        actor=actor,
        driver=driver,
        kind=HoldKind.SANCTION,
        source=measure.code,
        citation=citation,
        covert=hidden,
    )
    if not hidden:
        rides.give_to_others(actor=actor, driver=driver)


@joins_transaction
def take_back(complaint: Complaint, measure: Measure, *, actor: Actor) -> None:
    """Undo a measure that a later decision does not ask for. Money that was owed stays owed: nobody has to pay it back."""
    if measure.outcome in {Outcome.COMPENSATION, Outcome.REFUND}:
        return
    at = clock.now()
    Measure.objects.filter(pk=measure.pk).update(undone_at=at, ended_at=measure.ended_at or at)
    _let_go(measure, actor, str(_("another decision")))
    add_line(complaint, actor, ComplaintLine.UNDONE, outcome=measure.outcome)
    audit.record(
        actor,
        "complaints.measure_undone",
        measure.person.code,
        case=complaint.code,
        measure=measure.code,
        outcome=measure.outcome,
    )


def _let_go(measure: Measure, actor: Actor, reason: str) -> None:
    release_holds_of(actor=actor, source=measure.code, reason=reason)
    lift_restriction(actor=actor, source=measure.code)
    lift_bars(actor=actor, source=measure.code)


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
    _let_go(measure, SYSTEM, str(_("its time is over")))
    return True


ENDS = jobs.rows(
    "complaints.end_suspensions",
    gettext_lazy("ending suspensions whose time is over"),
    due=_ended,
    act=_end,
    key=int,
)


@begins_transaction
def confirm_training(*, account: "Account", code: str, words: str) -> Measure:
    """A supervisor or adjudicator confirms that a driver did the training; orders open again.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    require(account, "complaints.judge")
    if not words.strip():
        raise InvalidInput("words")
    measure = (
        Measure.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(code=code, outcome=Outcome.TRAINING, ended_at=None)
        .first()
    )
    if measure is None:
        raise NotFound
    Measure.objects.filter(pk=measure.pk).update(ended_at=clock.now())
    _let_go(measure, account.actor, words.strip()[:400])
    audit.record(account.actor, "complaints.training_done", measure.person.code, case=code)
    return measure
