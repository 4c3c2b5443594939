"""Names of people, as registries write them: one middle dot, no spaces between characters, one between words."""

import re

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import CJK, flat

# What keyboards give for the dot in 古丽·艾合买提; a full stop only between characters, never in 'J. Lee'.
_DOT = re.compile(r"\s*[·••‧∙⋅・᛫⸱●▪﹒。．]\s*")
_STOP = re.compile(rf"(?<={CJK.pattern})\s*[.]\s*(?={CJK.pattern})")
_BETWEEN = re.compile(rf"(?<={CJK.pattern})\s+(?={CJK.pattern})")


class NameUnreadable(InvalidInput):
    code, sentence = "name_unreadable", _("Please write the name as it stands on the document.")


def plain(text: str) -> str:
    """A name as names are kept and compared. Raises nothing."""
    said = _STOP.sub("·", _DOT.sub("·", flat(text))).strip("·")
    return re.sub(r"\s+", " ", _BETWEEN.sub("", said))


def read(text: str, *, field: str = "real_name") -> str:
    """The name on a document. Raises `NameUnreadable` where no letter or character was written."""
    said = plain(text)
    if not any(map(str.isalpha, said)):
        raise NameUnreadable(field)
    return said
