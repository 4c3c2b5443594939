"""Where the 468 points of a face lie in a picture, and where a later picture shows the same skin.

The network that finds the points knows faces and sees one in anything; so a later picture's points only say roughly
where to look. From there the pixels decide: dense optical flow between the first picture and the later one.

Only a child of `core.reader` loads this module. Pictures are BGR; points are pixels of them, x to the right, y down,
z towards the camera.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
POINTS = 468
CROP = 192  # pixels a side that the network sees
PATCH = 256  # pixels a side in which skin is followed
MARGIN = 1.5  # of the face's longer side
RIGHT_EYE, LEFT_EYE = 33, 263  # the outer corners, of the person's own right and left
_FILE = Path(__file__).parent / "models" / "face_landmark.tflite"


@lru_cache(maxsize=1)
def _network() -> Any:  # OpenCV's classes carry no types
    return cv2.dnn.readNetFromTFLite(str(_FILE))


@lru_cache(maxsize=1)
def _flow() -> Any:
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow.setFinestScale(1)
    flow.setPatchSize(12)
    flow.setPatchStride(6)
    flow.setGradientDescentIterations(24)
    return flow


@lru_cache(maxsize=1)
def _even() -> Any:
    return cv2.createCLAHE(2.0, (4, 4))


def points(picture: Array, row: Array) -> tuple[Array, float]:
    """The points (468, 3) of the face of one row of YuNet, and how certain the network is that it is one, 0 to 1."""
    x, y, width, height = row[:4]
    right, left = row[4:6], row[6:8]
    tilt = np.arctan2(left[1] - right[1], left[0] - right[0])
    first, _certain = _look(
        picture, _window(x + width / 2, y + height / 2, MARGIN * max(width, height), tilt, CROP)
    )
    return _look(picture, _window(*_around(first), CROP))


def patch(picture: Array, at: Array) -> tuple[Array, Array, Array]:
    """What later pictures are compared with: the face in grey (256, 256), the points (468, 2) in it, and how much
    there is to follow about each point (the root of the gradients' energy, in grey values a pixel)."""
    window = _window(*_around(at), PATCH)
    grey = _even().apply(
        cv2.warpAffine(
            cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY),
            window,
            (PATCH, PATCH),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )
    within = (at[:, :2] - window[:, 2]) @ np.linalg.inv(window[:, :2]).T
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5).astype(np.float32)
    energy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(smooth, cv2.CV_32F, 0, 1) ** 2
    return grey, within, np.sqrt(_at(cv2.GaussianBlur(energy, (0, 0), 4), within)[:, 0])


def follow(picture: Array, at: Array, first: Array, within: Array) -> Array:
    """Where in this picture the skin lies (468, 2) that the first patch shows at `within`; `at` are its own points."""
    curve = np.linalg.lstsq(_curved(within), at[:, :2], rcond=None)[0]
    places = (_grid() @ curve).reshape(PATCH, PATCH, 2).astype(np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    x, y = places[..., 0], places[..., 1]
    now = cv2.remap(grey, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved = within + _at(_flow().calc(first, _even().apply(now), None), within)
    return np.asarray(_curved(moved) @ curve)


def _window(middle_x: float, middle_y: float, side: float, tilt: float, size: int) -> Array:
    """From a square of `size` pixels to the picture, as a matrix (2, 3)."""
    c, s = np.cos(tilt) * side / size, np.sin(tilt) * side / size
    half = size / 2
    return np.array([[c, -s, middle_x - (c - s) * half], [s, c, middle_y - (s + c) * half]])


def _around(at: Array) -> tuple[float, float, float, float]:
    """Middle, side and tilt of the square about these points."""
    eyes = at[LEFT_EYE, :2] - at[RIGHT_EYE, :2]
    tilt = float(np.arctan2(eyes[1], eyes[0]))
    level = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    turned = at[:, :2] @ level.T
    least, most = turned.min(0), turned.max(0)
    middle = level.T @ ((least + most) / 2)
    return float(middle[0]), float(middle[1]), MARGIN * float((most - least).max()), tilt


def _look(picture: Array, window: Array) -> tuple[Array, float]:
    crop = cv2.warpAffine(
        picture,
        window,
        (CROP, CROP),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    network = _network()
    network.setInput(cv2.dnn.blobFromImage(crop, 1 / 255, (CROP, CROP), swapRB=True))
    flag, out = network.forward(("conv2d_31", "conv2d_21"))
    found = out.reshape(POINTS, 3).astype(np.float64)
    scale = float(np.hypot(window[0, 0], window[1, 0]))
    flat = found[:, :2] @ window[:, :2].T + window[:, 2]
    # The network's z grows away from the camera.
    return np.c_[flat, -found[:, 2] * scale], float(1 / (1 + np.exp(-flag.ravel()[0])))


def _curved(within: Array) -> Array:
    x, y = (within[:, 0] / PATCH - 0.5), (within[:, 1] / PATCH - 0.5)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


@lru_cache(maxsize=1)
def _grid() -> Array:
    y, x = np.mgrid[0:PATCH, 0:PATCH]
    return _curved(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64))


def _at(plane: Array, places: Array) -> Array:
    """The plane's values at these pixels (n, channels)."""
    places = np.clip(places, 0, PATCH - 1).astype(np.float32)
    found = cv2.remap(plane, places[:, None, 0], places[:, None, 1], cv2.INTER_LINEAR)
    return np.asarray(found, dtype=np.float64).reshape(len(places), -1)
