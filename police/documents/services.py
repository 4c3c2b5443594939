"""The only writer of copies: what is handed over, each time it is read, with a code of its own (P6+)."""

import base64
import hashlib
import hmac
import json
import secrets
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any

import msgspec
import structlog
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import audit, clock, inserts, retry, stamps
from core.actors import Actor
from core.errors import NotFound
from core.transactions import begins_transaction, joins_transaction
from core.wrapped import opened
from police.documents import paper, press, seal
from police.documents.models import ReleaseCopy
from police.documents.paper import Copied, Listed
from police.documents.press import Order, ProofOf
from police.documents.states import CopyKind, StampState
from police.errors import LinkClosed, NotCalledBack
from police.models import PoliceRequest
from police.policies import may_be_by_rule, tier_of
from police.services import note_reading, read_pack
from police.states import Wanted
from safety.services import sound_for_police
from safety.states import RecordingState

log = structlog.get_logger()
# No letter and no digit that a machine takes for another one when it reads a photograph, alone or twice: two J are read as
# a U, two V as a W.
ALPHABET = "ACDEFHKMNPRTUWXY3479"
CODE_LENGTH = 8
IN_MEMORY = 8 * 1024 * 1024  # bytes of sound; what is more lies in a file that has no name
BLOCK = 1024  # bytes of which one keyed digest is kept
TYPES = {
    CopyKind.PDF: ("application/pdf", "pdf"),
    CopyKind.PROOF: ("application/pdf", "proof.pdf"),
    CopyKind.JSON: ("application/json; charset=utf-8", "json"),
}
STAMP_LAW = retry.Law(first=timedelta(seconds=5), ceiling=timedelta(minutes=10), patience=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Reading:
    """A pack that somebody reads on a page, and the mark that the page carries."""

    pack: dict[str, Any]
    copied: Copied


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that is handed over."""

    name: str
    kind: str
    content: bytes
    sha256: str


def new_copy_code() -> str:
    """A code that survives a photograph: 20⁸ of them."""
    return "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))


def blocks_of(content: bytes) -> str:
    """A keyed digest of each kilobyte, 16 hexadecimal digits: nobody learns from it what stood there."""
    key = opened(settings.AUDIT_KEY)
    return "".join(
        hmac.new(key, b"block:%d:" % at + content[at : at + BLOCK], hashlib.sha256).hexdigest()[:16]
        for at in range(0, len(content), BLOCK)
    )


def _copied(request: PoliceRequest, code: str) -> Copied:
    officer = request.officer
    return Copied(
        code=code,
        request=request.code,
        agency=request.agency.names,
        officer=officer.account.code if officer else str(request.badge_number),
        at=clock.now(),
    )


@begins_transaction
def read_page(*, actor: Actor, request: PoliceRequest, kind: CopyKind) -> Reading:
    """The pack for a page, whose watermark leads to this reading. Raises `NotReleased`, `LinkClosed`."""
    with inserts.together():
        text = note_reading(actor=actor, request=request)
        copied = note_copy(actor=actor, request=request, kind=kind)
    return Reading(json.loads(text), copied)


@joins_transaction
def note_copy(*, actor: Actor, request: PoliceRequest, kind: CopyKind) -> Copied:
    """Whose copy it is that somebody sees who was let in; the caller says what they see."""
    copied = _copied(request, new_copy_code())
    _write(actor, request, copied, kind)
    return copied


@begins_transaction
def note_page(*, actor: Actor, request: PoliceRequest, kind: CopyKind, text: str) -> Reading:
    """The same of a pack that was opened in another way, such as by a one-time link."""
    copied = _copied(request, new_copy_code())
    _write(actor, request, copied, kind)
    return Reading(json.loads(text), copied)


def _write(
    actor: Actor,
    request: PoliceRequest,
    copied: Copied,
    kind: CopyKind,
    content: bytes = b"",
    stamp: StampState = StampState.NONE,
) -> ReleaseCopy:
    copy = ReleaseCopy(
        code=copied.code,
        release=request.release,
        reader="" if kind == CopyKind.LINK else actor.code,
        kind=kind,
        at=copied.at,
        sha256=hashlib.sha256(content).hexdigest() if content else "",
        sm3=seal.sm3(content) if content else "",
        size=len(content),
        blocks=blocks_of(content),
        content=base64.b64encode(content).decode(),
        stamp=stamp,
        next_at=copied.at if stamp == StampState.WAITING else None,
    )
    inserts.keep(copy)
    # A page that is open does not wake itself by being read; a file that was made is news.
    audit.record(
        actor,
        "police.copy_made" if content else "police.copy_read",
        request.code,
        case=request.code,
        copy=copy.code,
        kind=kind,
        sha256=copy.sha256,
    )
    return copy


@begins_transaction
def _keep(
    actor: Actor, request: PoliceRequest, copied: Copied, kind: CopyKind, content: bytes, stamp: StampState
) -> ReleaseCopy:
    return _write(actor, request, copied, kind, content, stamp)


def hand_over(*, actor: Actor, request: PoliceRequest, kind: CopyKind) -> Handed:
    """A file of the release for this reader: drawn, sealed, kept until it is destroyed. Call it outside of transactions.

    A time authority that is slow or away delays nothing: the seal is then without its time, and `STAMPS` adds it.
    A paper is made by the press, where others may be before this one. Raises `NotReleased`, `LinkClosed`, `PaperWaits`,
    `PaperNotMade`.
    """
    if kind == CopyKind.JSON:
        text = read_pack(actor=actor, request=request)
        copied = _copied(request, new_copy_code())
        content, stamp = _json(text, copied), StampState.NONE
    else:
        with press.place(f"{request.code}:{actor.code}:{kind}") as make:
            text = read_pack(actor=actor, request=request)
            copied = _copied(request, new_copy_code())
            made = make(_order(request, kind, text, copied))
        content, stamp = made.content, paper.stamp_of(stamped=made.stamped)
        if settings.TIME_URL and not made.stamped:
            log.warning("police.sealed_without_time", request=request.code, copy=copied.code)
    copy = _keep(actor, request, copied, kind, content, stamp)
    return _handed(request, copy, content)


def sounds_of(pack: dict[str, Any]) -> list[str]:
    """The recordings that an answer gives, by their codes: none where the letter does not name sound, or it is left out."""
    given = pack.get("answers", {}).get(Wanted.RECORDING, {})
    return [str(row["code"]) for row in given.get("data") or [] if row["state"] != RecordingState.DESTROYED]


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that is handed over: its file, which is gone once it is closed."""

    name: str
    kind: str
    file: IO[bytes]
    sha256: str


def hand_over_sound(*, actor: Actor, request: PoliceRequest, recording: str) -> Sound:
    """The sound itself of a recording that the answer lists, to an officer whose station was called back.

    The file is not kept a second time: its digest is, and the proof document lists it. Call it outside of transactions.
    Raises `NotReleased`, `LinkClosed`, `NotCalledBack`, `NotFound`.
    """
    text = read_pack(actor=actor, request=request)
    if request.trip is None or recording not in sounds_of(json.loads(text)):
        raise NotFound
    officer = request.officer
    if officer is None or not may_be_by_rule(tier_of(officer, clock.now())):
        raise NotCalledBack(line=settings.LIAISON_LINE)
    assert request.span_from and request.span_to  # noqa: S101 - a letter's question
    kind, pieces = sound_for_police(
        trip=request.trip.code, code=recording, begins=request.span_from, ends=request.span_to
    )
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - who answers closes it
    sha256, sm3 = hashlib.sha256(), hashes.Hash(hashes.SM3())
    for piece in pieces:
        file.write(piece)
        sha256.update(piece)
        sm3.update(piece)
    size = file.tell()
    file.seek(0)
    copied = _copied(request, new_copy_code())
    _note_sound(actor, request, copied, recording, sha256.hexdigest(), sm3.finalize().hex(), size)
    ending = kind.partition("/")[2] or "bin"
    return Sound(f"{request.code}.{recording}.{ending}", kind, file, sha256.hexdigest())


@begins_transaction
def _note_sound(
    actor: Actor, request: PoliceRequest, copied: Copied, recording: str, sha256: str, sm3: str, size: int
) -> None:
    copy = _write(actor, request, copied, CopyKind.SOUND)
    copy.sha256, copy.sm3, copy.size = sha256, sm3, size
    copy.save(update_fields=["sha256", "sm3", "size"])
    audit.record(
        actor,
        "police.sound_handed_over",
        request.code,
        case=request.code,
        copy=copy.code,
        recording=recording,
        sha256=sha256,
    )


def _handed(request: PoliceRequest, copy: ReleaseCopy, content: bytes) -> Handed:
    media, ending = TYPES[CopyKind(copy.kind)]
    name = f"{request.code}.{ending}"
    return Handed(name, media, content, hashlib.sha256(content).hexdigest())


def marked(pack: dict[str, Any], copied: Copied) -> dict[str, Any]:
    """A pack as data, with whose copy it is."""
    return pack | {"copy": {"code": copied.code, "at": copied.at.isoformat(timespec="seconds")}}


def _json(text: str, copied: Copied) -> bytes:
    found = marked(json.loads(text), copied)
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _order(request: PoliceRequest, kind: CopyKind, text: str, copied: Copied) -> Order:
    order = Order(copied, time=settings.TIME_URL, within=stamps.WITHIN)
    if kind == CopyKind.PDF:
        return msgspec.structs.replace(order, record=text)
    files = ReleaseCopy.objects.filter(
        release__request=request, kind__in=[CopyKind.PDF, CopyKind.JSON, CopyKind.SOUND]
    ).order_by("pk")
    return msgspec.structs.replace(
        order,
        proof=ProofOf(
            notice=str(request.letter_number),
            digests=(hashlib.sha256(text.encode()).hexdigest(), seal.sm3(text.encode())),
            files=[
                Listed(
                    row.code,
                    CopyKind(row.kind).value.upper(),
                    row.at,
                    row.size,
                    row.stamped_sha256 or row.sha256,
                    row.stamped_sm3 or row.sm3,
                )
                for row in files
            ],
        ),
    )


def files_of(*, request: PoliceRequest, reader: str) -> list[ReleaseCopy]:
    """The files that this reader was handed and that are there still, the newest first."""
    rows = ReleaseCopy.objects.filter(release__request=request, reader=reader, kind__in=list(TYPES))
    return [row for row in rows.order_by("-pk")[:30] if row.content]


@begins_transaction
def hand_over_again(*, actor: Actor, request: PoliceRequest, code: str) -> Handed:
    """The same file to the same reader, by now with its time stamp. Raises `NotFound`, `LinkClosed`."""
    copy = ReleaseCopy.objects.filter(
        release__request=request, reader=actor.code, kind__in=list(TYPES), code=code
    ).first()
    if copy is None:
        raise NotFound
    if not request.release.is_open(clock.now()) or not copy.content:
        raise LinkClosed(line=settings.LIAISON_LINE)
    audit.record(
        actor, "police.copy_made", request.code, case=request.code, copy=copy.code, kind=copy.kind, again=True
    )
    return _handed(request, copy, base64.b64decode(copy.content))


def copies_of(request: PoliceRequest) -> list[ReleaseCopy]:
    """Each reading of a release, the oldest first, without the files."""
    return list(ReleaseCopy.objects.filter(release__request=request).defer("content").order_by("pk"))


# --- The time that was not there in time --------------------------------------------------------------------------


def _add_stamp(copy: ReleaseCopy) -> None:
    # The authority is asked outside of a transaction.
    stamped = seal.stamp(base64.b64decode(copy.content)) if copy.content else b""
    _keep_stamp(copy, stamped)


@begins_transaction
def _keep_stamp(copy: ReleaseCopy, stamped: bytes) -> None:
    row = ReleaseCopy.objects.select_for_update().get(pk=copy.pk)
    if row.stamp != StampState.WAITING:
        return
    if not stamped or not row.content:
        # It was destroyed meanwhile: there is nothing left to put the time on.
        row.stamp = StampState.NONE
        row.save(update_fields=["stamp"])
        return
    row.stamp = StampState.STAMPED
    row.content = base64.b64encode(stamped).decode()
    row.stamped_sha256, row.stamped_sm3 = hashlib.sha256(stamped).hexdigest(), seal.sm3(stamped)
    row.stamped_blocks = blocks_of(stamped)
    row.save(update_fields=["stamp", "content", "stamped_sha256", "stamped_sm3", "stamped_blocks"])


STAMPS = retry.queue(
    "police.time_stamps",
    _("Time stamps of what was released"),
    law=STAMP_LAW,
    waiting=lambda: ReleaseCopy.objects.filter(stamp=StampState.WAITING),
    act=_add_stamp,
    key="code",
)


# --- Whether a file is genuine -------------------------------------------------------------------------------------


def changed(content: bytes, blocks: str) -> Iterable[tuple[int, int]]:
    """(first, last) byte of each stretch of a file that is not what was handed over."""
    kept = [blocks[at : at + 16] for at in range(0, len(blocks), 16)]
    found = blocks_of(content)
    here = [found[at : at + 16] for at in range(0, len(found), 16)]
    start: int | None = None
    for number in range(max(len(kept), len(here))):
        same = number < len(kept) and number < len(here) and kept[number] == here[number]
        if not same and start is None:
            start = number * BLOCK
        if same and start is not None:
            yield start, number * BLOCK - 1
            start = None
    if start is not None:
        yield start, max(len(kept), len(here)) * BLOCK - 1
