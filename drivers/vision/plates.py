"""Plates on photos, read by RapidOCR (PP-OCRv4 inside the wheel) on the CPU.

A close, straight photo is read well; far or tilted plates are missed or half read, so an unsure reading is said to be
one and a person looks.
"""

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core import typed
from drivers.vision.faces import decode

_lock = threading.Lock()  # the engine keeps state between calls


@dataclass(frozen=True, slots=True)
class Reading:
    """The plate as read, without dot or spaces, and how certain, 0 to 1; empty where nothing like a plate was seen."""

    plate: str
    certainty: float

    def is_sure(self, least: float) -> bool:
        """True for a whole plate that was read with this certainty, 0 to 1, at least."""
        return bool(typed.plate.FORM.match(self.plate)) and self.certainty >= least


@lru_cache(maxsize=1)
def _engine() -> Any:  # the library has no types
    from rapidocr_onnxruntime import RapidOCR  # loads its models: only in a process that reads

    return RapidOCR()


def marks_apart(one: str, other: str) -> int:
    """How many marks two plates differ in, the missing ones counted."""
    return sum(a != b for a, b in zip(one, other, strict=False)) + abs(len(one) - len(other))


def read_lines(content: bytes) -> list[tuple[str, float]]:
    """All lines of text on a picture with their certainty, top to bottom. Raises as `faces.decode`."""
    picture = decode(content)
    with _lock:
        found, _seconds = _engine()(picture)
    return [(str(text), float(certainty)) for _box, text, certainty in found or []]


def read_plate(content: bytes) -> Reading:
    """The most certain line that looks like a plate. Raises as `faces.decode`."""
    best = Reading("", 0.0)
    for text, certainty in read_lines(content):
        marks = re.sub(r"[^A-Z0-9\u4e00-\u9fff]", "", text.upper())
        if typed.plate.FORM.match(marks) and certainty > best.certainty:
            best = Reading(marks, certainty)
    return best
