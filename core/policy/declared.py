"""What policies there are, and how each is called before people."""

import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.policy.kinds import Fault, Kind, Reading, Span

T = TypeVar("T")
Label = str | Promise
_CITATION = re.compile(r"(?P<key>[a-z_]+\.[a-z0-9_]+) v(?P<number>\d+)")


@dataclass(frozen=True, slots=True, eq=False)
class Policy(Generic[T]):
    """A declared policy: the handle by which its value is asked for. `name` and `about` are for every reader."""

    key: str
    kind: Kind[T]
    default: T
    name: Label
    about: Label

    def __str__(self) -> str:
        return self.key

    def read(self, raw: Any) -> tuple[T, list[Fault]]:
        """The value in JSON, and what is wrong with it; the declared value stands in for what cannot be read."""
        reading = Reading([])
        return self.kind.read(raw, self.default, reading), reading.faults


class SpanPolicy(Policy[int]):
    """A policy whose value is a length of time: `policy.span()` takes it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class InForce(Generic[T]):
    """A value and what to cite for it, such as `rides.curfew v0`; version 0 is the declared one."""

    value: T
    citation: str


_declared: dict[str, Policy[Any]] = {}
_fixed: dict[str, Label] = {}


@overload
def declare(key: str, kind: Span, default: int, *, name: Label, about: Label) -> SpanPolicy: ...
@overload
def declare(key: str, kind: Kind[T], default: T, *, name: Label, about: Label) -> Policy[T]: ...
def declare(key: str, kind: Kind[Any], default: Any, *, name: Label, about: Label) -> Policy[Any]:
    """Declare a policy at import time; returns the handle for `value()` and `in_force()`.

    `name` is a few words, `about` a sentence; both are translated. The default must lie within the bounds of `kind`.
    Raises `ValueError` where the key is taken: each would read and bound what is written for the other.
    """
    if key in _declared:
        raise ValueError(f"two policies are called {key}")
    make = SpanPolicy if isinstance(kind, Span) else Policy
    policy = _declared[key] = make(key, kind, default, name, about)
    return policy


def fixed(code: str, name: Label) -> str:
    """Name a rule that no version changes and decisions cite by its code, such as `D5`; returns the code.

    Raises `ValueError` for a code that is taken.
    """
    if code in _fixed:
        raise ValueError(f"two fixed rules are called {code}")
    _fixed[code] = name
    return code


def declared() -> list[Policy[Any]]:
    """All declared policies, by key."""
    return sorted(_declared.values(), key=lambda policy: policy.key)


def of_key(key: str) -> Policy[Any] | None:
    """The declared policy of a key; None for one of another release."""
    return _declared.get(key)


def key_of(citation: str) -> str:
    """The key in a citation: `rides.curfew v2` → `rides.curfew`; empty where it cites no version of a policy."""
    found = _CITATION.fullmatch(citation)
    return found["key"] if found else ""


def title(citation: str) -> str:
    """What a citation, or several with commas between, is called before people: 'Curfew, version 2'.

    What no policy of this release declares stays as it was written.
    """
    return _("; ").join(_title(part) for part in citation.split(", ")) if citation else ""


def _title(citation: str) -> str:
    found = _CITATION.fullmatch(citation)
    if not found or found["key"] not in _declared:
        return str(_fixed.get(citation, citation))
    name = _declared[found["key"]].name
    if found["number"] == "0":
        return _("%(name)s, original version") % {"name": name}
    return _("%(name)s, version %(number)s") % {"name": name, "number": found["number"]}
