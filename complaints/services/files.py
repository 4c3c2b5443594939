"""Files of a case: each read by our reader, drawn anew or checked, and written to storage; or missing, and why.

What came with a file is kept whatever becomes of the file.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from complaints.policies import FILES_KEPT
from complaints.states import EvidenceKind
from core import pictures, policy
from core.pictures import Written
from core.reader import door
from core.reader.door import Upload
from core.reader.errors import FileFault, TooManyFiles
from core.reader.headers import Kind

MOST = 10  # files at once, and of one side of a case
PURPOSES = {EvidenceKind.PICTURE: "case_picture", EvidenceKind.DOCUMENT: "case_pdf"}


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read and lies encrypted in storage, of no case yet."""

    kind: EvidenceKind
    written: Written

    def __str__(self) -> str:
        """What it is, wherever it lies: the same file, sent again, is called the same."""
        return f"{self.kind} {self.written.digest}"


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that was sent and is not kept."""

    error: FileFault


def kept_for() -> timedelta:
    return policy.span(FILES_KEPT)


def read_file(upload: "Upload | bytes") -> File:
    """Look at what a file is, and write it to storage; call it outside of transactions.

    Pictures are drawn anew as JPEG, so that neither a place nor a trailer comes along; a PDF is kept as it came and
    only ever leaves as a download. Raises as `core.reader.door.read_file`, and `FileNotKept`.
    """
    kind, content = door.read_file(upload)
    return File(EvidenceKind.DOCUMENT if kind == Kind.PDF else EvidenceKind.PICTURE, pictures.store(content))


def read_files(uploads: "Iterable[Upload | bytes]") -> list[File | Missing]:
    """Each of what was sent, in its order: one that cannot be read or kept is missing and stops no other."""
    return [
        _read(upload) if number < MOST else Missing(TooManyFiles()) for number, upload in enumerate(uploads)
    ]


def _read(upload: "Upload | bytes") -> File | Missing:
    try:
        return read_file(upload)
    except FileFault as error:
        return Missing(error)


def lie_there(files: Sequence[File | Missing], known: Collection[str]) -> bool:
    """Whether files were sent, and the content of each is `known` (digests)."""
    return bool(files) and all(isinstance(each, File) and each.written.digest in known for each in files)


def missing(files: Sequence[File | Missing]) -> list[FileFault]:
    """Why files are missing, one for each."""
    return [each.error for each in files if isinstance(each, Missing)]


def check_something_came(files: Sequence[File | Missing]) -> None:
    """For what is sent without words: raises why the first file is missing where all of them are."""
    faults = missing(files)
    if faults and len(faults) == len(files):
        raise faults[0]
