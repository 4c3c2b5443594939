"""A push service of browsers, and the browsers behind it: it takes messages (RFC 8030), looks who sends them (RFC 8292) and,
as the browser would, opens them (RFC 8291). What was opened stands in the inbox.

Its own reading of the standards, by nothing of the platform's: what it opens, a browser opens.
"""

import base64
import hashlib
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils import timezone

from sandbox import messages

MOST = 4096  # octets
DAY = 86_400
CURVE = ec.SECP256R1()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _path(number: str) -> Path:
    state: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder = state / "push"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(number.encode()).hexdigest()}.json"


def new_phone(origin: str) -> dict[str, Any]:
    """A browser that has just subscribed, as `PushSubscription.toJSON` says it; its keys stay here."""
    number, key, auth = secrets.token_urlsafe(12), ec.generate_private_key(CURVE), os.urandom(16)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    kept = {"key": format(key.private_numbers().private_value, "064x"), "auth": auth.hex()}
    _path(number).write_text(json.dumps(kept))
    return {
        "endpoint": f"{origin}/push/{number}",
        "expirationTime": None,
        "keys": {"p256dh": _text(point), "auth": _text(auth)},
    }


def end(number: str) -> bool:
    """The browser's owner took it back; False where there was none."""
    there = _path(number).exists()
    _path(number).unlink(missing_ok=True)
    return there


def take(number: str, address: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """(status, why) of a message to one of these browsers at `address`."""
    path = _path(number)
    if not path.exists():
        return 410, "nobody is there any more"
    if len(body) > MOST:
        return 413, "too long"
    if not headers.get("ttl", "").isdecimal():
        return 400, "no TTL"
    if why := _stranger(headers.get("authorization", ""), address):
        return 401, why
    try:
        if headers.get("content-encoding") != "aes128gcm":
            raise ValueError
        said = _opened(json.loads(path.read_text()), body)
        shown = json.loads(said)
    except (ValueError, InvalidTag, IndexError):
        return 400, "nothing that this browser opens"
    at = timezone.now().isoformat(timespec="seconds")
    key = hashlib.sha256(body).hexdigest()[:16]  # each message is encrypted anew
    row = {"channel": "push", "to": number, "key": key, "text": str(shown.get("text", "")), "at": at}
    messages.keep(row | {"page": shown.get("page"), "tag": shown.get("tag"), "ttl": headers["ttl"]})
    return 201, key


def _stranger(shown: str, address: str) -> str:
    """What is wrong with the token by which a sender says who it is; empty where nothing is."""
    try:
        scheme, _space, rest = shown.partition(" ")
        given = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(given["k"]))
        signed, _dot, signature = given["t"].rpartition(".")
        head, claims = (json.loads(_bytes(part)) for part in signed.split("."))
        raw = _bytes(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, KeyError, InvalidSignature):
        return "no token that holds"
    where = urlsplit(address)
    if scheme.lower() != "vapid" or head.get("alg") != "ES256" or len(raw) != 64:
        return "not as RFC 8292 says"
    if claims.get("aud") != f"{where.scheme}://{where.netloc}":
        return "a token for another service"
    if not time.time() < claims.get("exp", 0) <= time.time() + DAY:
        return "a token that is over, or for too long"
    return "" if str(claims.get("sub", "")).startswith(("mailto:", "http")) else "nobody to write to"


def _mac(key: bytes, content: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(content)
    return made.finalize()


def _opened(kept: dict[str, str], body: bytes) -> str:
    """Step by step as RFC 8291 (3.4) writes it. Raises `ValueError`, `InvalidTag`."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    if len(sealed) > size:
        raise ValueError("more than one record")
    key = ec.derive_private_key(int(kept["key"], 16), CURVE)
    own = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    first = _mac(bytes.fromhex(kept["auth"]), shared)
    secret = _mac(first, b"WebPush: info\0" + own + theirs + b"\x01")
    second = _mac(salt, secret)
    content_key = _mac(second, b"Content-Encoding: aes128gcm\0\x01")[:16]
    nonce = _mac(second, b"Content-Encoding: nonce\0\x01")[:12]
    plain = AESGCM(content_key).decrypt(nonce, sealed, None).rstrip(b"\0")
    if plain[-1:] != b"\x02":
        raise ValueError("not the last record")
    return plain[:-1].decode()
