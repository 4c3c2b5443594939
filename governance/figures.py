"""Figures of a simulation, as a page shows them: what the rule in force and the proposed one make of the same rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.policy import simulation
from core.policy.units import number, said
from rides import selectors as rides
from rides.states import Line

MOST_CITIES = 12  # those where it makes most of a difference


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: of so many rows, what is made of them now, what would be, and how many differ."""

    name: str
    rows: str
    old: str
    new: str
    difference: str
    changed: str
    share: str


@dataclass(frozen=True, slots=True)
class Part:
    title: str | Promise
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one period. `nothing` where there were no rows: that shows nothing, neither good nor bad. `blind`
    where no stored row could differ: what the rule in force refused was never stored."""

    of: str | Promise
    counts: str | Promise
    since: datetime
    until: datetime
    whole: Figure
    parts: list[Part]
    nothing: bool
    blind: bool


def shown(how: "simulation.Simulation[Any]", kept: Mapping[str, Any] | None) -> Figures | None:
    """What was kept of a simulation; None where there is nothing yet."""
    if kept is None:
        return None
    say = _amount if how.unit is None else (lambda value: said(how.unit, round(value)))
    cities = {city.code: str(city) for city in rides.cities()}
    lines = dict(Line.choices)
    names: list[tuple[str, str | Promise, Callable[[str], str]]] = [
        ("line", gettext_lazy("By line"), lambda key: str(lines.get(key, key))),
        ("city", gettext_lazy("By city"), lambda key: cities.get(key, key)),
        ("hour", gettext_lazy("By hour"), lambda key: f"{int(key):02d}:00"),
    ]
    parts = []
    for part, title, name in names:
        rows = kept.get(part, {})
        if part == "hour":
            order = sorted(rows, key=int)
        else:
            order = sorted(rows, key=lambda key: (-abs(rows[key][2] - rows[key][1]), key))[:MOST_CITIES]
        if order:
            parts.append(Part(title, [_figure(name(key), rows[key], say) for key in order]))
    return Figures(
        how.of,
        how.counts,
        datetime.fromisoformat(kept["since"]),
        datetime.fromisoformat(kept["until"]),
        _figure(_("all"), kept["all"], say),
        parts,
        kept["all"][0] == 0,
        how.passed_only and kept["all"][3] == 0,
    )


def _amount(value: float) -> str:
    return number(round(value))


def _figure(name: str, counted: list[float], say: Callable[[float], str]) -> Figure:
    rows, old, new, changed = counted
    by = new - old
    return Figure(
        name,
        _amount(rows),
        say(old),
        say(new),
        f"+{say(by)}" if by > 0 else say(by) if by == 0 else f"−{say(-by)}",
        _amount(changed),
        f"{100 * changed / rows:.1f}%" if rows else "–",
    )
