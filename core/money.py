"""Money in and out through one adapter (R12): charges to passengers, payouts to whom the company owes.

Contract of the provider: `POST {base}/charges/` with `key, payer, fen, subject` and `POST {base}/payouts/` with `key,
payee, fen, subject` answer 200 with `{"state": "done", "reference": …}`; the same key moves money once, whoever repeats
it. People are opaque codes: the provider has its own contract with them. Amounts are whole fen (分).
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import clock, jobs, ledger, outside
from core.actors import SYSTEM
from core.models import PAYOUT_TRANSITIONS, Payout
from core.outside import OutsideDown
from core.states import move
from core.transactions import begins_transaction, joins_transaction

CASH = "asset:payments"
PAYABLE = "payable:person:{}"
RETRY = timedelta(seconds=30)


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
    rows = Payout.objects.filter(state="due", next_at__lte=at).order_by("next_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def settle_payout(payout_id: int) -> None:
    """Pay one out through the provider and write it into the ledger; a provider that is down is asked again later."""
    row = Payout.objects.filter(pk=payout_id, state="due").first()
    if row is None:
        return
    try:
        reference = _ask(
            "payouts", {"key": row.key, "payee": row.payee, "fen": row.fen, "subject": row.subject}
        )
    except MoneyDown:
        wait = RETRY * min(2**row.attempts, 120)
        Payout.objects.filter(pk=row.pk, state="due").update(
            next_at=clock.now() + wait, attempts=row.attempts + 1
        )
        return
    _paid(payout_id, reference)


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


PAYOUTS = jobs.rows(
    "core.settle_payouts",
    _("sending payouts that are due"),
    due=lambda at, limit: due_payouts(at=at, limit=limit),
    act=lambda pk, _at: settle_payout(pk),
    key=int,
)


def paid_out(key: str) -> bool:
    """True where the payout of this key has left."""
    return Payout.objects.filter(key=key, state="paid").exists()
