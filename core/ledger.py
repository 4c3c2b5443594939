"""Money in double entry: every transfer sums to zero, and nothing written is changed again.

Amounts are whole fen (分, 1/100 CNY). Accounts are names such as `expense:mismatch_rewards`; a debit is positive, a
credit negative. The database checks the sum of each transfer when its transaction commits, and the platform's role
may not UPDATE, DELETE or TRUNCATE here. A mistake is set right by a transfer of its own.
"""

from collections.abc import Iterable, Mapping

from django.db.models import Sum

from core import audit, clock
from core.actors import Actor
from core.errors import DomainError
from core.models import LedgerEntry, LedgerTransfer
from core.transactions import joins_transaction


class Unbalanced(DomainError):
    code, status, sentence = "ledger_unbalanced", 500, "A transfer's entries must sum to zero."


@joins_transaction
def transfer(
    *, actor: Actor, key: str, subject: str, entries: Mapping[str, int], citation: str = ""
) -> LedgerTransfer:
    """Move money between accounts, in fen; the same `key` moves it once. Raises `Unbalanced`."""
    moves = {account: fen for account, fen in entries.items() if fen}
    if not moves or sum(moves.values()) != 0:
        raise Unbalanced
    row, new = LedgerTransfer.objects.get_or_create(
        key=key,
        defaults={"subject": subject, "at": clock.now(), "actor": actor.code, "citation": citation},
    )
    if new:
        LedgerEntry.objects.bulk_create(
            LedgerEntry(transfer=row, account=account, fen=fen) for account, fen in sorted(moves.items())
        )
        audit.record(actor, "core.ledger_transfer", subject, entries=moves, key=key, citation=citation)
    return row


def balance(account: str) -> int:
    """The sum of an account's entries in fen."""
    return LedgerEntry.objects.filter(account=account).aggregate(fen=Sum("fen"))["fen"] or 0


def exists(key: str) -> bool:
    """True where the transfer of this key is written."""
    return LedgerTransfer.objects.filter(key=key).exists()


def known(keys: Iterable[str]) -> set[str]:
    """Which of these keys have a transfer."""
    return set(LedgerTransfer.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def about(subject: str) -> int:
    """How many transfers are about something, by its code."""
    return LedgerTransfer.objects.filter(subject=subject).count()


def unbalanced() -> list[str]:
    """Keys of transfers whose entries do not sum to zero: always none, unless somebody went around the platform."""
    rows = LedgerTransfer.objects.annotate(fen=Sum("entries__fen")).exclude(fen=0)
    return list(rows.values_list("key", flat=True)[:20])
