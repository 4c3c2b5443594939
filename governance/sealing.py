"""Who made a report in confidence: sealed under a key of its own, which lies where no database and no backup has it (G9).

Each report has its own AES-256 key, a file of `safety.keystore`. What is sealed is always of one length, so that it does not
say whether a driver or one of the staff made it. Without the key nobody reads it, with a dump and all settings neither;
when the report goes, its key goes first.
"""

import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.errors import WhoAway
from safety.keystore import store

LENGTH = 64  # bytes that every name is filled up to
NONCE = 12


def new_key() -> tuple[str, bytes]:
    """A fresh key and the name under which it is kept. Raises `WhoAway`."""
    name, key = f"{secrets.token_hex(16)}.who", AESGCM.generate_key(256)
    try:
        store().write_once(name, key)
    except OSError:
        raise WhoAway from None
    return name, key


def seal(who: str, key: bytes, *, code: str) -> bytes:
    """Nonce, ciphertext and tag; `code` of the report is authenticated with it, so that it opens in no other row."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, who.encode().ljust(LENGTH, b"\0"), code.encode())


def unseal(sealed: bytes, name: str, *, code: str) -> str:
    """Who it was. Raises `WhoAway` where the key cannot be had, is gone, or does not open it."""
    try:
        key = store().read(name)
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], code.encode()).rstrip(b"\0").decode()
    except (OSError, InvalidTag, ValueError):
        raise WhoAway from None


def destroy(name: str) -> None:
    """Nobody opens it any more. Raises `WhoAway`: then it is there still."""
    try:
        store().destroy(name)
    except OSError:
        raise WhoAway from None
