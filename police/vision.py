"""What of a page of a letter is known again: the shape of each of its lines. Runs in the reader's child alone.

A whole picture's fingerprint (D11+) does not do for letters: they stand on the same printed form, so that two letters
of one form resemble each other more than two scans of one letter do. Lines are found on the page straightened and
cleared of its paper, and each is made as wide as every other: neither where the page was cut off, nor how large it was
drawn, nor a slant of up to three degrees changes most of them.
"""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

SIDE = 1000  # pixels of the longer side, as the page is looked at
PAPER = 12  # what is not so much darker than the paper around it is no ink, of 255
INK = 25
SLANTS = np.arange(-3, 3.01, 0.25)  # degrees
LEAST, MOST = 8, 90  # pixels that a line is high
WIDE, HIGH = 33, 8
MOST_LINES = 60
ACROSS = 16  # places of a card, on each side
LEAST_SHAPE = 24  # of 256 bits: a page that has fewer shows nothing


def lines(picture: "Image") -> list[str]:
    """The difference hash of each line of a page, from above: 256 bits as hex. None of an empty page."""
    ink = _straight(_ink(np.asarray(picture.convert("L"))))
    rows = cv2.GaussianBlur((ink > INK).sum(1).astype(np.float32)[:, None], (1, 5), 1).ravel() >= 2.5
    edges = np.flatnonzero(np.diff(np.concatenate(([0], rows.view(np.int8), [0]))))
    found = []
    for top, bottom in edges.reshape(-1, 2):
        strip = ink[top:bottom]
        columns = np.flatnonzero((strip > INK).any(0))
        if LEAST <= bottom - top <= MOST and len(columns) > 2 * LEAST:
            found.append(_hash(strip[:, columns[0] : columns[-1] + 1]))
    return found[:MOST_LINES]


def card(picture: "Image") -> list[str]:
    """The difference hash of a whole certificate, which is a photo and no form alone: 256 bits as hex. None of an empty
    page."""
    grey = cv2.resize(
        np.asarray(picture.convert("L")), (ACROSS + 1, ACROSS), interpolation=cv2.INTER_AREA
    ).astype(np.int16)
    shape = grey[:, 1:] > grey[:, :-1]
    return [np.packbits(shape).tobytes().hex()] if shape.sum() >= LEAST_SHAPE else []


def _hash(strip: "NDArray[Any]") -> str:
    small = cv2.resize(np.minimum(strip, 80), (WIDE, HIGH), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (3, 3), 0.6)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def _ink(grey: "NDArray[Any]") -> "NDArray[Any]":
    """How much darker than its paper each place of a page is: no shadow, no yellowing."""
    scale = SIDE / max(grey.shape)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
    paper = cv2.medianBlur(cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), 31)
    paper = cv2.resize(paper, grey.shape[::-1])
    darker: NDArray[Any] = np.clip(paper.astype(np.float32) - grey - PAPER, 0, None)
    return darker


def _straight(ink: "NDArray[Any]") -> "NDArray[Any]":
    """Turned so that lines and gaps differ most."""
    small = cv2.resize(ink, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def differ(angle: float) -> float:
        rows = _turned(small, angle).sum(1)
        return float(((rows[1:] - rows[:-1]) ** 2).sum())

    return _turned(ink, max(SLANTS, key=differ))


def _turned(ink: "NDArray[Any]", angle: float) -> "NDArray[Any]":
    high, wide = ink.shape
    return cv2.warpAffine(ink, cv2.getRotationMatrix2D((wide / 2, high / 2), angle, 1.0), (wide, high))
