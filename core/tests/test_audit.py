"""The journal: sealed, and every kind of tampering is found and named."""

import json
from datetime import timedelta
from threading import Event, Thread

import pytest
import time_machine
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.db.models import F

from core import audit, audit_selectors, clock
from core.actors import SYSTEM
from core.models import AuditEntry, AuditSeal, FailedWork
from core.tasks import seal_audit
from core.tests import horizon

pytestmark = pytest.mark.django_db(transaction=True)


def seal_rows():
    """Seal what was written until now, as soon as no other test process keeps an older transaction open."""
    horizon.passes_now()
    sealed = 0
    while found := audit.seal():
        sealed += found
    return sealed


@pytest.fixture
def journal():
    """Six rows in two seals."""
    for number in range(6):
        with transaction.atomic():
            audit.record(SYSTEM, "test.happened", f"T-{number}", number=number)
        if number in (2, 5):
            assert seal_rows() == 3
    return list(AuditEntry.objects.order_by("pk"))


def test_an_untouched_journal_verifies(journal):
    found = audit.verify()
    assert (found.ok, found.rows, found.seals, found.first_bad) == (True, 6, 2, "")


def test_a_journal_that_was_cut_at_its_end_lacks_the_seal_that_was_written_down(journal, capsys):
    call_command("audit_verify", "--json")
    known = json.loads(capsys.readouterr().out)["last_seal"]
    seal = AuditSeal.objects.latest("pk")
    assert known == f"{seal.pk}:{seal.seal}"
    call_command("audit_verify", "--seal", known)
    assert known in capsys.readouterr().out
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditentry WHERE id = ANY(%s)", [seal.row_ids])
        cursor.execute("DELETE FROM core_auditseal WHERE id = %s", [seal.pk])
    assert audit.verify().ok
    for wrong in (known, "nothing", f"{seal.pk - 1}:{seal.seal}"):
        with pytest.raises(SystemExit):
            call_command("audit_verify", "--json", "--seal", wrong)
        assert json.loads(capsys.readouterr().out)["seal_found"] is False


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


@pytest.fixture
def slow():
    """A transaction that has begun to write and goes on until told to end, as a test of another process does."""
    written, go_on = Event(), Event()

    def write():
        with transaction.atomic():
            audit.record(SYSTEM, "test.slow", "T-slow")
            written.set()
            go_on.wait(60)
        connection.close()

    def end():
        go_on.set()
        writer.join()

    writer = Thread(target=write)
    writer.start()
    assert written.wait(60)
    yield end
    end()


def test_a_row_of_an_unfinished_transaction_waits_for_the_next_seal(slow):
    with transaction.atomic():
        audit.record(SYSTEM, "test.quick", "T-quick")
    assert audit.seal() == 0  # the slow one came first and is not finished
    slow()
    assert seal_rows() == 2
    assert audit.verify().ok


def test_waiting_for_the_horizon_waits_for_whoever_writes(slow):
    passed = []
    waits = Thread(target=lambda: (horizon.passes_now(), passed.append(True), connection.close()))
    waits.start()
    waits.join(0.3)
    assert not passed
    slow()
    waits.join()
    assert passed


def test_sealing_that_one_long_transaction_holds_back_is_said(slow):
    """Nobody may rewrite what is sealed; so it is a failure, not a rest, that nothing is."""
    with transaction.atomic():
        audit.record(SYSTEM, "test.quick", "T-quick")
    seal_audit()
    assert not FailedWork.objects.exists()  # a moment is nothing unusual
    with time_machine.travel(clock.now() + audit.HELD_BACK_AFTER + timedelta(seconds=1)) as later:
        seal_audit()
        row = FailedWork.objects.get()
        assert (row.kind, row.closed_at, row.needs_person_at) == ("core.seal_audit", None, None)
        assert "a transaction of process" in row.error
        later.shift(timedelta(minutes=6))
        seal_audit()
        row.refresh_from_db()
        assert row.needs_person_at is not None
        slow()
        horizon.passes_now()
        later.shift(timedelta(minutes=1))
        seal_audit()
        row.refresh_from_db()
        assert row.closed_at is not None
    assert audit.verify().seals == 1


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


# --- A dump restored in another cluster ----------------------------------------------------------------------


def as_of_another_cluster(rows, *, ahead=10**9):
    """What a dump brings: the rows say in which cluster, and with which count, they were written."""
    pks = [row.pk for row in rows]
    AuditEntry.objects.filter(pk__in=pks).update(epoch=42, transaction_id=F("transaction_id") + ahead)


def rewritten(number):
    with transaction.atomic():
        audit.record(SYSTEM, "test.happened", f"T-{number}", number=number)


@pytest.mark.parametrize("ahead", [10**9, 0])
def test_after_a_restore_whatever_the_count_is_sealing_goes_on(ahead):
    """The cluster before counted higher than this one, or lower; three rows were sealed in it and two were not."""
    for number in range(3):
        rewritten(number)
    as_of_another_cluster(AuditEntry.objects.all(), ahead=ahead)
    assert audit.seal() == 3
    assert set(AuditSeal.objects.values_list("epoch", flat=True)) == {42}
    for number in range(3, 5):
        rewritten(number)
    as_of_another_cluster(AuditEntry.objects.filter(subject__in=["T-3", "T-4"]), ahead=ahead)
    assert audit.verify().ok  # restored, and nothing was sealed yet
    for number in range(5, 9):
        rewritten(number)
    assert audit.verify().ok
    assert seal_rows() == 6
    found = audit.verify()
    assert (found.ok, found.rows, found.first_bad) == (True, 9, "")
    rewritten(9)
    assert seal_rows() == 1
    assert audit.verify().ok
    for entry in AuditEntry.objects.all():
        assert audit_selectors.is_whole(entry)


@pytest.fixture
def restored(journal):
    """The six rows of the cluster before, sealed there; one of this cluster, sealed here."""
    AuditSeal.objects.all().delete()
    as_of_another_cluster(journal)
    assert audit.seal() == 6
    rewritten(6)
    assert seal_rows() == 1
    assert audit.verify().ok
    return journal


@pytest.mark.parametrize("where", [0, 3, 10**6])
def test_a_row_put_in_afterwards_under_the_name_of_the_cluster_before_is_named(restored, where):
    rewritten(7)
    forged = AuditEntry.objects.latest("pk")
    AuditEntry.objects.filter(pk=forged.pk).update(
        epoch=42, transaction_id=restored[0].transaction_id + 10**9 + where
    )
    assert audit.verify().first_bad == f"row {forged.pk}: inserted after its time was sealed"
    audit.seal()
    assert not audit.verify().ok


def test_a_row_under_the_name_of_a_cluster_that_nobody_knows_is_named(restored):
    rewritten(7)
    forged = AuditEntry.objects.latest("pk")
    AuditEntry.objects.filter(pk=forged.pk).update(epoch=43)
    assert audit.verify().first_bad == f"row {forged.pk}: inserted after its time was sealed"
    audit.seal()
    assert not audit.verify().ok


def test_a_changed_and_a_removed_row_of_the_cluster_before_are_named(restored):
    AuditEntry.objects.filter(pk=restored[1].pk).update(reason="other")
    assert audit.verify().first_bad == f"row {restored[1].pk}: changed"
    AuditEntry.objects.filter(pk=restored[1].pk).update(reason="")
    AuditEntry.objects.filter(pk=restored[5].pk).delete()
    assert audit.verify().first_bad == f"row {restored[5].pk}: removed"


def test_more_than_a_batch_is_sealed_in_one_run():
    for number in range(11):
        rewritten(number)
    horizon.passes_now()
    assert audit.seal_all(limit=4, seconds=60) == 11
    assert AuditSeal.objects.count() == 3
    assert audit.seal_all(limit=4) == 0
    assert audit.verify().ok


def test_a_transaction_longer_than_a_batch_stays_in_one_seal():
    with transaction.atomic():
        for number in range(7):
            audit.record(SYSTEM, "test.happened", f"T-{number}", number=number)
    horizon.passes_now()
    assert audit.seal(limit=3) == 7
    assert [len(row.row_ids) for row in AuditSeal.objects.all()] == [7]
    assert audit.verify().ok
