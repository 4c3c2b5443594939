"""Whose certificates are believed of what stands outside."""

import asyncio
import ipaddress
import json
import ssl
from datetime import timedelta
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as settings_of_django

from core import clock, outside, production, revoked
from core.apps import CoreConfig
from core.messages.transports import Letter, NoAnswer
from core.messages.transports.apprise import Apprise
from core.outside import OutsideDown
from rides.routing import RoadRouter


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
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
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


# --- What a service refuses ---------------------------------------------------------------------------------------


@pytest.fixture
def answers(monkeypatch):
    """What a service answers, one status after the other; then 200."""
    left, asked = [], []

    def answer(request):
        asked.append(request)
        return httpx.Response(left.pop(0) if left else 200, json={})

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(outside, "_client", lru_cache(lambda: client))
    breakers = type(outside._breakers)(default_threshold=3, default_ttl=30.0)
    monkeypatch.setattr(outside, "_breakers", breakers)
    return left, asked


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_a_refusal_is_an_answer_it_is_not_asked_again_and_shuts_nothing(answers, status):
    left, asked = answers
    left += [status] * 5
    for number in range(1, 6):
        with pytest.raises(outside.Refused):
            outside.post("refuses", "http://service.test/", {})
        assert len(asked) == number
    assert outside.post("refuses", "http://service.test/", {}) == {}


@pytest.mark.parametrize("status", [401, 408, 425, 429, 500, 503])
def test_what_a_moment_later_may_be_answered_is_asked_again(answers, status):
    left, asked = answers
    left.append(status)
    assert outside.post("busy", "http://service.test/", {}) == {}
    assert len(asked) == 2


# --- What an authority revoked ---------------------------------------------------------------------------------------


def _named(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


class Authority:
    """Issues certificates for this machine, and lists of those that it takes back."""

    def __init__(self, name="authority"):
        self.key, self.name = ec.generate_private_key(ec.SECP256R1()), _named(name)
        self.own = self._issue(self.name, self.key.public_key(), x509.BasicConstraints(True, None))

    def _issue(self, name, key, *extensions):
        usual = [x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])]
        made = x509.CertificateBuilder(
            issuer_name=self.name,
            subject_name=name,
            public_key=key,
            serial_number=x509.random_serial_number(),
            not_valid_before=clock.now() - timedelta(days=1),
            not_valid_after=clock.now() + timedelta(days=1),
        )
        for each in (*usual, *extensions):
            made = made.add_extension(each, critical=False)
        return made.sign(self.key, hashes.SHA256())

    def issue(self):
        key = ec.generate_private_key(ec.SECP256R1())
        return self._issue(_named("service"), key.public_key()), key

    def list_of(self, *revoked, by=None, until=timedelta(days=7)):
        at = clock.now()
        made = x509.CertificateRevocationListBuilder(
            issuer_name=self.name, last_update=at - timedelta(days=9), next_update=at + until
        )
        for each in revoked:
            entry = x509.RevokedCertificateBuilder(each.serial_number, at)
            made = made.add_revoked_certificate(entry.build())
        return made.sign((by or self).key, hashes.SHA256())


@pytest.fixture
def lists(tmp_path, settings, monkeypatch):
    folder = tmp_path / "revoked"
    folder.mkdir()
    settings.REVOKED = str(folder)
    for name in ("sslsocket_class", "sslobject_class"):  # as the process had them
        monkeypatch.setattr(ssl.SSLContext, name, getattr(ssl.SSLContext, name))
    CoreConfig.create("core").ready()
    return folder


@pytest.fixture
def issued(tmp_path, settings, lists):
    """(authority, certificate, address) of a service that runs, with an authority that is believed."""
    authority = Authority()
    certificate, key = authority.issue()
    known, both = tmp_path / "authority.pem", tmp_path / "issued.pem"
    known.write_bytes(authority.own.public_bytes(serialization.Encoding.PEM))
    both.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    settings.AUTHORITIES = str(known)
    forget()
    server = HTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield authority, certificate, f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind", [serialization.Encoding.DER, serialization.Encoding.PEM])
def test_whose_certificate_was_revoked_is_asked_nothing(issued, lists, kind):
    authority, certificate, address = issued
    assert outside.post("not-revoked", address, {}) == {"match": True}
    other, _key = authority.issue()
    (lists / "a.crl").write_bytes(authority.list_of(other).public_bytes(kind))
    forget()  # a connection that stands stays
    assert outside.post("another-was", address, {}) == {"match": True}
    # An old list says it as well: nothing that was revoked is good again.
    (lists / "b.crl").write_bytes(authority.list_of(certificate, until=-timedelta(days=1)).public_bytes(kind))
    outside._client.cache_clear()  # read again without a restart
    with pytest.raises(OutsideDown):
        outside.post("revoked", address, {})


def _by_a_bucket(address):
    asked = AWSRequest(method="POST", url=address, data=b"{}", headers={"Content-Length": "2"}).prepare()
    return URLLib3Session(verify=settings_of_django.AUTHORITIES).send(asked).status_code


def _by_a_provider_of_apprise(address):
    """2xx, or what the provider's module says of a line that never stood."""
    try:
        Apprise("gateway", address.replace("https:", "jsons:")).hand_over(
            Letter("key", "sms", "+8613911112222", "words", "none", "en", {})
        )
    except NoAnswer:
        return 0
    return 200


def _by_a_router(address):
    return 200 if RoadRouter("osrm", address).client.client._session.post(address, data=b"{}").ok else 0


async def _without_waiting(address):
    place = urlsplit(address)
    _reader, writer = await asyncio.open_connection(place.hostname, place.port, ssl=outside.trusted())
    writer.close()
    return 200


WHOEVER_ASKS = {
    "bucket": _by_a_bucket,
    "apprise": _by_a_provider_of_apprise,
    "router": _by_a_router,
    "asyncio": lambda address: asyncio.run(_without_waiting(address)),
}


@pytest.mark.parametrize("who", WHOEVER_ASKS)
def test_whichever_library_asks_a_revoked_one_is_asked_nothing(issued, lists, monkeypatch, who):
    authority, certificate, address = issued
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", settings_of_django.AUTHORITIES)
    assert WHOEVER_ASKS[who](address) == 200
    listed = authority.list_of(certificate).public_bytes(serialization.Encoding.DER)
    (lists / "a.crl").write_bytes(listed)
    try:
        assert WHOEVER_ASKS[who](address) == 0
    except (OSError, BotoCoreError) as why:
        assert "revoked by its authority" in str(why)


def test_a_list_that_somebody_else_signed_or_nobody_can_read_stops_nothing(issued, lists):
    authority, certificate, address = issued
    forged = authority.list_of(certificate, by=Authority())
    (lists / "forged.crl").write_bytes(forged.public_bytes(serialization.Encoding.DER))
    (lists / "broken.crl").write_bytes(b"<html>not found</html>")
    assert outside.post("forged", address, {}) == {"match": True}


# What a disk or a download spoils: a version that no list has, and an issuer's name that is no text.
SPOILT = {"version": (b"\x02\x01\x01", b"\x02\x01\x05"), "issuer": (b"authority", b"\xff" * 9)}


def spoilt(listed, how):
    was, now = SPOILT[how]
    content = listed.public_bytes(serialization.Encoding.DER)
    assert was in content
    return content.replace(was, now, 1)


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_list_stops_no_service_and_hides_no_other_list(issued, lists, how):
    authority, certificate, address = issued
    (lists / "a.crl").write_bytes(spoilt(authority.list_of(), how))
    assert outside.post(f"spoilt-{how}", address, {}) == {"match": True}
    assert [each.id for each in production.revoked_certificates()] == ["huhang.W006"]
    whole = authority.list_of(certificate).public_bytes(serialization.Encoding.DER)
    (lists / "b.crl").write_bytes(whole)
    outside._client.cache_clear()
    with pytest.raises(OutsideDown):
        outside.post(f"revoked-{how}", address, {})


def test_a_look_up_that_fails_stops_no_service(issued, monkeypatch):
    def fails(_chain):
        raise RuntimeError

    monkeypatch.setattr(revoked, "revoked_of", fails)
    assert outside.post("look-up-fails", issued[2], {}) == {"match": True}


def test_a_company_hears_that_its_lists_are_missing_or_old(lists, settings):
    def said():
        return [(each.id, each.msg) for each in production.revoked_certificates()]

    authority = Authority()
    assert said() == [("huhang.W006", "HUHANG_REVOKED holds no list.")]
    (lists / "new.crl").write_bytes(authority.list_of().public_bytes(serialization.Encoding.DER))
    assert said() == []
    old = authority.list_of(until=-timedelta(days=1)).public_bytes(serialization.Encoding.PEM)
    (lists / "old.crl").write_bytes(old)
    (lists / "torn.crl").write_bytes(old[:100])
    assert "old.crl, torn.crl" in said()[0][1]
    settings.REVOKED = ""
    assert "names no folder" in said()[0][1]


@pytest.mark.parametrize(
    ("host", "options", "asked"),
    [
        ("database.example.com", {"sslmode": "verify-full"}, True),
        ("database.example.com", {"sslmode": "verify-full", "sslcrldir": "/etc/huhang/revoked"}, False),
        ("127.0.0.1", {}, False),
        ("/var/run/postgresql", {}, False),
    ],
)
def test_of_a_database_elsewhere_its_own_client_needs_a_list(lists, settings, host, options, asked):
    settings.REVOKED = ""
    settings.DATABASES = {"default": {"HOST": host, "OPTIONS": options}}
    found = [each.msg for each in production.revoked_certificates() if "DATABASE_URL" in each.msg]
    assert len(found) == asked
