"""Names of people, as registries write them: one middle dot, no spaces between characters, one between words, the plain
apostrophe and hyphen of travel documents."""

import re

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import CJK, flat

# Before anything else is made of them: alone, NFKC turns the first two into marks on a space.
_SIGNS = str.maketrans(
    {"˙": "·", **dict.fromkeys("´`’‘‛′ʹʻʼ", "'"), **dict.fromkeys("‐‑‒–—―−", "-")},
)
# What keyboards give for the dot in 古丽·艾合买提; a full stop or a hyphen only between characters, never in 'J. Lee'.
_DOT = re.compile(r"\s*[·••‧∙⋅・᛫⸱●▪﹒。．ꞏ⸳◦]\s*")
_STOP = re.compile(rf"(?<={CJK.pattern})\s*[.\-]\s*(?={CJK.pattern})")
_HYPHEN = re.compile(r"\s*-\s*")
_BETWEEN = re.compile(rf"(?<={CJK.pattern})\s+(?={CJK.pattern})")


# Of a name on a document: six parts with spaces around their dots, or the ten Latin names of one person. A browser cuts
# what is longer without a word.
LONGEST = 100


class NameUnreadable(InvalidInput):
    code, sentence = "name_unreadable", _("Please write the name as it stands on the document.")


def plain(text: str) -> str:
    """A name as names are kept and compared. Raises nothing."""
    said = _STOP.sub("·", _DOT.sub("·", flat(text.translate(_SIGNS))))
    said = _HYPHEN.sub("-", said).strip("·-")
    return re.sub(r"\s+", " ", _BETWEEN.sub("", said))


def read(text: str, *, field: str = "real_name") -> str:
    """The name on a document. Raises `NameUnreadable` where no letter or character was written."""
    said = plain(text)
    if not any(map(str.isalpha, said)):
        raise NameUnreadable(field)
    return said
