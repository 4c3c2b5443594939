"""The journal: sealed, and every kind of tampering is found and named."""

import time

import pytest
from django.db import ProgrammingError, connection, transaction

from core import audit
from core.actors import SYSTEM
from core.models import AuditEntry, AuditSeal

pytestmark = pytest.mark.django_db(transaction=True)


def seal_rows(count):
    """Seal until so many rows are; a transaction of another test process holds the horizon back for a moment."""
    sealed, until = 0, time.monotonic() + 20
    while sealed < count and time.monotonic() < until:
        sealed += audit.seal()
        time.sleep(0.01)
    return sealed


@pytest.fixture
def journal():
    """Six rows in two seals."""
    for number in range(6):
        with transaction.atomic():
            audit.record(SYSTEM, "test.happened", f"T-{number}", number=number)
        if number in (2, 5):
            assert seal_rows(3) == 3
    return list(AuditEntry.objects.order_by("pk"))


def test_an_untouched_journal_verifies(journal):
    found = audit.verify()
    assert (found.ok, found.rows, found.seals, found.first_bad) == (True, 6, 2, "")


def test_a_changed_row_is_named(journal):
    AuditEntry.objects.filter(pk=journal[1].pk).update(subject="T-other")
    assert audit.verify().first_bad == f"row {journal[1].pk}: changed"


def test_a_row_changed_with_its_digest_is_named(journal):
    row = journal[4]
    row.subject = "T-other"
    row.digest = audit.digest_of(row)
    row.save()
    assert audit.verify().first_bad == f"row {row.pk}: changed"


def test_a_removed_row_is_named(journal):
    AuditEntry.objects.filter(pk=journal[0].pk).delete()
    assert audit.verify().first_bad == f"row {journal[0].pk}: removed"


def test_an_inserted_row_is_named(journal):
    with transaction.atomic():
        audit.record(SYSTEM, "test.forged", "T-9")
    forged = AuditEntry.objects.latest("pk")
    AuditEntry.objects.filter(pk=forged.pk).update(transaction_id=journal[1].transaction_id)
    assert audit.verify().first_bad == f"row {forged.pk}: inserted after its time was sealed"


def test_a_removed_seal_is_found(journal):
    AuditSeal.objects.order_by("pk").first().delete()
    assert not audit.verify().ok


def test_a_row_of_an_unfinished_transaction_waits_for_the_next_seal():
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    written, go_on = Event(), Event()

    def write_slowly():
        with transaction.atomic():
            audit.record(SYSTEM, "test.slow", "T-slow")
            written.set()
            go_on.wait(5)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(write_slowly)
        written.wait(5)
        with transaction.atomic():
            audit.record(SYSTEM, "test.quick", "T-quick")
        assert audit.seal() == 0  # the slow one came first and is not finished
        go_on.set()
    assert seal_rows(2) == 2
    assert audit.verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET actor = 'x'",
        "DELETE FROM core_auditentry",
        "TRUNCATE core_auditentry CASCADE",
    ],
)
def test_the_platforms_role_may_not_rewrite_the_journal(journal, statement):
    from django.core.management import call_command

    call_command("grant_rights")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL ROLE huhang_app")
        cursor.execute(statement)
