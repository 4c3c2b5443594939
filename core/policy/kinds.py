"""Kinds of policy values: how one is read from JSON, written, bounded and shown.

A kind reads in one way for two purposes. `read` never raises: what is missing or unreadable is taken from the declared
default, key by key, and each fault is noted. Whoever writes a version refuses every fault; whoever decides by one goes
on with what could be read.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from itertools import pairwise
from typing import Any, Generic, TypeVar

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.policy.units import SPANS, Later, Unit, number, said

T = TypeVar("T")
V = TypeVar("V")
Json = Any  # what `json.loads` gives
# These are no faults of a stored version: it is of a release that had other keys.
OF_ANOTHER_RELEASE = frozenset({"missing", "unknown"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a value, and where in it: `hitch.per_km`, empty for the whole. `why` is for the reader."""

    code: str
    where: str
    why: str | Promise

    @property
    def serious(self) -> bool:
        """False for what another release explains: a key that it did not have, or had."""
        return self.code not in OF_ANOTHER_RELEASE

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else str(self.why)


@dataclass(frozen=True, slots=True)
class Reading:
    """Where in a value the reading is, and the faults found so far."""

    faults: list[Fault]
    where: str = ""

    def at(self, key: object) -> "Reading":
        return Reading(self.faults, f"{self.where}.{key}" if self.where else str(key))

    def wrong(self, code: str, why: str | Promise) -> None:
        self.faults.append(Fault(code, self.where, why))


class Kind(ABC, Generic[T]):
    """A type of values with its bounds."""

    @abstractmethod
    def read(self, raw: Json, default: T, reading: Reading) -> T:
        """The value in `raw`, from `default` where it cannot be read; faults go into `reading`."""

    @abstractmethod
    def plain(self, value: T) -> Json:
        """The value as JSON: `read` gives it back."""

    @abstractmethod
    def lines(self, value: T) -> list[str]:
        """The value for a reader, with its units, in the language of now."""

    def bounds(self) -> str:
        """What may be chosen, for a reader; empty where nothing is to be said."""
        return ""


class _Number(Kind[V], ABC):
    """A number between two bounds, both included."""

    def __init__(self, least: V, most: V, unit: Unit = Unit.PLAIN) -> None:
        self.least, self.most, self.unit = least, most, unit

    @abstractmethod
    def _of(self, raw: Json) -> V | None: ...

    @abstractmethod
    def _expected(self) -> str: ...

    def read(self, raw: Json, default: V, reading: Reading) -> V:
        value = self._of(raw)
        if value is None:
            reading.wrong("wrong_type", Later(self._expected))
            return default
        if not self.least <= value <= self.most:  # type: ignore[operator]  # int or float
            reading.wrong("out_of_bounds", Later(self.bounds))
            return default
        return value

    def plain(self, value: V) -> Json:
        return value

    def lines(self, value: V) -> list[str]:
        return [said(self.unit, value)]  # type: ignore[arg-type]  # int or float

    def bounds(self) -> str:
        least, most = said(self.unit, self.least), said(self.unit, self.most)  # type: ignore[arg-type]  # int or float
        return _("Between %(least)s and %(most)s.") % {"least": least, "most": most}


class Whole(_Number[int]):
    """A whole number."""

    def _of(self, raw: Json) -> int | None:
        return raw if isinstance(raw, int) and not isinstance(raw, bool) else None

    def _expected(self) -> str:
        return _("A whole number is needed.")


class Real(_Number[float]):
    """A number."""

    def _of(self, raw: Json) -> float | None:
        if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
            return None
        return float(raw)

    def _expected(self) -> str:
        return _("A number is needed.")


class Span(Whole):
    """A length of time in whole seconds, minutes, hours or days; `policy.span()` gives it as `timedelta`."""

    def __init__(self, least: int, most: int, unit: Unit = Unit.SECONDS) -> None:
        if unit not in SPANS:
            raise ValueError(unit)
        super().__init__(least, most, unit)


class Flag(Kind[bool]):
    """On or off."""

    def read(self, raw: Json, default: bool, reading: Reading) -> bool:
        if isinstance(raw, bool):
            return raw
        reading.wrong("wrong_type", Later(lambda: _("On or off (true or false) is needed.")))
        return default

    def plain(self, value: bool) -> Json:
        return value

    def lines(self, value: bool) -> list[str]:
        return [pgettext("rule", "on") if value else pgettext("rule", "off")]


class Day(Kind[date]):
    """A day, `2027-01-01` in JSON."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last

    def read(self, raw: Json, default: date, reading: Reading) -> date:
        try:
            value = date.fromisoformat(raw)
        except (TypeError, ValueError):
            reading.wrong("wrong_type", Later(lambda: _("A day such as 2027-01-01 is needed.")))
            return default
        if not self.first <= value <= self.last:
            reading.wrong("out_of_bounds", Later(self.bounds))
            return default
        return value

    def plain(self, value: date) -> Json:
        return value.isoformat()

    def lines(self, value: date) -> list[str]:
        return [value.isoformat()]

    def bounds(self) -> str:
        return _("Between %(least)s and %(most)s.") % {"least": self.first, "most": self.last}


class TimeOfDay(Kind[time]):
    """A local time, `22:00` in JSON."""

    def read(self, raw: Json, default: time, reading: Reading) -> time:
        try:
            value = time.fromisoformat(raw)
        except (TypeError, ValueError):
            value = None
        if value is None or value.tzinfo is not None or value.second or value.microsecond:
            reading.wrong("wrong_type", Later(lambda: _("A time of day such as 22:00 is needed.")))
            return default
        return value

    def plain(self, value: time) -> Json:
        return f"{value:%H:%M}"

    def lines(self, value: time) -> list[str]:
        return [f"{value:%H:%M}"]


class Choice(Kind[str]):
    """One of several words."""

    def __init__(self, choices: type[TextChoices]) -> None:
        self.choices = choices

    def read(self, raw: Json, default: str, reading: Reading) -> str:
        if isinstance(raw, str) and raw in self.choices.values:
            return str(raw)
        reading.wrong("not_a_choice", Later(self.bounds))
        return default

    def plain(self, value: str) -> Json:
        return str(value)

    def lines(self, value: str) -> list[str]:
        return [str(self.choices(value).label)]

    def bounds(self) -> str:
        return _("One of: %(choices)s.") % {"choices": ", ".join(self.choices.values)}


class Several(Kind[tuple[str, ...]]):
    """Any of several words, each once; none is an answer."""

    def __init__(self, choices: type[TextChoices]) -> None:
        self.choices = choices

    def read(self, raw: Json, default: tuple[str, ...], reading: Reading) -> tuple[str, ...]:
        known = self.choices.values
        if isinstance(raw, (list, tuple)) and all(isinstance(one, str) and one in known for one in raw):
            return tuple(dict.fromkeys(str(one) for one in raw))
        reading.wrong("not_a_choice", Later(self.bounds))
        return default

    def plain(self, value: tuple[str, ...]) -> Json:
        return [str(one) for one in value]

    def lines(self, value: tuple[str, ...]) -> list[str]:
        return [" · ".join(str(self.choices(one).label) for one in value) or pgettext("rule", "none")]

    def bounds(self) -> str:
        return _("Any of: %(choices)s.") % {"choices": ", ".join(self.choices.values)}


class Text(Kind[str]):
    """Words for people."""

    def __init__(self, longest: int = 2_000) -> None:
        self.longest = longest

    def read(self, raw: Json, default: str, reading: Reading) -> str:
        if isinstance(raw, str) and raw.strip() and len(raw) <= self.longest:
            return raw
        reading.wrong("wrong_type", Later(self.bounds))
        return default

    def plain(self, value: str) -> Json:
        return value

    def lines(self, value: str) -> list[str]:
        return [value]

    def bounds(self) -> str:
        return _("A text of at most %(most)s characters is needed.") % {"most": number(self.longest)}


class Words(Kind[Sequence[str]]):
    """A list of words, one at least: an empty list would find nothing for ever."""

    MOST, LONGEST = 2_000, 60

    def read(self, raw: Json, default: Sequence[str], reading: Reading) -> Sequence[str]:
        if (
            isinstance(raw, (list, tuple))
            and 1 <= len(raw) <= self.MOST
            and all(isinstance(one, str) and one.strip() and len(one) <= self.LONGEST for one in raw)
        ):
            return tuple(raw)
        reading.wrong("wrong_type", Later(self.bounds))
        return default

    def plain(self, value: Sequence[str]) -> Json:
        return list(value)

    def lines(self, value: Sequence[str]) -> list[str]:
        return [" · ".join(value)]

    def bounds(self) -> str:
        return _("A list of words is needed, one at least, each of at most %(most)s characters.") % {
            "most": self.LONGEST
        }


class Row(Kind[tuple[V, ...]]):
    """So many values of one kind, in an order that means something; `falling` where each is less than the one before."""

    def __init__(self, each: Kind[V], length: int, *, rising: bool = False, falling: bool = False) -> None:
        self.each, self.length, self.rising, self.falling = each, length, rising, falling

    def read(self, raw: Json, default: tuple[V, ...], reading: Reading) -> tuple[V, ...]:
        if not isinstance(raw, (list, tuple)) or len(raw) != self.length:
            reading.wrong("wrong_type", Later(self._needed))
            return default
        before = len(reading.faults)
        found = tuple(
            self.each.read(one, default[place], reading.at(place + 1)) for place, one in enumerate(raw)
        )
        if len(reading.faults) > before:
            return default  # half of an order is none
        pairs: Iterable[tuple[Any, Any]] = pairwise(found)
        if any((self.rising and a >= b) or (self.falling and a <= b) for a, b in pairs):
            reading.wrong("wrong_order", Later(self._order))
            return default
        return found

    def plain(self, value: tuple[V, ...]) -> Json:
        return [self.each.plain(one) for one in value]

    def lines(self, value: tuple[V, ...]) -> list[str]:
        return [" → ".join(line for one in value for line in self.each.lines(one))]

    def bounds(self) -> str:
        return " ".join(part for part in (self._needed(), self._order(), self.each.bounds()) if part)

    def _needed(self) -> str:
        return _("A list of %(count)s values is needed.") % {"count": self.length}

    def _order(self) -> str:
        if self.rising:
            return _("Each must be more than the one before.")
        return _("Each must be less than the one before.") if self.falling else ""


class Table(Kind[dict[str, V]]):
    """One value for each of its keys, all of them always: what a stored version lacks is the default's."""

    def __init__(
        self, kinds: Mapping[str, Kind[V]], labels: Mapping[str, str | Promise] | None = None
    ) -> None:
        self.kinds = {str(key): kind for key, kind in kinds.items()}
        self.labels = dict(labels or {})

    @classmethod
    def of(cls, choices: type[TextChoices] | Sequence[str], kind: Kind[V]) -> "Table[V]":
        """The same kind for each of several keys; members of `TextChoices` bring their labels."""
        if isinstance(choices, type):
            return cls(dict.fromkeys(choices.values, kind), dict(choices.choices))
        labels = {str(one): one.label for one in choices if hasattr(one, "label")}
        return cls({str(key): kind for key in choices}, labels)

    def read(self, raw: Json, default: dict[str, V], reading: Reading) -> dict[str, V]:
        if not isinstance(raw, dict):
            reading.wrong("wrong_type", Later(lambda: _("A table of keys and values is needed.")))
            return dict(default)
        for key in raw.keys() - self.kinds.keys():
            reading.at(key).wrong("unknown", Later(lambda: _("Nothing has this name.")))
        found = {}
        for key, kind in self.kinds.items():
            inside = reading.at(key)
            if key in raw:
                found[key] = kind.read(raw[key], default[key], inside)
            else:
                inside.wrong("missing", Later(lambda: _("This is missing.")))
                found[key] = default[key]
        return found

    def plain(self, value: dict[str, V]) -> Json:
        return {key: kind.plain(value[key]) for key, kind in self.kinds.items()}

    def lines(self, value: dict[str, V]) -> list[str]:
        return _labelled(
            (str(self.labels.get(key, key)), kind.lines(value[key])) for key, kind in self.kinds.items()
        )


class Record(Kind[T]):
    """A frozen dataclass, each field of its own kind. A field `from_` is called `from` in JSON.

    `fits` looks at all fields together; `unfit` says to the reader what must hold.
    """

    def __init__(
        self,
        make: type[T],
        kinds: Mapping[str, Kind[Any]],
        *,
        labels: Mapping[str, str | Promise] | None = None,
        fits: Callable[[T], bool] = lambda _value: True,
        unfit: str | Promise = "",
    ) -> None:
        if {field.name for field in fields(make)} != kinds.keys():  # type: ignore[arg-type]  # a dataclass, or it fails at import
            raise TypeError(f"{make.__name__} has other fields")
        self.make, self.kinds, self.labels = make, dict(kinds), dict(labels or {})
        self.fits, self.unfit = fits, unfit

    def read(self, raw: Json, default: T, reading: Reading) -> T:
        if not isinstance(raw, dict):
            reading.wrong("wrong_type", Later(lambda: _("A table of keys and values is needed.")))
            return default
        for key in raw.keys() - {field.rstrip("_") for field in self.kinds}:
            reading.at(key).wrong("unknown", Later(lambda: _("Nothing has this name.")))
        found = {}
        for field, kind in self.kinds.items():
            key = field.rstrip("_")
            inside = reading.at(key)
            if key in raw:
                found[field] = kind.read(raw[key], getattr(default, field), inside)
            else:
                inside.wrong("missing", Later(lambda: _("This is missing.")))
                found[field] = getattr(default, field)
        value = self.make(**found)
        if not self.fits(value):
            reading.wrong("unfit", self.unfit)
            return default
        return value

    def plain(self, value: T) -> Json:
        return {field.rstrip("_"): kind.plain(getattr(value, field)) for field, kind in self.kinds.items()}

    def lines(self, value: T) -> list[str]:
        return _labelled(
            (str(self.labels.get(field, field.rstrip("_"))), kind.lines(getattr(value, field)))
            for field, kind in self.kinds.items()
        )


class Maybe(Kind[V | None]):
    """A value, or null for none."""

    def __init__(self, kind: Kind[V]) -> None:
        self.kind = kind

    def read(self, raw: Json, default: V | None, reading: Reading) -> V | None:
        if raw is None:
            return None
        faults = len(reading.faults)
        found = self.kind.read(raw, default, reading)  # type: ignore[arg-type]  # given back only with a fault
        return found if len(reading.faults) == faults else default

    def plain(self, value: V | None) -> Json:
        return None if value is None else self.kind.plain(value)

    def lines(self, value: V | None) -> list[str]:
        return [pgettext("rule", "none")] if value is None else self.kind.lines(value)

    def bounds(self) -> str:
        return self.kind.bounds()


def texts(languages: Sequence[str] = ("zh-hans", "en")) -> Table[str]:
    """The same words in each language."""
    return Table.of(languages, Text())


def _labelled(rows: Iterable[tuple[str, list[str]]]) -> list[str]:
    lines = []
    for label, inner in rows:
        text = inner[0] if len(inner) == 1 else " · ".join(inner)
        lines.append(_("%(name)s: %(value)s") % {"name": label, "value": text})
    return lines
