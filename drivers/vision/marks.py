"""Whether a photo is an earlier one that was cut, made smaller, turned or lighter (D11+).

A photo is known again by its marks: corners that stand out, each with a description of what lies about it (ORB, Rublee
et al. 2011). On two photos of one car the marks of the car are alike, those of the street are not; on a part of an
earlier photo all are, and where they lie follows from where they lay by one turn, one size and one shift. Pure.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SIDE = 65_535  # of the longer side of a picture, in which places are written
WORDS = 32  # bytes of a description
_ROW = np.dtype([("at", "<u2", 2), ("words", "u1", WORDS)])
NEAR = 64  # bits of 256 by which two descriptions of one mark differ at most
CLOSE = 0.012  # of the longer side: how far beside where it has to be a mark may lie
LEAST = 12  # marks that have to agree before anything is said
TRIES = 200  # pairs of marks that are tried for how one photo lies in the other


def packed(at: Array, words: NDArray[np.uint8]) -> bytes:
    """Marks as bytes: their places as shares of the longer side of the picture, and their descriptions."""
    rows = np.zeros(len(at), _ROW)
    rows["at"], rows["words"] = np.round(at * SIDE), words
    return rows.tobytes()


def shared(later: bytes, earlier: bytes) -> float:
    """Which share of the later photo's marks lie where they lay on the earlier one, 0 to 1, whatever part of it, however
    large and turned it is."""
    mine, theirs = np.frombuffer(later, _ROW), np.frombuffer(earlier, _ROW)
    if min(len(mine), len(theirs)) < LEAST:
        return 0.0
    one, other = _pairs(mine["words"], theirs["words"])
    if len(one) < LEAST:
        return 0.0
    here, there = _complex(mine["at"][one]), _complex(theirs["at"][other])
    return _agreeing(here, there) / len(mine)


def _pairs(mine: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Marks that are each other's nearest, and near."""
    apart = np.zeros((len(mine), len(theirs)), np.uint16)
    for one_word, other_word in zip(_words(mine), _words(theirs), strict=True):
        apart += np.bitwise_count(one_word[:, None] ^ other_word[None])
    nearest = apart.argmin(1)
    mutual = apart.argmin(0)[nearest] == np.arange(len(mine))
    one = np.flatnonzero(mutual & (apart.min(1) <= NEAR))
    return one, nearest[one]


def _words(descriptions: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Eight bytes of each description at a time."""
    return np.ascontiguousarray(descriptions).view(np.uint64).T


def _complex(at: NDArray[np.uint16]) -> NDArray[np.complex128]:
    return np.asarray(at[:, 0] / SIDE + 1j * (at[:, 1] / SIDE))


def _agreeing(here: NDArray[np.complex128], there: NDArray[np.complex128]) -> int:
    """Of how many pairs one similarity takes `here` to `there`: the best of those by two of them."""
    chance = np.random.default_rng(len(here))
    first, second = chance.integers(len(here), size=(2, TRIES))
    span = here[second] - here[first]
    usable = np.abs(span) > 0.05
    if not usable.any():
        return 0
    first, second, span = first[usable], second[usable], span[usable]
    grown = (there[second] - there[first]) / span
    moved = there[first] - grown * here[first]
    beside = np.abs(grown[:, None] * here[None] + moved[:, None] - there[None])
    # Seen in the later photo: an earlier one that was much larger has no more room for error.
    size = np.clip(np.abs(grown), 0.2, 5.0)[:, None]
    return int((beside <= CLOSE * np.maximum(size, 1.0)).sum(1).max())
