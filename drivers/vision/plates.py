"""Plates on photos, as `drivers.vision.eyes` reads them in a process of its own.

A close, straight photo is read well; far or tilted plates are missed or half read, so an unsure reading is said to be
one and a person looks.
"""

import hashlib
import re
from dataclasses import dataclass

import msgspec

from core import typed
from core.reader import door
from core.reader.door import Reading as Asked
from core.reader.door import Upload
from drivers.states import PlateSpot

_LINES = Asked("drivers.vision.eyes:lines", list[tuple[str, float]])
_BEFORE = re.compile(r"^[A-Z0-9]*([\u4e00-\u9fff])I*")
_OVER = 0.04  # of the picture: how far over its middle a plate may stand and count for the quarter asked for


class _Plates(msgspec.Struct, frozen=True):
    lines: list[tuple[str, float, float, float]]
    fingerprint: str


_PLATES = Asked("drivers.vision.eyes:plates", _Plates)


@dataclass(frozen=True, slots=True)
class Reading:
    """The plate as read, without dot or spaces, and how certain, 0 to 1; empty where nothing like a plate was seen.

    `middle` is where it stands, as shares of the picture from its upper left; `fingerprint` the picture's difference
    hash, 64 bits as hex.
    """

    plate: str
    certainty: float
    middle: tuple[float, float] | None = None
    fingerprint: str = ""

    def is_sure(self, least: float) -> bool:
        """True for a whole plate that was read with this certainty, 0 to 1, at least."""
        return bool(typed.plate.FORM.match(self.plate)) and self.certainty >= least


def marks_apart(one: str, other: str) -> int:
    """How many marks two plates differ in, the missing ones counted."""
    return sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))


def read_lines(content: "Upload | bytes", *, side: int = 0) -> tuple[list[tuple[str, float]], bytes]:
    """All lines of text on a picture with their certainty, top to bottom, and the picture drawn anew as a JPEG of at
    most `side` pixels a side (0: empty). Raises `PictureTooLarge`, `PictureUnreadable`, `ReaderBusy`."""
    seen = door.see(content, _LINES, {}, side=side)
    return seen.said, seen.drawn


def read_plate(content: "Upload | bytes", *, side: int = 0) -> tuple[Reading, bytes]:
    """The most certain line that looks like a plate, and the picture drawn anew. Raises as `read_lines`."""
    seen = door.see(content, _PLATES, {}, side=side)
    best = Reading("", 0.0, fingerprint=seen.said.fingerprint)
    for text, certainty, x, y in seen.said.lines:
        # What stands before the province is the car's; a stroke of 川 is read as a letter that no place has.
        marks = _BEFORE.sub(r"\1", re.sub(r"[^A-Z0-9\u4e00-\u9fff]", "", text.upper()))
        if typed.plate.FORM.match(marks) and certainty > best.certainty:
            best = Reading(marks, certainty, (x, y), best.fingerprint)
    return best, seen.drawn


def spot_of(token: str) -> PlateSpot:
    """Where the plate is asked to stand, by the token that opens this photo: nobody knows it before the token is given."""
    spots = list(PlateSpot)
    return spots[hashlib.sha256(f"plate {token}".encode()).digest()[0] % len(spots)]


def stands_at(middle: tuple[float, float], spot: str) -> bool:
    """Whether the middle of a plate lies in the quarter of the picture asked for, or a hair over its edge."""
    upper, left = spot.startswith("upper"), spot.endswith("left")
    x, y = middle
    return (x < 0.5 + _OVER if left else x > 0.5 - _OVER) and (y < 0.5 + _OVER if upper else y > 0.5 - _OVER)


def bits_apart(one: str, other: str) -> int:
    """In how many of 64 bits two fingerprints differ; copies of a picture in none to six, other pictures in twenty."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
