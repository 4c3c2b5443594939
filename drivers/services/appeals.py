"""Appeals against holds (D8): the right to work is protected by another pair of eyes."""

from typing import TYPE_CHECKING

from core import audit, clock, danger, policy
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.messages import outbox
from core.states import move
from core.transactions import begins_transaction
from drivers import messages
from drivers.errors import AlreadyAppealed
from drivers.models import Appeal, Application, Driver, Hold, VettingDecision
from drivers.policies import APPEAL_WITHIN, against_appeal
from drivers.selectors import parties_to
from drivers.services.cases import clear_by_appeal
from drivers.services.people import release_holds_of
from drivers.states import (
    APPEAL_TRANSITIONS,
    APPLICATION_TRANSITIONS,
    AppealState,
    ApplicationState,
    HoldKind,
)

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def appeal(*, driver: Driver, code: str, words: str) -> Appeal:
    """Object, once, to one's own visible hold by its code, or to a refused application by the application's. The same
    words sent again are the same appeal.

    Raises `NotFound`, `InvalidInput`, `AlreadyAppealed`.
    """
    # What a decision about a complaint did is appealed where the decision stands, before other people (C5).
    holds = Hold.objects.open().filter(covert=False).exclude(kind=HoldKind.SANCTION)
    hold = holds.select_for_update().filter(driver=driver, code=code).first()
    decision = None if hold else _refusal(driver, code)
    if not words.strip():
        raise InvalidInput("words")
    known = Appeal.objects.filter(hold=hold, decision=decision).first()
    if known and known.words == words.strip()[:4000]:
        return known
    if known:
        raise AlreadyAppealed
    at = clock.now()
    row = Appeal.objects.create(
        code=new_code("E"),
        hold=hold,
        decision=decision,
        words=words.strip()[:4000],
        **danger.read(words).columns(),
        filed_at=at,
        due_at=at + policy.span(APPEAL_WITHIN),
    )
    audit.record(driver.account.actor, "drivers.appealed", driver.account.code, case=code, appeal=row.code)
    return row


def _refusal(driver: Driver, code: str) -> VettingDecision:
    """The standing decision that refused an application of the driver. Raises `NotFound`."""
    application = Application.objects.select_for_update().filter(
        driver=driver, code=code, state=ApplicationState.REFUSED
    )
    decision = VettingDecision.objects.filter(application=application.first(), overridden_by=None).first()
    if decision is None:
        raise NotFound
    return decision


def _locked(account: "Account", code: str, key: str) -> Appeal:
    row = (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("hold__driver__account", "decision__application__driver__account")
        .filter(code=code)
        .first()
    )
    if row is None:
        raise NotFound
    refuse(against_appeal(row, account, key, parties_to(row)))
    return row


@begins_transaction
def look_at_appeal(*, account: "Account", code: str) -> Appeal:
    """Somebody looked at grave words, which rang until then; how it is decided is another question.

    Raises `Forbidden`, `NotFound`, `IllegalTransition`, `StaleState` where somebody looked already, or they were not grave.
    """
    row = _locked(account, code, "look")
    row.look(account.code, clock.now())
    audit.record(
        account.actor, "drivers.words_looked_at", row.driver.account.code, case=_about(row), appeal=code
    )
    return row


@begins_transaction
def propose_appeal_decision(*, account: "Account", code: str, granted: bool, reason: str) -> Appeal:
    """The first of two people, neither of whom had a part in what it is about, says how to decide, and why.

    Raises `Forbidden`, `NotFound`, `IllegalTransition`, `HadAPart`, `AlreadyProposed`, `InvalidInput`.
    """
    row = _locked(account, code, "propose")
    if not reason.strip():
        raise InvalidInput("reason")
    row.look(account.code, clock.now())
    row.proposed = AppealState.GRANTED if granted else AppealState.REJECTED
    row.proposed_by, row.reason = account.code, reason.strip()[:4000]
    row.save(update_fields=["proposed", "proposed_by", "reason"])
    audit.record(
        account.actor, "drivers.appeal_proposed", row.driver.account.code, case=_about(row), granted=granted
    )
    return row


@begins_transaction
def agree_appeal_decision(*, account: "Account", code: str, agrees: bool) -> Appeal:
    """The second, another person: it is decided so and the driver is told, or the proposal falls.

    Granted ends the hold and the case that it comes from, with what that case barred, or opens the application for two other people.
    Raises `Forbidden`, `NotFound`, `IllegalTransition` also where nothing is proposed, `HadAPart`,
    `SecondPersonNeeded`.
    """
    row = _locked(account, code, "agree" if agrees else "disagree")
    person, about = row.driver.account, _about(row)
    if not agrees:
        audit.record(
            account.actor, "drivers.appeal_not_agreed", person.code, case=about, proposed=row.proposed
        )
        row.proposed, row.proposed_by, row.reason = "", "", ""
        row.save(update_fields=["proposed", "proposed_by", "reason"])
        return row
    move(
        row,
        APPEAL_TRANSITIONS,
        AppealState(row.proposed),
        decided_at=clock.now(),
        decided_by=account.code,
    )
    granted = row.state == AppealState.GRANTED
    audit.record(account.actor, "drivers.appeal_decided", person.code, case=about, granted=granted)
    if granted and row.hold is not None:
        two = {"proposed_by": row.proposed_by, "reason": row.reason}
        release_holds_of(actor=account.actor, source=row.hold.source, **two)
        clear_by_appeal(account=account, code=row.hold.source, **two)
    elif granted and row.decision is not None:
        move(
            row.decision.application,
            APPLICATION_TRANSITIONS,
            ApplicationState.REVIEW,
            decided_at=None,
            proposed="",
            proposed_by="",
            reason="",
        )
    granted_for = messages.HoldAppealGranted if row.hold else messages.DecisionAppealGranted
    said = granted_for(code=code) if granted else messages.AppealRejected(code=code)
    outbox.queue(said, key=f"appeal:{code}", to=person.phone, language=person.language, subject=code)
    return row


def _about(row: Appeal) -> str:
    """The code of what was objected to."""
    if row.hold is not None:
        return row.hold.source
    return row.decision.application.code if row.decision else ""
