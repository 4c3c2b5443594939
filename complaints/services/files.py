"""Files of a case: known by their content, pictures without what cameras write beside them."""

import io
from dataclasses import dataclass
from datetime import timedelta

from PIL import Image, ImageOps, UnidentifiedImageError

from complaints.errors import FileRefused
from complaints.policies import FILES_KEPT
from complaints.states import EvidenceKind
from core import pictures, policy
from core.pictures import Written

LARGEST = 8 * 1024 * 1024
SIDE = 2_400  # pixels of the longer side of a kept picture
Image.MAX_IMAGE_PIXELS = 60_000_000
PURPOSES = {EvidenceKind.PICTURE: "case_picture", EvidenceKind.DOCUMENT: "case_pdf"}


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read and lies encrypted in storage, of no case yet."""

    kind: EvidenceKind
    written: Written


def kept_for() -> timedelta:
    return policy.span(FILES_KEPT)


def read_file(content: bytes) -> File:
    """Look at what a file is, and write it to storage; call it outside of transactions. Raises `FileRefused`.

    Pictures are drawn anew as JPEG, so that neither a place nor a trailer comes along; a PDF is kept as it came and
    only ever leaves as a download.
    """
    if not content or len(content) > LARGEST:
        raise FileRefused("files")
    if content.startswith(b"%PDF-"):
        return File(EvidenceKind.DOCUMENT, pictures.store(content))
    try:
        with Image.open(io.BytesIO(content)) as opened:
            if opened.format not in {"JPEG", "PNG", "WEBP"}:
                raise FileRefused("files")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise FileRefused("files") from None
    picture.thumbnail((SIDE, SIDE))
    drawn = io.BytesIO()
    picture.save(drawn, "JPEG", quality=85)
    return File(EvidenceKind.PICTURE, pictures.store(drawn.getvalue()))
