"""A head in space of one portrait from the front, and somebody alive who turns it as a check asks (D4+).

No real clips are at hand: what has to pass is drawn so, for measurements and for the red team's control.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from drivers.vision import solidity
from drivers.vision.attacks import WAYS, Print, photographed
from drivers.vision.poses import Pose
from drivers.vision.solids import SIDE, Solid, Stance

Array = NDArray[Any]
RINGS = ((1.12, -0.12), (1.28, -0.34), (1.5, -0.6), (2.2, -0.8))  # behind a face: how wide, how deep


class Living:
    """Somebody who follows a challenge, more or less: `loose` is by how much less or more."""

    def __init__(self, head: Solid, chance: np.random.Generator, *, loose: float = 1.0) -> None:
        self.head, self.chance, self.loose = head, chance, loose
        self.gain = self._about(0.95, 0.15)
        self.turning: dict[Pose, tuple[float, float, float, float]] = {}

    def photo(self, pose: Pose, share: float = 1.0) -> bytes:
        return photographed(self.head.seen(self.stance(pose, share)), self.chance)

    def stance(self, pose: Pose, share: float = 1.0) -> Stance:
        """How somebody holds the head who is asked for a pose, at such a share of the time for it."""
        x, y = WAYS.get(pose, (0.0, 0.0))
        slant = 1.07 if x and y else 1.0
        nearer = self._about(1.31, 0.09) if pose == Pose.CLOSER else 1.0
        far, high, begins, takes = self._turning(pose)
        gone = float(np.clip((share - begins) / takes, 0, 1))
        gone = gone * gone * (3 - 2 * gone)
        return Stance(
            yaw=x * slant * far * self.gain * gone + self._some(1.2),
            pitch=-y * slant * high * self.gain * gone + self._some(1.2),
            roll=self._some(2),
            nearer=nearer * (1 + self._some(0.02)),
            shift=(self._some(0.03), self._some(0.03)),
        )

    def _turning(self, pose: Pose) -> tuple[float, float, float, float]:
        """How far they turn for a pose, to the side and up, when they begin to, and how long they take: shares of its time.
        Whoever is slow sees the dot go and follows it; whoever is quick is there before it."""
        if pose not in self.turning:
            far, high = self._about(18, 6), self._about(14.5, 3.5)
            self.turning[pose] = (far, high, self._about(0.18, 0.09), self._about(0.55, 0.3))
        return self.turning[pose]

    def _about(self, middle: float, reach: float) -> float:
        return middle + self.loose * self.chance.uniform(-reach, reach)

    def _some(self, size: float) -> float:
        return self.loose * self.chance.normal(0, size)


def head_of(sheet: Print, depth: Array, away: float) -> Solid:
    """The head in space: `depth` of the sheet's points, in widths of the face, `away` from the camera by as many."""
    depth = depth - depth[[solidity.EAR_RIGHT, solidity.EAR_LEFT]].mean()
    points, middle = sheet.points, np.array(sheet.middle)
    outline: Any = cv2.convexHull(points.astype(np.float32), returnPoints=False).ravel()
    around, behind = [], []
    for wide, deep in RINGS:
        around += [middle + (points[each] - middle) * wide for each in outline]
        behind += [min(float(depth[each]), 0.15) + deep for each in outline]
    between = LinearNDInterpolator(np.r_[points, np.array(around)], np.r_[depth, behind])
    y, x = np.mgrid[0:SIDE:3, 0:SIDE:3]
    coarse = np.nan_to_num(between(x, y), nan=-0.8).astype(np.float32)
    cover = _cover(sheet, outline)
    return Solid(
        picture=sheet.picture,
        depth=cv2.GaussianBlur(cv2.resize(coarse, (SIDE, SIDE)), (0, 0), 1.5),
        cover=cover,
        behind=_behind(sheet, cover),
        middle=sheet.middle,
        width=sheet.width,
        away=away,
    )


def _cover(sheet: Print, outline: Any) -> Any:
    middle, points = np.array(sheet.middle), sheet.points
    wide = [
        middle + (points[each] - middle) * [1.22, 1.42 if points[each][1] < middle[1] else 1.08]
        for each in outline
    ]
    cover = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillPoly(cover, [cv2.convexHull(np.array(wide).astype(np.int32))], 1.0)
    return cv2.GaussianBlur(cover, (0, 0), 3)


def _behind(sheet: Print, cover: Any) -> Any:
    """The picture without the head."""
    small = cv2.resize(sheet.picture, (96, 96), interpolation=cv2.INTER_AREA).clip(0, 255)
    holes = (cv2.resize(cover, (96, 96)) > 0.05).astype(np.uint8)
    filled = cv2.inpaint(small.astype(np.uint8), holes, 3, cv2.INPAINT_TELEA)
    whole = cv2.resize(filled, (SIDE, SIDE)).astype(np.float32)
    return np.where(cover[..., None] < 0.02, sheet.picture, whole)
