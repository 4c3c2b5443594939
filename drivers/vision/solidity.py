"""Whether the skin of a clip moves as on one rigid head, or as on a picture that is bent, warped or turned. Pure.

When a head turns, each point of its skin moves by how far it stands out; when a picture is bent or warped, by where it
lies in the picture. So from all frames together the depth of each point is taken out of its movement (factorisation,
Tomasi and Kanade 1992), what a smooth function of the place could do is taken off, and what is left is compared with
an average head: the nose's sharp ridge, the sockets, the lips. Points near the outline do not count: there skin and
what is behind it cannot be told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
HEAD = Path(__file__).parent / "models" / "canonical_head.csv"
EAR_RIGHT, EAR_LEFT, EYE_RIGHT, EYE_LEFT, CROWN, CHIN = 234, 454, 33, 263, 10, 152
# The ellipse within which points count: middle and half-axes, and its part.
INNER = ((0.0, 0.5), (0.03, 0.6), 0.6)
SMOOTH = (2, 3)  # degrees of what a smooth function of the place could do


@dataclass(frozen=True, slots=True)
class Turn:
    """How a head is turned from how it was in the first frame, in degrees: `yaw` to the person's left, `pitch` up."""

    yaw: float
    pitch: float

    @property
    def angle(self) -> float:
        return float(np.hypot(self.yaw, self.pitch))

    def off(self, other: "Turn") -> float:
        """The degrees between two directions of turning."""
        between = self.yaw * other.yaw + self.pitch * other.pitch
        return float(np.degrees(np.arccos(np.clip(between / max(self.angle * other.angle, 1e-6), -1, 1))))


@dataclass(frozen=True, slots=True)
class Solidity:
    """`relief`, from -1 to 1, is how alike the depths are to those of a head once smooth ones are taken off; `reach` is by
    how much they move the skin, in multiples of what the angle of the turns would on a head."""

    relief: float
    reach: float


@lru_cache(maxsize=1)
def head() -> Array:
    """The points (468, 3) of an average head, in widths of the face; x to its left, y down, z to the camera."""
    return np.loadtxt(HEAD, delimiter=",")


def turned(first: Array, points: Array) -> Turn:
    """From the points (468, 3) of the first frame and of a later one."""
    rotation = _rotation(first, points)
    return Turn(
        float(np.degrees(np.arctan2(rotation[0, 2], rotation[2, 2]))),
        float(np.degrees(np.arcsin(np.clip(-rotation[1, 2], -1, 1)))),
    )


def measure(first: Array, texture: Array, skins: Sequence[Array], turns: Sequence[Turn]) -> Solidity:
    """From the points (468, 3) of the first frame and what there is to follow about each (468,), and, of each frame in
    which the head is turned, where it shows the same skin (468, 2) and by how much it is turned."""
    place, moved = _levelled(first, np.array(skins))
    weight = _weights(texture)
    depth = (head() @ _rotation(head(), first).T)[:, 2]
    flat = np.c_[place, np.ones(len(place))]
    rest = np.array([_off(flat, each, weight) for each in moved])
    rows = np.concatenate([rest[..., 0], rest[..., 1]]) * np.sqrt(weight)
    left, _sizes, right = np.linalg.svd(rows, full_matrices=False)
    seen = right[0] / np.sqrt(weight)
    # A depth and its opposite explain the same movement; which it is, the turns say.
    ways = np.array([(each.yaw, -each.pitch) for each in turns])
    if (left[: len(turns), 0] * ways[:, 0] + left[len(turns) :, 0] * ways[:, 1]).sum() < 0:
        seen = -seen
    relief = np.mean([_alike(_polynomial(place, degree), seen, depth, weight) for degree in SMOOTH])
    return Solidity(float(relief), _reach(np.c_[place, depth, np.ones(len(place))], moved, weight, turns))


def nearing(first: Array, texture: Array, skin: Array) -> float:
    """How much more what stands out has grown than what lies behind it, for each width of the face between them, in
    multiples of how much the whole has grown: about the width over the distance from the camera where a head comes closer,
    nothing where a picture of one is magnified. Arguments as of `measure`; `skin` is of one frame."""
    place, moved = _levelled(first, skin[None])
    # The coarse growth of the whole is looked for: by less than all its weight does a place with much to follow lead.
    weight = np.sqrt(_weights(texture))
    depth = (head() @ _rotation(head(), first).T)[:, 2]
    depth = depth - (weight * depth).sum() / weight.sum()
    # What a turn of the head does, by the depth of a point alone, and what a smooth function of the place could do.
    basis = np.c_[_polynomial(place, SMOOTH[0]), depth, depth[:, None] * place]
    matrix = _fit(basis, moved[0], weight)
    grown, farther = (matrix[3, 0] + matrix[1, 1]) / 2, (matrix[7, 0] + matrix[8, 1]) / 2
    return float(farther / grown / max(grown - 1, 0.05))


def _reach(solid: Array, moved: Array, weight: Array, turns: Sequence[Turn]) -> float:
    sines = []
    for each in moved:
        matrix = _fit(solid, each, weight).T[:, :3]
        sines.append(np.hypot(*matrix[:, 2]) / np.sqrt(np.trace(matrix @ matrix.T) / 2))
    angle = max(float(np.median([each.angle for each in turns])), 1.0)
    return float(np.median(sines) / np.sin(np.radians(angle)))


def _levelled(first: Array, skins: Array) -> tuple[Array, Array]:
    """The first frame's points and those of the others, about the middle of the face, with level eyes, in its widths."""
    at = first[:, :2]
    width = float(np.hypot(*(at[EAR_LEFT] - at[EAR_RIGHT])))
    eyes = at[EYE_LEFT] - at[EYE_RIGHT]
    tilt = np.arctan2(eyes[1], eyes[0])
    level = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    middle = (at[CROWN] + at[CHIN]) / 2
    return (at - middle) @ level.T / width, (skins - middle) @ level.T / width


def _weights(texture: Array) -> Array:
    (x, wide), (y, high), part = INNER
    inner = ((head()[:, 0] - x) / wide) ** 2 + ((head()[:, 1] - y) / high) ** 2 < part
    # Not nothing outside, so that one factorisation serves all points.
    weight = np.minimum(texture, np.quantile(texture, 0.9)) * (inner + 1e-6) + 1e-9
    return np.asarray(weight / weight.sum())


def _rotation(first: Array, other: Array) -> Array:
    """The rotation (3, 3) that takes one set of points to another, whatever their size and place (Kabsch 1976)."""
    left, _sizes, right = np.linalg.svd((other - other.mean(0)).T @ (first - first.mean(0)))
    sign = np.linalg.det(left @ right)
    return np.asarray(left @ np.diag([1.0, 1.0, sign]) @ right)


def _polynomial(place: Array, degree: int) -> Array:
    x, y = place.T
    return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=1)


def _fit(basis: Array, values: Array, weight: Array) -> Array:
    root = np.sqrt(weight)[:, None]
    return np.asarray(np.linalg.lstsq(basis * root, values * root, rcond=None)[0])


def _off(basis: Array, values: Array, weight: Array) -> Array:
    """What the basis does not explain."""
    return np.asarray(values - basis @ _fit(basis, values, weight))


def _alike(basis: Array, one: Array, other: Array, weight: Array) -> float:
    """The correlation of two depths without what the basis explains."""
    one, other = (_off(basis, each[:, None], weight)[:, 0] for each in (one, other))
    size = np.sqrt((weight * one * one).sum() * (weight * other * other).sum())
    return float((weight * one * other).sum() / max(float(size), 1e-12))
