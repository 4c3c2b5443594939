"""Danger in what people write: one reading for everything that comes in, wherever it comes in.

`read()` says how grave a text is, why, and whether its language is known. It looks in two ways, and the graver one
counts: phrases of the policy `core.danger_words`, and the weights of what is said (who does what to whom, with what,
where, denied or asked or told of a film), which were learned from wordings. Words raise and never lower.
`docs/danger.md` has what it finds and what it misses.
"""

from core.danger.lists import DANGER_WORDS, HARMLESS, LABELS, RAISED, SEVERE
from core.danger.reading import (
    ORDINARY,
    SURENESS,
    UNKNOWN_LANGUAGE,
    Piece,
    Reading,
    Reason,
    found,
    is_severe,
    read,
    said_of,
)

__all__ = [
    "DANGER_WORDS",
    "HARMLESS",
    "LABELS",
    "ORDINARY",
    "RAISED",
    "SEVERE",
    "SURENESS",
    "UNKNOWN_LANGUAGE",
    "Piece",
    "Reading",
    "Reason",
    "found",
    "is_severe",
    "read",
    "said_of",
]
