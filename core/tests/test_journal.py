"""The journal: ordered, a tree that outsiders can check, and every kind of tampering by who owns the database is named."""

import base64
import json
import random
import re
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.db.models import F
from pymerkle import ConsistencyProof, InclusionProof, verify_consistency, verify_inclusion
from pymerkle.core import _consistency_path_layout, _inclusion_path_layout

from core import audit, audit_selectors, clock
from core.actors import SYSTEM
from core.errors import NotFound
from core.journal import anchor, checkpoints, offline, proofs, rows, sequence, tree
from core.journal.verify import verify
from core.models import AuditEntry, FailedWork, JournalBatch, JournalCheckpoint, JournalNode
from core.tasks import sequence_journal, verify_journal
from core.tests import horizon

# --- The tree, without a database ----------------------------------------------------------------------------


def leaf(number):
    return offline.leaf_hash(str(number).encode())


def slow_root(leaves):
    """MTH of RFC 9162, 2.1.1, as it stands there."""
    if not leaves:
        return tree.EMPTY
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return offline.node_hash(slow_root(leaves[:half]), slow_root(leaves[half:]))


class Whole:
    """All nodes of a tree in memory."""

    def __init__(self, size):
        self.leaves = [leaf(number) for number in range(size)]

    def __call__(self, level, index):
        return slow_root(self.leaves[index << level : index + 1 << level])


def test_a_tree_that_grows_has_the_root_of_the_rfc_after_each_leaf():
    growing, nodes = tree.Growing(), Whole(600)
    made = []
    for size in range(600):
        if size % 37 == 0:
            assert growing.root == slow_root(nodes.leaves[:size])
            growing = tree.Growing(size, tree.parts(growing.packed))
        made += growing.add(nodes.leaves[size])
    assert [(level, index) for level, index, _found in made] == [(8, 0), (8, 1)]
    assert made[1][2] == nodes(8, 1)


def pymerkle_inclusion(base, index, size, path):
    rule, _layout = _inclusion_path_layout(index + 1, size)
    return InclusionProof("sha256", True, size, index + 1, rule, [base, *path])


def pymerkle_consistency(nodes, old, size):
    """Theirs names other subtrees where the earlier one is whole: the hashes are ours, the layout is theirs."""
    rule, subset, ranges = _consistency_path_layout(old, size)
    path = [tree.root_of(nodes(*peak) for peak in tree.peaks(*each)) for each in ranges]
    return ConsistencyProof("sha256", True, size, old, rule, subset, path)


def test_proofs_of_random_sizes_are_accepted_by_a_library_that_is_not_ours_and_by_the_script():
    dice = random.Random(9162)
    for size in [1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, *(dice.randint(1, 1_200) for _turn in range(30))]:
        nodes = Whole(size)
        root = slow_root(nodes.leaves)
        for index in {0, size - 1, dice.randrange(size), dice.randrange(size)}:
            path = tree.inclusion(nodes, index, size)
            verify_inclusion(
                nodes.leaves[index], root, pymerkle_inclusion(nodes.leaves[index], index, size, path)
            )
            offline.check_inclusion(nodes.leaves[index], index, size, path, root)
            for wrong in ((index, [*path, root]), ((index + 1) % (size + 1), path), (index, path[:-1])):
                if wrong != (index, path):
                    with pytest.raises(offline.NotProven):
                        offline.check_inclusion(nodes.leaves[index], wrong[0], size, wrong[1], root)
        for old in {size, 1, dice.randint(1, size), dice.randint(1, size)}:
            path, before = tree.consistency(nodes, old, size), slow_root(nodes.leaves[:old])
            if old < size:
                verify_consistency(before, root, pymerkle_consistency(nodes, old, size))
            offline.check_consistency(old, before, size, root, path)
            with pytest.raises(offline.NotProven):
                offline.check_consistency(old, offline.node_hash(before, root), size, root, path)
            with pytest.raises(offline.NotProven):
                offline.check_consistency(old, before, size, offline.node_hash(before, root), path)


# --- What a line says ------------------------------------------------------------------------------------------


def said(**other):
    return rows.Said(
        clock.now(), "agent", "agent", "accounts.revealed", "P-1", "I-1", "why", {"field": "phone"}
    )._replace(**other)


def test_a_leaf_shows_what_was_done_and_hides_who_and_why():
    row = said()
    seal = rows.seal_of(row)
    at, role, action, subject, seen, rest = json.loads(rows.content_of(row, seal))
    assert (role, action, subject, seen) == ("agent", "accounts.revealed", "P-1", "phone")
    assert at == row.at.isoformat()
    assert re.fullmatch(r"[0-9a-f]{64}", rest)
    # The same words under another seal, as whoever tries them has, give another digest.
    assert rest not in rows.content_of(row, "x" * 44).decode()
    for other in ({"actor": "x"}, {"case": "x"}, {"reason": "x"}, {"facts": {"field": "phone", "more": 1}}):
        assert rows.leaf_of(said(at=row.at, **other), seal) != rows.leaf_of(row, seal)


# --- Places in the tree ------------------------------------------------------------------------------------------


def place_rows():
    """Give places to what was written until now, as soon as no other test process keeps an older transaction open."""
    horizon.passes_now()
    placed = 0
    while found := sequence.sequence():
        placed += found
    return placed


def written(number):
    with transaction.atomic():
        audit.record(SYSTEM, "test.happened", f"T-{number}", number=number)


def owner(statement, *given):
    """What a superuser of the database does, who has not the platform's keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone()[0]
        cursor.execute(statement, given)
        return cursor.rowcount


@pytest.fixture
def kept(tmp_path, settings):
    settings.JOURNAL_ANCHOR, settings.TIME_URL = str(tmp_path / "elsewhere" / "checkpoints"), ""
    return Path(settings.JOURNAL_ANCHOR)


pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def journal(kept):
    """Six rows in two batches, with a checkpoint behind each that is kept outside too."""
    for number in range(6):
        written(number)
        if number in (2, 5):
            assert place_rows() == 3
            assert checkpoints.publish(clock.now()) == 1
    return list(AuditEntry.objects.order_by("pk"))


def test_an_untouched_journal_verifies(journal):
    found = verify()
    assert (found.ok, found.rows, found.seals, found.checkpoints, found.first_bad) == (True, 6, 2, 2, "")
    assert found.complete
    for place, entry in enumerate(journal):
        assert audit_selectors.is_whole(entry)
        assert proofs.place_of(entry) == place
        assert proofs.leaf_at(place).hex() == entry.digest


def test_a_changed_row_is_named(journal):
    owner("UPDATE core_auditentry SET subject = 'T-other' WHERE id = %s", journal[1].pk)
    assert verify().first_bad == f"row {journal[1].pk} (leaf 1): changed"
    assert not audit_selectors.is_whole(AuditEntry.objects.get(pk=journal[1].pk))


def change_with_digest(row, *, key=""):
    """As well as it goes without the key: the words, the leaf that belongs to them, the old seal."""
    row.subject = "T-other"
    words = rows.Said(*(getattr(row, name) for name in rows.COLUMNS))
    row.digest = rows.leaf_of(words, row.seal).hex()
    owner(
        "UPDATE core_auditentry SET subject = %s, digest = %s WHERE id = %s", row.subject, row.digest, row.pk
    )
    return bytes.fromhex(row.digest)


def test_a_row_changed_with_its_digest_is_named(journal):
    change_with_digest(journal[4])
    assert verify().first_bad == f"row {journal[4].pk} (leaf 4): changed"


def test_a_row_without_a_place_that_was_changed_with_its_digest_is_named_before_and_after_it_has_one(journal):
    written(6)
    row = AuditEntry.objects.latest("pk")
    assert verify().ok
    change_with_digest(row)
    assert verify().first_bad == f"row {row.pk}: changed before it had its place"
    place_rows()
    assert verify().first_bad == f"row {row.pk} (leaf 6): changed"


def test_a_removed_row_is_named(journal):
    owner("DELETE FROM core_auditentry WHERE id = %s", journal[0].pk)
    assert verify().first_bad == f"row {journal[0].pk} (leaf 0): removed"


def test_an_inserted_row_is_named(journal):
    written(9)
    forged = AuditEntry.objects.latest("pk")
    owner(
        "UPDATE core_auditentry SET transaction_id = %s WHERE id = %s", journal[1].transaction_id, forged.pk
    )
    assert verify().first_bad == f"row {forged.pk}: inserted after its place was fixed"


def test_a_removed_batch_is_named(journal):
    owner("DELETE FROM core_journalbatch WHERE first = 0")
    assert verify().first_bad == "leaves 0 to 2: their batch is gone"


def test_a_changed_leaf_is_named(journal):
    owner(
        "UPDATE core_journalbatch SET leaves = overlay(leaves placing %s from 33) WHERE first = 3", b"\1" * 32
    )
    found = verify()
    assert found.first_bad == f"leaf 4: changed, it is not that of row {journal[4].pk}"
    assert "batch 3-6: its peaks do not follow from its leaves" in found.faults


def test_the_newest_entries_gone_with_batches_and_checkpoints_are_named_by_what_is_kept_outside(journal):
    (newest,) = [note for note in anchor.kept() if offline.read(note).size == 6]
    owner("DELETE FROM core_auditentry WHERE id = ANY(%s)", [row.pk for row in journal[3:]])
    owner("DELETE FROM core_journalbatch WHERE first = 3")
    owner("DELETE FROM core_journalcheckpoint WHERE size = 6")
    time = offline.read(newest).time
    assert verify().faults == [
        f"the newest entries are gone: the checkpoint that is kept outside of {time} counts 6 lines, the journal ends"
        " after 3"
    ]


def test_everything_gone_is_named(journal):
    for table in ("auditentry", "journalbatch", "journalnode", "journalcheckpoint"):
        owner(f"DELETE FROM core_{table}")  # noqa: S608 - a table of ours
    found = verify()
    assert len(found.faults) == 2
    assert "counts 3 lines, the journal ends after 0" in found.first_bad


def rebuild(*, without):
    """Take rows out and build batches, nodes and peaks anew, as a superuser of the database can."""
    owner("DELETE FROM core_auditentry WHERE id = %s", without.pk)
    owner("DELETE FROM core_journalbatch")
    owner("DELETE FROM core_journalnode")
    owner("DELETE FROM core_journalcheckpoint")
    assert place_rows() == 5


def test_a_journal_that_was_built_anew_is_named(journal):
    rebuild(without=journal[1])
    written(7)
    place_rows()
    found = verify()
    assert found.first_bad.startswith(
        "the tree was rebuilt: at 6 lines the checkpoint that is kept outside of "
    )
    # The checkpoint behind the third line stands nowhere any more.
    assert found.faults[1].startswith("the tree was rebuilt: the checkpoint that is kept outside of ")
    assert "is of 3 lines" in found.faults[1]


def test_a_checkpoint_that_was_written_down_is_asked_for(journal, tmp_path, capsys):
    saved = tmp_path / "saved.txt"
    saved.write_text(JournalCheckpoint.objects.get(size=3).note)
    call_command("audit_verify", "--json", "--since", str(saved))
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["rows"], found["seals"], found["size"]) == (True, 3, 1, 6)
    assert found["checkpoint"] == JournalCheckpoint.objects.get(size=6).note
    anchor_file = Path(anchor.settings.JOURNAL_ANCHOR)
    anchor_file.unlink()  # even where nothing else is kept
    rebuild(without=journal[0])
    assert verify().ok
    with pytest.raises(SystemExit):
        call_command("audit_verify", "--json", "--since", str(saved))
    assert json.loads(capsys.readouterr().out)["first_bad"].startswith(
        "the tree was rebuilt: the checkpoint that was given"
    )
    saved.write_text(saved.read_text().replace("\n3\n", "\n2\n"))
    with pytest.raises(CommandError, match="signature"):
        call_command("audit_verify", "--since", str(saved))


def test_of_a_restored_dump_is_told_that_it_is_whole_and_apart_from_it_what_came_after_it(
    journal, kept, tmp_path, capsys
):
    """The anchor knows of each minute after the dump: whether the dump itself is whole would drown in that."""
    saved = tmp_path / "saved.txt"
    saved.write_text(JournalCheckpoint.objects.get(size=3).note)
    later = kept.read_text()
    owner("DELETE FROM core_journalcheckpoint WHERE size = 6")
    owner("DELETE FROM core_journalbatch WHERE size = 6")
    owner("DELETE FROM core_auditentry WHERE id > %s", journal[2].pk)
    kept.write_text(later)
    with pytest.raises(SystemExit):
        call_command("audit_verify", "--json", "--since", str(saved))
    found = json.loads(capsys.readouterr().out)
    assert found["first_bad"].startswith("the newest entries are gone: the checkpoint that is kept outside")
    call_command("audit_verify", "--json", "--since", str(saved), "--without-anchor")
    assert json.loads(capsys.readouterr().out)["ok"]


def test_verification_goes_on_in_parts_where_it_stopped(journal, tmp_path, capsys, monkeypatch):
    part = tmp_path / "part.json"
    call_command("audit_verify", "--json", "--part", str(part), "--seconds", "0")
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["complete"], found["rows"]) == (True, False, 0)
    call_command("audit_verify", "--json", "--part", str(part))
    found = json.loads(capsys.readouterr().out)
    assert (found["complete"], found["rows"]) == (True, 6)
    written(6)
    place_rows()
    call_command("audit_verify", "--json", "--part", str(part))
    assert json.loads(capsys.readouterr().out)["rows"] == 1
    owner("UPDATE core_journalbatch SET peaks = %s WHERE size = 7", b"\1" * 96)
    with pytest.raises(SystemExit):
        call_command("audit_verify", "--json", "--part", str(part))
    assert "the reading before" in json.loads(capsys.readouterr().out)["first_bad"]


def test_the_platform_reads_its_newest_lines_by_itself_and_a_person_hears_of_a_fault(journal):
    verify_journal()
    assert not FailedWork.objects.exists()
    owner("UPDATE core_auditentry SET actor = 'nobody' WHERE id = %s", journal[5].pk)
    verify_journal()
    row = FailedWork.objects.get()
    assert (row.kind, row.needs_person_at is not None) == ("core.verify_journal", True)
    assert f"row {journal[5].pk} (leaf 5): changed" in row.error


def test_a_checkpoint_that_we_did_not_sign_is_named(journal):
    row = JournalCheckpoint.objects.get(size=3)
    owner(
        "UPDATE core_journalcheckpoint SET note = %s WHERE id = %s",
        row.note.replace("\n3\n", "\n2\n"),
        row.pk,
    )
    assert "signature" in verify().first_bad


def test_what_cannot_be_read_outside_is_a_fault(journal, kept):
    kept.write_text("{broken\n")
    assert "cannot be read" in verify().first_bad


def test_a_stored_node_that_was_changed_or_removed_is_named(kept):
    with transaction.atomic():
        for number in range(520):
            audit.record(SYSTEM, "test.happened", f"T-{number}")
    place_rows()
    assert list(JournalNode.objects.order_by("index").values_list("level", "index")) == [(8, 0), (8, 1)]
    owner("UPDATE core_journalnode SET hash = %s WHERE index = 0", b"\1" * 32)
    owner("DELETE FROM core_journalnode WHERE index = 1")
    assert verify().faults == ["node 8/0: changed", "node 8/1: removed"]


# --- Proofs from what is stored -----------------------------------------------------------------------------------


def test_proofs_from_the_database_are_those_of_the_tree(kept):
    dice, sizes = random.Random(6962), [1]
    for turn in (1, 300, 1, 7, 700):
        with transaction.atomic():
            for number in range(turn):
                audit.record(SYSTEM, "test.happened", f"T-{number}")
        place_rows()
        sizes.append(JournalBatch.objects.latest("size").size)
    entries = list(AuditEntry.objects.order_by("transaction_id", "pk"))
    leaves = [bytes.fromhex(entry.digest) for entry in entries]
    whole = JournalBatch.objects.latest("size")
    assert proofs.root(whole.size) == slow_root(leaves) == tree.root_of(tree.parts(whole.peaks))
    for size in (*sizes, *(dice.randint(1, len(leaves)) for _turn in range(8))):
        root = slow_root(leaves[:size])
        index = dice.randrange(size)
        assert proofs.place_of(entries[index]) == index
        path = proofs.inclusion(index, size)
        verify_inclusion(leaves[index], root, pymerkle_inclusion(leaves[index], index, size, path))
        old = dice.randint(1, size)
        before = slow_root(leaves[:old])
        offline.check_consistency(old, before, size, root, proofs.consistency(old, size))
        verify_consistency(before, root, pymerkle_consistency(proofs.Stored().node, old, size))
    for index, size in ((0, len(leaves) + 1), (-1, 1), (1, 1)):
        with pytest.raises(NotFound):
            proofs.inclusion(index, size)


# --- Checkpoints ---------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_a_signed_note_that_is_kept_outside(journal, kept):
    row = checkpoints.newest()
    origin, size, root, time, empty, signature, _end = row.note.split("\n")
    assert (int(size), empty) == (6, "")
    assert (
        base64.b64decode(root)
        == bytes(row.root)
        == slow_root([bytes.fromhex(each.digest) for each in journal])
    )
    assert time.startswith("time 20")
    assert signature.startswith(f"— {origin} ")
    assert len(base64.b64decode(signature.rpartition(" ")[2])) == 4 + 64
    assert [json.loads(line)["note"] for line in kept.read_text().splitlines()] == list(
        JournalCheckpoint.objects.order_by("pk").values_list("note", flat=True)
    )
    assert checkpoints.ours(row.note).size == 6
    for wrong in (row.note.replace("\n6\n", "\n7\n"), row.note.replace(origin, "other"), "x", ""):
        with pytest.raises(offline.NotProven):
            checkpoints.ours(wrong)


def test_what_could_not_be_kept_outside_is_kept_with_the_next_one(journal, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.JOURNAL_ANCHOR = str(tmp_path / "file" / "not-a-folder")
    with pytest.raises(OSError, match="file"):
        checkpoints.publish(clock.now())
    assert checkpoints.newest().anchored_at is None
    settings.JOURNAL_ANCHOR = str(tmp_path / "new")
    assert checkpoints.publish(clock.now()) == 2


# --- Order ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def slow():
    """A transaction that has begun to write and goes on until told to end, as a test of another process does."""
    wrote, go_on = Event(), Event()

    def write():
        with transaction.atomic():
            audit.record(SYSTEM, "test.slow", "T-slow")
            wrote.set()
            go_on.wait(60)
        connection.close()

    def end():
        go_on.set()
        writer.join()

    writer = Thread(target=write)
    writer.start()
    assert wrote.wait(60)
    yield end
    end()


def test_a_row_of_an_unfinished_transaction_waits_for_the_next_batch(slow):
    with transaction.atomic():
        audit.record(SYSTEM, "test.quick", "T-quick")
    assert sequence.sequence() == 0  # the slow one came first and is not finished
    slow()
    assert place_rows() == 2
    assert verify().ok


def test_waiting_for_the_horizon_waits_for_whoever_writes(slow):
    passed = []
    waits = Thread(target=lambda: (horizon.passes_now(), passed.append(True), connection.close()))
    waits.start()
    waits.join(0.3)
    assert not passed
    slow()
    waits.join()
    assert passed


def test_places_that_one_long_transaction_holds_back_are_said(slow):
    """Nobody may rewrite what has a place; so it is a failure, not a rest, that nothing gets one."""
    with transaction.atomic():
        audit.record(SYSTEM, "test.quick", "T-quick")
    sequence_journal()
    assert not FailedWork.objects.exists()  # a moment is nothing unusual
    with time_machine.travel(clock.now() + sequence.HELD_BACK_AFTER + timedelta(seconds=1)) as later:
        sequence_journal()
        row = FailedWork.objects.get()
        assert (row.kind, row.closed_at, row.needs_person_at) == ("core.sequence_journal", None, None)
        assert "a transaction of process" in row.error
        later.shift(timedelta(minutes=6))
        sequence_journal()
        row.refresh_from_db()
        assert row.needs_person_at is not None
        slow()
        horizon.passes_now()
        later.shift(timedelta(minutes=1))
        sequence_journal()
        row.refresh_from_db()
        assert row.closed_at is not None
    assert verify().seals == 1


@pytest.mark.parametrize("verb", ["UPDATE {} SET id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize(
    "table", ["auditentry", "journalbatch", "journalnode", "journalcheckpoint", "journalrefusal"]
)
def test_the_platforms_role_may_not_rewrite_the_journal(journal, table, verb):
    call_command("grant_rights")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL ROLE huhang_app")
        cursor.execute(verb.format(f"core_{table}"))


# --- A dump restored in another cluster ----------------------------------------------------------------------


def as_of_another_cluster(entries, *, ahead=10**9):
    """What a dump brings: the rows say in which cluster, and with which count, they were written."""
    pks = [row.pk for row in entries]
    AuditEntry.objects.filter(pk__in=pks).update(epoch=42, transaction_id=F("transaction_id") + ahead)


@pytest.mark.parametrize("ahead", [10**9, 0])
def test_after_a_restore_whatever_the_count_is_places_go_on(ahead):
    """The cluster before counted higher than this one, or lower; three rows had places in it and two had not."""
    for number in range(3):
        written(number)
    as_of_another_cluster(AuditEntry.objects.all(), ahead=ahead)
    assert sequence.sequence() == 3
    assert set(JournalBatch.objects.values_list("epoch", flat=True)) == {42}
    for number in range(3, 5):
        written(number)
    as_of_another_cluster(AuditEntry.objects.filter(subject__in=["T-3", "T-4"]), ahead=ahead)
    assert verify().ok  # restored, and nothing has a place yet
    for number in range(5, 9):
        written(number)
    assert verify().ok
    assert place_rows() == 6
    found = verify()
    assert (found.ok, found.rows, found.first_bad) == (True, 9, "")
    written(9)
    assert place_rows() == 1
    assert verify().ok
    for entry in AuditEntry.objects.all():
        assert audit_selectors.is_whole(entry)
        assert proofs.place_of(entry) is not None


@pytest.fixture
def restored():
    """Six rows of the cluster before, with their places from there; one of this cluster, with its place from here."""
    for number in range(6):
        written(number)
    entries = list(AuditEntry.objects.order_by("pk"))
    as_of_another_cluster(entries)
    assert sequence.sequence() == 6
    written(6)
    assert place_rows() == 1
    assert verify().ok
    return entries


@pytest.mark.parametrize("where", [0, 3, 10**6])
def test_a_row_put_in_afterwards_under_the_name_of_the_cluster_before_is_named(restored, where):
    written(7)
    forged = AuditEntry.objects.latest("pk")
    AuditEntry.objects.filter(pk=forged.pk).update(
        epoch=42, transaction_id=restored[0].transaction_id + 10**9 + where
    )
    assert verify().first_bad == f"row {forged.pk}: inserted after its place was fixed"
    sequence.sequence()
    assert not verify().ok


def test_a_row_under_the_name_of_a_cluster_that_nobody_knows_is_named(restored):
    written(7)
    forged = AuditEntry.objects.latest("pk")
    AuditEntry.objects.filter(pk=forged.pk).update(epoch=43)
    assert verify().first_bad == f"row {forged.pk}: inserted after its place was fixed"
    sequence.sequence()
    assert not verify().ok


def test_a_changed_and_a_removed_row_of_the_cluster_before_are_named(restored):
    AuditEntry.objects.filter(pk=restored[1].pk).update(reason="other")
    assert verify().first_bad == f"row {restored[1].pk} (leaf 1): changed"
    AuditEntry.objects.filter(pk=restored[1].pk).update(reason="")
    AuditEntry.objects.filter(pk=restored[5].pk).delete()
    assert verify().first_bad == f"row {restored[5].pk} (leaf 5): removed"


def test_more_than_a_batch_gets_places_in_one_run():
    for number in range(11):
        written(number)
    horizon.passes_now()
    assert sequence.sequence_all(limit=4, seconds=60) == 11
    assert JournalBatch.objects.count() == 3
    assert sequence.sequence_all(limit=4) == 0
    assert verify().ok


def test_a_transaction_longer_than_a_batch_stays_in_one_batch():
    with transaction.atomic():
        for number in range(7):
            audit.record(SYSTEM, "test.happened", f"T-{number}", number=number)
    horizon.passes_now()
    assert sequence.sequence(limit=3) == 7
    assert [len(row.row_ids) for row in JournalBatch.objects.all()] == [7]
    assert verify().ok
