"""Phone numbers, kept as E.164; a number without country code is one of China."""

import re
from dataclasses import dataclass

import phonenumbers
from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat


class InvalidPhone(InvalidInput):
    code, sentence = (
        "invalid_phone",
        _("This is not a phone number that can be called. Example: 138 0013 8000"),
    )


class NoMobile(InvalidInput):
    code, sentence = (
        "no_mobile",
        _("No message can reach this number. A mobile number is needed. Example: 138 0013 8000"),
    )


@dataclass(frozen=True, slots=True)
class Guess:
    """A phone number in what somebody wrote: E.164, empty where there is none; `sure` where nothing else can be meant."""

    number: str
    sure: bool


def read(text: str, *, field: str = "phone") -> str:
    """E.164, a number without country code taken as Chinese; digits of any script.

    Raises `InvalidPhone`, also for letters: read as the digits of their keys they would be a stranger's number.
    """
    plain = flat(text)
    number = None if any(map(str.isalpha, plain)) else _parse(plain)
    if number is None:
        raise InvalidPhone(field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_mobile(text: str, *, field: str = "phone") -> str:
    """The same for a number to which messages are to go. Raises `InvalidPhone`, `NoMobile`."""
    phone = read(text, field=field)
    if not is_mobile(phone):
        raise NoMobile(field)
    return phone


def is_mobile(phone: str) -> bool:
    """Whether a number as `read` gives it can be written to."""
    return phonenumbers.number_type(phonenumbers.parse(phone)) in _MOBILE


def guess(text: str) -> Guess:
    """The number that somebody means who writes it as they can: with a name behind it, a letter for a digit, in a sentence.

    Raises nothing. Where it is not `sure`, a person looks at what was written.
    """
    plain = flat(text)
    written = [found for found in _RUN.finditer(plain) if _parse(found[0]) is not None]
    if written:
        first = written[0]
        around = plain[max(0, first.start() - 1) : first.start()] + plain[first.end() : first.end() + 1]
        alone = len({_e164(found[0]) for found in written}) == 1
        # A letter that touches the number may stand for a digit of it; a name in characters does not.
        return Guess(_e164(first[0]), alone and not any(each.isascii() and each.isalpha() for each in around))
    for found in _RUN.finditer(plain.translate(_LIKE_DIGITS)):
        if _parse(found[0]) is not None:
            return Guess(_e164(found[0]), False)
    return Guess("", False)


_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
_RUN = re.compile(r"(?<!\d)\+?\d[\d \-.()]{4,}\d(?!\d)")
_LIKE_DIGITS = str.maketrans("OoIl|〇零SB", "001110058")


def _parse(text: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _e164(text: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(text, "CN"), phonenumbers.PhoneNumberFormat.E164)


def shown(phone: str) -> str:
    """`+8613800138000` → `138 0013 8000`, `+8657762310110` → `0577 6231 0110`, as it is dialled; a number of another
    country, or what is none, as it is."""
    local = phone.removeprefix("+86")
    if local == phone:
        return phone
    landline = None if local.startswith("1") and len(local) == 11 else _parse(phone)
    if landline is not None:
        return phonenumbers.format_number(landline, phonenumbers.PhoneNumberFormat.NATIONAL)
    return f"{local[:3]} {local[3:7]} {local[7:]}"
