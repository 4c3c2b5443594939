"""Web push: one push service of browsers (RFC 8030), told what only the browser itself can open (RFC 8291, RFC 8188).

    webpush+https://HOST     HOST may begin with `*.`: one name before it, as `*.push.apple.com`

Which address a browser has is said by its owner, who may say any: what is not a service of the settings, over https, at its
usual port, is asked nothing, and no redirect is followed. We show who we are by a signed token (VAPID, RFC 8292). A
service that answers 404 or 410 says that nobody is there any more: the subscription ends.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from core import clock
from core.messages import catalogue, push
from core.messages.catalogue import SIGNATURES
from core.messages.transports import Lapsed, Letter, NoAnswer, NotTaken, Unfit
from core.outside import NEVER_LEFT, trusted
from core.wrapped import opened

TIMEOUT = httpx.Timeout(3.0, connect=2.0)
TOKEN_LIFE = timedelta(hours=12)  # RFC 8292 allows a day
RECORD = 4096  # octets of a record, and the most that a push service has to take (RFC 8030, 7.2)
LONGEST_ADDRESS = 1000
ENDED = frozenset({404, 410})
CURVE = ec.SECP256R1()


def to_text(content: bytes) -> str:
    """Base64url without padding, as all of these standards write it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Raises `ValueError`."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# --- What only the browser opens -----------------------------------------------------------------


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    plain: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
) -> bytes:
    """A message as one record of `aes128gcm`, for the holder of the private half of `p256dh`.

    `key` and `salt` are made anew for each; given, they repeat the example of RFC 8291. Raises `ValueError` for a public key
    that is no point of the curve, and for what is longer than a record.
    """
    if len(plain) > RECORD - 17:
        raise ValueError("longer than a record")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh)
    ours, salt = key or ec.generate_private_key(CURVE), salt or os.urandom(16)
    public = _point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), theirs)
    secret = _derived(shared, auth, b"WebPush: info\0" + p256dh + public, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(content_key).encrypt(nonce, plain + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(public)]) + public + sealed


# --- Who we are ------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _keys(entries: tuple[str, ...]) -> dict[int, ec.EllipticCurvePrivateKey]:
    found = {}
    for entry in entries:
        version, _colon, text = entry.partition(":")
        found[int(version)] = ec.derive_private_key(int.from_bytes(opened(text), "big"), CURVE)
    return found


def keys() -> dict[int, ec.EllipticCurvePrivateKey]:
    """Our keys by version, as the settings name them. Raises `ValueError` where one cannot be a key."""
    return _keys(tuple(settings.PUSH_KEYS))


def newest() -> tuple[int, str]:
    """The version that browsers are asked to trust now, and its public half as they want it. Raises `ValueError`."""
    version = max(keys())
    return version, to_text(_point(keys()[version].public_key()))


def authorization(endpoint: str, version: int) -> str:
    """The header by which a push service knows us. Raises `KeyError` for a version that is no key of ours any more."""
    key, where = keys()[version], urlsplit(endpoint)
    until = datetime.now(UTC) + TOKEN_LIFE  # of machine time: the service reads it
    said = {
        "aud": f"{where.scheme}://{where.netloc}",
        "exp": int(until.timestamp()),
        "sub": settings.PUBLIC_URL,
    }
    parts = ({"typ": "JWT", "alg": "ES256"}, said)
    signed = ".".join(to_text(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{to_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={to_text(_point(key.public_key()))}"


# --- One push service --------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, trust_env=False, verify=trusted(), follow_redirects=False)


class WebPush:
    """See the module."""

    sends_text = True
    receipt_token = ""

    def __init__(self, name: str, address: str) -> None:
        found = urlsplit(address.removeprefix("webpush+"))
        if not found.hostname or found.path.strip("/") or found.username:
            raise ValueError(f"{name}: a push service is webpush+https://HOST")
        if found.scheme != "https" and settings.STAGE == "production":
            raise ValueError(f"{name}: a push service is asked over https")
        self.name, self._scheme, self._host, self._port = name, found.scheme, found.hostname, found.port

    def takes(self, endpoint: str) -> bool:
        """Whether an address that a browser gave is one of this service."""
        if (
            len(endpoint) > LONGEST_ADDRESS
            or not endpoint.isascii()
            or not endpoint.isprintable()
            or " " in endpoint
        ):
            return False
        try:
            found = urlsplit(endpoint)
            port = found.port
        except ValueError:
            return False
        host = found.hostname or ""
        if self._host.startswith("*."):
            name, _dot, rest = host.partition(".")
            at_home = bool(name) and rest == self._host[2:]
        else:
            at_home = host == self._host
        plain = "@" not in found.netloc and "\\" not in endpoint and not found.fragment
        return at_home and plain and found.scheme == self._scheme and port == self._port

    def hand_over(self, letter: Letter) -> str:
        """As `Transport.hand_over` says; the recipient is the code of a subscription."""
        known = push.keeper().find(letter.to)
        if known is None:
            raise Lapsed(f"{self.name}: nobody is signed in there any more")
        if not self.takes(known.endpoint):
            raise Unfit(f"{self.name}: another push service")
        if known.version not in keys():
            push.keeper().gone(letter.to)
            raise Lapsed(f"{self.name}: made for a key that is ours no more")
        seconds = int((letter.until - clock.now()).total_seconds()) if letter.until else 0
        headers = {
            "Authorization": authorization(known.endpoint, known.version),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, seconds)),
            "Urgency": "high",
            # Of several that wait for a phone without network, the last one counts.
            "Topic": tag(letter),
        }
        body = encrypt(payload(letter, known.reader), p256dh=known.p256dh, auth=known.auth)
        try:
            answer = _client().post(known.endpoint, content=body, headers=headers)
        except NEVER_LEFT as why:
            raise NotTaken(f"{self.name}: {type(why).__name__}") from None
        except httpx.TransportError as why:
            raise NoAnswer(f"{self.name}: {type(why).__name__}") from None
        return self._understood(answer, letter)

    def _understood(self, answer: httpx.Response, letter: Letter) -> str:
        if answer.is_success:
            return str(answer.headers.get("Location", "")).rpartition("/")[2][:80]
        if answer.status_code in ENDED:
            push.keeper().gone(letter.to)
            raise Lapsed(f"{self.name}: {answer.status_code}")
        raise (NoAnswer if answer.status_code in {500, 502, 504} else NotTaken)(
            f"{self.name}: {answer.status_code}"
        )

    def templates(self) -> Mapping[str, Mapping[str, str]]:
        """None: it carries any text."""
        return {}

    def says_wrong_recipient(self, reason: str) -> bool:
        """It brings no receipts."""
        return False


def tag(letter: Letter) -> str:
    """What a later message of the same subject takes the place of; opaque for the service."""
    digest = hashlib.sha256(f"{letter.to}:{letter.subject or letter.key}".encode()).digest()
    return to_text(digest)[:32]


def payload(letter: Letter, reader: str = "") -> bytes:
    """What the service worker shows: the sentence, the page that it opens, and whose it is."""
    entry = catalogue.of_code(letter.message)
    text = letter.text
    for signature in SIGNATURES:
        text = text.removeprefix(signature)
    page = entry.opens(letter.subject) if entry is not None and entry.opens is not None else "/"
    said = {"text": text, "page": page, "tag": tag(letter), "lang": letter.language, "reader": reader}
    return json.dumps(said, ensure_ascii=False).encode()
