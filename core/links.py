"""Addresses that open one thing to whoever has them: a complaint, a claim, a report, a question.

The end of each is random. The row keeps its digest, by which it is recognised, and the secret encrypted, so that a message
can carry the same address again.
"""

import hashlib
import hmac
import secrets
from typing import Any

from django.db import models
from django.utils.translation import pgettext_lazy

from core.privacy import EncryptedTextField


def new_secret() -> str:
    """128 random bits, as an address can hold them."""
    return secrets.token_hex(16)


def digest_of(secret: str) -> str:
    """SHA-256 of a secret; it needs no salt, because nobody guesses 128 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


class _SecretDigest(models.CharField):  # type: ignore[type-arg]  # Django cannot be subscripted here at run time
    """The digest of the row's `secret`, written with it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        digest = digest_of(model_instance.secret)  # type: ignore[attr-defined]  # declared beside it below
        setattr(model_instance, self.attname, digest)
        return digest

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class HasLink(models.Model):
    """A row whose page opens to whoever has its address, without an account."""

    secret = EncryptedTextField(pgettext_lazy("field", "secret of its page"), default=new_secret)
    secret_digest = _SecretDigest(
        pgettext_lazy("field", "digest of the secret"), max_length=64, unique=True, editable=False
    )

    class Meta:
        abstract = True

    def opens_to(self, shown: str) -> bool:
        """Whether somebody shows the secret of this row, compared in constant time. One that was destroyed opens nothing,
        though its digest stays."""
        return bool(self.secret) and hmac.compare_digest(self.secret_digest, digest_of(shown))
