"""What a password must be, and how it is kept.

After NIST SP 800-63B §5.1.1: long, and nothing that is tried early; any sign counts, none is asked for. It is measured by
what somebody would have to guess: a word of the list of common passwords, a sequence and a repetition are one guess each,
whatever their length, and what anybody knows of its owner or of us is none.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from core.privacy import blind_index

if TYPE_CHECKING:
    from accounts.models import Account

SHORTEST, LONGEST = 12, 128  # characters; several spaces in a row are one
ENOUGH = 9  # what a password must be worth, in characters that nothing foretells
OF_A_WORD = 3  # what one of some ten thousand common words is worth
SHORTEST_WORD = 5  # shorter ones are in many a password by chance
SHORTEST_RUN = 3
OURS = ("huhang", "护航")
KEYBOARD = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p",
)  # fmt: skip


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Some twenty thousand passwords of leaked lists, as Django ships them."""
    return frozenset(word for word in CommonPasswordValidator().passwords if len(word) >= SHORTEST_WORD)


def _run(text: str) -> int:
    """How many characters at the beginning only go on: the same, one up or down, along the keyboard, or a part again."""
    longest = 1
    for step in (-1, 0, 1):
        length = 1
        while length < len(text) and ord(text[length]) - ord(text[length - 1]) == step:
            length += 1
        longest = max(longest, length)
    for row in KEYBOARD:
        for way in (row, row[::-1]):
            length = 1
            while length < len(text) and text[: length + 1] in way:
                length += 1
            longest = max(longest, length)
    return longest


def worth(password: str, known: Iterable[str] = ()) -> int:
    """How many characters of it somebody would have to guess who knows `known` of its owner."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", password).casefold())
    # Letters with spaces between them are a word all the same.
    if re.fullmatch(r"(\w )+\w?", text):
        text = text.replace(" ", "")
    for given in {*OURS, *known}:
        if len(given) >= 2:
            text = text.replace(given.casefold(), "\x00")
    found, at, seen = 0, 0, set[str]()
    while at < len(text):
        word = next(
            (
                text[at:end]
                for end in range(min(len(text), at + 30), at + SHORTEST_WORD - 1, -1)
                if text[at:end] in _common()
            ),
            "",
        )
        length, value = (len(word), OF_A_WORD) if word else (_run(text[at:]), 1)
        if not word and length < SHORTEST_RUN:
            # A part that stood there before is no new guess.
            again = next(
                (n for n in range(min(at, len(text) - at), 2, -1) if text[at : at + n] in text[:at]), 0
            )
            length, value = (again, 0) if again else (1, 1)
        piece = text[at : at + length]
        found += 0 if not piece.strip("\x00") or (piece in seen and length > 1) else value
        seen.add(piece)
        at += length
    return found


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
