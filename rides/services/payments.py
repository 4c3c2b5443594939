"""What trips cost (R12): due at the end, paid through the money adapter by a worker, refunded by a decision."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import clock, formats, ledger, money, retry, timeline
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import NotFound
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from rides import fares
from rides.errors import RefundTooLarge
from rides.geometry import route_length
from rides.models import Payment, Trip
from rides.states import PAYMENT_TRANSITIONS, Line, Party, PaymentState, TripLine

if TYPE_CHECKING:
    from rides.trails import Fix

RECEIVABLE, CASH, REVENUE = "receivable:trip:{}", "asset:payments", "revenue:{}"
OWNERS_SHARE = "payable:owner:{}"  # hitch: the costs that are shared go to the owner of the car


def fare_of(trip: Trip, driven: "list[Fix]") -> fares.Fare:
    """The amount after: by the way that the driver's phone drove, where it says enough, else as estimated."""
    before = fares.Fare(trip.fare_estimate, trip.tariff)
    points = [(fix.latitude, fix.longitude) for fix in driven]
    if len(points) < 2 or trip.line == Line.HITCH or trip.boarded_at is None:
        return before  # hitch shares a cost that was agreed on beforehand
    seconds = (clock.now() - trip.boarded_at).total_seconds()
    after = fares.estimate(trip.line, route_length(points), seconds, seats=trip.seats, at=trip.requested_at)
    return fares.final(before, after)


@joins_transaction
def owe_fare(trip: Trip) -> None:
    """The passenger owes the fare of an ended trip, once."""
    at = clock.now()
    if not trip.fare:
        return
    Payment.objects.get_or_create(
        trip=trip, defaults={"code": new_code("Y"), "fen": trip.fare, "due_at": at, "next_at": at}
    )
    income = OWNERS_SHARE.format(trip.driver_id) if trip.line == Line.HITCH else REVENUE.format(trip.line)
    ledger.transfer(
        actor=SYSTEM,
        key=f"fare:{trip.code}",
        subject=trip.code,
        entries={RECEIVABLE.format(trip.code): trip.fare, income: -trip.fare},
        citation=trip.tariff,
    )


def due_payments(*, at: datetime, limit: int = 200) -> list[int]:
    """Payments to try now."""
    return list(PAYMENT_QUEUE.due_at(at).values_list("pk", flat=True)[:200])


def settle_payment(payment_id: int) -> None:
    """Charge one payment through the adapter; what failed is tried again later. The key charges once."""
    PAYMENT_QUEUE.attempt(payment_id)


def _charge(row: Payment) -> None:
    money.charge(
        key=f"trip:{row.trip.code}", payer=row.trip.passenger.code, fen=row.fen, subject=row.trip.code
    )
    _paid(row.pk)


def _unpaid() -> "QuerySet[Payment]":
    return Payment.objects.filter(state=PaymentState.DUE)


PAYMENT_QUEUE = retry.queue(
    "rides.payments",
    _("Charging a fare"),
    law=money.LAW,
    waiting=_unpaid,
    act=_charge,
    key="code",
    about=lambda row: row.trip.code,
)


@begins_transaction
def _paid(payment_id: int) -> None:
    row = Payment.objects.select_for_update(of=("self",)).select_related("trip").get(pk=payment_id)
    if row.state != PaymentState.DUE:
        return
    try:
        move(row, PAYMENT_TRANSITIONS, PaymentState.PAID, paid_at=clock.now())
    except StaleState:
        return
    ledger.transfer(
        actor=SYSTEM,
        key=f"paid:{row.trip.code}",
        subject=row.trip.code,
        entries={CASH: row.fen, RECEIVABLE.format(row.trip.code): -row.fen},
    )
    timeline.add(TripLine.PAID, SYSTEM, trip=row.trip.code, party=Party.PASSENGER, fen=row.fen)


@joins_transaction
def refund(*, actor: Actor, trip_code: str, fen: int, key: str, citation: str) -> Payment:
    """Owe the passenger a part of the fare back by a decision that is cited; the same `key` refunds once.

    The amount leaves with the payouts of `core.money`. Raises `NotFound`, `RefundTooLarge`.
    """
    row = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("trip")
        .filter(trip__code=trip_code)
        .first()
    )
    if row is None or row.state == PaymentState.DUE:
        raise NotFound
    if ledger.exists(key):
        return row
    if fen <= 0 or row.refunded + fen > row.fen:
        raise RefundTooLarge(left=formats.money(row.fen - row.refunded))
    row.refunded += fen
    row.save(update_fields=["refunded"])
    if row.refunded == row.fen:
        move(row, PAYMENT_TRANSITIONS, PaymentState.REFUNDED)
    ledger.transfer(
        actor=actor,
        key=key,
        subject=trip_code,
        entries={"expense:refunds": fen, money.PAYABLE.format(row.trip.passenger.code): -fen},
        citation=citation,
    )
    money.owe_payout(key=key, payee=row.trip.passenger.code, fen=fen, subject=trip_code)
    timeline.add(TripLine.REFUNDED, actor, trip=trip_code, fen=fen)
    return row
