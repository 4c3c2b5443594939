"""Appeals against holds (D8): the right to work is protected by another pair of eyes."""

from typing import TYPE_CHECKING

from core import audit, clock, live, policy
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.messages import outbox
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction
from drivers import messages
from drivers.errors import AlreadyAppealed, HadAPart
from drivers.models import Appeal, Application, Driver, Hold, VettingCase, VettingDecision
from drivers.policies import APPEAL_WITHIN
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
    """Object, once, to one's own visible hold by its code, or to a refused application by the application's.

    Raises `NotFound`, `InvalidInput`, `AlreadyAppealed`.
    """
    # What a decision about a complaint did is appealed where the decision stands, before other people (C5).
    holds = Hold.objects.open().filter(covert=False).exclude(kind=HoldKind.SANCTION)
    hold = holds.select_for_update().filter(driver=driver, code=code).first()
    decision = None if hold else _refusal(driver, code)
    if not words.strip():
        raise InvalidInput("words")
    if Appeal.objects.filter(hold=hold, decision=decision).exists():
        raise AlreadyAppealed
    at = clock.now()
    row = Appeal.objects.create(
        code=new_code("E"),
        hold=hold,
        decision=decision,
        words=words.strip()[:4000],
        filed_at=at,
        due_at=at + policy.span(APPEAL_WITHIN),
    )
    audit.record(driver.account.actor, "drivers.appealed", driver.account.code, case=code, appeal=row.code)
    live.changed_on_commit("console")
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


def had_a_part(row: Appeal, who: str) -> bool:
    """True for whoever opened the hold, or turned a key in the case or decision that it is about."""
    if row.hold is None:
        assert row.decision is not None  # noqa: S101 - `appeal_against_one_thing` says so
        return who in {row.decision.proposed_by, row.decision.agreed_by}
    cases = VettingCase.objects.filter(code=row.hold.source)
    keys = {key for case in cases for key in (case.proposed_by, case.decided_by)}
    return who in keys | {row.hold.opened_by}


@begins_transaction
def decide_appeal(*, account: "Account", code: str, granted: bool, reason: str) -> Appeal:
    """Decide with a reason. Granted ends the hold, or opens the application for two other people. The driver is told.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `HadAPart`, `IllegalTransition`, `StaleState`.
    """
    require(account, "holds.release")
    row = (
        Appeal.objects.select_related("hold__driver__account", "decision__application__driver__account")
        .filter(code=code)
        .first()
    )
    if row is None:
        raise NotFound
    if not reason.strip():
        raise InvalidInput("reason")
    if had_a_part(row, account.code):
        raise HadAPart
    move(
        row,
        APPEAL_TRANSITIONS,
        AppealState.GRANTED if granted else AppealState.REJECTED,
        decided_at=clock.now(),
        decided_by=account.code,
        reason=reason.strip()[:4000],
    )
    person, about = row.driver.account, _about(row)
    audit.record(account.actor, "drivers.appeal_decided", person.code, case=about, granted=granted)
    if granted and row.hold is not None:
        release_holds_of(actor=account.actor, source=row.hold.source, reason=row.reason)
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
    live.changed_on_commit("console")
    return row


def _about(row: Appeal) -> str:
    """The code of what was objected to."""
    if row.hold is not None:
        return row.hold.source
    return row.decision.application.code if row.decision else ""
