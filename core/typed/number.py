"""Whole numbers as people and pages write them."""

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput

MOST = 10**18 - 1  # the database counts a little further


class NumberUnreadable(InvalidInput):
    code, sentence = "number_unreadable", _("This is not a whole number from %(least)s to %(most)s.")


def read(text: str, *, field: str = "number", least: int = 0, most: int = MOST) -> int:
    """Digits of any script, nothing else: no sign, and no power of two such as ². Raises `NumberUnreadable`."""
    written = text.strip()
    if not (written.isdecimal() and len(written) <= 18 and least <= int(written) <= most):
        raise NumberUnreadable(field, least=least, most=most)
    return int(written)


def guess(text: str, *, most: int = MOST) -> int | None:
    """The number that a text is; None for any other text."""
    try:
        return read(text, most=most)
    except NumberUnreadable:
        return None
