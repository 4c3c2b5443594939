"""Numbers of documents. Today that is the resident ID number (GB 11643), which is the number of a driving licence too.

Only its length, digits, birthday and check digit are looked at. Which codes of counties there ever were the registry
alone knows: lists of them leave out whoever was born where a county was later dissolved.
"""

import re
from datetime import date

from django.utils.translation import gettext_lazy as _
from stdnum.iso7064 import mod_11_2

from core import clock
from core.errors import InvalidInput
from core.typed.text import flat

_FIRST_YEAR = 1880  # nobody who is born earlier lives
_X = str.maketrans("xХх×✕Χχ", "XXXXXXX")


class IdNumberWrong(InvalidInput):
    code, sentence = (
        "id_number_wrong",
        _(
            "This is not a resident ID number: 18 characters, the last one a check digit. Please look at the card."
        ),
    )


def key(text: str) -> str:
    """The marks of a number as numbers are compared, whole or not: capitals and digits alone. Raises nothing."""
    return re.sub(r"[^A-Z0-9]", "", flat(text).translate(_X).upper())


def is_id_number(number: str) -> bool:
    """Whether these marks can be a resident ID number of somebody who is born."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number) or not mod_11_2.is_valid(number):
        return False
    try:
        birthday = born(number)
    except ValueError:
        return False
    return birthday.year >= _FIRST_YEAR and birthday <= clock.now().date()


def born(number: str) -> date:
    """The birthday in a resident ID number. Raises `ValueError` where it is no day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def read(text: str, *, field: str = "id_number") -> str:
    """A resident ID number as it is kept: 18 marks. Raises `IdNumberWrong`."""
    number = key(text)
    if not is_id_number(number):
        raise IdNumberWrong(field)
    return number


def shown(number: str) -> str:
    """`330302 19900101 0013`."""
    return f"{number[:6]} {number[6:14]} {number[14:]}" if len(number) == 18 else number
