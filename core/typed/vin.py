"""Vehicle identification numbers (车辆识别代号; GB 16735, ISO 3779): 17 marks, the ninth of them a check digit.

None is I, O or Q, so these are read as the digits that they look like.
"""

import re

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat

FORM = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_DIGITS = str.maketrans("IOQ", "100")


class VinWrong(InvalidInput):
    code, sentence = (
        "vin_wrong",
        _(
            "This is not a VIN (车辆识别代号): 17 marks without I, O and Q, and its ninth mark is a check digit. Compare it with the licence."
        ),
    )


def key(text: str) -> str:
    """The marks as they are compared, whole or not. Raises nothing."""
    marks = re.sub(r"[^A-Z0-9]", "", flat(text).upper())
    meant = marks.translate(_DIGITS)
    return meant if FORM.match(meant) else marks


def is_vin(marks: str) -> bool:
    """Format and check digit of GB 16735: the weighted sum modulo 11 stands in the ninth place, X for 10."""
    if not FORM.match(marks):
        return False
    total = sum(weight * int(_VALUES.get(mark, mark)) for mark, weight in zip(marks, _WEIGHTS, strict=True))
    return marks[8] == "0123456789X"[total % 11]


def read(text: str, *, field: str = "vin") -> str:
    """A VIN as it is kept. Raises `VinWrong`."""
    marks = key(text)
    if not is_vin(marks):
        raise VinWrong(field)
    return marks


def shown(marks: str) -> str:
    """Maker, model, car: `LSV AN213 4A2 123456`."""
    return f"{marks[:3]} {marks[3:8]} {marks[8:11]} {marks[11:]}" if len(marks) == 17 else marks
