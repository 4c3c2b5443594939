"""The program that opens what people upload, in a process of its own with bounds on memory, time and files.

It speaks over one socket (its standard input) in frames: four bytes of length, then msgpack. Whoever runs it is told
facts, never code: what comes out of here may have been written by the file.
"""

import ctypes
import importlib
import io
import os
import resource
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from core.reader.headers import MOST_PIXELS, Header, Kind, look

if TYPE_CHECKING:
    from PIL.Image import Image

_LENGTH = struct.Struct("!I")
MOST_SAID = 32 * 1024 * 1024  # bytes of a frame; a file has at most a quarter of that
QUALITY = 88
MOST_PAGES = 4  # of a PDF, that a reading sees
PAGE_SIDE = 1400  # pixels of the longer side of a page
_TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip
_ORIENTATION = 0x0112
# What makes a reader of PDF do more than show pages: kinds of actions and annotations, and keys of whole documents
# (ISO 32000-1, 12.6). A file within the file is no such thing: invoices carry one for the tax office.
_ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/GoToE", "/GoToR", "/SubmitForm", "/ImportData", "/Rendition"}
)
_ANNOTATIONS = frozenset({"/RichMedia", "/3D"})
_KEYS = frozenset({"/JavaScript", "/XFA"})


class Bounds(msgspec.Struct, frozen=True):
    """What a child may use: megabytes beyond what it holds when it starts, seconds of CPU for one file, seconds
    without work after which it ends, and by how much it gives way to others."""

    memory: int
    cpu: int
    idle: int  # 0: it waits for work as long as whoever started it lives
    nice: int = 10


class Wish(msgspec.Struct, frozen=True):
    """One file, and what is wanted of it: drawn anew with at most `side` pixels (0: not), and an app's reading.

    `reading` is `module:function` with `given` as its keywords; it gets an upright RGB `PIL.Image` and gives something
    that msgpack can hold. Of a PDF it gets each of the first pages, and `said` is a list of what it gave.
    """

    content: bytes
    side: int = 0
    reading: str = ""
    given: dict[str, Any] = {}


class Answer(msgspec.Struct, frozen=True):
    """`refused` is a word for why nothing else is here. `said` is what the app's reading gave, as msgpack."""

    refused: str = ""
    drawn: bytes = b""
    width: int = 0
    height: int = 0
    said: msgspec.Raw = msgspec.Raw(b"\xc0")


class Refused(Exception):
    """A reading says by a word why it gives nothing."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def receive(line: socket.socket) -> bytes | None:
    """The next frame; None where the other side has gone, or says more than there can be to say."""
    head = _exactly(line, _LENGTH.size)
    length = _LENGTH.unpack(head)[0] if head else MOST_SAID + 1
    return _exactly(line, length) if length <= MOST_SAID else None


def send(line: socket.socket, body: bytes) -> None:
    line.sendall(_LENGTH.pack(len(body)))
    line.sendall(body)


def _exactly(line: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = line.recv(min(count - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


# --- Opening ---


def answer(wish: Wish) -> Answer:
    """What a file shows, or why not; raises `MemoryError` where this process should end."""
    try:
        header = look(wish.content)
        if header is None:
            raise Refused("unknown")
        if header.kind == Kind.PDF:
            check_pdf(wish.content)
            if not wish.reading:
                return Answer()
            told = [_reading(wish.reading)(page, **wish.given) for page in open_pages(wish.content)]
            return Answer(said=msgspec.Raw(msgspec.msgpack.encode(told)))
        picture = open_picture(header, wish.content)
        said = (
            msgspec.msgpack.encode(_reading(wish.reading)(picture, **wish.given)) if wish.reading else b"\xc0"
        )
        return Answer("", draw(picture, wish.side) if wish.side else b"", *picture.size, msgspec.Raw(said))
    except Refused as refused:
        return Answer(refused.why)
    except MemoryError:
        raise
    except Exception:  # decoders raise all there is, of the file's own making
        return Answer("unreadable")


def _reading(path: str) -> Any:
    module, _colon, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def open_picture(header: Header, content: bytes) -> "Image":
    """The first picture of a file: upright, on white, 8 bits of red, green and blue. Raises `Refused`, or anything."""
    from PIL import Image

    if header.too_large:
        raise Refused("too_large")
    opened = _decoder(header.kind)(io.BytesIO(content))
    if opened.width * opened.height > MOST_PIXELS:
        raise Refused("too_large")
    orientation = 1
    with suppress(Exception):  # a camera's notes may be broken; the picture is not
        orientation = opened.getexif().get(_ORIENTATION, 1)
    if header.kind == Kind.JPEG:
        opened.draft("RGB", (3000, 3000))
    opened.load()
    picture = _as_rgb(opened)
    if orientation in _TURNS:
        picture = picture.transpose(Image.Transpose[_TURNS[orientation]])
    picture.info = {}
    return picture


def open_pages(content: bytes) -> "Iterator[Image]":
    """The first pages of a PDF, drawn as somebody sees them. Raises anything."""
    from pypdfium2 import PdfDocument

    document = PdfDocument(content)
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        yield page.render(scale=min(PAGE_SIDE / max(page.get_size()), 4.0)).to_pil().convert("RGB")


def _decoder(kind: Kind) -> Any:
    """The one decoder of a kind. For JPEG not that of several pictures in one file: the first is the photo."""
    match kind:
        case Kind.JPEG:
            from PIL.JpegImagePlugin import JpegImageFile

            return JpegImageFile
        case Kind.PNG:
            from PIL.PngImagePlugin import PngImageFile

            return PngImageFile
        case Kind.WEBP:
            from PIL.WebPImagePlugin import WebPImageFile

            return WebPImageFile
        case Kind.HEIF:
            from pi_heif.as_plugin import HeifImageFile

            return HeifImageFile
        case Kind.PDF:
            raise Refused("unknown")


def _as_rgb(opened: "Image") -> "Image":
    from PIL import Image

    if opened.mode.startswith("I"):  # 16 bits of grey: scaled, where a plain conversion cuts off
        opened = opened.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if opened.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in opened.info:
        above = opened if opened.mode == "RGBA" else opened.convert("RGBA")
        picture = Image.new("RGB", above.size, "white")
        picture.paste(above, mask=above.getchannel("A"))
        return picture
    return opened.convert("RGB")


def draw(picture: "Image", side: int) -> bytes:
    """The picture as a JPEG of at most `side` pixels a side, without anything written beside it."""
    small = picture
    if max(picture.size) > side:
        small = picture.copy()
        small.thumbnail((side, side))
    drawn = io.BytesIO()
    small.save(drawn, "JPEG", quality=QUALITY)
    return drawn.getvalue()


def check_pdf(content: bytes) -> None:
    """Opens every object of a PDF. Raises `Refused` for one that is locked, or does something when it is opened."""
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject, NullObject

    content = content[content.index(b"%PDF-") :]
    if b"startxref" not in content:  # cut off, or written by hand: the objects are looked for
        content += b"\nstartxref\n0\n%%EOF\n"
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        raise Refused("pdf_locked")
    if not isinstance(reader.trailer.get("/Root", NullObject()).get_object(), DictionaryObject):
        raise Refused("unreadable")
    numbers = {number for generation in reader.xref.values() for number in generation} | set(
        reader.xref_objStm
    )
    for each in [reader.trailer, *(reader.get_object(number) for number in sorted(numbers) if number)]:
        _check_object(each)


def _check_object(found: Any) -> None:
    """Looks through one object, but not where it refers to others: those come by themselves."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    heap = [found]
    while heap:
        each = heap.pop()
        if isinstance(each, IndirectObject):
            continue
        if isinstance(each, ArrayObject):
            heap.extend(each)
        elif isinstance(each, DictionaryObject):
            if (
                _KEYS & each.keys()
                or str(each.get("/S", "")) in _ACTIONS
                or str(each.get("/Subtype", "")) in _ANNOTATIONS
            ):
                raise Refused("pdf_active")
            heap.extend(each.raw_get(key) for key in each)


# --- Running ---


def main() -> None:
    serve(answer)


def serve(work: Callable[[Wish], Answer]) -> None:
    """Answer one wish after the other, until whoever started this process has gone, or is silent for long."""
    line = socket.socket(fileno=os.dup(0))
    first = receive(line)
    if first is None:
        return
    bounds = msgspec.msgpack.decode(first, type=Bounds)
    _bind(bounds)
    send(line, b"ready")
    line.settimeout(bounds.idle or None)
    with suppress(TimeoutError, ConnectionError):
        while (frame := receive(line)) is not None:
            line.settimeout(None)
            _give_time(bounds.cpu)
            send(line, msgspec.msgpack.encode(work(msgspec.msgpack.decode(frame, type=Wish))))
            line.settimeout(bounds.idle or None)


def _bind(bounds: Bounds) -> None:
    """Give way to everybody, be the first to go where memory runs out, write nowhere, hold no more than is allowed."""
    os.nice(bounds.nice)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as own:  # noqa: PTH123 - less to import
        own.write("1000")
    with suppress(
        OSError, AttributeError
    ):  # Linux: nothing of a file may get more rights by running something
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with suppress(OSError):
        with open("/proc/self/statm") as own:  # noqa: PTH123
            held = int(own.read().split()[0]) * resource.getpagesize()
        most = held + bounds.memory * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)


def _give_time(seconds: int) -> None:
    """From now on so much time of a processor, then the kernel ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
