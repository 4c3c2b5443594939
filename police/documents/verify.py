"""Whether a file is one that was released: by its digests, by its seal, and where it was changed, by its blocks (P6+)."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import limits
from core.errors import InvalidInput
from core.limits import Asker, Per
from core.reader import door
from police.documents import seal
from police.documents.models import ReleaseCopy
from police.documents.paper import MARK
from police.documents.services import ALPHABET, CODE_LENGTH, changed
from police.models import IdentityPart, Release

ASKED = limits.declare(
    "police.verify",
    {Per.DEVICE: 60, Per.ADDRESS: 300, Per.ALL: 20_000},
    within=3_600,
    name=pgettext_lazy("policy name", "Questions whether a release is genuine"),
    about=_("So many files or digests are asked about by one device, from one address and by all."),
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CODE = f"([{ALPHABET}]{{{CODE_LENGTH}}})"
# How a PDF and a JSON say which copy they are.
_SAYS = re.compile(rf'/Keywords \({MARK} {_CODE}\)|"copy":\{{"at":"[^"]{{1,40}}","code":"{_CODE}"'.encode())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a file. `request` is the release that it is or claims to be of, `copy` its code."""

    genuine: bool
    request: str = ""
    copy: str = ""
    reader: str = ""
    kind: str = ""
    at: datetime | None = None
    sealed: bool = False
    stamped_at: datetime | None = None
    changed: list[tuple[int, int]] = field(default_factory=list)


def is_genuine(digest: str) -> bool:
    """Whether a file with this SHA-256 or SM3 (64 hexadecimal digits) was released. The same questions, whatever the answer."""
    known = [
        ReleaseCopy.objects.filter(**{column: digest}).exists()
        for column in ("sha256", "sm3", "stamped_sha256", "stamped_sm3")
    ]
    known += [
        Release.objects.filter(digest=digest).exists(),
        IdentityPart.objects.filter(digest=digest).exists(),
    ]
    return any(known)


def ask(*, digest: str, upload: "door.Upload | None", asker: Asker) -> bool:
    """For anybody: whether a file, or what has this digest, was released, and nothing else. Raises `InvalidInput`,
    `TooMany`, `FileRefused`, `FileNotKept`.
    """
    limits.take(ASKED, asker)
    if upload is not None:
        return is_genuine(hashlib.sha256(door.raw(upload)).hexdigest())
    wanted = "".join(digest.split()).lower()
    if not _DIGEST.fullmatch(wanted):
        raise InvalidInput("digest")
    return is_genuine(wanted)


def examine(content: bytes) -> Verdict:
    """All that is known of a file, for staff: asks nobody outside."""
    digest = hashlib.sha256(content).hexdigest()
    seals = seal.look(content) if content.startswith(b"%PDF-") else seal.Seals()
    rows = ReleaseCopy.objects.select_related("release__request")
    row = rows.filter(Q(sha256=digest) | Q(stamped_sha256=digest)).first()
    if row is not None:
        return _about(row, seals, genuine=True)
    of_whole = Q(digest=digest) | Q(identity__digest=digest)
    release = Release.objects.select_related("request").filter(of_whole).first()
    if release is not None:
        return Verdict(True, release.request.code, kind="json", at=release.released_at)
    said = _SAYS.search(content)
    code = (said[1] or said[2] or b"").decode() if said else ""
    row = rows.filter(code=code).first() if code else None
    if row is None:
        return Verdict(False, copy=code, sealed=seals.sealed, stamped_at=seals.stamped_at)
    stretches = [list(changed(content, blocks)) for blocks in (row.blocks, row.stamped_blocks) if blocks]
    return _about(row, seals, genuine=False, stretches=min(stretches, key=_bytes, default=[]))


def _bytes(stretches: list[tuple[int, int]]) -> int:
    return sum(last - first for first, last in stretches)


def _about(
    row: ReleaseCopy, seals: seal.Seals, *, genuine: bool, stretches: list[tuple[int, int]] | None = None
) -> Verdict:
    return Verdict(
        genuine,
        row.release.request.code,
        row.code,
        row.reader,
        row.kind,
        row.at,
        seals.sealed,
        seals.stamped_at,
        stretches or [],
    )
