"""Numbers of the documents that people show: Chinese, of Hong Kong, Macao and Taiwan, and foreigners'.

Only length, marks, birthday and check digit are looked at. Which codes of counties there ever were, and whether a
document was issued, its registry alone knows: lists of them leave out whoever was born where a county was later
dissolved.

Sources: GB 11643 (resident ID; residence permits of Hong Kong, Macao and Taiwan, which begin with 81, 82, 83); the
foreigners' permanent-residence ID of 2023, 18 digits that begin with 9, with birthday and check digit in the same places;
the one before it, three letters of the nationality and 12 digits; travel permits (来往内地通行证: H or M and 8 digits, a
count of issues behind; 来往大陆通行证: 8 digits); passports (ICAO 9303).
"""

import re
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from stdnum.iso7064 import mod_11_2

from core import clock
from core.errors import InvalidInput
from core.typed.text import flat

_FIRST_YEAR = 1880  # nobody who is born earlier lives
_X = str.maketrans("xХх×✕Χχ", "XXXXXXX")


class Kind(models.TextChoices):
    """Which document a number is on; each kind has a registry of its own (`core.registries`)."""

    RESIDENT_ID = (
        "resident_id",
        pgettext_lazy("document", "Resident ID card, or residence permit of Hong Kong, Macao or Taiwan"),
    )
    HOME_PERMIT = "home_permit", pgettext_lazy("document", "Mainland travel permit, Hong Kong and Macao")
    TAIWAN_PERMIT = "taiwan_permit", pgettext_lazy("document", "Mainland travel permit, Taiwan")
    PERMANENT_RESIDENT = (
        "permanent_resident",
        pgettext_lazy("document", "Permanent-residence ID of foreigners"),
    )
    PASSPORT = "passport", pgettext_lazy("document", "Passport")


_FORMS = {
    Kind.RESIDENT_ID: re.compile(r"[1-8][0-9]{16}[0-9X]"),
    Kind.HOME_PERMIT: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    # The booklet before 2015 had 10 digits and a letter in brackets.
    Kind.TAIWAN_PERMIT: re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?"),
    Kind.PERMANENT_RESIDENT: re.compile(r"9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}"),
    Kind.PASSPORT: re.compile(r"(?=.*[0-9])[A-Z0-9]{5,12}"),
}


class IdNumberWrong(InvalidInput):
    code, sentence = (
        "id_number_wrong",
        _(
            "This is not the number of such a document. A resident ID number has 18 characters, the last one a check digit. Please look at the card."
        ),
    )


def key(text: str) -> str:
    """The marks of a number as numbers are compared, whole or not: capitals and digits alone. Raises nothing."""
    return re.sub(r"[^A-Z0-9]", "", flat(text).translate(_X).upper())


def has_birthday(number: str) -> bool:
    """Whether a birthday stands in these marks: in all of 18, which are those of ID cards."""
    return len(number) == 18


def fits(number: str, kind: str) -> bool:
    """Whether these marks can be the number of such a document, of somebody who is born."""
    if not _FORMS[Kind(kind)].fullmatch(number):
        return False
    if not has_birthday(number):
        return True
    try:
        birthday = born(number)
    except ValueError:
        return False
    return mod_11_2.is_valid(number) and birthday.year >= _FIRST_YEAR and birthday <= clock.now().date()


def kind_of(number: str) -> Kind | None:
    """Which document these marks are the number of, as far as they tell; None where they are none, or may be several.

    Of a passport only one with a letter is known for it: digits alone are those of many things.
    """
    for kind in Kind:
        if fits(number, kind):
            return kind if kind != Kind.PASSPORT or number[0].isalpha() else None
    return None


def is_id_number(number: str) -> bool:
    """Whether these marks can be a resident ID number of somebody who is born."""
    return fits(number, Kind.RESIDENT_ID)


def born(number: str) -> date:
    """The birthday in the number of an ID card. Raises `ValueError` where it is no day."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def read(text: str, kind: str = "", *, field: str = "id_number") -> str:
    """The number of a document as it is kept; of any that `kind_of` makes out where no kind is said.

    Raises `IdNumberWrong`.
    """
    number = key(text)
    known = fits(number, kind) if kind in Kind.values else not kind and kind_of(number) is not None
    if not known:
        raise IdNumberWrong(field)
    return number


def any_kind(text: str, *, field: str = "id_number") -> str:
    """The number of a document whose kind is said elsewhere, as it is kept. Raises `IdNumberWrong` where it is none's."""
    number = key(text)
    if not any(fits(number, kind) for kind in Kind):
        raise IdNumberWrong(field)
    return number


def lasting(number: str, kind: str, country: str = "") -> str:
    """What stays the same of a document when it is issued anew, and tells it from those of all other people.

    Numbers of passports are each country's own. Resident IDs have no prefix.
    """
    match Kind(kind):
        case Kind.RESIDENT_ID:
            return number
        case Kind.HOME_PERMIT:
            return f"{kind}:{number[:9]}"  # behind it stands how often it was issued
        case Kind.TAIWAN_PERMIT | Kind.PERMANENT_RESIDENT:
            return f"{kind}:{number}"
        case Kind.PASSPORT:
            return f"{kind}:{country}:{number}"


def shown(number: str) -> str:
    """`330302 19900101 0013`."""
    return f"{number[:6]} {number[6:14]} {number[14:]}" if len(number) == 18 else number
