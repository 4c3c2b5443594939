"""A place written as two numbers: degrees, WGS-84, latitude first as ours, or longitude first as maps of China give it;
each with or without minutes and seconds, and with or without saying which is which."""

import re
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat, simple

# Of China, with room at the edges. No latitude of it can be a longitude of it: the order can be told.
SOUTH, NORTH, WEST, EAST = 3.0, 54.5, 73.0, 136.0
_NUMBER = re.compile(r"(?<![\d.])([+-]?\d{1,3}(?:\.\d{1,15})?)(?![\d.])")
_SIGNS = re.compile(r"[\d.+\-\s,;、/|°()\[\]{}:'\"NESW]*")
_COMMA = re.compile(
    r"(?<=\d),(?=\d{4,}(?!\d*\.))"
)  # a decimal one: as many digits as degrees have none before it
# Minutes and seconds behind whole degrees; of the last that is written a part may be left.
_MINUTES = re.compile(
    r"(?<![\d.])(\d{1,3})\s*°\s*"
    r"(?:(\d{1,2})\s*'\s*(\d{1,2}(?:\.\d{1,15})?)(?!\d|\s*[°'.])\s*\"?|(\d{1,2}(?:\.\d{1,15})?)\s*')"
)
_NORTH = re.compile(r"北纬|纬度|NORTH|LATITUDE|LAT|北")
_EAST = re.compile(r"东经|经度|EAST|LONGITUDE|LON|LNG|东")
_BEFORE = str.maketrans({"º": "°", "´": "'"})  # of which NFKC makes a letter and a space
_MARKS = str.maketrans(
    {"度": "°", "分": "'", "秒": '"'} | dict.fromkeys("`′‘’ʹ", "'") | dict.fromkeys("″“”ʺ", '"')
)


class PlaceUnreadable(InvalidInput):
    code, sentence = (
        "place_unreadable",
        _("This cannot be read as a place: two numbers in degrees, such as 28.2127, 121.0260."),
    )


def read(text: str, *, field: str = "place") -> tuple[float, float]:
    """(latitude, longitude): as it is said which is which, otherwise whichever was written first where it lies in China.

    Raises `PlaceUnreadable`.
    """
    written = simple(flat(text.translate(_BEFORE))).upper().replace("。", ".")
    written = _EAST.sub("E", _NORTH.sub("N", written)).translate(_MARKS).replace("''", '"')
    try:
        written = _MINUTES.sub(_degrees, _COMMA.sub(".", written))
    except ValueError:
        raise PlaceUnreadable(field) from None
    found = [float(number) for number in _NUMBER.findall(written)]
    # A digit that is in neither number was meant as something: half a place is none.
    left = re.search(r"\d", _NUMBER.sub("", written))
    if len(found) != 2 or left or not _SIGNS.fullmatch(written) or re.search(r"[SW]", written):
        raise PlaceUnreadable(field)
    one, other = found
    said = "".join(letter for letter, _same in groupby(re.findall("[NE]", written)))
    if said == "EN" or (said != "NE" and WEST <= one <= EAST and SOUTH <= other <= NORTH):
        one, other = other, one
    if not (-90 <= one <= 90 and -180 <= other <= 180):
        raise PlaceUnreadable(field)
    return one, other


def _degrees(found: re.Match[str]) -> str:
    """As one number. Raises `ValueError` for more minutes or seconds than there are."""
    degrees, minutes, seconds, alone = found.groups()
    minutes, seconds = float(minutes or alone), float(seconds or 0)
    if max(minutes, seconds) >= 60:
        raise ValueError
    return f"{int(degrees) + minutes / 60 + seconds / 3600:.8f}"


def shown(place: tuple[float, float]) -> str:
    """`28.21270, 121.02600`."""
    return f"{place[0]:.5f}, {place[1]:.5f}"
