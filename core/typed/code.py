"""Codes of ours as they are typed, read out or copied out of a message: opaque codes, and codes of digits alone."""

import re
import unicodedata

from core.typed.text import flat

# Crockford's base 32 has no I, L, O: whoever writes one means the digit that it looks like.
_OPAQUE = re.compile(r"[A-Z01](?:[A-Z0-9]{8}|[A-Z0-9]{10})")
_DASH = r"[\s\-‐‑‒–—―−﹣ー_.·]"
_LIKE_DIGITS = str.maketrans("OIL", "011")
_LIKE_LETTERS = str.maketrans("01", "OI")


def read(text: str) -> str:
    """An opaque code in the form in which it is kept, such as `T-7K2M9QX4ZB`, with or without dash, in any width.

    Raises nothing: what cannot be one of ours is looked for as it is, and not found.
    """
    written = flat(text).upper()
    marks = re.sub(r"[^A-Z0-9]", "", written)
    if not _OPAQUE.fullmatch(marks):
        return re.sub(r"\s", "", written)
    return f"{marks[0].translate(_LIKE_LETTERS)}-{marks[1:].translate(_LIKE_DIGITS)}"


def digits(text: str, length: int) -> str:
    """A code of so many digits, in what somebody typed or copied; digits of any script, spaces and brackets around them.

    Raises nothing: where there are not that many, whatever digits there are, which is then a wrong code.
    """
    plain = "".join(_digit(mark) for mark in flat(text))
    found = re.search(rf"(?<!\d)\d(?:{_DASH}?\d){{{length - 1}}}(?!\d)", plain)
    return re.sub(r"\D", "", found[0] if found else plain)


def _digit(mark: str) -> str:
    value = unicodedata.decimal(mark, None)
    return mark if value is None else str(value)


def marks(text: str) -> str:
    """The letters and digits of a random code of ours, however it is grouped, in any width; look-alikes are digits."""
    return re.sub(r"[^A-Z0-9]", "", flat(text).upper()).translate(_LIKE_DIGITS)


def token(text: str) -> str:
    """Six digits of an authenticator, or a recovery code in its own form; raises nothing."""
    plain = marks(text)
    return plain if len(plain) == 10 and not plain.isdigit() else digits(text, 6)
