"""Something solid before a camera: a picture of it, how far each point stands out, turned in space and seen in perspective.

What stands behind this are heads (the sandbox's people, measurements) and bent prints (attacks). Pictures are square,
float32, 0 to 255, in any order of colours. Lengths are widths of the face, from ear to ear; x to the right, y down,
z towards the camera; angles in degrees.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SIDE = 480  # pixels
GRID = 240  # cells a side among which points hide each other
FINE = 1.0  # points a pixel and side: no cell stays empty when a surface comes closer
AWAY = 2.9  # the camera, at arm's length
SWAYS = 0.4  # of a shift is seen behind


@dataclass(frozen=True, slots=True)
class Stance:
    """How it is held: `yaw` turns to its own left (the picture's right), `pitch` up, `roll` clockwise; `nearer` is how
    many times as large its middle is seen; `shift` moves it."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    nearer: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Solid:
    """`picture` as seen from the front at `away`, `depth` (SIDE, SIDE) of each point, `cover` of what belongs to it, 0 to
    1, and `behind` it; `middle` and `width` of the face in pixels; it turns about `pivot`."""

    picture: Array
    depth: Array
    cover: Array
    behind: Array
    middle: tuple[float, float]
    width: float
    pivot: tuple[float, float, float] = (0.0, 0.45, -0.7)
    away: float = AWAY

    def seen(self, stance: Stance) -> Array:
        """The picture in this stance. A stance of zeros gives `picture` over `behind`, but for interpolation."""
        source, hit = self._look_up(stance)
        x, y = source[..., 0], source[..., 1]
        picture = sampled(self.picture, x, y)
        cover = (hit * sampled(self.cover, x, y, cv2.BORDER_CONSTANT))[..., None]
        sway = np.array([[1, 0, stance.shift[0]], [0, 1, stance.shift[1]]]) * 1.0
        sway[:, 2] *= self.width * SWAYS
        behind = cv2.warpAffine(
            self.behind.astype(np.float32), sway, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(picture * cover + behind * (1 - cover))

    def _look_up(self, stance: Stance) -> tuple[Array, Array]:
        """For each shown pixel the point of `picture` that is nearest to the camera there, and whether there is one."""
        x, y, depth = self._points()
        middle_x, middle_y = self.middle
        along = (self.away - depth) / self.away
        flat = np.stack([(x - middle_x) / self.width * along, (y - middle_y) / self.width * along, depth], 1)
        placed = (flat - self.pivot) @ _turn(stance).T + self.pivot
        scale = self.away / (self.away / stance.nearer - placed[:, 2])
        cell = GRID / SIDE
        column = ((placed[:, 0] * scale + stance.shift[0]) * self.width + middle_x) * cell
        line = ((placed[:, 1] * scale + stance.shift[1]) * self.width + middle_y) * cell
        within = (column >= 0) & (column < GRID) & (line >= 0) & (line < GRID)
        x, y, column, line = x[within], y[within], column[within], line[within]
        # The farthest first, so that the nearest is written last. A point stands for the middle of its cell.
        order = np.argsort(placed[within, 2], kind="stable")
        cells = (line.astype(int) * GRID + column.astype(int))[order]
        found = np.zeros((GRID * GRID, 3), np.float32)
        found[cells, 0] = (x + (column.astype(int) + 0.5 - column) / cell)[order]
        found[cells, 1] = (y + (line.astype(int) + 0.5 - line) / cell)[order]
        found[cells, 2] = 1
        return _filled(found.reshape(GRID, GRID, 3))

    def _points(self) -> tuple[Array, Array, Array]:
        count = int(SIDE * FINE)
        along = ((np.arange(count) + 0.5) * SIDE / count).astype(np.float32)
        x, y = np.meshgrid(along, along)
        belongs = sampled(self.cover, x, y, cv2.BORDER_CONSTANT) > 0.02
        return x[belongs], y[belongs], sampled(self.depth, x, y)[belongs]


def _turn(stance: Stance) -> Array:
    yaw, pitch, roll = np.radians([stance.yaw, stance.pitch, stance.roll])
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(angle), np.sin(angle)) for angle in (yaw, pitch, roll))
    return np.asarray(
        np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    )


def _filled(found: Array) -> tuple[Array, Array]:
    """The holes between points closed, and all brought to the size of the picture: (SIDE, SIDE, 2) and (SIDE, SIDE)."""
    hit = cv2.morphologyEx((found[..., 2] > 0).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    for _round in range(4):
        near = cv2.GaussianBlur(found, (0, 0), 1.2)
        holes = (found[..., 2] == 0) & (near[..., 2] > 1e-3)
        found[holes] = near[holes] / near[holes][:, 2:]
    smooth = cv2.GaussianBlur(found, (0, 0), 0.8)
    smooth = smooth[..., :2] / np.maximum(smooth[..., 2:], 1e-6)
    whole = cv2.GaussianBlur(hit.astype(np.float32), (0, 0), 1.0)
    return cv2.resize(smooth, (SIDE, SIDE)), cv2.resize(whole, (SIDE, SIDE))


def sampled(plane: Array, x: Array, y: Array, border: int = cv2.BORDER_REPLICATE) -> Array:
    """The plane's values between its pixels, at these columns and lines; `border` is what lies beyond its edges."""
    return np.asarray(
        cv2.remap(
            plane.astype(np.float32),
            x.astype(np.float32),
            y.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=border,
        )
    )
