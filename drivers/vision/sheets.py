"""Whether a photo shows a picture that lies on a sheet, instead of a car on its street (D11+).

Whoever has an old picture of a plate can lay it on paper, or into an empty picture, so that the plate stands where it
was asked for. What lies around it is blank then, as hardly anything before a camera is: paint mirrors, asphalt has
grain, a wall has joints. And what is not blank ends in straight borders at right angles.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Box = tuple[float, float, float, float]  # left, top, right, bottom

# Of a picture at most 640 pixels long: what is looked at, pixels a side, for being blank, and for where a part ends.
LARGE, SMALL = 16, 8
PLAIN = 6.0  # levels: a cell whose colours vary less, but for noise and an even shade, shows nothing


@dataclass(frozen=True, slots=True)
class Sheet:
    """`blank` is the share of the photo that shows nothing. Of the part with something to see in which the plate
    stands, `square` is how well it fills a rectangle, and `bare` the largest share of an edge of the photo that it leaves free."""

    blank: float
    square: float
    bare: float


def look(seen: Array, plates: list[Box]) -> list[Sheet]:
    """What speaks for a sheet about each of these plates (in pixels) of a BGR picture."""
    calm = cv2.GaussianBlur(seen, (0, 0), 2.0).astype(np.float32)
    shaded = _cells(calm, LARGE)
    y, x = np.mgrid[0:LARGE, 0:LARGE]
    even = np.column_stack([np.ones(LARGE * LARGE), x.ravel(), y.ravel()]).astype(np.float32)
    shaded = shaded - shaded @ (even @ np.linalg.pinv(even))
    blank, plain = float((_range(shaded) < PLAIN).mean()), _range(_cells(calm, SMALL)) < PLAIN
    return [Sheet(blank, *_part(plain, box)) for box in plates]


def _cells(calm: Array, size: int) -> Array:
    """The picture in squares: lines, columns, colours, and the pixels of each."""
    lines, columns = calm.shape[0] // size, calm.shape[1] // size
    cut = calm[: lines * size, : columns * size].reshape(lines, size, columns, size, 3)
    return cut.transpose(0, 2, 4, 1, 3).reshape(lines, columns, 3, size * size)


def _range(cells: Array) -> Array:
    """By how much the colour that varies most does, in each square."""
    return np.asarray((cells.max(axis=-1) - cells.min(axis=-1)).max(axis=-1))


def _part(plain: Array, plate: Box) -> tuple[float, float]:
    """How well the part of the picture with the plate fills a rectangle, and how much of an edge it leaves free."""
    lines, columns = plain.shape
    busy = (~plain).astype(np.uint8)
    left, right = (min(max(int(each / SMALL), 0), columns - 1) for each in plate[0::2])
    top, bottom = (min(max(int(each / SMALL), 0), lines - 1) for each in plate[1::2])
    busy[top : bottom + 1, left : right + 1] = 1
    whole = cv2.morphologyEx(busy, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _count, marks = cv2.connectedComponents(whole, connectivity=4)
    mine = (marks == marks[(top + bottom) // 2, (left + right) // 2]).astype(np.uint8)
    outline = max(cv2.findContours(mine, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=cv2.contourArea)
    filled = cv2.drawContours(np.zeros_like(mine), [outline], -1, 1, cv2.FILLED)
    _middle, (long, wide), _angle = cv2.minAreaRect(outline)
    square = min(float(filled.sum() / ((long + 1) * (wide + 1))), 1.0)
    edges = (filled[0], filled[-1], filled[:, 0], filled[:, -1])
    return square, 1 - min(float(edge.mean()) for edge in edges)
