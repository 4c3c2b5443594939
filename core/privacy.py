"""Personal data: encrypted at rest, found by keyed index, masked where it is shown.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A stored value is
`key version (2 bytes) | nonce (12) | ciphertext and tag`; the column's name is authenticated with it, so that a
value copied into another column does not open. Keys come from `HUHANG_FIELD_KEYS`; the newest encrypts.
"""

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from core.wrapped import opened


@lru_cache(maxsize=1)
def _keys() -> dict[int, AESGCM]:
    keys = {}
    for entry in settings.FIELD_KEYS:
        version, _colon, text = entry.partition(":")
        raw = opened(text)
        if len(raw) != 32:
            raise ImproperlyConfigured(
                "Each of HUHANG_FIELD_KEYS is VERSION:KEY, base64 of 32 bytes or wrapped."
            )
        keys[int(version)] = AESGCM(raw)
    return keys


def newest_version() -> int:
    """The version of the key that encrypts now."""
    return max(_keys())


def encrypt(plain: bytes, *, context: str) -> bytes:
    """Encrypt under the newest key; `context` must be given again to decrypt."""
    version, nonce = max(_keys()), os.urandom(12)
    return version.to_bytes(2, "big") + nonce + _keys()[version].encrypt(nonce, plain, context.encode())


def decrypt(stored: bytes, *, context: str) -> bytes:
    """Open what `encrypt` made. Raises `cryptography.exceptions.InvalidTag` where it was changed or moved."""
    version = int.from_bytes(stored[:2], "big")
    return _keys()[version].decrypt(stored[2:14], stored[14:], context.encode())


class Unreadable:
    """In the place of a value that does not open: its row can be read, its other columns be used. This one raises."""

    def __init__(self, why: Exception) -> None:
        self.why = why

    def __str__(self) -> str:
        raise self.why


class _Opens(DeferredAttribute):
    """Whoever needs a value that does not open is told so, and nobody else: a list of rows is not lost with one."""

    field: models.Field  # type: ignore[type-arg]  # as below

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        found = super().__get__(instance, cls)
        if isinstance(found, Unreadable):
            raise found.why
        return found

    def __set__(self, instance: models.Model, value: Any) -> None:
        # Without this Python would look into the row first, and never ask `__get__`.
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.Field):  # type: ignore[type-arg]  # Django cannot be subscripted here at run time
    """Text in Python, ciphertext in the database. Cannot be searched: keep a blind index beside it."""

    descriptor_class = _Opens

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
    def _context(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        return encrypt(str(value).encode(), context=self._context)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> "str | Unreadable | None":
        if value is None:
            return None
        try:
            return decrypt(bytes(value), context=self._context).decode()
        except (InvalidTag, KeyError, ValueError) as why:
            return Unreadable(why)

    def to_python(self, value: Any) -> Any:
        return value


def blind_index(value: str, *, purpose: str) -> str:
    """HMAC-SHA256 of a normalised value: equal values give equal indexes, nobody without the key can try values."""
    key = opened(settings.INDEX_KEY)
    return hmac.new(key, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest() if value else ""


def phone_index(phone: str) -> str:
    """The blind index of a normalised phone number."""
    return blind_index(phone, purpose="phone")


def mask_phone(phone: str) -> str:
    """`+8613800138000` → `+86 138****8000`."""
    if not phone:
        return ""
    local = phone.removeprefix("+86")
    country = "+86 " if local != phone else ""
    return f"{country}{local[:3]}****{local[-4:]}"


def mask_id_number(number: str) -> str:
    """`330382199803120021` → `330***********0028`."""
    return number[:3] + "*" * max(len(number) - 7, 0) + number[-4:] if number else ""


def mask_name(name: str) -> str:
    """`王小明` → `王**`; `Ann Lee` → `A******`."""
    return name[:1] + "*" * (len(name) - 1)
