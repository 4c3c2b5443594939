"""A time authority in small (RFC 3161): its own key, its own certificate, real time stamps. It can be told to misbehave."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from pyhanko.sign.timestamps import DummyTimeStamper

DEFAULTS: dict[str, Any] = {"hang": 0.0, "status": 200}
_lock = threading.Lock()


def _path(name: str) -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def behave(wanted: dict[str, Any]) -> None:
    """From now on: `hang` seconds before an answer, and the `status` of each. What is not named is as at first.

    Raises `ValueError` for another name.
    """
    if unknown := set(wanted) - set(DEFAULTS):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    _path("time_behaviour.json").write_text(json.dumps(wanted))


def _behaviour() -> dict[str, Any]:
    path = _path("time_behaviour.json")
    return DEFAULTS | (json.loads(path.read_text()) if path.exists() else {})


def _make(key_file: Path, certificate_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=3_072)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox time authority"),
        ]
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        # RFC 3161, 2.3: this one use and no other, critical.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    der, plain = serialization.Encoding.DER, serialization.NoEncryption()
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(der, serialization.PrivateFormat.PKCS8, plain))
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _authority() -> DummyTimeStamper:
    """pyHanko's own, which makes whole and valid tokens; it calls it a dummy because the clock is this machine's."""
    key_file, certificate_file = _path("time_authority.key"), _path("time_authority.pem")
    with _lock:
        if not certificate_file.exists():
            _make(key_file, certificate_file)
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    return DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        keys.PrivateKeyInfo.load(key_file.read_bytes()),
    )


def answer(query: bytes) -> tuple[int, bytes]:
    """(status, reply) of a time stamp query; 400 for what is none."""
    how = _behaviour()
    time.sleep(how["hang"])
    if how["status"] != 200:
        return int(how["status"]), b""
    try:
        asked = tsp.TimeStampReq.load(query, strict=True)
        reply: bytes = _authority().request_tsa_response(asked).dump()
    except (ValueError, TypeError, KeyError):
        return 400, b""
    return 200, reply
