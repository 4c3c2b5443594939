"""Where a line stands in the tree, and what proves it: read from what `sequence` stored, a few hundred hashes each time."""

from typing import Any

from django.db import connection

from core.errors import NotFound
from core.journal import tree
from core.journal.offline import node_hash
from core.journal.tree import HASH, STEP
from core.models import AuditEntry, JournalNode

WIDE = 1 << STEP  # nodes of a stored level that are read at once


class Stored:
    """The nodes of the tree as they are stored, each block read once. Raises `NotFound` for what is not there."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], list[list[bytes]]] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of a whole subtree of 2^level leaves."""
        above = level % STEP
        base, block = level - above, index >> (STEP - above)
        if (base, block) not in self._blocks:
            read = _leaves if base == 0 else _nodes
            self._blocks[base, block] = _pyramid(read(base, block * WIDE))
        found, place = self._blocks[base, block][above], index & ((WIDE >> above) - 1)
        if place >= len(found):
            raise NotFound
        return found[place]


def _pyramid(lowest: list[bytes]) -> list[list[bytes]]:
    """A block and what stands above it, up to the next level that is stored."""
    levels = [lowest]
    for _level in range(STEP - 1):
        below = levels[-1]
        levels.append([node_hash(*pair) for pair in zip(below[::2], below[1::2], strict=False)])
    return levels


def _leaves(_level: int, first: int) -> list[bytes]:
    """Leaves from one place on; of a batch only the part that is needed is read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(leaves FROM (greatest(%(from)s - first, 0) * %(hash)s + 1)::int"
            " FOR ((least(size, %(to)s) - greatest(first, %(from)s)) * %(hash)s)::int)"
            " FROM core_journalbatch WHERE size > %(from)s AND first < %(to)s ORDER BY size",
            {"from": first, "to": first + WIDE, "hash": HASH},
        )
        return tree.parts(b"".join(bytes(part) for (part,) in cursor.fetchall()))


def _nodes(level: int, first: int) -> list[bytes]:
    rows = JournalNode.objects.filter(level=level, index__gte=first, index__lt=first + WIDE).order_by("index")
    return [bytes(found) for found in rows.values_list("hash", flat=True)]


def inclusion(index: int, size: int) -> list[bytes]:
    """What proves the leaf at a place, counted from 0, in the tree of so many. Raises `NotFound`."""
    if not 0 <= index < size:
        raise NotFound
    return tree.inclusion(Stored().node, index, size)


def consistency(old: int, size: int) -> list[bytes]:
    """What proves that the tree of `size` holds that of `old`. Raises `NotFound`."""
    if not 0 <= old <= size:
        raise NotFound
    return tree.consistency(Stored().node, old, size)


def root(size: int) -> bytes:
    """The root over the first so many leaves. Raises `NotFound`."""
    node = Stored().node
    return tree.root_of(node(level, index) for level, index in tree.peaks(0, size))


_PLACE = (
    "SELECT first + array_position(row_ids, %s) - 1 FROM core_journalbatch"
    " WHERE epoch = %s AND up_to_transaction >= %s ORDER BY up_to_transaction LIMIT 1"
)


def place_of(entry: AuditEntry) -> int | None:
    """The place of a line, counted from 0; None while it has none, and where its batch does not know it."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [entry.pk, entry.epoch, entry.transaction_id])
        found: Any = cursor.fetchone()
    return None if found is None else found[0]


def leaf_at(index: int) -> bytes:
    """The leaf at a place. Raises `NotFound`."""
    return Stored().node(0, index)
