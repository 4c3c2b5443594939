"""A sentence as it stands in each of our languages, for whoever must know it again on a page or in a message."""

from django.conf import settings
from django.utils.translation import gettext, override, pgettext


def say_in(language: str, sentence: str, *, context: str = "") -> str:
    """The sentence in one language; `language` may be a browser's tag (`zh-CN`)."""
    with override("zh-hans" if language.lower().startswith("zh") else "en"):
        return pgettext(context, sentence) if context else gettext(sentence)


def in_every_language(sentence: str, *, context: str = "") -> tuple[str, ...]:
    """The sentence in each language that pages are shown in."""
    return tuple(say_in(code, sentence, context=context) for code, _name in settings.LANGUAGES)
