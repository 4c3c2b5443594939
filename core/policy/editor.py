"""A policy's value as fields that a person fills in: one for each number, time, choice or text in it.

`leaves` takes a value apart, `gather` puts what was typed together again as JSON. What cannot be read has a fault with the
place that the field has; type and bounds are for `Policy.read`, as of any value. What nobody changed comes back as it was.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from core import typed
from core.errors import DomainError
from core.policy.kinds import (
    Choice,
    Day,
    Fault,
    Flag,
    Kind,
    Maybe,
    Real,
    Record,
    Row,
    Several,
    Table,
    Text,
    TimeOfDay,
    Whole,
    Words,
)
from core.policy.units import Later, Unit

Label = str | Promise
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?")
_NAMES = {
    Unit.SECONDS: pgettext_lazy("unit", "seconds"),
    Unit.MINUTES: pgettext_lazy("unit", "minutes"),
    Unit.HOURS: pgettext_lazy("unit", "hours"),
    Unit.DAYS: pgettext_lazy("unit", "days"),
    Unit.YEARS: pgettext_lazy("unit", "years"),
    Unit.METRES: pgettext_lazy("unit", "metres"),
    Unit.SPEED: pgettext_lazy("unit", "m/s"),
    Unit.FEN: pgettext_lazy("unit", "yuan"),
    Unit.POINTS: pgettext_lazy("unit", "points"),
    Unit.SHARE: pgettext_lazy("unit", "%"),
    Unit.TIMES: pgettext_lazy("unit", "times"),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field: `where` as a fault names it, `labels` from the outside in, `shown` what stands in it at first.

    `kind` is what a browser's field for it is: `number`, `day`, `time`, `choice` (with `choices`), `several`, `text`, `words`
    or, for what no better form is known of, `json`. `empty` where nothing is an answer.
    """

    where: str
    labels: tuple[str, ...]
    kind: str
    shown: str | list[str]
    of: Kind[Any]
    empty: bool = False
    choices: tuple[tuple[str, Label], ...] = ()

    @property
    def unit(self) -> str:
        """What is counted, in the reader's language; empty where the rule's name says it."""
        return str(_NAMES.get(self.of.unit, "")) if isinstance(self.of, Whole | Real) else ""


def leaves(kind: Kind[Any], raw: Any, where: str = "", labels: tuple[str, ...] = ()) -> list[Leaf]:
    """The fields of a value, given in JSON."""
    found: list[Leaf] = []
    for part, label, inner, value in _parts(kind, raw):
        found += leaves(inner, value, f"{where}.{part}" if where else part, (*labels, label))
    return found or [_leaf(kind, raw, where, labels)]


def _parts(kind: Kind[Any], raw: Any) -> list[tuple[str, str, Kind[Any], Any]]:
    if isinstance(kind, Table):
        return [(key, str(kind.labels.get(key, key)), inner, raw[key]) for key, inner in kind.kinds.items()]
    if isinstance(kind, Record):
        names = [(field, field.rstrip("_"), inner) for field, inner in kind.kinds.items()]
        return [(key, str(kind.labels.get(field, key)), inner, raw[key]) for field, key, inner in names]
    if isinstance(kind, Row):
        return [(str(at), str(at), kind.each, value) for at, value in enumerate(raw, start=1)]
    return []


def _leaf(kind: Kind[Any], raw: Any, where: str, labels: tuple[str, ...]) -> Leaf:
    if isinstance(kind, Maybe) and not isinstance(kind.kind, Table | Record | Row | Maybe):
        inner = _leaf(kind.kind, kind.kind.plain(None) if raw is None else raw, where, labels)
        return Leaf(
            where, labels, inner.kind, "" if raw is None else inner.shown, kind.kind, True, inner.choices
        )
    match kind:
        case Whole() | Real():
            return Leaf(where, labels, "number", "" if raw is None else _shown(kind.unit, raw), kind)
        case Flag():
            sides = (("true", pgettext("rule", "on")), ("false", pgettext("rule", "off")))
            return Leaf(where, labels, "choice", "true" if raw else "false", kind, choices=sides)
        case Day():
            return Leaf(where, labels, "day", raw or "", kind)
        case TimeOfDay():
            return Leaf(where, labels, "time", raw or "", kind)
        case Choice():
            return Leaf(where, labels, "choice", raw or "", kind, choices=tuple(kind.choices.choices))
        case Several():
            return Leaf(where, labels, "several", list(raw or []), kind, True, tuple(kind.choices.choices))
        case Text():
            return Leaf(where, labels, "text", raw or "", kind)
        case Words():
            return Leaf(where, labels, "words", "\n".join(raw or []), kind)
        case _:
            return Leaf(where, labels, "json", json.dumps(raw, ensure_ascii=False, indent=1), kind)


def _shown(unit: Unit, raw: float) -> str:
    number = Decimal(repr(raw))
    if unit in {Unit.SHARE, Unit.FEN}:
        number = number * 100 if unit == Unit.SHARE else number / 100
    text = f"{number:f}"
    if unit == Unit.FEN:
        return f"{number:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def gather(
    kind: Kind[Any], raw: Any, typed_in: Mapping[str, str | Sequence[str]], where: str = ""
) -> tuple[Any, list[Fault]]:
    """The value in JSON of what was typed, by the places of `leaves(kind, raw)`, and what in it cannot be read.

    `raw` is the value that was shown: what stands in a field as it was shown is what it was.
    """
    parts, faults = _parts(kind, raw), list[Fault]()
    if not parts:
        leaf = _leaf(kind, raw, where, ())
        given = typed_in.get(where, [] if leaf.kind == "several" else "")
        if _same(given, leaf):
            return raw, []
        try:
            return _read(leaf, given), []
        except _Unreadable as why:
            return raw, [Fault("wrong_type", where, why.args[0])]
    found: list[tuple[str, Any]] = []
    for part, _label, inner, value in parts:
        made, wrong = gather(inner, value, typed_in, f"{where}.{part}" if where else part)
        found.append((part, made))
        faults += wrong
    return ([value for _part, value in found] if isinstance(kind, Row) else dict(found)), faults


def _same(given: str | Sequence[str], leaf: Leaf) -> bool:
    if isinstance(given, str):
        return given.replace("\r\n", "\n") == leaf.shown
    return leaf.kind == "several" and set(given) == set(leaf.shown)


class _Unreadable(ValueError):
    """With the reason for the reader."""


def _read(leaf: Leaf, given: str | Sequence[str]) -> Any:
    if leaf.kind == "several":
        return [value for value, _label in leaf.choices if value in given]
    text = given if isinstance(given, str) else "".join(given)
    if leaf.empty and not text.strip():
        return None
    match leaf.kind:
        case "number":
            return _number(leaf.of, text)
        case "choice":
            return {"true": True, "false": False}.get(text) if isinstance(leaf.of, Flag) else text
        case "day":
            try:
                return typed.day.read(text).isoformat()
            except DomainError as why:
                raise _Unreadable(why.detail) from None
        case "time":
            return unicodedata.normalize("NFKC", text).strip()
        case "text":
            return text.replace("\r\n", "\n")
        case "words":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "json":
            try:
                return json.loads(text)
            except ValueError:
                raise _Unreadable(Later(lambda: _("This cannot be read."))) from None
        case unknown:
            raise AssertionError(unknown)


def _number(kind: Any, text: str) -> float:
    written = unicodedata.normalize("NFKC", text).strip().removesuffix("%").strip()
    if not _NUMBER.fullmatch(written):
        raise _Unreadable(Later(lambda: _("This is not a number. Write it like 1200 or 0.45.")))
    number = Decimal(written)
    if kind.unit in {Unit.SHARE, Unit.FEN}:
        number = number / 100 if kind.unit == Unit.SHARE else number * 100
    if isinstance(kind, Real):
        return float(number)
    if number != number.to_integral_value():
        if kind.unit == Unit.FEN:
            raise _Unreadable(Later(lambda: _("An amount has at most two figures behind the point.")))
        raise _Unreadable(Later(lambda: _("A whole number is needed.")))
    return int(number)
