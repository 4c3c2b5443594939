"""A place written as two numbers: degrees, WGS-84, latitude first as ours, or longitude first as maps of China give it."""

import re

from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput
from core.typed.text import flat

# Of China, with room at the edges. No latitude of it can be a longitude of it: the order can be told.
SOUTH, NORTH, WEST, EAST = 3.0, 54.5, 73.0, 136.0
_NUMBER = re.compile(r"(?<![\d.])([+-]?\d{1,3}(?:\.\d{1,15})?)(?![\d.])")
_SIGNS = re.compile(r"[\d.+\-\s,;、/|°()\[\]{}:'\"NESW]*")
_COMMA = re.compile(
    r"(?<=\d),(?=\d{4,}(?!\d*\.))"
)  # a decimal one: as many digits as degrees have none before it
_WORDS = re.compile(r"北纬|东经|纬度|经度|LATITUDE|LONGITUDE|LAT|LON|LNG")


class PlaceUnreadable(InvalidInput):
    code, sentence = (
        "place_unreadable",
        _("This cannot be read as a place: two numbers in degrees, such as 28.2127, 121.0260."),
    )


def read(text: str, *, field: str = "place") -> tuple[float, float]:
    """(latitude, longitude), whichever was written first where it lies in China. Raises `PlaceUnreadable`."""
    written = _WORDS.sub(" ", flat(text.replace("º", "°")).upper().replace("。", "."))
    written = _COMMA.sub(".", written)
    found = [float(number) for number in _NUMBER.findall(written)]
    # A digit that is in neither number was meant as something: half a place is none.
    left = re.search(r"\d", _NUMBER.sub("", written))
    if len(found) != 2 or left or not _SIGNS.fullmatch(written) or re.search(r"[SW]", written):
        raise PlaceUnreadable(field)
    one, other = found
    if WEST <= one <= EAST and SOUTH <= other <= NORTH:
        one, other = other, one
    if not (-90 <= one <= 90 and -180 <= other <= 180):
        raise PlaceUnreadable(field)
    return one, other


def shown(place: tuple[float, float]) -> str:
    """`28.21270, 121.02600`."""
    return f"{place[0]:.5f}, {place[1]:.5f}"
