"""Small counts: what of a table stays untold where a person could be recognised, so that nobody finds it by subtraction.

The rule, which every report prints. Where a table is about people, a count from 1 to 4 is not told. So that subtracting
the others from the sum tells nothing, the next greater counts go with it, until two at least are untold and their sum
leaves room; where all that is not zero is untold and there is still no room, the zeros go too. A sum from 1 to 4 is not
told, and nothing of its table is. A correction hides what any version before it hid and what differs from one by 1 to 4,
the counts untold together as well; where the sum differs so, it tells nothing of that table.
`governance/tests/test_small_counts.py` has somebody who knows this rule try every small table.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LEAST = 5  # the smallest count that is told


@dataclass(frozen=True, slots=True)
class Told:
    """A table as it may be published: None stands for what is not told."""

    total: int | None
    cells: dict[str, int | None]

    @property
    def hidden(self) -> frozenset[str]:
        return frozenset(key for key, count in self.cells.items() if count is None)


def _few(now: int, then: int | None) -> bool:
    return then is not None and 0 < abs(now - then) < LEAST


def _left(told: Told, hidden: Collection[str]) -> int | None:
    """What an earlier version said that those together are which are hidden now."""
    shown = [count or 0 for key, count in told.cells.items() if key not in hidden]
    return None if told.total is None else told.total - sum(shown)


def protect(counts: Mapping[str, int], *, before: Collection[Told] = (), whole: bool = False) -> Told:
    """What may be told of the counts of one table, which add up to its sum.

    `before` is what earlier versions told; `whole` is for a table whose sum stands elsewhere, untold.
    """
    total = sum(counts.values())
    if whole or 0 < total < LEAST or any(_few(total, each.total) for each in before):
        return Told(None, dict.fromkeys(counts))
    hidden = {
        key
        for key, count in counts.items()
        if 0 < count < LEAST
        or any(key in each.hidden or _few(count, each.cells.get(key, 0)) for each in before)
    }

    def is_found() -> bool:
        """Subtracting what is told, from its sum or from an earlier version, leaves too little."""
        left = sum(counts[key] for key in hidden)
        return (
            len(hidden) < 2
            or left < len(hidden) + LEAST
            or any(_few(left, _left(each, hidden)) for each in before)
        )

    rising = iter(
        sorted((each for each in counts if counts[each] and each not in hidden), key=counts.__getitem__)
    )
    while hidden and is_found():
        more = next(rising, None)
        if more is None:
            hidden = set(counts)
            break
        hidden.add(more)
    return Told(total, {key: None if key in hidden else count for key, count in counts.items()})
