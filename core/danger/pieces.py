"""What a text says, in pieces: words of the lexicon by their sort, two of them near each other, and bare characters.

`lexicon.tsv` has a sort a line: its name, the reason it stands for (empty for what calms), its first weights towards
severe and towards any harm, and its words in both languages; `_` joins English words, which are compared by their
stems. `pairs.tsv` has first weights of two sorts in this order (`touch>body`). Both are where a person says what
matters; `weights.tsv` is what was learned from them and from wordings, also for characters and words of no sort.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path

from core.typed.text import CJK

HERE = Path(__file__).parent
NEAR = 8  # tokens between two sorts that belong together
PARTNERS = 4  # how many of the next sorts one is paired with
WORDS_AT_MOST = 4  # English words in one entry of the lexicon
# Of what is denied, the opposite is said: `!hit`. These sorts stand in the lexicon only so that their words are not
# taken for others (打车 is no blow).
NEGATION, NOTHING = "neg", "benign"
_TOKEN = re.compile(rf"(?:{CJK.pattern}|[a-z]+|\d+|\S)\s*")
_STOPS = frozenset("。!?;.\n")
_SOFT_STOPS = frozenset(",、…")


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of words; weights in log odds."""

    name: str
    reason: str
    severe: float
    harm: float
    words: tuple[str, ...]


Place = tuple[int, int]  # [first, last) of its tokens


@cache
def sorts() -> dict[str, Sort]:
    """All sorts, by name."""
    found = {}
    for line in (HERE / "lexicon.tsv").read_text(encoding="utf-8").splitlines():
        name, reason, severe, harm, words = line.split("\t")
        found[name] = Sort(name, reason, float(severe), float(harm), tuple(words.split()))
    return found


@cache
def pairs() -> dict[str, float]:
    """First weights of pairs of sorts, by `one>other`."""
    lines = (HERE / "pairs.tsv").read_text(encoding="utf-8").splitlines()
    return {pair: float(weight) for pair, weight in (line.split("\t") for line in lines)}


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """An English word without its ending: stopped, stopping, stops → stop."""
    if len(word) > 4:
        for ending in ("ing", "ed", "es", "s"):
            if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
                word = word[: -len(ending)]
                if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                    word = word[:-1]
                break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


@lru_cache(maxsize=20_000)
def _is_character(text: str) -> bool:
    return CJK.match(text) is not None


@dataclass(frozen=True, slots=True)
class _Index:
    """The lexicon to look in: sorts by entry, and how long entries may be that begin so, longest first.

    `lengths` go by the first two characters and by the first alone, `first` by the first word.
    """

    chinese: dict[str, tuple[str, ...]]
    lengths: dict[str, tuple[int, ...]]
    english: dict[tuple[str, ...], tuple[str, ...]]
    first: dict[str, tuple[int, ...]]


@cache
def _index() -> _Index:
    chinese: dict[str, list[str]] = {}
    english: dict[tuple[str, ...], list[str]] = {}
    for sort in sorts().values():
        for word in sort.words:
            if CJK.search(word):
                chinese.setdefault(word, []).append(sort.name)
            else:
                english.setdefault(tuple(stem(part) for part in word.split("_")), []).append(sort.name)
    lengths: dict[str, set[int]] = {}
    first: dict[str, set[int]] = {}
    for word in chinese:
        lengths.setdefault(word[:2], set()).add(len(word))
        if word[0] in chinese:
            lengths[word[:2]].add(1)
    for parts in english:
        first.setdefault(parts[0], set()).add(len(parts))
    return _Index(
        {word: tuple(names) for word, names in chinese.items()},
        {one: tuple(sorted(many, reverse=True)) for one, many in lengths.items()},
        {parts: tuple(names) for parts, names in english.items()},
        {one: tuple(sorted(many, reverse=True)) for one, many in first.items()},
    )


def cut(said: str) -> list[str]:
    """A text as meant in Chinese characters, Latin words, numbers and signs, each with the spaces behind it."""
    return _TOKEN.findall(said)


class Tokens:
    """Neighbours among what `cut()` gives of a text, the first of them at the character `start`."""

    def __init__(self, said: str, start: int, parts: Sequence[str]) -> None:
        self.said = said
        self.starts = list(accumulate(map(len, parts), initial=start))
        self.texts = [part.rstrip() for part in parts]
        self.stems = [stem(text) if text.isascii() and text.isalpha() else "" for text in self.texts]

    @classmethod
    def all_of(cls, said: str) -> "Tokens":
        """Those of a whole text."""
        said = said.strip()
        return cls(said, 0, cut(said))

    def __len__(self) -> int:
        return len(self.texts)

    def text(self, start: int, end: int) -> str:
        """What stands from one token to before another, as it was said."""
        return self.said[self.starts[start] : self.starts[end - 1] + len(self.texts[end - 1])]


class _Every:
    """Holds each key there is."""

    def __contains__(self, key: object) -> bool:
        return bool(key)


def pieces(tokens: Tokens, known: Container[str] = _Every()) -> dict[str, Place]:
    """The pieces of a text that are among the `known`, each where it stands last; all where that is not given."""
    found = _bare(tokens, known)
    hits = list(_hits(tokens))
    for index, (start, end, names) in enumerate(hits):
        for name in names:
            key = f"sort {name}"
            if key in known:
                found[key] = start, end
        for after, upto, others in hits[index + 1 : index + 1 + PARTNERS]:
            if after - end > NEAR or (after > end and not _STOPS.isdisjoint(tokens.texts[end:after])):
                break
            for name in names:
                for other in others:
                    key = f"pair {name}>{other}"
                    if key in known:
                        found[key] = start, upto
    return found


def _bare(tokens: Tokens, known: Container[str]) -> dict[str, Place]:
    """One to three characters in a row, one and two English words."""
    found = {}
    word_before = one_before = two_before = ""  # the keys that end right before
    for end, (text, word) in enumerate(zip(tokens.texts, tokens.stems, strict=True), start=1):
        one = two = three = ""
        if word:
            one, two = f"word {word}", word_before and f"{word_before} {word}"
            word_before, one_before, two_before = one, "", ""
        elif _is_character(text):
            one, two, three = (
                f"text {text}",
                one_before and one_before + text,
                two_before and two_before + text,
            )
            word_before, one_before, two_before = "", one, two
        else:
            word_before = one_before = two_before = ""
        if one in known:
            found[one] = end - 1, end
        if two in known:
            found[two] = end - 2, end
        if three in known:
            found[three] = end - 3, end
    return found


def _hits(tokens: Tokens) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Entries of the lexicon, the longest at each place, each with its sorts; `!` before what is denied."""
    place, index, denied_from = 0, _index(), -NEAR
    while place < len(tokens):
        end, names = _longest(tokens, place, index)
        if not names:
            place += 1
            continue
        denied = 0 <= place - denied_from <= 2 and not any(
            token in _STOPS or token in _SOFT_STOPS for token in tokens.texts[denied_from:place]
        )
        kept = tuple(name for name in names if name != NOTHING) if NOTHING in names else names
        if NEGATION in kept:
            denied_from = end
        elif denied:
            kept = tuple(f"!{name}" for name in kept)
        if kept:
            yield place, end, kept
        place = end


def _longest(tokens: Tokens, place: int, index: _Index) -> tuple[int, tuple[str, ...]]:
    if tokens.stems[place]:
        for many in index.first.get(tokens.stems[place], ()):
            names = index.english.get(tuple(tokens.stems[place : place + many]))
            if names and place + many <= len(tokens):
                return place + many, names
        return place + 1, ()
    start = tokens.starts[place]
    two = tokens.said[start : start + 2]
    for long in index.lengths.get(two) or index.lengths.get(two[0], ()):
        names = index.chinese.get(tokens.said[start : start + long])
        if names:
            end = place + 1
            while end < len(tokens) and tokens.starts[end] < start + long:
                end += 1
            return end, names
    return place + 1, ()
