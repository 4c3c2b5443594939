"""What our reader says of a file, asked once a process.

Reading is a function of the file and of what is wanted of it, takes a tenth of a second for a face and more than a
second of both cores for a certificate, and most tests show the same few files. Each of them is still read by the real
models, in a process of its own.
"""

import hashlib
from typing import Any

import msgspec

from core.reader import door, pool
from core.reader.child import Answer, Wish
from core.reader.pool import Slot

PATIENCE = 120.0  # seconds


def read_each_picture_once(patch: Any) -> None:
    """Let a place in the reader remember what it said; `patch` is pytest's.

    It has time for it: that a busy machine refuses has tests of its own.
    """
    patch.setattr(pool, "STARTS_WITHIN", PATIENCE)
    for lane in (door.files_lane(), door.models_lane()):
        patch.setattr(lane, "within", PATIENCE)
    ask, known = Slot.ask, {}

    def once(slot: Slot, wish: Wish) -> Answer:
        key = hashlib.sha256(msgspec.msgpack.encode(wish)).digest()
        if key not in known:
            known[key] = ask(slot, wish)
        return known[key]

    patch.setattr(Slot, "ask", once)
