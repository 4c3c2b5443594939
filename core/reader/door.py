"""The one door for uploaded files: their kind by content, their size before their pixels, opened in a child process.

Call it outside of transactions: a file can wait for its turn.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import danger, limits
from core.errors import DomainError
from core.reader import headers, scanner
from core.reader.child import Answer, Bounds, Wish
from core.reader.errors import (
    FileNotKept,
    FileRefused,
    PdfActive,
    PdfLocked,
    PdfUnreadable,
    PictureTooLarge,
    PictureUnreadable,
    ReaderBusy,
    TooManyFilesToday,
)
from core.reader.headers import Kind
from core.reader.pool import IDLE, Broke, Busy, Lane, Slot

LARGEST = 8 * 1024 * 1024  # bytes
QUEUE = 4  # of each lane: threads that wait here answer nobody else, and a server has 16
SIDE = 2_400  # pixels of the longer side of a kept picture
T = TypeVar("T")
FILES = limits.declare(
    "core.files",
    {limits.Per.PERSON: 1_000, limits.Per.DEVICE: 1_000},
    within=86_400,
    name=pgettext_lazy("policy name", "Files of one person"),
    about=_(
        "So many files of one person, and from one device, are opened in a day, whatever they are for. What comes with words of danger is opened beyond it, and so are the pictures of a face check, of which a driver can begin only so many."
    ),
    error=TooManyFilesToday,
)


class Upload(Protocol):
    """What Django gives for a file of a form (`core.reader.uploads.Received`)."""

    @property
    def size(self) -> int | None: ...
    def seek(self, offset: int, /) -> Any: ...
    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What an app's models read from a picture: `module:function`, run in the child with an upright RGB `PIL.Image`
    and keywords. `gives` is the shape of what it returns, `refusals` the error for each word that it refuses with."""

    path: str
    gives: type[T]
    refusals: Mapping[str, type[DomainError]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """`drawn` is the picture as a JPEG without metadata (empty where none was asked for); width and height are pixels
    of the upright original. `said` is what the reading gave."""

    drawn: bytes
    width: int
    height: int
    said: T


# For files that anybody sends, and for what the models read: strangers' files never stand before a driver's face.
@lru_cache(maxsize=1)
def files_lane() -> Lane:
    return Lane(
        Bounds(memory=600, cpu=6, idle=IDLE), size=settings.READERS, queue=QUEUE, patience=5.0, within=15.0
    )


@lru_cache(maxsize=1)
def models_lane() -> Lane:
    return Lane(
        Bounds(memory=1500, cpu=12, idle=IDLE), size=settings.READERS, queue=QUEUE, patience=8.0, within=20.0
    )


# For pages of papers that are read after they were let in: neither a stranger's file nor a driver's face waits for them.
@lru_cache(maxsize=1)
def pages_lane() -> Lane:
    return Lane(Bounds(memory=1200, cpu=12, idle=IDLE), size=1, queue=QUEUE, patience=8.0, within=20.0)


def read_file(upload: "Upload | bytes") -> tuple[Kind, bytes]:
    """A picture drawn anew as JPEG, or a PDF as it came, checked, and shown to a scanner where the company has one.

    Raises `FileRefused`, `PictureUnreadable`, `PictureTooLarge`, `PdfUnreadable`, `PdfLocked`, `PdfActive`, `ReaderBusy`,
    `FileNotKept`, `TooManyFilesToday`.
    """
    _count(upload)
    try:
        with files_lane().slot() as slot:
            content = _content(upload, FileRefused)
            header = _header(content, FileRefused)
            if header.kind != Kind.PDF:
                return Kind.JPEG, _answered(slot, Wish(content, SIDE), PictureUnreadable).drawn
            _answered(slot, Wish(content), PdfUnreadable)
    except Busy:
        raise ReaderBusy from None
    scanner.look(content)  # it may take its time: nobody waits for this one's turn meanwhile
    return Kind.PDF, content


def pages(content: bytes, reading: Reading[T]) -> list[T]:
    """What a reading says of a picture, or of each of the first pages of a PDF, that `read_file` let in; nothing of what
    cannot be drawn. Raises `ReaderBusy`."""
    is_pdf = _header(content, FileRefused).kind == Kind.PDF
    try:
        with pages_lane().slot() as slot:
            got = _answered(slot, Wish(content, reading=reading.path), PictureUnreadable)
        if is_pdf:
            return msgspec.msgpack.decode(got.said, type=list[reading.gives])  # type: ignore[name-defined]
        return [msgspec.msgpack.decode(got.said, type=reading.gives)]
    except Busy:
        raise ReaderBusy from None
    except (FileRefused, PictureTooLarge, PictureUnreadable, PdfActive, PdfLocked, msgspec.MsgspecError):
        return []


def raw(upload: "Upload | bytes") -> bytes:
    """The bytes of a file as they came, for what only counts or hashes them: nothing opens it, nothing keeps it.

    Raises `FileRefused` for one that is too large, `FileNotKept`.
    """
    return _content(upload, FileRefused)


def draw(upload: "Upload | bytes", *, side: int = SIDE) -> bytes:
    """A picture drawn anew as JPEG, of at most `side` pixels a side. Raises `PictureUnreadable`, `PictureTooLarge`,
    `ReaderBusy`, `FileNotKept`, `TooManyFilesToday`."""
    _count(upload)
    try:
        with files_lane().slot() as slot:
            return _answered(slot, Wish(_picture(upload), side), PictureUnreadable).drawn
    except Busy:
        raise ReaderBusy from None


def see(upload: "Upload | bytes", reading: Reading[T], given: Mapping[str, Any], *, side: int = 0) -> Seen[T]:
    """What a reading says of one picture. Raises as `see_all`."""
    return see_all([upload], reading, given, sides=[side])[0]


def see_all(
    uploads: "Iterable[Upload | bytes]",
    reading: Reading[T],
    given: Mapping[str, Any],
    *,
    sides: Iterable[int],
    onward: Callable[[T], Mapping[str, Any]] | None = None,
    counted: bool = True,
) -> list[Seen[T]]:
    """What a reading says of each of several pictures, which take one turn together; each is drawn anew with at most
    so many pixels a side (0: not). `onward` makes of what it says of the first picture what it is given, beside
    `given`, with each further one. Pictures of which a rule of their own bounds how many come are not `counted` among
    all that somebody sends in a day.

    Raises `PictureUnreadable`, `PictureTooLarge`, `ReaderBusy`, `FileNotKept`, `TooManyFilesToday`, and what the reading
    refuses with, of the first picture that is refused.
    """
    uploads = list(uploads)
    for upload in uploads if counted else ():
        _count(upload)
    found: list[Seen[T]] = []
    try:
        with models_lane().slot() as slot:
            for upload, side in zip(uploads, sides, strict=True):
                more = onward(found[0].said) if onward and found else {}
                wish = Wish(_picture(upload), side, reading.path, {**given, **more})
                got = _answered(slot, wish, PictureUnreadable, reading.refusals)
                try:
                    said = msgspec.msgpack.decode(got.said, type=reading.gives)
                except msgspec.MsgspecError:
                    raise PictureUnreadable from None
                found.append(Seen(got.drawn, got.width, got.height, said))
    except Busy:
        raise ReaderBusy from None
    return found


def _count(upload: "Upload | bytes") -> None:
    """A file that somebody sent, among all of theirs; what the platform has itself is nobody's. Raises `TooManyFilesToday`."""
    request = getattr(upload, "came_with", None)
    if request is None:
        return
    try:
        limits.take(FILES, limits.asker_of(request))
    except TooManyFilesToday:
        if not danger.is_severe("\n".join(request.POST.values())):
            raise


def _content(upload: "Upload | bytes", too_large: type[DomainError]) -> bytes:
    if isinstance(upload, bytes):
        content = upload
    else:
        if (upload.size or 0) > LARGEST:
            raise too_large
        if getattr(upload, "lost", False):
            raise FileNotKept
        upload.seek(0)
        content = upload.read()
    if len(content) > LARGEST:
        raise too_large
    return content


def _header(content: bytes, unknown: type[DomainError]) -> headers.Header:
    header = headers.look(content)
    if header is None:
        raise unknown
    if header.too_large:
        raise PictureTooLarge
    return header


def _picture(upload: "Upload | bytes") -> bytes:
    content = _content(upload, PictureTooLarge)
    if _header(content, PictureUnreadable).kind == Kind.PDF:
        raise PictureUnreadable
    return content


_WORDS: dict[str, type[DomainError]] = {
    "too_large": PictureTooLarge,
    "pdf_locked": PdfLocked,
    "pdf_active": PdfActive,
}


def _answered(
    slot: Slot,
    wish: Wish,
    unreadable: type[DomainError],
    refusals: Mapping[str, type[DomainError]] | None = None,
) -> Answer:
    """An answer that refuses nothing. What a child broke over, and what it says in words of its own, cannot be read."""
    try:
        got = slot.ask(wish)
    except Broke:
        raise unreadable from None
    if got.refused:
        raise (_WORDS | dict(refusals or {})).get(got.refused, unreadable)
    return got
