"""How the weights come about: logistic regression on wordings that people classed, drawn towards first weights.

A piece begins at what the lexicon gives its sort or pair (nothing, for bare characters and words) and moves as far as
the wordings pull it; what they seldom hold stays where a person put it. `manage.py learn_danger` writes the result.
Each wording is one line of a file: severe, raised or ordinary, a tab, the text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from core.danger.lists import DANGER_WORDS, RAISED, SEVERE, mask
from core.danger.pieces import Tokens, pairs, pieces, sorts
from core.danger.texts import as_meant
from core.danger.weights import ALWAYS
from core.typed.text import fold

Numbers = npt.NDArray[np.float64]

STIFFNESS = 0.3  # of the springs that hold a weight at where it began
SCALE = {"text": 0.5, "word": 0.7, "sort": 0.7, "pair": 0.7}  # how readily a kind of piece moves
SEEN_AT_LEAST = 2  # wordings that hold a bare piece, or a pair without a first weight
DENIED = -0.6  # of what is denied, this part of its weight speaks for the opposite
FIRST_OF_ALL = {SEVERE: -2.5, RAISED: -1.5}
SMALLEST = 0.02  # a weight that no text would feel is left out


@dataclass(frozen=True, slots=True)
class Wording:
    """A text and the class that a person gave it."""

    level: str
    text: str


def wordings(*paths: Path) -> list[Wording]:
    """The wordings in files; `\\n` and `\\r` are written out."""
    found = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                level, text = line.split("\t", 1)
                found.append(Wording(level, text.replace("\\r", "\r").replace("\\n", "\n")))
    return found


def keys_of(text: str) -> set[str]:
    """The pieces of a text, each once."""
    return set(pieces(Tokens.all_of(mask(as_meant(fold(text)), DANGER_WORDS.default))))


def learn(told: Sequence[Wording]) -> dict[str, tuple[float, float]]:
    """(towards severe, towards any harm) of each piece, in log odds."""
    held = [keys_of(each.text) for each in told]
    counts = Counter(key for keys in held for key in keys)
    known = [key for key, many in sorted(counts.items()) if _first(key, 0) or many >= _needed(key)]
    # What the lexicon names and no wording holds counts as a person weighed it.
    known += sorted(_named() - set(known))
    place = {key: index for index, key in enumerate(known)}
    scale = np.array([SCALE[key.split(" ", 1)[0]] for key in known])
    matrix = _matrix(held, place, scale)
    severe = np.array([each.level == SEVERE for each in told])
    harm = np.array([each.level in {SEVERE, RAISED} for each in told])
    towards = []
    for index, (answer, level) in enumerate(((severe, SEVERE), (harm, RAISED))):
        first = np.array([_first(key, index) for key in known]) / scale
        weights = _fit(matrix, answer, np.append(first, FIRST_OF_ALL[level]))
        towards.append(weights * np.append(scale, 1.0))
    learned = {
        key: (round(float(towards[0][index]), 3), round(float(towards[1][index]), 3))
        for key, index in place.items()
    }
    felt = {key: both for key, both in learned.items() if max(map(abs, both)) >= SMALLEST}
    return {ALWAYS: (round(float(towards[0][-1]), 3), round(float(towards[1][-1]), 3)), **felt}


def written(learned: dict[str, tuple[float, float]]) -> str:
    """The weights as `weights.tsv` holds them."""
    return "".join(f"{key}\t{severe:g}\t{harm:g}\n" for key, (severe, harm) in learned.items())


def _needed(key: str) -> int:
    return 1 if key.startswith("sort") else SEEN_AT_LEAST


def _named() -> set[str]:
    named = {f"sort {name}" for name, sort in sorts().items() if sort.words}
    return {key for key in named | {f"pair {pair}" for pair in pairs()} if _first(key, 0) or _first(key, 1)}


def _first(key: str, index: int) -> float:
    """Where a weight begins; `index` 0 is towards severe, 1 towards any harm."""
    kind, _space, name = key.partition(" ")
    if kind == "pair":
        return pairs().get(name, 0.0)
    if kind == "sort":
        sort = sorts()[name.lstrip("!")]
        weight = (sort.severe, sort.harm)[index]
        return DENIED * abs(weight) if name.startswith("!") else weight
    return 0.0


def _matrix(held: Iterable[set[str]], place: dict[str, int], scale: Numbers) -> csr_matrix:
    rows, columns = [], []
    count = 0
    for row, keys in enumerate(held):
        here = [place[key] for key in keys if key in place]
        rows += [row] * len(here)
        columns += here
        count = row + 1
    return csr_matrix((scale[columns], (rows, columns)), shape=(count, len(place)))


def _fit(matrix: csr_matrix, answer: npt.NDArray[np.bool_], first: Numbers) -> Numbers:
    sign = np.where(answer, 1.0, -1.0)

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        margin = sign * (matrix @ weights[:-1] + weights[-1])
        moved = (weights - first)[:-1]
        slope = -sign / (1 + np.exp(margin))
        value = np.logaddexp(0, -margin).sum() + STIFFNESS * (moved**2).sum() / 2
        return float(value), np.append(matrix.T @ slope + STIFFNESS * moved, slope.sum())

    return np.asarray(minimize(loss, first.copy(), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x)
