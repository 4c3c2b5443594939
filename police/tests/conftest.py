"""A time authority that answers over HTTP, as the sandbox's does."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core import outside
from core import stamps as authority
from sandbox import stamps

PATIENCE = 60.0  # seconds


@pytest.fixture
def time_authority(settings, tmp_path, monkeypatch):
    """The sandbox's own code behind a port; it can be told to misbehave by `stamps.behave`.

    It has time for it: a busy machine is not an authority that is slow.
    """
    monkeypatch.setattr(authority, "WITHIN", PATIENCE)
    settings.STATE = tmp_path

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            status, reply = stamps.answer(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.TIME_URL = f"http://127.0.0.1:{server.server_port}/time/"
    settings.TIME_AUTHORITIES = str(tmp_path / "time_authority.pem")
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    yield stamps
    server.shutdown()
    server.server_close()
