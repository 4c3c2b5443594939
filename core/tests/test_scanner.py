"""A scanner for malware is shown what is kept as it came, and nothing is kept that it did not look at."""

import socket
import struct
import threading

import pytest

from core import production
from core.reader import door
from core.reader.errors import FileNotKept, PdfActive
from core.reader.headers import Kind
from core.tests.factories import PDF
from core.tests.test_reader import halves, save

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """The part of clamd that is asked: INSTREAM, on a port or a socket of the file system."""

    def __init__(self, listener):
        self.listener, self.shown, self.says = listener, [], None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                line, _address = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as read:
                assert read.read(10) == b"zINSTREAM\0"
                content = b""
                while length := struct.unpack("!I", read.read(4))[0]:
                    content += read.read(length)
                self.shown.append(content)
                found = b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"
                answer = found if self.says is None else self.says
                line.sendall(answer[:7])  # in two pieces, as a network may bring it
                line.sendall(answer[7:] + b"\0")


@pytest.fixture(params=["port", "path"])
def clamd(request, settings, tmp_path):
    if request.param == "port":
        listener = socket.create_server(("127.0.0.1", 0))
        settings.SCANNER = f"clamd://127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(tmp_path / "clamd.ctl"))
        listener.listen()
        settings.SCANNER = f"clamd://{tmp_path}/clamd.ctl"
    with listener:
        yield Clamd(listener)


def test_a_pdf_is_shown_whole_and_what_is_known_is_not_kept(clamd):
    large = PDF + b"\n%" + b"x" * 200_000
    assert door.read_file(large) == (Kind.PDF, large)
    assert clamd.shown == [large]
    with pytest.raises(PdfActive):
        door.read_file(PDF + b"\n%" + EICAR)


def test_a_picture_is_drawn_anew_and_shown_to_nobody(clamd):
    assert door.read_file(save(halves(), "JPEG"))[0] == Kind.JPEG
    assert clamd.shown == []


@pytest.mark.parametrize("said", [b"INSTREAM size limit exceeded. ERROR", b"", b"stream: "])
def test_what_it_says_nothing_of_is_not_kept(clamd, said):
    clamd.says = said
    with pytest.raises(FileNotKept):
        door.read_file(PDF)


@pytest.mark.parametrize("address", ["clamd://127.0.0.1:1", "clamd:///nowhere/clamd.ctl"])
def test_one_that_is_away_lets_nothing_through(settings, address):
    settings.SCANNER = address
    with pytest.raises(FileNotKept):
        door.read_file(PDF)


def test_none_is_told_before_production(settings):
    settings.SCANNER = ""
    assert [each.id for each in production.scanner()] == ["huhang.W005"]
    settings.SCANNER = "clamd://127.0.0.1:3310"
    assert production.scanner() == []
