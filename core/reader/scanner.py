"""A company's scanner for malware, asked about what is kept as it came: PDF files. Pictures are drawn anew.

`HUHANG_SCANNER` is `clamd://HOST:PORT` or `clamd:///PATH/OF/A/SOCKET`. The words are clamd's own (INSTREAM of its manual):
the content in pieces, each behind its length, and an empty one at the end; it answers `stream: OK` or `stream: NAME FOUND`.
"""

import socket
import struct
from urllib.parse import urlsplit

import structlog
from django.conf import settings

from core.reader.errors import FileNotKept, PdfActive

log = structlog.get_logger()
PATIENCE = 10.0  # seconds
PIECE = 64 * 1024  # bytes
LONGEST = 1_000  # bytes of an answer


def look(content: bytes) -> None:
    """Nothing happens where no scanner is named. Raises `PdfActive` for what it knows, and `FileNotKept` where it does not
    say anything: what nobody looked at is not kept."""
    if not settings.SCANNER:
        return
    try:
        said = _ask(content)
    except OSError as why:
        log.error("reader.scanner_away", why=type(why).__name__)
        raise FileNotKept from None
    if said == "stream: OK":
        return
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        log.warning("reader.malware", name=said.removeprefix("stream: ").removesuffix(" FOUND"))
        raise PdfActive
    log.error("reader.scanner_said_nothing", said=said[:80])
    raise FileNotKept


def _ask(content: bytes) -> str:
    with _connected() as line:
        line.sendall(b"zINSTREAM\0")
        for begin in range(0, len(content), PIECE):
            piece = content[begin : begin + PIECE]
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
        said = b""
        while b"\0" not in said and len(said) < LONGEST:
            more = line.recv(LONGEST)
            if not more:
                break
            said += more
    return said.partition(b"\0")[0].decode(errors="replace").strip()


def _connected() -> socket.socket:
    address = urlsplit(settings.SCANNER)
    if address.hostname:
        return socket.create_connection((address.hostname, address.port or 3310), timeout=PATIENCE)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(PATIENCE)
    try:
        line.connect(address.path)
    except OSError:
        line.close()
        raise
    return line
