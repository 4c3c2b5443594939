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


Box = tuple[float, float, float, float]


class Sheet(msgspec.Struct, frozen=True, array_like=True):
    """What speaks for a picture that lies on a sheet, each from 0 to 1 (`drivers.vision.sheets.Sheet`)."""

    blank: float = 0.0
    square: float = 0.0
    bare: float = 0.0


NO_SHEET = Sheet()


class Said(msgspec.Struct, frozen=True):
    """What `drivers.vision.eyes.plates` says of a picture."""

    lines: list[tuple[str, float, Box, Sheet]]
    fingerprint: str
    marks: bytes = b""


_PLATES = Asked("drivers.vision.eyes:plates", Said)


@dataclass(frozen=True, slots=True)
class Sheets:
    """From when on a photo is taken for a picture on a sheet (shares, 0 to 1): `blank` of it shows nothing, or the part
    with the plate leaves `bare` of an edge free and fills a rectangle by `square`."""

    blank: float = 0.5
    square: float = 0.88
    bare: float = 0.95


@dataclass(frozen=True, slots=True)
class Reading:
    """The plate as read, without dot or spaces, and how certain, 0 to 1; empty where nothing like a plate was seen.

    `box` is where it stands (left, top, right, bottom), as shares of the picture from its upper left; `fingerprint` the
    picture's difference hash, 256 bits as hex; `marks` those of `drivers.vision.marks`; `sheet` what speaks for a picture that lies on one.
    """

    plate: str
    certainty: float
    box: Box | None = None
    fingerprint: str = ""
    sheet: Sheet = NO_SHEET
    marks: bytes = b""

    @property
    def middle(self) -> tuple[float, float] | None:
        """Of the plate."""
        return ((self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2) if self.box else None

    def is_sure(self, least: float) -> bool:
        """True for a whole plate that was read with this certainty, 0 to 1, at least."""
        return bool(typed.plate.FORM.match(self.plate)) and self.certainty >= least

    def is_on_a_sheet(self, limits: Sheets) -> bool:
        """True where a person has to look whether the plate is on a car."""
        found = self.sheet
        cornered = found.bare >= limits.bare and found.square >= limits.square
        return cornered or found.blank >= limits.blank


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
    return best_of(seen.said), seen.drawn


def best_of(said: Said) -> Reading:
    """The most certain line that looks like a plate."""
    best = Reading("", 0.0, fingerprint=said.fingerprint, marks=said.marks)
    for text, certainty, box, sheet in said.lines:
        # What stands before the province is the car's; a stroke of 川 is read as a letter that no place has.
        marks = _BEFORE.sub(r"\1", re.sub(r"[^A-Z0-9\u4e00-\u9fff]", "", text.upper()))
        if typed.plate.FORM.match(marks) and certainty > best.certainty:
            best = Reading(marks, certainty, box, said.fingerprint, sheet, said.marks)
    return best


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
    """In how many of 256 bits two fingerprints differ: pressed or made smaller, a picture in some five; cut by 2 %, turned
    or lighter, in some thirty; other pictures of the same car in more than fifty.
    """
    return (int(one, 16) ^ int(other, 16)).bit_count()
