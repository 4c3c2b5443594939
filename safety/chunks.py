"""Chunks of sound in storage: each `nonce (12) | AES-256-GCM ciphertext and tag`, kept once and never changed.

A chunk's recording and number are authenticated with it, so a chunk of another recording, under another number, cut
short or made by somebody else does not open. In a bucket each chunk is an object; on one machine a recording is one
append-only file of frames, because a file for each chunk costs ten times the writing and a hundred times the erasing.
"""

import fcntl
import os
import struct
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
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
_FRAME = struct.Struct(">4sII")  # mark, number, length of what follows
_MARK = b"HHck"
_REMEMBERED = 10_000  # files of which a process knows what is in them


def open_chunk(key: AESGCM, code: str, number: int, stored: bytes) -> bytes:
    """The sound of a chunk. Raises `ChunkUnreadable`."""
    try:
        return key.decrypt(stored[:12], stored[12:], f"{code}:{number}".encode())
    except (InvalidTag, ValueError):
        raise ChunkUnreadable("chunk") from None


def write(code: str, number: int, stored: bytes) -> None:
    """Keep a chunk; when this returns it is kept. Raises `ChunkDiffers` where another one has its number."""
    store = storages["recordings"]
    if isinstance(store, FileSystemStorage):
        _file(store, code).append(number, stored)
        return
    name = _name(code, number)
    if store.exists(name):
        with store.open(name) as known:
            if known.read() != stored:
                raise ChunkDiffers("chunk")
    else:
        store.save(name, ContentFile(stored))


def read(code: str, number: int) -> bytes | None:
    """A chunk as it is stored; None where it is not there."""
    store = storages["recordings"]
    if isinstance(store, FileSystemStorage):
        return _file(store, code).read(number)
    try:
        with store.open(_name(code, number)) as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        return None


def numbers(code: str) -> list[int]:
    """Which chunks are there."""
    store = storages["recordings"]
    if isinstance(store, FileSystemStorage):
        return sorted(_file(store, code).places())
    return sorted(int(name) for name in _names(store, code))


def size(code: str) -> int:
    """Bytes that a recording's chunks take."""
    store = storages["recordings"]
    if isinstance(store, FileSystemStorage):
        return sum(length for _offset, length in _file(store, code).places().values())
    return sum(store.size(_name(code, number)) for number in numbers(code))


def erase(code: str) -> None:
    """Remove all that is stored of a recording. Its key is gone before: what a failure leaves behind is noise."""
    store = storages["recordings"]
    if isinstance(store, FileSystemStorage):
        path = _path(store, code)
        _files.pop(path, None)
        try:
            os.unlink(path)  # noqa: PTH108 - as quick as it gets: a hundred thousand at once
        except FileNotFoundError:
            return
        return
    for name in _names(store, code):
        store.delete(f"{_folder(code)}/{name}")


def _folder(code: str) -> str:
    return f"{code[-2:]}/{code}"


def _name(code: str, number: int) -> str:
    return f"{_folder(code)}/{number:06d}"


def _names(store: "Storage", code: str) -> list[str]:
    _folders, names = store.listdir(_folder(code))
    return [name for name in names if name.isdigit()]


def _path(store: FileSystemStorage, code: str) -> str:
    return f"{store.location}/{_folder(code)}"


_files: "OrderedDict[str, _Frames]" = OrderedDict()


def _file(store: FileSystemStorage, code: str) -> "_Frames":
    path = _path(store, code)
    found = _files.get(path)
    if found is None:
        found = _files[path] = _Frames(path)
        if len(_files) > _REMEMBERED:
            _files.popitem(last=False)
    return found


@dataclass
class _Frames:
    """One recording's file: frames of (mark, number, length, chunk). Several processes may append, one at a time."""

    path: str
    end: int = 0
    known: dict[int, tuple[int, int]] = field(default_factory=dict)
    # The writer's thread and those of listeners share what is known; the file's own lock is for other processes.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, number: int, stored: bytes) -> None:
        with self.lock:
            self._append(number, stored)

    def _append(self, number: int, stored: bytes) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        try:
            opened = os.open(self.path, flags, 0o600)
        except FileNotFoundError:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            opened = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            self._look(opened, mend=True)
            place = self.known.get(number)
            if place is not None:
                if os.pread(opened, place[1], place[0]) != stored:
                    raise ChunkDiffers("chunk")
                return
            frame = _FRAME.pack(_MARK, number, len(stored)) + stored
            if os.write(opened, frame) != len(frame):
                os.ftruncate(opened, self.end)
                raise OSError("the chunk was written in part")
            self.known[number] = (self.end + _FRAME.size, len(stored))
            self.end += len(frame)
        finally:
            os.close(opened)  # and the lock with it

    def read(self, number: int) -> bytes | None:
        with self.lock:
            return self._read(number)

    def _read(self, number: int) -> bytes | None:
        try:
            opened = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            self.end, self.known = 0, {}
            return None
        try:
            if number not in self.known:
                self._look(opened, mend=False)
            place = self.known.get(number)
            return os.pread(opened, place[1], place[0]) if place else None
        finally:
            os.close(opened)

    def places(self) -> dict[int, tuple[int, int]]:
        """Offset and length of each chunk by its number."""
        with self.lock:
            return dict(self._places())

    def _places(self) -> dict[int, tuple[int, int]]:
        try:
            opened = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            self.end, self.known = 0, {}
            return {}
        try:
            self._look(opened, mend=False)
        finally:
            os.close(opened)
        return self.known

    def _look(self, opened: int, *, mend: bool) -> None:
        """Learn what others appended; what a process left half written when it died is cut off by the next writer."""
        whole = os.fstat(opened).st_size
        if whole < self.end:  # another file under the same name
            self.end, self.known = 0, {}
        while self.end < whole:
            header = os.pread(opened, _FRAME.size, self.end)
            if len(header) == _FRAME.size:
                mark, number, length = _FRAME.unpack(header)
                following = self.end + _FRAME.size + length
                if mark == _MARK and following <= whole:
                    self.known.setdefault(number, (self.end + _FRAME.size, length))
                    self.end = following
                    continue
            if mend:
                os.ftruncate(opened, self.end)
            return
