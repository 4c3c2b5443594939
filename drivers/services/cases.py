"""Vetting cases: one for each thing, decided by two people."""

from typing import TYPE_CHECKING, Any

from accounts import looks
from accounts.states import LookKind
from core import audit, clock
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.four_eyes import another
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from drivers.models import Driver, VettingCase
from drivers.models.cases import CLEARED
from drivers.policies import against_case
from drivers.services.people import release_holds_of
from drivers.services.rewards import owe_reward
from drivers.states import CASE_TRANSITIONS, DRIVER_TRANSITIONS, CaseKind, CaseOutcome, CaseState, DriverState

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def open_case(
    *, driver: Driver, kind: CaseKind, subject: str = "", actor: Actor = SYSTEM, **facts: Any
) -> VettingCase:
    """Open a case; the same thing seen again adds its facts to the open one."""
    case, new = VettingCase.objects.get_or_create(
        driver=driver,
        kind=kind,
        subject=subject,
        state=CaseState.OPEN,
        defaults={"code": new_code("V"), "opened_at": clock.now(), "facts": facts},
    )
    if new:
        audit.record(actor, "drivers.case_opened", driver.account.code, case=case.code, kind=kind)
    else:
        case.facts = case.facts | facts
        case.save(update_fields=["facts"])
    return case


@joins_transaction
def open_signal(*, driver: Driver, kind: CaseKind, accounts: dict[str, Any]) -> VettingCase | None:
    """A sign that an account is lent (D7): one open case, which other accounts are added to.

    Accounts that two people have cleared before, for the same kind of sign, open nothing again.
    """
    cleared: set[str] = set()
    for before in driver.cases.filter(CLEARED, kind=kind):
        cleared |= set(before.facts.get("accounts", {}))
    fresh = {code: fact for code, fact in accounts.items() if code not in cleared}
    if not fresh:
        return None
    known = driver.cases.filter(kind=kind, subject="", state=CaseState.OPEN).first()
    return open_case(
        driver=driver, kind=kind, accounts=(known.facts.get("accounts", {}) if known else {}) | fresh
    )


def _locked(account: "Account", code: str, key: str) -> VettingCase:
    case = (
        VettingCase.objects.select_for_update(of=("self",))
        .select_related("driver__account")
        .filter(code=code)
        .first()
    )
    if case is None:
        raise NotFound
    refuse(against_case(case, account, key))
    return case


@begins_transaction
def propose(*, account: "Account", code: str, outcome: CaseOutcome, reason: str) -> VettingCase:
    """The first key: a reviewer proposes, with a reason.

    Raises `Forbidden`, `NotFound`, `IllegalTransition`, `AlreadyProposed`, `InvalidInput`.
    """
    case = _locked(account, code, "propose")
    if not reason.strip():
        raise InvalidInput("reason")
    case.proposed, case.proposed_by, case.reason = outcome, account.code, reason.strip()[:4000]
    case.save(update_fields=["proposed", "proposed_by", "reason"])
    audit.record(
        account.actor,
        "drivers.case_proposed",
        case.driver.account.code,
        case=code,
        outcome=outcome,
        reason=reason,
    )
    return case


@begins_transaction
def agree(*, account: "Account", code: str, agrees: bool) -> VettingCase:
    """The second key, by another person: the outcome acts, or the proposal falls.

    Raises `Forbidden`, `NotFound`, `IllegalTransition` also where nothing is proposed, `SecondPersonNeeded`.
    """
    case = _locked(account, code, "agree" if agrees else "disagree")
    who = case.driver.account.code
    if not agrees:
        audit.record(account.actor, "drivers.case_not_agreed", who, case=code, outcome=case.proposed)
        case.proposed, case.proposed_by, case.reason = "", "", ""
        case.save(update_fields=["proposed", "proposed_by", "reason"])
        return case
    move(case, CASE_TRANSITIONS, CaseState.DECIDED, decided_by=account.code, decided_at=clock.now())
    audit.record(account.actor, "drivers.case_decided", who, case=code, outcome=case.proposed)
    if case.proposed == CaseOutcome.BARRED:
        if case.driver.state != DriverState.BARRED:
            move(case.driver, DRIVER_TRANSITIONS, DriverState.BARRED)
        if case.kind == CaseKind.MISMATCH:
            owe_reward(case=case)
    else:
        release_holds_of(actor=account.actor, source=code, reason=case.reason, proposed_by=case.proposed_by)
    return case


@joins_transaction
def clear_by_appeal(*, account: "Account", code: str, proposed_by: str, reason: str) -> None:
    """Two people without a part in it granted an appeal: an open case ends by them as cleared, one that barred the
    driver is overturned, and what it barred ends with it.
    """
    case = (
        VettingCase.objects.select_for_update(of=("self",))
        .select_related("driver__account")
        .filter(code=code)
        .first()
    )
    if case is None:
        return
    if case.state == CaseState.DECIDED and case.proposed == CaseOutcome.BARRED:
        _overturn(case, account.actor, proposed_by)
    if case.state != CaseState.OPEN:
        return
    move(
        case,
        CASE_TRANSITIONS,
        CaseState.DECIDED,
        proposed=CaseOutcome.CLEARED,
        proposed_by=proposed_by,
        reason=reason,
        decided_by=account.code,
        decided_at=clock.now(),
    )
    audit.record(
        account.actor, "drivers.case_decided", case.driver.account.code, case=code, outcome=case.proposed
    )


def _overturn(case: VettingCase, actor: Actor, proposed_by: str) -> None:
    """What two people decided stays on the row with their names; it bars nobody any more."""
    another(actor.code, proposed_by)
    move(case, CASE_TRANSITIONS, CaseState.OVERTURNED)
    driver, who = case.driver, case.driver.account.code
    audit.record(actor, "drivers.case_overturned", who, case=case.code, proposed_by=proposed_by)
    others = driver.cases.filter(state=CaseState.DECIDED, proposed=CaseOutcome.BARRED)
    if driver.state == DriverState.BARRED and not others.exists():
        back = DriverState.VETTED if driver.vetted_at else DriverState.APPLIED
        move(driver, DRIVER_TRANSITIONS, back)
        audit.record(actor, "drivers.bar_ended", who, case=case.code, proposed_by=proposed_by)


@begins_transaction
def record_case_read(*, account: "Account", case: VettingCase) -> None:
    """Somebody of the staff opened a vetting case: what it says is personal (A8)."""
    looks.note_read(
        account=account,
        subject=case.code,
        seen=LookKind.VETTING_CASE,
        action="drivers.vetting_case_read",
        people=[case.driver.account.code],
        case=case.code,
    )
