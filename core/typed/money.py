"""Amounts in yuan as people write them, kept in whole fen (分)."""

import re

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat

# A comma parts thousands and nothing else: '12,5' may be twelve and a half, so it is asked for again.
_YUAN = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.([0-9]{1,2}))?")
_AROUND = re.compile(r"^(?:人民币|RMB|CNY|¥)\s*|\s*(?:人民币|RMB|CNY|¥|元|块|圆)整?$", re.IGNORECASE)


class AmountUnreadable(InvalidInput):
    code, sentence = "amount_unreadable", _("This is not an amount in yuan. Example: 1280.50")


def read(text: str, *, field: str = "yuan") -> int:
    """Fen. Raises `AmountUnreadable`."""
    written = re.sub(r"(?<=\d)\s(?=\d{3}(?!\d))", "", _AROUND.sub("", flat(text).replace("，", ",")))
    found = _YUAN.fullmatch(written)
    if found is None:
        raise AmountUnreadable(field)
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))
