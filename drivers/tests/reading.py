"""What the models say of a picture, asked once a process.

Reading is a function of the picture alone, takes a tenth of a second for a face and more than a second of both cores
for a certificate, and most tests show the same few pictures. Each of them is still read by the real models.
"""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

from numpy.typing import NDArray

from drivers.vision import faces, plates

R = TypeVar("R")


def once(compute: Callable[[NDArray[Any]], R]) -> Callable[[NDArray[Any]], R]:
    """`compute` with a memory of every picture it was asked about, by its content."""
    known: dict[tuple[bytes, tuple[int, ...], str], R] = {}

    def ask(picture: NDArray[Any]) -> R:
        key = (hashlib.sha256(picture.tobytes()).digest(), picture.shape, picture.dtype.str)
        if key not in known:
            known[key] = deepcopy(compute(picture))
        return deepcopy(known[key])

    return ask


class _Recogniser:
    """OpenCV's, of whichever thread asks."""

    def __init__(self, models: Callable[[], tuple[Any, Any]]) -> None:
        self._models = models
        self.feature = once(lambda face: models()[1].feature(face))

    def alignCrop(self, *picture_and_row: Any) -> Any:
        return self._models()[1].alignCrop(*picture_and_row)


def read_each_picture_once(patch: Any) -> None:
    """Let the loaders of both libraries give models that remember; `patch` is pytest's."""
    models, engine = faces._models, plates._engine
    recogniser, read = _Recogniser(models), once(lambda picture: engine()(picture))
    patch.setattr(faces, "_models", lambda: (models()[0], recogniser))
    patch.setattr(plates, "_engine", lambda: read)
