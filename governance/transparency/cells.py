"""Small counts: what of a table stays untold where a person could be recognised, so that nobody finds it by subtraction.

The rule, which every report prints. Where a table is about people, a count from 1 to 4 is not told. So that subtracting
the others from the sum tells nothing, the next greater counts go with it, until two at least are untold and their sum
leaves room; where all that is not zero is untold and there is still no room, the zeros go too. A sum from 1 to 4 is not
told, and nothing of its table is. What a correction hides is at least what the version before it hid.
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


def protect(counts: Mapping[str, int], *, hide: Collection[str] = (), whole: bool = False) -> Told:
    """What may be told of the counts of one table, which add up to its sum.

    `hide` are cells that an earlier version did not tell; `whole` is for a table whose sum stands elsewhere, untold.
    """
    total = sum(counts.values())
    if whole or 0 < total < LEAST:
        return Told(None, dict.fromkeys(counts))
    hidden = {key for key, count in counts.items() if 0 < count < LEAST or key in hide}
    rising = iter(
        sorted((each for each in counts if counts[each] and each not in hidden), key=counts.__getitem__)
    )
    while hidden and (len(hidden) < 2 or sum(counts[key] for key in hidden) < len(hidden) + LEAST):
        more = next(rising, None)
        if more is None:
            hidden = set(counts)
            break
        hidden.add(more)
    return Told(total, {key: None if key in hidden else count for key, count in counts.items()})
