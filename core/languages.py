"""A sentence as it stands in each of our languages, for whoever must know it again on a page or in a message."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import get_language, gettext, override, pgettext


def say_in(language: str, sentence: str, *, context: str = "") -> str:
    """The sentence in one language; `language` may be a browser's tag (`zh-CN`)."""
    with override("zh-hans" if language.lower().startswith("zh") else "en"):
        return pgettext(context, sentence) if context else gettext(sentence)


def in_every_language(sentence: str, *, context: str = "") -> tuple[str, ...]:
    """The sentence in each language that pages are shown in."""
    return tuple(say_in(code, sentence, context=context) for code, _name in settings.LANGUAGES)


def sentences(*parts: str) -> str:
    """Whole sentences one after another, as the language in force writes them: Chinese puts no space between them."""
    return ("" if (get_language() or "").startswith("zh") else " ").join(part for part in parts if part)


def clauses(parts: Iterable[str]) -> str:
    """Several findings as one sentence, with the full stop."""
    chinese = (get_language() or "").startswith("zh")
    return ("；" if chinese else "; ").join(parts) + ("。" if chinese else ".")


def row(parts: Iterable[str]) -> str:
    """Several things within a sentence, one after another."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(parts)
