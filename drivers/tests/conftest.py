"""A registry that answers like the sandbox's, in this process: a real server on loopback."""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core import outside
from drivers.vision import liveness
from sandbox import registries as sandbox


class Registry(BaseHTTPRequestHandler):
    """Answers as the sandbox does, but for what a test says of one registry."""

    said: dict = {}
    asked: list = []
    pause = 0.0
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = self.path.strip("/").split("/")[-1]
        type(self).asked.append((name, body))
        time.sleep(self.pause)
        found = self.said.get(name, sandbox.REGISTRIES[name])
        answer = found(body) if callable(found) else found
        status = answer if isinstance(answer, int) else 404 if answer is None else 200
        text = json.dumps(answer if isinstance(answer, dict) else {}).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture
def registry(settings):
    """Its class: set `said[name]` to a status, an answer or a function, `pause` to seconds; read `asked`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.REGISTRY_URL = f"http://127.0.0.1:{server.server_port}"
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    Registry.said, Registry.asked, Registry.pause = {}, [], 0.0
    yield Registry
    server.shutdown()


@pytest.fixture(autouse=True)
def same_challenges(monkeypatch):
    """Each run asks for the same rows of poses: one of thirty refuses an honest drawn face (docs/faces.md)."""
    chance = random.Random(1)
    monkeypatch.setattr(liveness.secrets, "SystemRandom", lambda: chance)
