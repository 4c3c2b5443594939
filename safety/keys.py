"""Keys that wrap recordings' keys. They live in a folder or a key service (`safety.keystore`), in no database and no backup.

For each day (by the platform's clock) there are two files: an AES-256 key that wraps recordings' keys at rest, and an
RSA-3072 key pair to which browsers wrap the key they made. `safety.services.recordings.turn_wrapping_keys` re-wraps
what lives under the key of a new day and destroys the old files: so a backup of yesterday opens nothing.
"""

import base64
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import DomainError
from safety.keystore import store

RSA_BITS = 3072
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class KeyChanged(DomainError):
    code, sentence = "recording_key_changed", _("The key of the day has changed. Please ask for it again.")


class KeyUnreadable(DomainError):
    code, status, sentence = "recording_key_unreadable", 400, _("The recording's key cannot be opened.")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a browser wraps its key to: the day's id, and the key as base64 of its SubjectPublicKeyInfo."""

    day: str
    spki: str


def today() -> str:
    return f"{clock.now():%Y%m%d}"


def days() -> list[str]:
    """The days whose keys are there, oldest first."""
    return sorted(name.removesuffix(".aes") for name in store().names() if name.endswith(".aes"))


def newest_day() -> str:
    """The day that wraps now: the newest whose keys are there; made where there is none."""
    found = days()
    if not found:
        make_day(today())
        found = days()
    return found[-1]


def make_day(day: str) -> None:
    """Make the keys of a day, where they are not there yet. The wrapping key comes last: with it the day begins."""
    there = store().names()
    if f"{day}.pem" not in there:
        private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        store().write_once(
            f"{day}.pem",
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    if f"{day}.aes" not in there:
        store().write_once(f"{day}.aes", AESGCM.generate_key(256))


def destroy_day(day: str) -> None:
    """Destroy a day's keys: what only they wrap is gone for good."""
    for name in (f"{day}.aes", f"{day}.pem"):
        store().destroy(name)


def public_key() -> PublicKey:
    """The key that browsers wrap to."""
    day = newest_day()
    spki = (
        _private(day)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return PublicKey(day, base64.b64encode(spki).decode())


def _private(day: str) -> rsa.RSAPrivateKey:
    if not (day.isdigit() and len(day) == 8):
        raise KeyChanged
    try:
        # To prove a key's numbers once more takes a tenth of a second, before each page and call for help; it is ours.
        found = serialization.load_pem_private_key(
            store().read(f"{day}.pem"), None, unsafe_skip_rsa_key_validation=True
        )
    except FileNotFoundError:
        raise KeyChanged from None
    if not isinstance(found, rsa.RSAPrivateKey):
        raise KeyChanged
    return found


def open_from_browser(day: str, wrapped: str) -> bytes:
    """The 32 bytes of a recording's key, wrapped by a browser with RSA-OAEP (SHA-256).

    Raises `KeyChanged` for a day that is over, `KeyUnreadable`.
    """
    private = _private(day)
    try:
        raw = private.decrypt(base64.b64decode(wrapped, validate=True), _OAEP)
    except ValueError:
        raise KeyUnreadable("wrapped") from None
    if len(raw) != 32:
        raise KeyUnreadable("wrapped")
    return raw


def wrap(raw: bytes, *, context: str) -> tuple[str, bytes]:
    """Wrap a recording's key at rest: (day, wrapped). `context` is the recording's code."""
    day = newest_day()
    nonce = os.urandom(12)
    return day, nonce + AESGCM(_wrapping(day)).encrypt(nonce, raw, context.encode())


def unwrap(day: str, wrapped: bytes, *, context: str) -> bytes:
    """Open what `wrap` made. Raises `KeyUnreadable` where the day's key is destroyed or the bytes are others.

    A file that is there and cannot be read now raises `OSError`: what it wraps is not lost.
    """
    try:
        key = _wrapping(day)
    except FileNotFoundError:
        raise KeyUnreadable from None
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], context.encode())
    except (InvalidTag, ValueError):  # ValueError: a key or a nonce of another length
        raise KeyUnreadable from None


def _wrapping(day: str) -> bytes:
    return store().read(f"{day}.aes")
