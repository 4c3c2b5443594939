"""Writing signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature). Knows nothing of the platform."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.journal.offline import COSIGNATURE, ED25519

DASH = "\u2014"


def encoded(name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> str:
    """The public half of a key as signed notes name it: NAME+ID+BASE64."""
    raw = bytes([kind]) + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    mark = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return f"{name}+{mark.hex()}+{base64.b64encode(raw).decode()}"


def signature(name: str, key: Ed25519PrivateKey, body: str, *, at: int = 0) -> str:
    """The line under a note of which `body` is the text; with `at`, Unix seconds, that of a witness."""
    kind, said = ED25519, body
    if at:
        kind, said = COSIGNATURE, f"cosignature/v1\ntime {at}\n{body}"
    mark = bytes.fromhex(encoded(name, key, kind).split("+")[1])
    stamp = at.to_bytes(8, "big") if at else b""
    return f"{DASH} {name} {base64.b64encode(mark + stamp + key.sign(said.encode())).decode()}\n"


def body_of(note: str) -> str:
    """What is signed of a note."""
    return note.partition("\n\n")[0] + "\n"


def line_of(note: str, name: str) -> str:
    """The line with the signature of somebody; empty where there is none."""
    lines = note.partition("\n\n")[2].split("\n")
    return next((f"{line}\n" for line in lines if line.startswith(f"{DASH} {name} ")), "")


def without(note: str, name: str) -> str:
    """A note without the signature of somebody."""
    return note.replace(line_of(note, name) or "\0", "")
