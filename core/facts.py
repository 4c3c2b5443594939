"""Facts are stored, sentences are rendered: one registry of what facts say, in the reader's language.

Facts are JSON: `{"rule": key, name: value, …}`. Whoever writes them makes them with `of()`, which knows the names;
whoever shows them asks `say()`, which never fails: facts of another release, or of a rule that is gone, say nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.functional import Promise

from core.languages import row

Fact = float | str
Form = Callable[[Any], str]


def number(value: float) -> str:
    """A whole number."""
    return f"{value:.0f}"


def choice(*choices: type[models.TextChoices]) -> Form:
    """The label of a value of these choices; a value of another release stands as it is."""
    labels = {value: label for each in choices for value, label in each.choices}
    return lambda value: str(labels.get(value, value))


def one_of(words: Mapping[str, "str | Promise"]) -> Form:
    """The words for a value."""
    return lambda value: str(words.get(value, value))


def several(words: Mapping[str, "str | Promise"]) -> Form:
    """The words for values that stand with commas between them."""
    return lambda values: row(str(words.get(each, each)) for each in str(values).split(", "))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with `%(name)s` for facts, and how each fact is written. An empty text adds nothing to its heading."""

    text: "str | Promise"
    forms: Mapping[str, Form]


_known: dict[str, Sentence] = {}


def declare(key: str, text: "str | Promise" = "", **forms: Form) -> str:
    """Declare at import time what the facts of a rule say; returns its key. Raises `ValueError` for a second one."""
    if key in _known:
        raise ValueError(f"{key} has a sentence already")
    _known[key] = Sentence(text, forms)
    return key


def declared() -> dict[str, Sentence]:
    """All sentences by their rule."""
    return dict(_known)


def of(rule: str, **values: Fact) -> dict[str, Fact]:
    """Facts to store. Raises `ValueError` where they are not those that the rule's sentence declares."""
    wanted = _known[rule].forms.keys() if rule in _known else None
    if wanted != values.keys():
        raise ValueError(f"{rule}: facts {sorted(values)}, declared are {sorted(wanted or ())}")
    return {"rule": rule, **values}


def say(stored: object) -> str:
    """What stored facts say, in the reader's language; an empty text where nothing can be said."""
    if not isinstance(stored, Mapping):
        return ""
    known = _known.get(str(stored.get("rule")))
    if known is None:
        return ""
    try:
        text = str(known.text)
        return text % {name: form(stored[name]) for name, form in known.forms.items() if name in stored}
    except (KeyError, TypeError, ValueError):
        return ""
