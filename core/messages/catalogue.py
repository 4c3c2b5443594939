"""All that the company says outside of its pages: each message is one class, declared in `APP/messages.py`.

    class SignInCode(Message, code="accounts.code", text=_("Huhang: your code is %(code)s.")):
        code: Digits

The class is a frozen dataclass of what the sentence is about; each field's type says how its value is written in the
reader's language, and how long it may be where a provider sends templates. A message cannot leave without its class
(`core.messages.outbox.queue` takes nothing else), so what stands here is all that is ever said.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, dataclass_transform, get_type_hints

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import get_language, override, pgettext_lazy

from core import formats
from core.languages import sentences

SIGNATURES = ("【护航】", "Huhang: ")
CHANNELS = ("sms", "email", "wechat", "weibo")
VOICE = "voice"  # read aloud by a telephone that rings
PUSH = "push"  # on the screen of a phone whose browser asked for it
# What leaves by these is said elsewhere too: where it does not arrive in time, it lapses, and nobody is asked.
PASSING = frozenset({PUSH})
Words_ = str | Promise
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is written in the language in force. `name` is said to staff.

    A template's parameter holds `longest` letters at most; what is longer is cut where `cut` says so, and is not sent
    by a template otherwise: half a link opens nothing.
    """

    name: Words_
    write: Callable[[Any], str] = str
    longest: int = 35
    cut: bool = False

    def fit(self, written: str) -> str | None:
        """A written value as a template takes it; None where it cannot hold it."""
        if len(written) <= self.longest:
            return written
        return written[: self.longest - 1] + "…" if self.cut else None


def _label(value: models.TextChoices) -> str:
    return str(value.label)


def _one_of_two(value: tuple[str, str]) -> str:
    return value[0] if (get_language() or "").startswith("zh") else value[1]


def _time(at: datetime) -> str:
    return formats.moment(at, "time")


def _day(at: date) -> str:
    return formats.moment(at, "date")


Code = Annotated[str, Kind(pgettext_lazy("message parameter", "code of a case"), longest=32)]
Digits = Annotated[str, Kind(pgettext_lazy("message parameter", "digits"), longest=6)]
Link = Annotated[str, Kind(pgettext_lazy("message parameter", "link"), longest=200)]
Name = Annotated[str, Kind(pgettext_lazy("message parameter", "name"), cut=True)]
Plate = Annotated[str, Kind(pgettext_lazy("message parameter", "plate"), longest=12)]
Place = Annotated[str, Kind(pgettext_lazy("message parameter", "place"), formats.place, cut=True)]
Words = Annotated[str, Kind(pgettext_lazy("message parameter", "words"), longest=200, cut=True)]
Count = Annotated[int, Kind(pgettext_lazy("message parameter", "number"), longest=9)]
Fen = Annotated[int, Kind(pgettext_lazy("message parameter", "sum of money"), formats.money)]
Moment = Annotated[datetime, Kind(pgettext_lazy("message parameter", "moment"), formats.moment)]
Time = Annotated[datetime, Kind(pgettext_lazy("message parameter", "time of day"), _time)]
Day = Annotated[date, Kind(pgettext_lazy("message parameter", "day"), _day)]
Choice = Annotated[models.TextChoices, Kind(pgettext_lazy("message parameter", "one of a list"), _label)]
# Written by people in both languages: Chinese, then English.
Bilingual = Annotated[
    tuple[str, str], Kind(pgettext_lazy("message parameter", "words"), _one_of_two, longest=200, cut=True)
]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows of a message. `parts` are whole sentences, said one after another."""

    code: str
    parts: tuple[Words_, ...]
    channels: tuple[str, ...]
    life_safety: bool
    kinds: Mapping[str, Kind]
    message: "type[Message]"
    opens: Callable[[str], str] | None = None
    betrays: bool = False

    @property
    def app(self) -> str:
        """The label of the app that says it."""
        return self.code.partition(".")[0]

    def text(self) -> str:
        """The sentence in the language in force, with `%(name)s` for its parameters."""
        return sentences(*(str(part) for part in self.parts))

    def template(self, language: str) -> str:
        """The sentence as providers of templates ask for it: `${name}` for parameters; they add the signature."""
        with override(language):
            text = self.text()
        for signature in SIGNATURES:
            text = text.removeprefix(signature)
        return _PLACEHOLDER.sub(r"${\1}", text).replace("%%", "%")


_known: dict[str, Entry] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Message:
    """Something that the company says. See the module for how one is declared.

    `text` is a translated sentence, or several; `opens` gives the page that a screen opens, of the subject's code. What
    `betrays` that its reader complained waits as long as the one complained of may read along (`core.messages.beside`).
    Raises `ValueError` for a code or channel that cannot be, `TypeError` for a field that does not say how it is written.
    """

    entry: ClassVar[Entry]

    def __init_subclass__(
        cls,
        *,
        code: str,
        text: Words_ | Sequence[Words_],
        channels: Sequence[str] = ("sms",),
        life_safety: bool = False,
        opens: Callable[[str], str] | None = None,
        betrays: bool = False,
    ) -> None:
        super().__init_subclass__()
        dataclass(frozen=True, kw_only=True)(cls)
        if code in _known or not set(channels) <= {*CHANNELS, VOICE, PUSH}:
            raise ValueError(f"{code}: a second message of this code, or a channel that nothing leaves by")
        if life_safety and PASSING & set(channels):
            raise ValueError(f"{code}: a life may not depend on what passes")
        if life_safety and betrays:
            raise ValueError(f"{code}: what a life depends on does not wait")
        parts = (text,) if isinstance(text, str | Promise) else tuple(text)
        cls.entry = _known[code] = Entry(
            code, parts, tuple(channels), life_safety, _kinds(cls), cls, opens, betrays
        )

    def written(self) -> dict[str, str]:
        """Its values in the language in force."""
        return {name: kind.write(getattr(self, name)) for name, kind in self.entry.kinds.items()}


def _kinds(message: type[Message]) -> dict[str, Kind]:
    hints = get_type_hints(message, include_extras=True)
    found = {}
    for each in fields(message):  # type: ignore[arg-type]  # `__init_subclass__` has made it a dataclass
        kind = next(
            (one for one in getattr(hints[each.name], "__metadata__", ()) if isinstance(one, Kind)), None
        )
        if kind is None:
            raise TypeError(f"{message.__name__}.{each.name} does not say how it is written")
        found[each.name] = kind
    return found


def entries() -> list[Entry]:
    """Every message there is, by app and code."""
    return [_known[code] for code in sorted(_known)]


def of_code(code: str) -> Entry | None:
    """The message of this code, or None for one of another release."""
    return _known.get(code)


def faults() -> Iterator[str]:
    """What is wrong with declarations: parameters that a sentence does not name or nobody gives, in any language."""
    for entry in entries():
        for language, _name in settings.LANGUAGES:
            with override(language):
                named = set(_PLACEHOLDER.findall(entry.text()))
            if odd := named ^ set(entry.kinds):
                yield f"{entry.code} ({language}): {', '.join(sorted(odd))} on one side only"
