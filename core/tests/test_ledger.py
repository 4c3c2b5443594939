"""Money moves in transfers that sum to zero, once each, and what is written stays."""

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import ledger
from core.actors import SYSTEM
from core.management.commands.grant_rights import APPEND_ONLY
from core.models import LedgerEntry, LedgerTransfer


def move(key="k", **entries):
    with transaction.atomic():
        return ledger.transfer(actor=SYSTEM, key=key, subject="R-1", entries=entries)


def test_a_transfer_moves_once(db):
    move(expense=300, payable=-300)
    move(expense=300, payable=-300)
    assert (ledger.balance("expense"), ledger.balance("payable")) == (300, -300)
    assert LedgerTransfer.objects.count() == 1


@pytest.mark.parametrize("entries", [{}, {"a": 1}, {"a": 0}, {"a": 5, "b": -4}])
def test_what_does_not_sum_to_zero_is_refused(db, entries):
    with pytest.raises(ledger.Unbalanced):
        move(**entries)
    assert not LedgerTransfer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_what_goes_around_the_service():
    row = move(a=5, b=-5)
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(transfer=row, account="c", fen=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerTransfer.objects.create(key="empty", subject="x", at=row.at, actor="x")
    assert ledger.unbalanced() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("def"), st.integers(1, 10**9)), max_size=8))
def test_whatever_moves_all_accounts_together_stay_at_zero(db, rows):
    for number, (to, source, fen) in enumerate(rows):
        move(key=f"{number}:{rows!r}"[:80], **{to: fen, source: -fen})
    assert sum(ledger.balance(account) for account in "abcdef") == 0
    assert ledger.unbalanced() == []


@pytest.mark.django_db(transaction=True)
def test_the_platforms_role_cannot_rewrite_it():
    from django.core.management import call_command

    call_command("grant_rights")
    assert {"core_ledgertransfer", "core_ledgerentry", "drivers_vettingdecision"} <= set(APPEND_ONLY)
    with connection.cursor() as cursor:
        for table in APPEND_ONLY:
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege('huhang_app', %s, %s)", [table, right])
                assert cursor.fetchone() == (False,), (table, right)
