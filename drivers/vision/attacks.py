"""Presentation attacks (D4+): one still picture of somebody, moved and warped as each pose asks, or a few of a head.

The red team shows them to the check that is in force; `benchmarks/presentation_attacks.py` measures how many pass.
Whoever prepares one draws its strength by chance, as somebody who tries again and again would.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.vision import solidity
from drivers.vision.poses import Pose
from drivers.vision.solids import SIDE, Solid, Stance, sampled

Array = NDArray[Any]


class Attack(StrEnum):
    """`FLAT` is a photo moved by a hand, `PERSPECTIVE` one that is turned; `BENT_X` and `BENT_Y` are prints bent about an
    upright or a level axis and turned; `BUMP_X`, `BUMP_Y`, `BUMP_BOTH` are displaced where a nose would be, by the place
    along one axis or both; `SMOOTH` and `PIECEWISE` by a field of chance; `SCREEN` is a bump on a screen with moiré;
    `CUT_OUT` a bent mask with holes for the eyes, before another head. `STILLS_5`, `STILLS_9`, `STILLS_10` and `STILLS_12` are
    pictures of a head that turns: straight ahead, and four of which each lies between two poses, or one of each pose, or
    one more that was taken from closer, or three more of a head on its way. Of them the one is shown that lies nearest to where the head is to be just then."""

    FLAT = "flat"
    PERSPECTIVE = "perspective"
    BENT_X = "bent_x"
    BENT_Y = "bent_y"
    BUMP_X = "bump_x"
    BUMP_Y = "bump_y"
    BUMP_BOTH = "bump_both"
    SMOOTH = "smooth"
    PIECEWISE = "piecewise"
    ZOOMED = "zoomed"
    SCREEN = "screen"
    CUT_OUT = "cut_out"
    STILLS_5 = "stills_5"
    STILLS_9 = "stills_9"
    STILLS_10 = "stills_10"
    STILLS_12 = "stills_12"


# The pictures of a head that turns: in which eighth of a whole turn, from the right of the picture upwards, and how far,
# in shares of the whole way.
_EIGHTHS = tuple((float(eighth), 1.0) for eighth in range(8))
STILLS: dict[Attack, tuple[tuple[float, float], ...]] = {
    Attack.STILLS_5: tuple((0.5 + 2 * quarter, 1.0) for quarter in range(4)),
    Attack.STILLS_9: _EIGHTHS,
    Attack.STILLS_10: _EIGHTHS,
    Attack.STILLS_12: (*_EIGHTHS, *((2.0 + third * 8 / 3, 0.5) for third in range(3))),
}


# Where a pose takes the nose in the picture: to the right, down.
WAYS: dict[Pose, tuple[float, float]] = {
    Pose.LEFT: (1.0, 0.0),
    Pose.RIGHT: (-1.0, 0.0),
    Pose.UP: (0.0, -1.0),
    Pose.DOWN: (0.0, 1.0),
    Pose.LEFT_UP: (0.7, -0.7),
    Pose.LEFT_DOWN: (0.7, 0.7),
    Pose.RIGHT_UP: (-0.7, -0.7),
    Pose.RIGHT_DOWN: (-0.7, 0.7),
}
_EYES = ((33, 133, 159, 145), (263, 362, 386, 374))  # corners and lids among the points of a face


@dataclass(frozen=True, slots=True)
class Print:
    """The still picture: BGR, `solids.SIDE` square, with the face's middle and width in pixels and its points (468, 2)."""

    picture: Array
    middle: tuple[float, float]
    width: float
    points: Array


def print_of(picture: bytes, width: float) -> Print:
    """A print of a picture whose face stands in its middle and takes `width` of its own width. Raises `ValueError`."""
    middle = (SIDE / 2, SIDE / 2)
    points = solidity.head()[:, :2] * width * SIDE + middle
    return Print(_decoded(picture)[0], middle, width * SIDE, points)


def print_with(picture: bytes, points: Array) -> Print:
    """A print of a square picture whose face has its points (468, 2) there, in its pixels. Raises `ValueError`."""
    shown, side = _decoded(picture)
    points = points * SIDE / side
    across = points[solidity.EAR_LEFT] - points[solidity.EAR_RIGHT]
    middle = (points[solidity.CROWN] + points[solidity.CHIN]) / 2
    return Print(shown, (float(middle[0]), float(middle[1])), float(np.hypot(*across)), points)


def _decoded(picture: bytes) -> tuple[Array, int]:
    shown = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if shown is None:
        raise ValueError("not a picture")
    return cv2.resize(shown, (SIDE, SIDE)).astype(np.float32), max(shown.shape[:2])


class Forger:
    """Somebody with one print and one way to show it. Raises `ValueError` for an attack that takes more."""

    def __init__(self, attack: Attack, sheet: Print, chance: np.random.Generator) -> None:
        self.attack, self.sheet, self.chance = attack, sheet, chance
        self.share = chance.uniform(0.08, 0.24)  # of the face's width, by which it is displaced
        self.turn = chance.uniform(15, 45)
        self.radius = chance.uniform(0.45, 1.2)
        self.narrow = chance.uniform(0.15, 0.45, 2)
        self.high = chance.uniform(-0.05, 0.15)
        self.closer = chance.uniform(1.2, 1.45)
        self.field = self._field()
        self.moire = (chance.uniform(2.1, 3.5), chance.uniform(0, np.pi))

    def photo(self, pose: Pose, share: float = 1.0) -> bytes:
        return photographed(self.frame(pose, share), self.chance)

    def frame(self, pose: Pose, share: float = 1.0) -> Array:
        """What the camera sees (BGR, float) while this pose is asked for, at such a share of its time."""
        hand = self.chance.normal(0, 0.012, 2)
        nearer = (self.closer if pose == Pose.CLOSER else 1.0) * self.chance.normal(1, 0.01)
        stance = Stance(
            roll=self.chance.normal(0, 1.0), nearer=nearer, shift=(float(hand[0]), float(hand[1]))
        )
        across, down = WAYS.get(pose, (0.0, 0.0))
        way = (share * across, share * down)
        match self.attack:
            case Attack.PERSPECTIVE | Attack.BENT_X | Attack.BENT_Y | Attack.CUT_OUT:
                turned = replace(stance, yaw=way[0] * self.turn, pitch=-way[1] * self.turn)
                return self._solid(way).seen(turned)
            case Attack.SCREEN:
                return self._on_screen(self._warped(way, stance))
            case (
                Attack.FLAT
                | Attack.BUMP_X
                | Attack.BUMP_Y
                | Attack.BUMP_BOTH
                | Attack.SMOOTH
                | Attack.PIECEWISE
                | Attack.ZOOMED
            ):
                return self._warped(way, stance)
            case Attack.STILLS_5 | Attack.STILLS_9 | Attack.STILLS_10 | Attack.STILLS_12:
                raise ValueError(f"{self.attack} takes a head")

    def _warped(self, way: tuple[float, float], stance: Stance) -> Array:
        sheet = self.sheet
        y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
        x = x - sheet.middle[0] - stance.shift[0] * sheet.width
        y = y - sheet.middle[1] - stance.shift[1] * sheet.width
        tilt = np.radians(stance.roll)
        c, s = np.cos(tilt) / stance.nearer, np.sin(tilt) / stance.nearer
        across, down = (c * x + s * y) / sheet.width, (-s * x + c * y) / sheet.width
        by = self._displaced(across, down - self.high) * self.share * self.chance.normal(1, 0.05)
        return sampled(
            sheet.picture,
            sheet.middle[0] + (across - by * way[0]) * sheet.width,
            sheet.middle[1] + (down - by * way[1]) * sheet.width,
        )

    def _displaced(self, across: Array, down: Array) -> Array:
        """From 0 to about 1: how much of the displacement each point gets."""
        wide, high = self.narrow
        match self.attack:
            case Attack.FLAT:
                return np.zeros_like(across)
            case Attack.BUMP_X:
                return np.asarray(np.exp(-((across / wide) ** 2)))
            case Attack.BUMP_Y:
                return np.asarray(np.exp(-((down / high) ** 2)))
            case Attack.SMOOTH | Attack.PIECEWISE:
                cells = (np.stack([across, down]) / 1.2 + 0.5) * (len(self.field) - 1)
                return sampled(self.field, cells[0], cells[1], cv2.BORDER_CONSTANT)
            case Attack.BUMP_BOTH | Attack.ZOOMED | Attack.SCREEN:
                return np.asarray(np.exp(-((across / wide) ** 2) - (down / high) ** 2))
            case (
                Attack.PERSPECTIVE
                | Attack.BENT_X
                | Attack.BENT_Y
                | Attack.CUT_OUT
                | Attack.STILLS_5
                | Attack.STILLS_9
                | Attack.STILLS_10
                | Attack.STILLS_12
            ):
                raise ValueError(f"{self.attack} displaces nothing")

    def _field(self) -> Array:
        """A displacement by chance, largest about the middle and none at the edge: of 5 × 5 pieces, or smooth."""
        pieces = np.clip(self.chance.normal(0.3, 0.35, (5, 5)), -0.3, 1)
        pieces[2, 2] = 1
        pieces[[0, -1]] *= 0.3
        pieces[:, [0, -1]] *= 0.1
        if self.attack != Attack.SMOOTH:
            return pieces
        smooth = cv2.resize(pieces, (49, 49), interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.GaussianBlur(smooth, (0, 0), 4))

    def _solid(self, way: tuple[float, float]) -> Solid:
        sheet = self.sheet
        y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
        picture, cover, behind = sheet.picture, np.ones((SIDE, SIDE)), np.full((SIDE, SIDE, 3), 128.0)
        if self.attack == Attack.CUT_OUT:
            picture, cover = self._with_living_eyes(way), _area([sheet.points])
            behind = sheet.picture[:, ::-1] * 0.9
        if self.attack == Attack.PERSPECTIVE:
            return Solid(picture, np.zeros((SIDE, SIDE)), cover, behind, sheet.middle, sheet.width, (0, 0, 0))
        axis = (y - sheet.middle[1]) if self.attack == Attack.BENT_Y else (x - sheet.middle[0])
        from_axis = np.minimum(np.abs(axis) / sheet.width, 0.98 * self.radius)
        depth = np.sqrt(self.radius**2 - from_axis**2) - self.radius
        return Solid(picture, depth, cover, behind, sheet.middle, sheet.width, (0, 0, -self.radius))

    def _with_living_eyes(self, way: tuple[float, float]) -> Array:
        """The print, with eyes behind its holes that move a little otherwise than it does."""
        sheet = self.sheet
        y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
        moved = sampled(sheet.picture, x - way[0] * 0.03 * sheet.width, y - way[1] * 0.03 * sheet.width)
        holes = cv2.GaussianBlur(
            cv2.dilate(_area([sheet.points[list(eye)] for eye in _EYES]), np.ones((7, 7))), (0, 0), 2
        )[..., None]
        return np.asarray(sheet.picture * (1 - holes) + moved * holes)

    def _on_screen(self, shown: Array) -> Array:
        """Its lines of dots against those of the camera, and its light."""
        y, x = np.mgrid[0:SIDE, 0:SIDE]
        length, angle = self.moire
        one = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / length + self.chance.uniform(0, 6))
        other = np.sin((x * np.sin(angle) - y * np.cos(angle)) * 2 * np.pi / (length * 1.03))
        return np.asarray(shown * (1 + 0.06 * (one * other)[..., None]) * [1.05, 1, 0.92] + 8)


class Slides:
    """Somebody with photos of a head from several sides, of which the nearest is shown; and closer is the one straight
    ahead, magnified, or one that was taken there. No two frames are the same bytes: each is seen anew, with a camera's noise, and
    every other one is moved by a pixel or scaled by a hundredth."""

    def __init__(self, attack: Attack, head: Solid, chance: np.random.Generator) -> None:
        self.attack, self.head, self.chance = attack, head, chance
        self.turn = chance.uniform(15, 19)
        self.closer = chance.uniform(1.2, 1.4)
        self.ways = [(0.0, 0.0), *(_polar(*each) for each in STILLS[attack])]
        self.stills: dict[tuple[float, float, bool], Array] = {}
        self.shown = 0

    def photo(self, pose: Pose, share: float = 1.0) -> bytes:
        self.shown += 1
        still = self._still(pose, share)
        magnified = pose == Pose.CLOSER and self.attack != Attack.STILLS_10
        nearer, shift = self.closer if magnified else 1.0, (0.0, 0.0)
        if self.shown % 2 == 0:
            if self.chance.random() < 0.5:
                nearer *= 1.01
            else:
                shift = (float(self.chance.integers(-1, 2)), 1.0)
        aside = (1 - nearer) * SIDE / 2
        moved = cv2.warpAffine(
            still,
            np.array([[nearer, 0, aside + shift[0]], [0, nearer, aside + shift[1]]]),
            (SIDE, SIDE),
            borderMode=cv2.BORDER_REPLICATE,
        )
        noisy = np.clip(moved + self.chance.normal(0, 1.0, moved.shape), 0, 255).astype(np.uint8)
        quality = [cv2.IMWRITE_JPEG_QUALITY, 80 + self.shown % 16]
        return bytes(cv2.imencode(".jpg", noisy, quality)[1])

    def _still(self, pose: Pose, share: float) -> Array:
        """Taken once, with a head that was before the camera then."""
        across, down = WAYS.get(pose, (0.0, 0.0))
        wanted = np.array((across, -down)) * share / max(float(np.hypot(across, down)), 1.0)
        way = min(self.ways, key=lambda each: float(np.hypot(*(wanted - each))))
        closer = pose == Pose.CLOSER and self.attack == Attack.STILLS_10
        which = (*way, closer)
        if which not in self.stills:
            nearer = self.closer if closer else 1.0
            stance = Stance(yaw=self.turn * way[0], pitch=0.85 * self.turn * way[1], nearer=nearer)
            taken = photographed(self.head.seen(stance), self.chance)
            self.stills[which] = np.asarray(cv2.imdecode(np.frombuffer(taken, np.uint8), cv2.IMREAD_COLOR))
        return self.stills[which]


def _polar(eighth: float, share: float) -> tuple[float, float]:
    """How far to the right of the picture and upwards."""
    way = np.radians(45 * eighth)
    return share * float(np.cos(way)), share * float(np.sin(way))


def attacker(attack: Attack, sheet: Print, head: Solid, chance: np.random.Generator) -> Forger | Slides:
    """Who shows this attack, of what it takes."""
    if attack in STILLS:
        return Slides(attack, head, chance)
    return Forger(attack, sheet, chance)


def photographed(seen: Array, chance: np.random.Generator) -> bytes:
    """What a phone makes of it, as a JPEG: another light, another focus, noise."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    light = chance.normal(1, 0.05) + chance.normal(0, 0.06) * x + chance.normal(0, 0.06) * y
    seen = seen * light[..., None]
    if chance.random() < 0.5:
        seen = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), chance.uniform(0.4, 1.0))
    noisy = np.clip(seen + chance.normal(0, chance.uniform(1, 4), seen.shape), 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(82, 94))]
    return bytes(cv2.imencode(".jpg", noisy, quality)[1])


def _area(outlines: list[Array]) -> Array:
    found = np.zeros((SIDE, SIDE), np.float32)
    for each in outlines:
        cv2.fillPoly(found, [cv2.convexHull(each.astype(np.int32))], 1.0)
    return found
