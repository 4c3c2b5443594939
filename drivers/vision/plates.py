"""Plates on photos, as `drivers.vision.eyes` reads them in a process of its own.

A close, straight photo is read well; far or tilted plates are missed or half read, so an unsure reading is said to be
one and a person looks.
"""

import re
from dataclasses import dataclass

from core import typed
from core.reader import door
from core.reader.door import Reading as Asked
from core.reader.door import Upload

_LINES = Asked("drivers.vision.eyes:lines", list[tuple[str, float]])


@dataclass(frozen=True, slots=True)
class Reading:
    """The plate as read, without dot or spaces, and how certain, 0 to 1; empty where nothing like a plate was seen."""

    plate: str
    certainty: float

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
    lines, drawn = read_lines(content, side=side)
    best = Reading("", 0.0)
    for text, certainty in lines:
        marks = re.sub(r"[^A-Z0-9\u4e00-\u9fff]", "", text.upper())
        if typed.plate.FORM.match(marks) and certainty > best.certainty:
            best = Reading(marks, certainty)
    return best, drawn
