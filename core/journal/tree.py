"""The Merkle tree of RFC 9162, 2.1: how it grows leaf by leaf, and which hashes prove what. Pure; hashes are 32 bytes.

`Node` gives the hash of a whole subtree of 2^level leaves, the index-th of its level. What is stored are the leaves and
each STEP-th level, so that any other hash is a few hundred hashes away, however many leaves there are.
"""

import hashlib
from collections.abc import Callable, Iterable

from core.journal.offline import node_hash

STEP = 8
HASH = 32  # bytes
EMPTY = hashlib.sha256(b"").digest()
Node = Callable[[int, int], bytes]


def peaks(begin: int, end: int) -> list[tuple[int, int]]:
    """(level, index) of the whole subtrees of which leaves from `begin` to before `end` consist, the largest first.

    `begin` is 0, or a multiple of a power of two that is not less than what follows.
    """
    found, at, size = [], begin, end - begin
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, at >> level))
            at += 1 << level
    return found


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over peaks, the largest first."""
    found: bytes | None = None
    for each in reversed(list(hashes)):
        found = each if found is None else node_hash(each, found)
    return EMPTY if found is None else found


def _root(node: Node, begin: int, end: int) -> bytes:
    return root_of(node(level, index) for level, index in peaks(begin, end))


def _half(begin: int, end: int) -> int:
    return begin + (1 << (end - begin - 1).bit_length() - 1)


def inclusion(node: Node, index: int, size: int) -> list[bytes]:
    """PATH(m, D_n) of 2.1.3.1: what proves the leaf at a place, counted from 0, in a tree of so many."""
    found, begin, end = [], 0, size
    while end - begin > 1:
        half = _half(begin, end)
        if index < half:
            found.append(_root(node, half, end))
            end = half
        else:
            found.append(_root(node, begin, half))
            begin = half
    return found[::-1]


def consistency(node: Node, old: int, size: int) -> list[bytes]:
    """PROOF(m, D_n) of 2.1.4.1: what proves that a tree holds an earlier one; nothing for none and for the same."""
    if old in (0, size):
        return []
    found, begin, end, whole = [], 0, size, True
    while old < end:
        half = _half(begin, end)
        if old <= half:
            found.append(_root(node, half, end))
            end = half
        else:
            found.append(_root(node, begin, half))
            begin, whole = half, False
    if not whole:
        found.append(_root(node, begin, end))
    return found[::-1]


class Growing:
    """A tree that leaves are added to: how many it has, and its peaks, the largest first."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size, self.hashes = size, list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """One leaf more; (level, index, hash) of each node of a stored level that it completed."""
        found, below, level, made = leaf, self.size, 0, []
        while below & 1:
            found, below, level = node_hash(self.hashes.pop(), found), below >> 1, level + 1
            if level % STEP == 0:
                made.append((level, below, found))
        self.hashes.append(found)
        self.size += 1
        return made

    @property
    def root(self) -> bytes:
        return root_of(self.hashes)

    @property
    def packed(self) -> bytes:
        return b"".join(self.hashes)


def parts(packed: "bytes | memoryview[int]") -> list[bytes]:
    """Hashes that stand one behind the other, as they are made or as the database gives them."""
    whole = bytes(packed)
    return [whole[at : at + HASH] for at in range(0, len(whole), HASH)]
