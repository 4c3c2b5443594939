"""What the sandbox's camera shows, drawn once a run, and what our reader says of a file, asked once a run.

Reading is a function of the file and of what is wanted of it, takes a tenth of a second for a face and more than a
second of both cores for a certificate, and most tests show the same few files. Each of them is still read by the real
models, in a process of its own; workers beside each other share what it said.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from core.reader import door, pool
from core.reader.child import Answer, Wish
from core.reader.pool import Slot
from police.documents import press
from sandbox import camera, plates

PATIENCE = 120.0  # seconds


def read_each_picture_once(patch: Any) -> None:
    """Let a place in the reader remember what it said; `patch` is pytest's.

    It has time for it: that a busy machine refuses has tests of its own.
    """
    patch.setattr(pool, "STARTS_WITHIN", PATIENCE)
    for lane in (door.files_lane(), door.models_lane(), door.pages_lane(), press.lane()):
        patch.setattr(lane, "within", PATIENCE)
    ask, known, folder = Slot.ask, {}, _shared("read")

    patch.setattr(press, "STARTS", PATIENCE)

    def once(slot: Slot, wish: Wish) -> Answer:
        if slot._lane is press.lane():
            return ask(slot, wish)  # no two papers are alike
        key = hashlib.sha256(msgspec.msgpack.encode(wish)).digest()
        if key not in known:
            known[key] = _kept(folder / key.hex()) or _keep(folder / key.hex(), ask(slot, wish))
        return known[key]

    patch.setattr(Slot, "ask", once)


def draw_each_picture_once(patch: Any) -> None:
    """Let the sandbox remember what it drew, for all workers of this run; `patch` is pytest's."""
    folder = _shared("drawn")
    for module in (camera, plates):
        patch.setattr(module, "_drawn", _remembering(module._drawn, folder))


def _remembering(draw: Callable[..., bytes], folder: Path) -> Callable[..., bytes]:
    def once(*asked: Any) -> bytes:
        path = folder / hashlib.sha256(repr((draw.__module__, asked)).encode()).hexdigest()
        return path.read_bytes() if path.exists() else _whole(path, draw(*asked))

    return once


def _shared(name: str) -> Path:
    """A folder that all workers of this run share, and no other run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
    folder = Path(os.environ["HUHANG_STATE"]) / f"{name}-{run}"
    folder.mkdir(exist_ok=True)
    return folder


def _kept(path: Path) -> Answer | None:
    """What another worker of this run was told."""
    return msgspec.msgpack.decode(path.read_bytes(), type=Answer) if path.exists() else None


def _keep(path: Path, answer: Answer) -> Answer:
    _whole(path, msgspec.msgpack.encode(answer))
    return answer


def _whole(path: Path, content: bytes) -> bytes:
    """Written whole or not at all, for whoever looks meanwhile."""
    half = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    half.write_bytes(content)
    half.rename(path)
    return content
