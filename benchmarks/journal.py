"""Lines of the journal per second by eight writers, each line a transaction, while its places and tree keep up.

Ours: `core.audit.record`, with `sequence_all` running beside it; the time ends when each line has its place. Peer: one
chain, each line under the hash of the one before, which a row lock holds (what an append-only chain costs). Limit: the same
row inserted with nothing made of it. Also measured: places given a second, lines verified a second, and the milliseconds of
a proof in a tree of ten million lines, each proof checked.
"""

import hashlib
import json
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

WRITERS, SECONDS = 8, 8.0
LEAVES, BATCH, PROOFS = 10_000_000, 5_000, 500
READ_AT = 10.0  # milliseconds, of G6+


def ours(number: int) -> None:
    from django.db import transaction

    from core import audit
    from core.actors import SYSTEM

    with transaction.atomic():
        audit.record(SYSTEM, "bench.done", f"B-{number % 1000}", case="C-1", number=number)


def one_chain(number: int) -> None:
    """The peer: the head is a row that each writer locks."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM bench_head FOR UPDATE")
        before = cursor.fetchone()[0]
        said = json.dumps(["2026", "system", "bench.done", f"B-{number % 1000}", number]).encode()
        found = hashlib.sha256(before.encode() + said).hexdigest()
        insert(number, found)
        cursor.execute("UPDATE bench_head SET hash = %s", [found])


def plain(number: int) -> None:
    """The limit."""
    from django.db import transaction

    with transaction.atomic():
        insert(number, "0" * 64)


def insert(number: int, digest: str) -> None:
    from core import clock, inserts
    from core.models import AuditEntry

    inserts.insert(
        AuditEntry(
            at=clock.now(),
            actor="system",
            role="system",
            action="bench.done",
            subject=f"B-{number % 1000}",
            case="C-1",
            facts={"number": number},
            seal="0" * 44,
            digest=digest,
        )
    )


def _write(
    act: Callable[[int], None], begin: float, until: float, counted: "multiprocessing.Queue[int]"
) -> None:
    from django.db import connection

    connection.close()
    act(0)  # connected
    time.sleep(max(0.0, begin - time.time()))
    count = 0
    while time.time() < until:
        act(count)
        count += 1
    counted.put(count)


def written(act: Callable[[int], None], beside: Callable[[], object] | None = None) -> float:
    """Lines per second by all writers; with `beside`, until that has nothing left to do."""
    from django.db import connection

    connection.close()
    fork = multiprocessing.get_context("fork")
    counted, begin = fork.Queue(), time.time() + 2.0
    until = begin + SECONDS
    writers = [fork.Process(target=_write, args=(act, begin, until, counted)) for _number in range(WRITERS)]
    for each in writers:
        each.start()
    while beside is not None and time.time() < until:
        beside()
        time.sleep(1.0)
    count = sum(counted.get() for _writer in writers)
    for each in writers:
        each.join()
    while beside is not None and beside():
        pass
    return count / (time.time() - begin)


def fill() -> bytes:
    """A tree of ten million leaves as `sequence` stores it, of lines that are nowhere; its root."""
    from core import clock
    from core.journal.sequence import last_batch
    from core.journal.tree import Growing, parts
    from core.models import JournalBatch, JournalNode

    last = last_batch()
    tree = Growing(last.size, parts(last.peaks)) if last else Growing()
    rows, nodes, at = [], [], clock.now()
    while tree.size < LEAVES:
        first, count = tree.size, min(BATCH, LEAVES - tree.size)
        leaves = parts(os.urandom(32 * count))
        nodes += [
            JournalNode(level=level, index=index, hash=found)
            for leaf in leaves
            for level, index, found in tree.add(leaf)
        ]
        rows.append(
            JournalBatch(
                at=at,
                epoch=1,
                up_to_transaction=tree.size,
                first=first,
                size=tree.size,
                row_ids=list(range(first, tree.size)),
                leaves=b"".join(leaves),
                peaks=tree.packed,
            )
        )
        if len(rows) == 20 or tree.size == LEAVES:
            JournalBatch.objects.bulk_create(rows)
            rows = []
    JournalNode.objects.bulk_create(nodes, batch_size=2_000)
    return tree.root


def proofs_at(root: bytes) -> tuple[list[float], list[float]]:
    """Milliseconds of inclusion and of consistency proofs, each checked."""
    from core.journal import offline, proofs

    dice, inclusion, consistency = random.Random(1), [], []
    for _turn in range(PROOFS):
        index, old = dice.randrange(LEAVES), dice.randrange(1, LEAVES)
        began = time.perf_counter()
        path = proofs.inclusion(index, LEAVES)
        inclusion.append((time.perf_counter() - began) * 1000)
        offline.check_inclusion(proofs.leaf_at(index), index, LEAVES, path, root)
        began = time.perf_counter()
        path = proofs.consistency(old, LEAVES)
        consistency.append((time.perf_counter() - began) * 1000)
        if _turn % 50 == 0:
            offline.check_consistency(old, proofs.root(old), LEAVES, root, path)
    return inclusion, consistency


def main() -> None:
    import django

    from config.pytest_stack import own_servers

    own_servers()
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from core.journal.sequence import sequence, sequence_all
    from core.journal.verify import verify
    from core.models import AuditEntry

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_head (hash text)")
        cursor.execute("INSERT INTO bench_head VALUES ('')")
    most = written(plain)
    theirs = written(one_chain)
    # What peer and limit wrote has no seal of ours: the journal begins anew.
    AuditEntry.objects.all().delete()
    here = written(ours, lambda: sequence_all(seconds=0.5))
    began = time.perf_counter()
    found = verify()
    verified = found.rows / (time.perf_counter() - began)
    if not found.ok:
        raise SystemExit(f"{found.first_bad}: the measurement is worth nothing.")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_journalbatch")
        cursor.execute("DELETE FROM core_journalnode")
        cursor.execute("ANALYZE core_auditentry")
    began, placed = time.perf_counter(), 0
    while count := sequence():
        placed += count
    places = placed / (time.perf_counter() - began)
    root = fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_journalbatch, core_journalnode")
    inclusion, consistency = proofs_at(root)
    ninety_ninth = statistics.quantiles(inclusion, n=100)[-1]
    print(
        f"a proof at {LEAVES:,} lines: {statistics.median(inclusion):.1f} ms, p99 {ninety_ninth:.1f};"
        f" consistency {statistics.median(consistency):.1f}; {verified:,.0f} lines verified/s, {places:,.0f} places/s",
        file=sys.stderr,
    )
    print(
        json.dumps(
            {
                "name": "journal",
                "ours": round(here),
                "peer": round(theirs),
                "limit": round(most),
                "unit": "lines/s, 8 writers",
                "ratio_to_peer": round(here / theirs, 2),
                "ratio_to_limit": round(here / most, 2),
                "proof_ms_at_10_million": round(statistics.median(inclusion), 2),
                "proof_ms_p99": round(ninety_ninth, 2),
                "consistency_ms": round(statistics.median(consistency), 2),
                "proofs_in_time": ninety_ninth < READ_AT,
                "verified_per_second": round(verified),
                "places_per_second": round(places),
            }
        )
    )


if __name__ == "__main__":
    main()
