"""Money in and out through one adapter (R12): charges to passengers, payouts to whom the company owes.

Contract of the provider: `POST {base}/charges/` with `key, payer, fen, subject` and `POST {base}/payouts/` with `key,
payee, fen, subject` answer 200 with `{"state": "done", "reference": …}`; the same key moves money once, whoever repeats
it. People are opaque codes: the provider has its own contract with them. Amounts are whole fen (分).
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import clock, ledger, outside, retry
from core.actors import SYSTEM
from core.models import PAYOUT_TRANSITIONS, Payout
from core.outside import OutsideDown
from core.states import move
from core.transactions import begins_transaction, joins_transaction

CASH = "asset:payments"
PAYABLE = "payable:person:{}"
LAW = retry.Law(
    first=timedelta(seconds=30), ceiling=timedelta(hours=1), patience=timedelta(hours=6), gives_up=False
)


class MoneyDown(OutsideDown):
    """The provider did not say that it moved the money: it is asked again, with the same key."""

    code = "money_down"


def charge(*, key: str, payer: str, fen: int, subject: str) -> str:
    """Take an amount from somebody; the provider's reference. Raises `MoneyDown`. Call it outside of transactions."""
    return _ask("charges", {"key": key, "payer": payer, "fen": fen, "subject": subject})


def _ask(what: str, body: dict[str, Any]) -> str:
    if not settings.MONEY_URL:
        raise MoneyDown
    try:
        answer = outside.post("money", f"{settings.MONEY_URL}/{what}/", body)
    except OutsideDown:
        raise MoneyDown from None
    if answer is None or answer.get("state") != "done" or not isinstance(answer.get("reference"), str):
        raise MoneyDown
    return str(answer["reference"])


@joins_transaction
def owe_payout(*, key: str, payee: str, fen: int, subject: str, account: str = "") -> Payout:
    """Promise to pay what the ledger owes on `account`; the same `key` is promised once. A worker pays it."""
    at = clock.now()
    row, _new = Payout.objects.get_or_create(
        key=key,
        defaults={
            "payee": payee,
            "fen": fen,
            "subject": subject,
            "account": account or PAYABLE.format(payee),
            "due_at": at,
            "next_at": at,
        },
    )
    return row


def due_payouts(*, at: datetime, limit: int = 200) -> list[int]:
    """Payouts to try now."""
    return list(PAYOUT_QUEUE.due_at(at).values_list("pk", flat=True)[:200])


def settle_payout(payout_id: int) -> None:
    """Pay one out through the provider and write it into the ledger; what failed is tried again later."""
    PAYOUT_QUEUE.attempt(payout_id)


def _pay(row: Payout) -> None:
    reference = _ask("payouts", {"key": row.key, "payee": row.payee, "fen": row.fen, "subject": row.subject})
    _paid(row.pk, reference)


def _unpaid() -> "QuerySet[Payout]":
    return Payout.objects.filter(state="due")


PAYOUT_QUEUE = retry.queue(
    "core.payouts",
    _("Paying out"),
    law=LAW,
    waiting=_unpaid,
    act=_pay,
    key="key",
    about=lambda row: row.subject,
)


@begins_transaction
def _paid(payout_id: int, reference: str) -> None:
    row = Payout.objects.select_for_update().get(pk=payout_id)
    if row.state != "due":
        return
    move(row, PAYOUT_TRANSITIONS, "paid", paid_at=clock.now(), reference=reference[:80])
    ledger.transfer(
        actor=SYSTEM,
        key=f"payout:{row.key}"[:80],
        subject=row.subject,
        entries={row.account: row.fen, CASH: -row.fen},
    )


def paid_out(key: str) -> bool:
    """True where the payout of this key has left."""
    return Payout.objects.filter(key=key, state="paid").exists()
