"""Certificates of services that their authority has revoked, by the lists (CRL) that the company has fetched.

Whatever library asks: providers by Apprise, the router, buckets, Valkey and our own clients all speak TLS by Python's
`ssl`, whose contexts make their connections here. PostgreSQL's own client has its own words for the same (`sslcrldir`).

Each list counts for what its own authority signed, whoever brought it, so lists may be fetched over plain http. A list that
is missing or old stops nobody: it would stop messages on which a life may depend. What it names is refused as long as it
names it. `check --deploy` says where there is none, or an old one.
"""

import _ssl
import ssl
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings

log = structlog.get_logger()


class _Looks:
    """Ends the connection before a word is said on it, where a certificate of the chain was revoked."""

    _sslobj: Any  # the standard library's; of the chain that was checked Python 3.11 has no public name
    server_side: bool
    server_hostname: str | None

    def _look(self) -> None:
        if self.server_side or self._sslobj is None:
            return
        try:
            found = self._sslobj.get_verified_chain() or []
            revoked = revoked_of(
                [x509.load_der_x509_certificate(each.public_bytes(_ssl.ENCODING_DER)) for each in found]
            )
        except Exception:  # whatever is wrong with looking up stops no message on which a life may depend
            log.exception("outside.not_looked_up", host=self.server_hostname)
            return
        if revoked is not None:
            log.error("outside.revoked", host=self.server_hostname, serial=format(revoked.serial_number, "x"))
            raise ssl.SSLCertVerificationError("revoked by its authority")


class _Socket(_Looks, ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        """As the standard library's. Raises `ssl.SSLCertVerificationError` besides."""
        super().do_handshake(block)
        self._look()


class _Object(_Looks, ssl.SSLObject):
    """Of those that wait for nothing, such as the streams' lane."""

    def do_handshake(self) -> None:
        """As the standard library's. Raises `ssl.SSLCertVerificationError` besides."""
        super().do_handshake()
        self._look()


def look_up() -> None:
    """From now on each connection of this process over TLS is looked up, whichever library opens it."""
    ssl.SSLContext.sslsocket_class = _Socket
    ssl.SSLContext.sslobject_class = _Object


def revoked_of(chain: list[x509.Certificate]) -> x509.Certificate | None:
    """The first certificate of a chain, the service's own first, that a list of its issuer names."""
    for certificate, issuer in pairwise(chain):
        for path, changed in _files():
            listed = _read(path, changed)
            if listed is not None and _names(listed, certificate, issuer, file=path.name):
                return certificate
    return None


def _names(
    listed: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    *,
    file: str,
) -> bool:
    try:
        return (
            listed.issuer == certificate.issuer
            and listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
            and _signed_by(listed, issuer)
        )
    except Exception:  # parts are read when they are asked for; the other lists still count
        log.warning("outside.list_unreadable", file=file)
        return False


def stale(at: datetime) -> list[str]:
    """Names of lists that cannot be read, or should have been fetched again by now; `.` where there is none."""
    files = _files()
    if not files:
        return ["."]
    found = []
    for path, changed in files:
        listed = _read(path, changed)
        until = listed.next_update_utc if listed is not None else None
        if listed is None or (until is not None and until < at.astimezone(UTC)):
            found.append(path.name)
    return found


def _files() -> list[tuple[Path, int]]:
    folder = Path(settings.REVOKED)
    try:
        return sorted((each, each.stat().st_mtime_ns) for each in folder.iterdir() if each.is_file())
    except OSError:
        return []


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> x509.CertificateRevocationList | None:
    try:
        content = path.read_bytes()
        pem = content.lstrip().startswith(b"-----BEGIN")
        listed = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
        _ = listed.issuer, listed.next_update_utc  # read only now; what is spoilt is to be found here
        return listed
    except Exception:  # `x509.InvalidVersion` is no ValueError, and other names may be neither
        log.warning("outside.list_unreadable", file=path.name)
        return None


def _signed_by(listed: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # of an authority
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
