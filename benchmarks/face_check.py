"""Checks per second on one core: the platform's whole path beside the bare model (limit) and dlib (peer).

Ours: to a child and back: decode, detect, choose, align, describe, compare, from JPEG bytes. Limit: detect, align and describe alone on the
decoded picture, by the same models. Peer: dlib-bin with face-recognition-models doing the whole path, where installed
(`pip install dlib-bin face-recognition-models`); `null` otherwise. One JSON line.
"""

import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.local import throwaway_environment

os.environ.update(throwaway_environment())
import django

django.setup()

import cv2
import numpy as np
from PIL import Image

from drivers.vision import eyes, faces
from sandbox.camera import frame, people

ROUNDS = 12


def per_second(work: Callable[[], Any]) -> float:
    """The median of some rounds, after one to warm up."""
    work()
    spans = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        spans.append(time.perf_counter() - began)
    return 1 / statistics.median(spans)


def dlib_path(content: bytes, known: Any) -> Callable[[], Any] | None:
    """The peer's whole path, or None where it is not installed."""
    if find_spec("_dlib_pybind11") is None and find_spec("dlib") is None:
        return None
    spec = find_spec("face_recognition_models")
    if spec is None or spec.submodule_search_locations is None:
        return None
    import dlib

    folder = Path(spec.submodule_search_locations[0]) / "models"
    detector = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
    model = dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))

    def whole() -> Any:
        picture = cv2.cvtColor(
            cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
        )
        boxes = detector(picture, 1)
        box = boxes[0] if boxes else dlib.rectangle(100, 80, 260, 280)
        found = np.array(model.compute_face_descriptor(picture, shape(picture, box)))
        return float(np.linalg.norm(found - found))

    return whole


def main() -> None:
    names = sorted(people())
    content = frame(names[0], "centre", 5)
    known = faces.read_face(frame(names[0], "centre", 99), faces.Demands()).vector
    picture = eyes.shrink(Image.open(io.BytesIO(content)).convert("RGB"))

    def ours() -> float:
        return faces.likeness(faces.read_face(content, faces.Demands()).vector, known)

    def bare() -> Any:
        detector, recogniser = eyes._faces()
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        _count, rows = detector.detect(picture)
        return recogniser.feature(recogniser.alignCrop(picture, rows[0]))

    peer_work = dlib_path(content, known)
    mine, limit = per_second(ours), per_second(bare)
    peer = per_second(peer_work) if peer_work else None
    print(
        json.dumps(
            {
                "name": "face_check",
                "ours": round(mine, 1),
                "peer": round(peer, 1) if peer else None,
                "limit": round(limit, 1),
                "unit": "checks of one picture per second and core",
                "ratio_to_peer": round(mine / peer, 2) if peer else None,
                "ratio_to_limit": round(mine / limit, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
