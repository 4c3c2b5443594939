"""Words of complaints: which raise the class, and how they are found again.

The search keeps keyed digests of words instead of the words: a text is cut by jieba (the cut for searches, which gives
the parts of long words too), each word is put through HMAC-SHA256, and a `tsvector` holds the digests with their
places; traditional and simplified characters are one. Whoever has a dump learns how often some word occurs, not which.
Numbers of phones and documents are cut out before, so that they can only be found through their own indexes.
"""

import re

from django.db.models.expressions import RawSQL

from complaints.states import LEVEL_OF, RANK, Category, Level
from core import danger, typed
from core.privacy import blind_index

# Phones, ID numbers and other long numbers: 7 digits or more, also written with spaces or dashes between them.
_NUMBERS = re.compile(r"\+?\d(?:[ \-]?\d){6,}[Xx]?")
_LATIN = re.compile(r"[a-z0-9]")


def level_of(category: Category, text: str) -> Level:
    """The class by category; words raise any class and never lower one.

    What nobody can read yet is raised, so that a person reads it soon: it may say anything.
    """
    read = danger.read(text)
    levels = [LEVEL_OF[category], Level(read.level)] + ([] if read.understood else [Level.RAISED])
    return max(levels, key=lambda each: RANK[each])


def says_enough(category: Category, text: str) -> bool:
    """Whether a complaint can be taken: it has words, or a category that is itself a call for help.

    Whoever is in danger may have time for one tap.
    """
    return bool(text.strip()) or LEVEL_OF[category] == Level.SEVERE


def _digest(word: str) -> str:
    return blind_index(word, purpose="complaint-word")[:18]


def _cut(text: str) -> list[str]:
    import rjieba  # reads its dictionary: only in a process that cuts

    words = rjieba.cut_for_search(_NUMBERS.sub(" ", typed.text.fold(text)))
    return [word for word in words if typed.text.CJK.search(word) or _LATIN.search(word)]


def lexemes(text: str) -> str:
    """The text as PostgreSQL's `tsvector` literal of digests with places; at most 16 383 words count."""
    return " ".join(f"'{_digest(word)}':{place}" for place, word in enumerate(_cut(text)[:16_383], start=1))


def vector(text: str) -> RawSQL:
    """The value of a search column for this text."""
    return RawSQL("%s::tsvector", [lexemes(text)])


def longer_vector(text: str) -> RawSQL:
    """What the search column holds, and this text behind it."""
    return RawSQL("search || %s::tsvector", [lexemes(text)])


def query(text: str) -> str:
    """A `tsquery` literal that finds texts with all words of this one; empty where nothing can be looked for."""
    return " & ".join(f"'{digest}'" for digest in dict.fromkeys(_digest(word) for word in _cut(text)))
