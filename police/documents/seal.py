"""The electronic seal: PAdES signatures by pyHanko, with the time of an authority (RFC 3161) where it answers in time.

A PDF with the authority's time in its signature is PAdES B-T. Where the authority is slow or away it is sealed without,
and a document time stamp (ISO 32000-2, 12.8.5) is added later: an emergency waits for nobody's clock.
"""

import base64
import io
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from core.stamps import Authority as Authority
from core.stamps import NotStamped as NotStamped

RESERVED = 24_000  # bytes of a signature with its chain and time stamp, in hexadecimal digits
FIELD = "HuhangSeal"


def _chain(pem: bytes) -> list[asn1.Certificate]:
    return [
        asn1.Certificate.load(each.public_bytes(Encoding.DER))
        for each in x509.load_pem_x509_certificates(pem)
    ]


@lru_cache(maxsize=1)
def _signer(key: bytes, chain: str) -> signers.SimpleSigner:
    own, *above = _chain(base64.b64decode(chain))
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # of pyHanko
    store.register_multiple(above)
    return signers.SimpleSigner(
        signing_cert=own,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )


def sealed_by() -> str:
    """The name in the certificate of the seal."""
    own = _chain(base64.b64decode(settings.SEAL_CHAIN))[0]
    return str(own.subject.human_friendly)


def seal(pdf: bytes, key: bytes, authority: Authority | None = None) -> bytes:
    """The PDF with the seal by its private key (PKCS #8), and with the time of an authority where one is given.

    Raises `NotStamped`.
    """
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, reason="P6"
    )
    signer = signers.PdfSigner(
        meta,
        signer=_signer(key, settings.SEAL_CHAIN),
        timestamper=authority,
    )
    try:
        written = signer.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=RESERVED, in_place=False
        )
    except (TimestampRequestError, SigningError) as why:
        if authority is not None:
            raise NotStamped from why
        raise
    return bytes(written.getbuffer())


def stamp(pdf: bytes) -> bytes:
    """A sealed PDF with a document time stamp behind it; the bytes that were there stay. Raises `NotStamped`."""
    try:
        written = signers.PdfTimeStamper(Authority()).timestamp_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), "sha256", bytes_reserved=RESERVED
        )
    except (TimestampRequestError, SigningError) as why:
        raise NotStamped from why
    return bytes(written.getbuffer())


@dataclass(frozen=True, slots=True)
class Seals:
    """What the signatures of a PDF say, without any network: ours is on it and whole, and when the authority saw it."""

    sealed: bool = False
    stamped_at: datetime | None = None


def _believed(pem: bytes) -> ValidationContext:
    return ValidationContext(trust_roots=_chain(pem)[-1:], other_certs=_chain(pem)[:-1], allow_fetching=False)


def _believed_of_time() -> ValidationContext | None:
    path = Path(settings.TIME_AUTHORITIES)
    if not settings.TIME_AUTHORITIES or not path.is_file():
        return None
    return ValidationContext(trust_roots=_chain(path.read_bytes()), allow_fetching=False)


def look(pdf: bytes) -> Seals:
    """Whether our seal is on a PDF and whole; what cannot be read as one has none."""
    seals, time = _believed(base64.b64decode(settings.SEAL_CHAIN)), _believed_of_time()
    own = _chain(base64.b64decode(settings.SEAL_CHAIN))[0]
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        ours = [each for each in reader.embedded_regular_signatures if each.field_name == FIELD]
        if len(ours) != 1:
            return Seals()
        status = validate_pdf_signature(ours[0], signer_validation_context=seals, ts_validation_context=time)
        at = None
        if status.timestamp_validity is not None and status.timestamp_validity.valid and time is not None:
            at = status.timestamp_validity.timestamp if status.timestamp_validity.trusted else None
        if at is None and time is not None:
            for each in reader.embedded_timestamp_signatures:
                said = validate_pdf_timestamp(each, validation_context=time)
                at = said.timestamp if said.valid and said.trusted else at
        sealed = (
            status.intact and status.valid and status.trusted and status.signing_cert.dump() == own.dump()
        )
        # What stands behind the last signature is nobody's.
        ends = list(reader.embedded_signatures[-1].byte_range)
        whole = bool(status.docmdp_ok) and ends[2] + ends[3] == len(pdf)
        return Seals(bool(sealed and whole), at)
    except (PdfError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return Seals()


def sm3(content: bytes) -> str:
    """The digest of Chinese law beside SHA-256 (GB/T 32905), in hexadecimal."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()
