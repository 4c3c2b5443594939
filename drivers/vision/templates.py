"""Stored faces under a secret orthogonal transform: cosines stay, a dump fits no other photo without the key.

The transform is a random rotation of the 128 dimensions, drawn from HUHANG_FACE_KEY (Haar measure by QR of a Gaussian
matrix with the signs of R's diagonal; Mezzadri 2007). It protects a stolen database. It is not encryption: who can
run the platform with photos of their own choice can learn it from 128 of them.
"""

import base64
import hashlib
from functools import lru_cache

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from core.wrapped import opened
from drivers.vision.faces import Vector

SIZE = 128


@lru_cache(maxsize=1)
def _rotation() -> NDArray[np.float64]:
    return rotation_of(base64.b64encode(opened(settings.FACE_KEY)).decode())


def rotation_of(key: str) -> NDArray[np.float64]:
    """The rotation that belongs to a key."""
    seed = int.from_bytes(hashlib.sha512(b"face-template:" + key.encode()).digest(), "big")
    gaussian = np.random.Generator(np.random.PCG64(seed)).standard_normal((SIZE, SIZE))
    q, r = np.linalg.qr(gaussian)
    return q * np.sign(np.diag(r))


def protect(vector: Vector) -> Vector:
    """What is stored for a description."""
    return (_rotation() @ vector).astype(np.float32)


def reveal(stored: Vector) -> Vector:
    """The description again."""
    return (_rotation().T @ stored).astype(np.float32)
