"""What a file is and how large its picture would be, by its first bytes: before anything is unpacked. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST_PIXELS = 25_000_000
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG's markers with the size of the picture
# Programs write a mark of the byte order and empty lines before it.
_PDF = re.compile(rb"\A(?:\xef\xbb\xbf)?\s{0,64}%PDF-\d")


class Kind(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIF = "heif"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height are pixels as the file says them, 0 for a PDF."""

    kind: Kind
    width: int = 0
    height: int = 0

    @property
    def too_large(self) -> bool:
        return self.width * self.height > MOST_PIXELS


def look(content: bytes) -> Header | None:
    """The header of a JPEG, PNG, WebP, HEIF or PDF; None for anything else, and for a picture without a size."""
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        found = _sized(Kind.PNG, content[16:20], content[20:24]) if content[12:16] == b"IHDR" else None
    elif content[:2] == b"\xff\xd8":
        found = _jpeg(content)
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        found = _webp(content)
    elif content[4:8] == b"ftyp":
        found = _heif(content)
    elif _PDF.match(content):
        return Header(Kind.PDF)
    else:
        return None
    return found if found and found.width > 0 and found.height > 0 else None


def _sized(kind: Kind, width: bytes, height: bytes) -> Header:
    return Header(kind, int.from_bytes(width, "big"), int.from_bytes(height, "big"))


def _jpeg(content: bytes) -> Header | None:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding between segments
            at += 1
            continue
        if marker in _FRAMES:
            return _sized(Kind.JPEG, content[at + 7 : at + 9], content[at + 5 : at + 7])
        at += (
            2
            if marker == 0x01 or 0xD0 <= marker <= 0xD7
            else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        )
    return None


def _webp(content: bytes) -> Header | None:
    """The canvas, which a decoder holds the frames to."""
    body = content[20:30]
    match content[12:16]:
        case b"VP8X" if len(body) == 10:
            return Header(
                Kind.WEBP, 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
            )
        case b"VP8 " if body[3:6] == b"\x9d\x01\x2a":
            sides = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
            return Header(Kind.WEBP, *sides)
        case b"VP8L" if body[:1] == b"\x2f":
            bits = int.from_bytes(body[1:5], "little")
            return Header(Kind.WEBP, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        case _:
            return None


def _heif(content: bytes) -> Header | None:
    """The largest size that any item of the file claims: a photo of a phone is a grid of tiles with one size each."""
    boxes = dict(_boxes(content, 0, len(content)))
    if b"ftyp" not in boxes or b"meta" not in boxes:
        return None
    start, end = boxes[b"ftyp"]
    brands = {content[start : start + 4], *(content[at : at + 4] for at in range(start + 8, end, 4))}
    if not brands & _HEIF:
        return None
    start, end = boxes[b"meta"]
    largest: Header | None = None
    for name, (first, last) in _boxes(content, start + 4, end):
        if name != b"iprp":
            continue
        for inner, (a, b) in _boxes(content, first, last):
            if inner != b"ipco":
                continue
            for each, (x, _y) in _boxes(content, a, b):
                if each == b"ispe":
                    size = _sized(Kind.HEIF, content[x + 4 : x + 8], content[x + 8 : x + 12])
                    if largest is None or size.width * size.height > largest.width * largest.height:
                        largest = size
    return largest


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, and from where to where the content of each box goes (ISO/IEC 14496-12)."""
    at = start
    while at + 8 <= end:
        size, name, head = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < head:
            return
        yield name, (at + head, min(at + size, end))
        at += size
