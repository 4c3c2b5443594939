"""The complaint interlock (C2): a severe complaint stops the accused driver's orders at once, and a person reviews it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from complaints.models import Complaint
from complaints.policies import INTERLOCK, INTERLOCK_PAY, INTERLOCK_PAY_HOURS
from complaints.selectors import acts_at_once, covert
from complaints.services.timers import add_line
from complaints.states import AccusedAs, ComplaintLine, Level
from core import audit, clock, ledger, money, policy
from core.actors import Actor
from core.transactions import joins_transaction
from drivers.selectors import driver_by_code
from drivers.services import hold_driver, release_holds_of
from drivers.states import HoldKind, Line
from rides.services import give_to_others

if TYPE_CHECKING:
    from drivers.models import Driver

EXPENSE = "expense:interlock_pay"


def applies(complaint: Complaint) -> bool:
    """Whether this complaint stops a driver now."""
    return (
        complaint.level == Level.SEVERE
        and complaint.accused_as == AccusedAs.DRIVER
        and complaint.lifted_at is None
        and acts_at_once(complaint)
        and policy.value(INTERLOCK)
    )


@joins_transaction
def stop_orders(*, actor: Actor, complaint: Complaint) -> bool:
    """Stop the accused driver where the rules ask for it; true where it is, or was already, stopped.

    Accepted trips that have not begun go to others; running ones go on. Nothing shows on the driver's phone before the
    next day (S11).
    """
    if not applies(complaint) or complaint.accused is None:
        return False
    driver = driver_by_code(complaint.accused.code)
    if driver is None:
        return False
    hold_driver(
        actor=actor,
        driver=driver,
        kind=HoldKind.COMPLAINT,
        source=complaint.code,
        citation=policy.in_force(INTERLOCK).citation,
        covert=True,
    )
    if complaint.stopped_at is None:
        complaint.stopped_at = clock.now()
        Complaint.objects.filter(pk=complaint.pk).update(stopped_at=complaint.stopped_at)
        add_line(complaint, actor, ComplaintLine.HELD)
    if not covert(complaint):
        give_to_others(actor=actor, driver=driver)
    return True


@joins_transaction
def let_orders_pass(*, actor: Actor, complaint: Complaint, reason: str, paid: bool) -> None:
    """End the stop; where it was without reason, what it cost the driver is owed (`pay_for`)."""
    release_holds_of(actor=actor, source=complaint.code, reason=reason)
    if paid and complaint.stopped_at and complaint.accused:
        driver = driver_by_code(complaint.accused.code)
        if driver:
            pay_for(actor=actor, complaint=complaint, driver=driver, until=clock.now())


def paid_hours(since: datetime, until: datetime) -> int:
    """Hours begun between two times, at most so many of each day in Asia/Shanghai as the policy says."""
    most, total = policy.value(INTERLOCK_PAY_HOURS), 0
    begins = timezone.localtime(since)
    ends = timezone.localtime(until)
    while begins < ends:
        midnight = begins.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        stretch = (min(midnight, ends) - begins).total_seconds()
        total += min(int(-(-stretch // 3600)), most)
        begins = midnight
    return total


def pay_for(*, actor: Actor, complaint: Complaint, driver: "Driver", until: datetime) -> int:
    """Owe a driver who was stopped without reason what the policy says, once; returns fen."""
    if complaint.stopped_at is None:
        return 0
    rule = policy.in_force(INTERLOCK_PAY)
    line = complaint.trip.line if complaint.trip else Line.HITCH
    fen = rule.value[line] * paid_hours(complaint.stopped_at, until)
    key = f"interlock:{complaint.code}:{complaint.round}"
    if fen <= 0 or ledger.exists(key):
        return 0
    person = driver.account.code
    ledger.transfer(
        actor=actor,
        key=key,
        subject=complaint.code,
        entries={EXPENSE: fen, money.PAYABLE.format(person): -fen},
        citation=rule.citation,
    )
    money.owe_payout(key=key, payee=person, fen=fen, subject=complaint.code)
    audit.record(actor, "complaints.interlock_paid", person, case=complaint.code, fen=fen)
    return fen
