"""Chunks of sound in storage: an object each, `nonce (12) | AES-256-GCM ciphertext and tag`, never changed.

A chunk's recording and number are authenticated with it, so a chunk of another recording, under another number, cut
short or made by somebody else does not open. The same chunk again changes nothing.
"""

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from safety.errors import ChunkDiffers, ChunkUnreadable

if TYPE_CHECKING:
    from django.core.files.storage import Storage

CHUNK_LIMIT = 256 * 1024  # bytes
MOST_CHUNKS = 200_000


def name_of(code: str, number: int) -> str:
    return f"{code[-2:]}/{code}/{number:06d}"


def open_chunk(key: AESGCM, code: str, number: int, stored: bytes) -> bytes:
    """The sound of a chunk. Raises `ChunkUnreadable`."""
    try:
        return key.decrypt(stored[:12], stored[12:], f"{code}:{number}".encode())
    except (InvalidTag, ValueError):
        raise ChunkUnreadable("chunk") from None


def _store() -> "Storage":
    return storages["recordings"]


def write(code: str, number: int, stored: bytes) -> None:
    """Keep a chunk; when this returns it is kept. Raises `ChunkDiffers` where another one has its number."""
    store, name = _store(), name_of(code, number)
    if isinstance(store, FileSystemStorage):
        _write_file(Path(store.path(name)), stored)
    elif store.exists(name):
        with store.open(name) as known:
            if known.read() != stored:
                raise ChunkDiffers("chunk")
    else:
        store.save(name, ContentFile(stored))


def _write_file(path: Path, stored: bytes) -> None:
    """A whole file or none: written beside its place, then linked into it where nothing is there yet."""
    new = f"{path}.{secrets.token_hex(6)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(new, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(new, flags, 0o600)
    try:
        os.write(descriptor, stored)
    finally:
        os.close(descriptor)
    try:
        os.link(new, path)
    except FileExistsError:
        if path.read_bytes() != stored:
            raise ChunkDiffers("chunk") from None
    finally:
        os.unlink(new)  # noqa: PTH108 - as quick as it gets: once for each second of each recording


def read(code: str, number: int) -> bytes | None:
    """A chunk as it is stored; None where it is not there."""
    try:
        with _store().open(name_of(code, number)) as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        return None


def numbers(code: str) -> list[int]:
    """Which chunks are there."""
    try:
        _folders, names = _store().listdir(f"{code[-2:]}/{code}")
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if name.isdigit())


def size(code: str) -> int:
    """Bytes that a recording's chunks take."""
    store = _store()
    return sum(store.size(name_of(code, number)) for number in numbers(code))


def erase(code: str) -> None:
    """Remove all objects of a recording. Its key is gone before: what is left behind by a failure is noise."""
    store = _store()
    folder = f"{code[-2:]}/{code}"
    if isinstance(store, FileSystemStorage):
        shutil.rmtree(store.path(folder), ignore_errors=True)
        return
    for number in numbers(code):
        store.delete(name_of(code, number))
