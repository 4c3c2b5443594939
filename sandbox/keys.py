"""A key service as companies have one, for whoever shows the token: it keeps small files, each written once, and wraps keys."""

import base64
import binascii
import hmac
import os
import re
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

LONGEST = 10_000  # bytes
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")


def knows(token: str) -> bool:
    """Whether this is the token of the environment; nobody is known where there is none."""
    expected = os.environ.get("HUHANG_KEY_SERVICE_TOKEN", "")
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())


def _folder() -> Path:
    state: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder = state / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def turn(what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Wrap or unwrap what somebody holds by a key that no answer ever has: it is made here, and stays here."""
    try:
        content = base64.b64decode(body["content"], validate=True)
        if what == "wrap":
            nonce = os.urandom(12)
            made = nonce + AESGCM(_master()).encrypt(nonce, content, None)
        else:
            made = AESGCM(_master()).decrypt(content[:12], content[12:], None)
    except (KeyError, TypeError, ValueError, binascii.Error, InvalidTag):
        return 400, {"error": "nothing that was wrapped here"}
    return 200, {"content": base64.b64encode(made).decode()}


def _master() -> bytes:
    path = _folder().parent / "master.key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(AESGCM.generate_key(256))
    except FileExistsError:
        pass
    return path.read_bytes()


def answer(method: str, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """(status, body) of a request about one key, or about all where the name is empty."""
    if not name:
        return (
            (200, {"names": sorted(each.name for each in _folder().iterdir())})
            if method == "GET"
            else (405, {})
        )
    if not _NAME.fullmatch(name):
        return 400, {"error": "no such name can be"}
    path = _folder() / name
    match method:
        case "GET":
            if path.exists():
                return 200, {"content": base64.b64encode(path.read_bytes()).decode()}
            return 404, {}
        case "DELETE":
            if path.exists():
                path.unlink()
                return 204, {}
            return 404, {}
        case "PUT":
            return _write(path, body)
        case _:
            return 405, {}


def _write(path: Path, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    try:
        content = base64.b64decode(body["content"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return 400, {"error": "content is base64"}
    if len(content) > LONGEST:
        return 413, {}
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(content)
    except FileExistsError:
        return 409, {}
    return 201, {}
