"""What the pieces of a text weigh together: the odds that it tells of danger, and which of them say so.

A long text is weighed in stretches that overlap, as long as the wordings that the weights were learned from, and the
gravest stretch counts: what is told in ten lines of praise is heard as well. The work grows with the length of the
text and with nothing else.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from core.danger.pieces import HERE, Place, Tokens, cut, pieces, sorts

STRETCH = 60  # tokens weighed together
STEP = 42
MOST_PIECES = 5  # that are shown
ALWAYS = "always"
LIMIT = 30.0  # log odds beyond which nothing is surer


@dataclass(frozen=True, slots=True)
class Weighed:
    """How sure it is, from 0 to 1, that a text tells of grave danger and of any harm; what says so, heaviest first.

    `said` are (text as meant, name of a sort or empty).
    """

    severe: float
    harm: float
    said: tuple[tuple[str, str], ...]


@cache
def weights() -> dict[str, tuple[float, float]]:
    """(towards severe, towards any harm) of each piece, in log odds."""
    found = {}
    for line in (HERE / "weights.tsv").read_text(encoding="utf-8").splitlines():
        key, severe, harm = line.split("\t")
        found[key] = (float(severe), float(harm))
    return found


def _sure(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-LIMIT, min(LIMIT, odds))))


def weigh(said: str) -> Weighed:
    """Weigh a text as meant."""
    best_severe, best_harm = -LIMIT, -LIMIT
    gravest: tuple[Tokens, dict[str, Place]] = (Tokens.all_of(""), {})
    known = weights()
    for stretch in stretches(said):
        found = pieces(stretch, known)
        severe, harm = known[ALWAYS]
        for key in found:
            more = known[key]
            severe, harm = severe + more[0], harm + more[1]
        if max(severe, harm) > max(best_severe, best_harm):
            gravest = stretch, found
        best_severe, best_harm = max(best_severe, severe), max(best_harm, harm)
    return Weighed(_sure(best_severe), _sure(best_harm), _said(*gravest))


def stretches(said: str) -> Iterator[Tokens]:
    """Parts of a text that overlap, each once however often it is repeated."""
    said = said.strip()
    tokens, seen, at = cut(said), set(), 0
    for start in range(0, max(1, len(tokens) - STRETCH + STEP), STEP):
        parts = tokens[start : start + STRETCH]
        text = "".join(parts).rstrip()
        if text not in seen:
            seen.add(text)
            yield Tokens(said, at, parts)
        at += len("".join(parts[:STEP]))


def _said(tokens: Tokens, found: dict[str, Place]) -> tuple[tuple[str, str], ...]:
    """The heaviest pieces of a stretch, one for each place: words of a sort before bare ones."""
    ranked = sorted(
        ((sum(weights()[key]), key, start, end) for key, (start, end) in found.items()),
        key=lambda each: (not each[1].startswith("sort"), -each[0]),
    )
    said: list[tuple[str, str]] = []
    taken: set[int] = set()
    for weight, key, start, end in ranked:
        kind, _space, name = key.partition(" ")
        reason = kind == "sort" and not name.startswith("!") and bool(sorts()[name].reason)
        bare = kind in {"text", "word"} and end - start > 1 and not said
        if weight <= 0 or not (reason or bare) or taken & set(range(start, end)):
            continue
        taken.update(range(start, end))
        said.append((tokens.text(start, end), name if reason else ""))
        if len(said) == MOST_PIECES:
            break
    return tuple(said)
