"""Money moves in transfers that sum to zero, once each, and what is written stays."""

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import ledger
from core.actors import SYSTEM
from core.management.commands.grant_rights import APPEND_ONLY, BOARD_ALONE
from core.models import LedgerEntry, LedgerTransfer

# Journal, money, what happened, what was released, played, destroyed, decided and published.
LEDGERS = {
    "accounts_look",
    "core_auditentry",
    "core_journalbatch",
    "core_journalcheckpoint",
    "core_journalnode",
    "core_journalrefusal",
    "core_ledgertransfer",
    "core_ledgerentry",
    "core_policyversion",
    "core_timelineentry",
    "complaints_decision",
    "drivers_vettingdecision",
    "governance_transparencyreport",
    "police_release",
    "police_releasereview",
    "safety_recordingplay",
    "safety_recordingreceipt",
}


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


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    assert APPEND_ONLY.keys() >= LEDGERS
    with connection.cursor() as cursor:
        for table in APPEND_ONLY:
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege('huhang_app', %s, %s)", [table, right])
                assert cursor.fetchone() == (False,), (table, right)


@pytest.mark.parametrize("table", BOARD_ALONE)
def test_what_the_checks_found_is_written_by_the_boards_role_alone(db, table):
    """A page that somebody broke into cannot make a promise look kept, and so open the gate of a relaunch."""
    from django.core.management import call_command

    call_command("grant_rights")

    def rights(role):
        with connection.cursor() as cursor:
            found = set()
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, right])
                found |= {right for (may,) in cursor.fetchall() if may}
            return found

    assert rights("huhang_app") == {"SELECT"}
    assert rights("huhang_board") == {"SELECT", "INSERT", "UPDATE"}


def test_the_board_is_checked_broken_and_shown_by_its_role(world):
    from django.core.management import call_command

    from governance.measures import measure_of
    from governance.models import MeasureState
    from governance.services import record_breaker, record_check

    call_command("grant_rights")
    measure = measure_of("M15")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE huhang_board")
    record_breaker(measure)
    record_check(measure)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE huhang_app")
    assert MeasureState.objects.get(measure="M15").breaker == "turned"
    undone = transaction.atomic()
    undone._from_testcase = True  # Django's mark for a test's own transaction
    with pytest.raises(ProgrammingError, match="permission denied"), undone:
        record_check(measure)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize("table", sorted(LEDGERS))
def test_a_row_that_was_written_is_not_rewritten_by_the_platform(db, table):
    from django.core.management import call_command

    call_command("grant_rights")
    model = next(each for each in apps.get_models() if each._meta.db_table == table)
    later = APPEND_ONLY[table]
    columns = [field.column for field in model._meta.concrete_fields]
    assert set(later) < set(columns)
    statements = [f'UPDATE {table} SET "{each}" = "{each}"' for each in columns if each not in later]  # noqa: S608 - names of ours
    for statement in [*statements, f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]:  # noqa: S608
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SET LOCAL ROLE huhang_app")
            cursor.execute(statement)
