"""Whether a letter is one that came before, by its lines and its number. Pure."""

from collections.abc import Collection, Sequence

from core import typed
from core.privacy import blind_index

# In how many of 256 bits the shapes of one line differ between two scans, at most.
LINE_SAME = 46
# Which share of the lines of both is the other's. Two letters of one printed form share up to three quarters; two scans of
# one letter at least as many, and mostly more: by that alone only what was pressed again or scanned with care is known.
LETTER_SAME = 0.8
# With the same number a share that says that it is the form and no other paper.
LETTER_ALIKE = 0.5
LEAST_LINES = 4  # fewer are not enough to tell anything by
# In how many of 256 bits the shapes of two pictures of one card differ at most: pressed or made smaller, in some five;
# other cards, photographed, in more than fifty.
CARD_SAME = 12


def is_same_card(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two certificates are one picture: the same page of each; False where either has nothing to tell it by."""
    return any(
        (int(mine, 16) ^ int(theirs, 16)).bit_count() <= CARD_SAME
        for mine, theirs in zip(one, other, strict=False)
    )


def number_index(number: str) -> str:
    """The keyed digest of a letter's number, however its brackets and spaces are typed; empty for none."""
    return blind_index(typed.text.marks(number), purpose="police.letter_number")


def share(one: Sequence[str], other: Sequence[str]) -> float:
    """Which share of the lines of either stands in the other, the smaller of both; 0 where one has too few."""
    if min(len(one), len(other)) < LEAST_LINES:
        return 0.0
    mine, theirs = [int(line, 16) for line in one], [int(line, 16) for line in other]
    return min(_found(mine, theirs), _found(theirs, mine))


def _found(lines: Collection[int], among: Collection[int]) -> float:
    return sum(any((line ^ each).bit_count() <= LINE_SAME for each in among) for line in lines) / len(lines)


def is_same(one: Sequence[str], other: Sequence[str], *, same_number: bool) -> bool:
    """Whether two letters are one paper: scanned again, pressed again, or cut."""
    return share(one, other) >= (LETTER_ALIKE if same_number else LETTER_SAME)
