"""Whose certificates are believed of what stands outside."""

import ipaddress
import json
import ssl
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core import clock, outside
from core.outside import OutsideDown


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"match": True}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said):
        """Says nothing."""


@pytest.fixture
def service(tmp_path):
    """The address of a service whose certificate nobody but its own file vouches for, and that file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "company")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    known, both = tmp_path / "company.pem", tmp_path / "server.pem"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    known.write_bytes(pem)
    both.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = HTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/", known
    server.shutdown()
    server.server_close()


def forget():
    """Clients that were made by other settings."""
    outside.trusted.cache_clear()
    outside._client.cache_clear()


@pytest.fixture(autouse=True)
def anew():
    forget()
    yield
    forget()


def test_an_authority_of_the_company_is_believed_where_the_settings_name_it(service, settings):
    address, known = service
    with pytest.raises(OutsideDown):
        outside.post("unknown-authority", address, {})
    settings.AUTHORITIES = str(known)
    forget()
    assert outside.post("own-authority", address, {}) == {"match": True}
