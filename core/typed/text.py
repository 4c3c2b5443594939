"""A text as texts are compared: widths, what cannot be seen, capitals, traditional characters."""

import re
import unicodedata

import opencc

CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Nothing that is drawn: controls, soft hyphens, joiners, marks of direction, fillers, variants.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SIMPLE = opencc.OpenCC("t2s")


def flat(text: str) -> str:
    """NFKC, without what cannot be seen; spaces at the ends are gone. Characters and capitals stay."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", _UNSEEN.sub("", text))).strip()


def simple(text: str) -> str:
    """In simplified characters."""
    # OpenCC keeps 著 where it may be a word of its own; people write it for 着.
    return _SIMPLE.convert(text).replace("著", "着") if CJK.search(text) else text


def fold(text: str) -> str:
    """A text as texts are compared and searched: NFKC, nothing unseen, lower case, simplified characters."""
    return simple(_UNSEEN.sub("", unicodedata.normalize("NFKC", _UNSEEN.sub("", text))).casefold())


def marks(text: str) -> str:
    """The letters, characters and digits of a folded text, one behind the other: what two papers have to have in common."""
    return re.sub(r"[\W_]", "", fold(text))
