"""What a password must be, and how it is kept.

After NIST SP 800-63B §5.1.1: long, and nothing that is tried early; any sign counts, none is asked for. It is measured by
how often somebody would have to guess (zxcvbn, Wheeler 2016), who knows of its owner and of us what anybody knows.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from core.privacy import blind_index

if TYPE_CHECKING:
    from accounts.models import Account

SHORTEST, LONGEST = 12, 128  # characters; several spaces in a row are one
ENOUGH = 10  # guesses that a password must be worth, as a power of ten
MEASURED = 72  # characters that are looked at: time grows with the square, and nobody guesses so many
OURS = ("huhang", "护航")


def worth(password: str, known: Iterable[str] = ()) -> float:
    """How many guesses it takes, as a power of ten, somebody who knows `known` of its owner."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", password).casefold())
    # Letters with spaces between them are a word all the same.
    if re.fullmatch(r"(\w )+\w?", text):
        text = text.replace(" ", "")
    given = [each.casefold() for each in (*OURS, *known) if len(each) >= 2]
    return float(zxcvbn(text[:MEASURED], user_inputs=given)["guesses_log10"]) if text else 0.0


class Unguessable:
    """The validator of `AUTH_PASSWORD_VALIDATORS`: the one rule for all who choose a password."""

    def validate(self, password: str, user: "Account | None" = None) -> None:
        """Raises `ValidationError`."""
        length = len(re.sub(r"\s+", " ", password))
        if length < SHORTEST or len(password) > LONGEST or worth(password, _known_of(user)) < ENOUGH:
            raise ValidationError("It is short, or tried early.", code="password_weak")

    def get_help_text(self) -> str:
        return ""


def _known_of(owner: "Account | None") -> list[str]:
    if owner is None:
        return []
    name = str(owner.real_name)
    return [
        owner.code,
        owner.code.rpartition("-")[2],
        owner.phone,
        owner.phone.removeprefix("+86"),
        str(owner.id_number),
        name,
        name.replace(" ", ""),
        *name.split(),
    ]


class KeyedPasswordHasher(PBKDF2PasswordHasher):
    """PBKDF2 over what a key that is in no database makes of the password (HMAC-SHA-256): a stolen table alone cannot be
    tried, however weak the passwords in it."""

    algorithm = "pbkdf2_sha256_keyed"

    def encode(self, password: Any, salt: Any, iterations: int | None = None) -> str:
        return str(super().encode(blind_index(str(password), purpose="password"), salt, iterations))
