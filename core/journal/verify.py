"""Reading the journal against itself, its tree, its checkpoints, and what is kept of them outside the database.

In parts: each begins behind a size whose root is known, and ends with such a one. The peaks of a batch are believed where
they give that root, because nobody finds others that do.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core import retry
from core.journal import anchor, checkpoints, rows, sequence
from core.journal.offline import Checkpoint, NotProven, read
from core.journal.tree import EMPTY, Growing, parts, root_of
from core.models import AuditEntry, JournalBatch, JournalCheckpoint, JournalNode

MOST = 100  # faults that are named
AGAIN = timedelta(minutes=15)  # so far back the newest lines are read each time
SECONDS = 20.0
_READ = (*rows.COLUMNS, "seal", "digest")


@dataclass(slots=True)
class Verification:
    """What was found. `first_bad` names the first thing that is not as it was, `faults` up to `MOST`, both empty when all
    is well. `complete` is False where the time was over before the end: go on from `size` and `root`."""

    ok: bool = True
    complete: bool = True
    rows: int = 0
    seals: int = 0
    checkpoints: int = 0
    size: int = 0
    root: str = EMPTY.hex()
    first_bad: str = ""
    faults: list[str] = field(default_factory=list)
    checkpoint: str = ""


def verify(
    *, since: Checkpoint | None = None, seconds: float | None = None, outside: bool = True
) -> Verification:
    """Read the journal, all of it or what came behind `since`, for so long at most.

    What is kept `outside` counts more than a dump that was restored: there it is left out, to see that the dump is whole.
    """
    reading = _Reading(since, None if seconds is None else time.monotonic() + seconds, outside=outside)
    found = reading.found
    for fault in reading.faults():
        found.faults.append(fault)
        if len(found.faults) >= MOST:
            found.complete = False
            break
    found.ok, found.first_bad = not found.faults, next(iter(found.faults), "")
    found.size, found.root = reading.tree.size, reading.tree.root.hex()
    newest = checkpoints.newest()
    found.checkpoint = newest.note if newest else ""
    return found


def verify_newest(at: datetime) -> int:
    """Read what came since the checkpoint of some minutes ago, and what has no place yet; how many lines.

    Raises `retry.Hopeless` with the first fault: a person has to look.
    """
    rows = JournalCheckpoint.objects.filter(at__lte=at - AGAIN).order_by("-pk")
    note = rows.values_list("note", flat=True).first()
    try:
        found = verify(since=None if note is None else checkpoints.ours(note), seconds=SECONDS)
    except NotProven as why:
        raise retry.Hopeless(f"the checkpoint of {AGAIN} ago: {why}") from why
    if not found.ok:
        raise retry.Hopeless(found.first_bad)
    return found.rows


class _Reading:
    """One reading from a size on."""

    def __init__(self, since: Checkpoint | None, until: float | None, *, outside: bool) -> None:
        self.since, self.until, self.outside = since, until, outside
        self.tree, self.found = Growing(), Verification()

    def faults(self) -> Iterator[str]:
        """What is not as it was, in the order of the journal."""
        if self.since is not None and self.since.size:
            batch = JournalBatch.objects.filter(size=self.since.size).first()
            if batch is None or root_of(parts(batch.peaks)) != self.since.root:
                yield self._not_held(self.since, "the checkpoint that was given")
                return
            self.tree = Growing(batch.size, parts(batch.peaks))
        yield from self._places()
        if self.found.complete:
            yield from self._end()

    def _places(self) -> Iterator[str]:
        begun = self.tree.size
        known = _Known(begun, outside=self.outside)
        yield from known.faults
        for batch in JournalBatch.objects.filter(first__gte=begun).order_by("first").iterator(chunk_size=20):
            if self.until is not None and time.monotonic() >= self.until:
                self.found.complete = False
                return
            yield from self._batch(batch)
            self.found.seals += 1
            for each, where in known.at(batch.size):
                self.found.checkpoints += 1
                if each.root != self.tree.root:
                    yield (
                        f"the tree was rebuilt: at {each.size} lines {where} of {each.time} has another root than these"
                        " lines give"
                    )
        for each, where in known.rest():
            yield self._not_held(each, where)

    def _not_held(self, each: Checkpoint, where: str) -> str:
        last = sequence.last_batch()
        size = last.size if last else 0
        if each.size > size:
            return (
                f"the newest entries are gone: {where} of {each.time} counts {each.size} lines, the journal ends after"
                f" {size}"
            )
        return f"the tree was rebuilt: {where} of {each.time} is of {each.size} lines, and has no place or another root"

    # --- One batch -------------------------------------------------------------------------------------------------

    def _batch(self, batch: JournalBatch) -> Iterator[str]:
        leaves, name = parts(batch.leaves), f"batch {batch.first}-{batch.size}"
        gap = batch.first != self.tree.size
        if gap:
            yield f"leaves {self.tree.size} to {batch.first - 1}: their batch is gone"
            self.tree = Growing(batch.first, [EMPTY] * batch.first.bit_count())
        if not len(leaves) == len(batch.row_ids) == batch.size - batch.first:
            yield f"{name}: changed"
        before = JournalBatch.objects.filter(epoch=batch.epoch, first__lt=batch.first).order_by("-first")
        after = before.values_list("up_to_transaction", flat=True).first() or 0
        there = {
            row[0]: row[1:]
            for row in AuditEntry.objects.filter(
                epoch=batch.epoch, transaction_id__gt=after, transaction_id__lte=batch.up_to_transaction
            ).values_list("pk", *_READ)
        }
        made: list[tuple[int, int, bytes]] = []
        for place, (row_id, leaf) in enumerate(
            zip(batch.row_ids, leaves, strict=False), start=self.tree.size
        ):
            self.found.rows += 1
            yield from self._line(place, row_id, leaf, there.pop(row_id, None))
            made += self.tree.add(leaf)
        for row_id in sorted(there):
            yield f"row {row_id}: inserted after its place was fixed"
        if not gap:
            yield from _nodes_faults(made)
            if self.tree.packed != bytes(batch.peaks):
                yield f"{name}: its peaks do not follow from its leaves"
        if len(parts(batch.peaks)) == batch.size.bit_count():
            # What is wrong here is named; what comes behind is read by what it was built on.
            self.tree = Growing(batch.size, parts(batch.peaks))

    def _line(self, place: int, row_id: int, leaf: bytes, row: tuple[Any, ...] | None) -> Iterator[str]:
        if row is None:
            yield f"row {row_id} (leaf {place}): removed"
            return
        *said, seal, digest = row
        if not rows.is_untouched(rows.Said(*said), seal, digest):
            yield f"row {row_id} (leaf {place}): changed"
        elif leaf.hex() != digest:
            yield f"leaf {place}: changed, it is not that of row {row_id}"

    # --- What has no place yet -------------------------------------------------------------------------------------

    def _end(self) -> Iterator[str]:
        here, last = sequence.cluster(), sequence.last_batch()
        newest = last.epoch if last else None
        for epoch in sequence.epochs():
            # Clusters that were followed by another one are over; and one that is unknown could have written only before
            # the first batch after a restore.
            over = epoch not in (here, newest) and bool(sequence.up_to(epoch))
            over = over or (newest == here and epoch != here)
            waiting = sequence.waiting(epoch).values_list("pk", *_READ)
            for row_id, *said, seal, digest in waiting.iterator():
                self.found.rows += 1
                if over:
                    yield f"row {row_id}: inserted after its place was fixed"
                elif not rows.is_untouched(rows.Said(*said), seal, digest):
                    yield f"row {row_id}: changed before it had its place"


def _nodes_faults(made: list[tuple[int, int, bytes]]) -> Iterator[str]:
    """Stored nodes that are not what the leaves below them give."""
    for level in sorted({each[0] for each in made}):
        due = {index: found for at, index, found in made if at == level}
        stored = dict(
            JournalNode.objects.filter(level=level, index__in=due).values_list("index", "hash").iterator()
        )
        for index, found in due.items():
            if index not in stored:
                yield f"node {level}/{index}: removed"
            elif bytes(stored[index]) != found:
                yield f"node {level}/{index}: changed"


class _Known:
    """Checkpoints behind a size, of the database and of the anchor, smallest first; what is wrong with them by themselves."""

    def __init__(self, begun: int, *, outside: bool) -> None:
        self.faults: list[str] = []
        self._by_size: dict[int, list[tuple[Checkpoint, str]]] = {}
        inside: set[str] = set()
        for note in (
            JournalCheckpoint.objects.filter(size__gte=begun).order_by("pk").values_list("note", flat=True)
        ):
            inside.add(note)
            self._read(note, "the checkpoint", begun)
        try:
            for note in anchor.kept() if outside else ():
                if note not in inside:
                    inside.add(note)
                    self._read(note, "the checkpoint that is kept outside", begun)
        except anchor.NotKept as why:
            self.faults.append(f"what is kept outside cannot be read: {why}")

    def _read(self, note: str, where: str, begun: int) -> None:
        try:
            if read(note).size <= begun:
                return
            found = checkpoints.ours(note)
        except NotProven as why:
            self.faults.append(f"{where} {note.splitlines()[1:2]}: {why}")
            return
        self._by_size.setdefault(found.size, []).append((found, where))

    def at(self, size: int) -> list[tuple[Checkpoint, str]]:
        """Those of a size, each given once."""
        return self._by_size.pop(size, [])

    def rest(self) -> list[tuple[Checkpoint, str]]:
        """Those for which no batch was found, smallest first."""
        return [each for size in sorted(self._by_size) for each in self._by_size[size]]
