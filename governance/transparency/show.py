"""A published report in the reader's language: what pages, PDF and CSV draw of the figures.

Figures are kept without words. A measure or category that this release has no words for is shown by its key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import formats
from core.policy.units import number
from governance.models import TransparencyReport
from governance.transparency.questions import MEASURES, Beside, Measure

SHARE = 100
FEW = 8  # of so many categories those that did not happen are listed too


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its figures, and how long its bar is, of a hundred; None where there is nothing to draw."""

    name: str
    cells: list[str]
    bar: str | None = None
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One measure as it is drawn. `drawn` says what the bars are; `untold` is true where something is not told."""

    key: str
    title: str
    about: str
    head: list[str]
    rows: list[Row]
    beside: list[str]
    digest: str
    query: str
    drawn: str
    untold: bool
    left_out: bool


def heads(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The columns that a measure's lines have: the name of the figure and what it is called."""
    limits = [_("within %(time)s") % {"time": formats.span(each)} for each in table["within"]]
    named = {
        "count": pgettext("report", "number"),
        "p50": pgettext("report", "half of them within"),
        "p95": pgettext("report", "95 of 100 within"),
        "longest": pgettext("report", "longest"),
        "fen": pgettext("report", "amount"),
        "km": pgettext("report", "kilometres"),
        "per_million_trips": _("in a million trips"),
        "per_million_km": _("in a million kilometres"),
    } | dict(zip(("within_first", "within_second"), limits, strict=False))
    return [(name, named[name]) for name in table["columns"]]


def said(row: Mapping[str, Any], name: str) -> str:
    """One figure of a line in words; what is not told says so."""
    value = row.get(name)
    if value is None:
        return pgettext("report", "not told") if name == "count" else "–"
    match name:
        case "p50" | "p95" | "longest":
            return formats.span(value) if row["count"] != 0 else "–"
        case "within_first" | "within_second":
            return f"{SHARE * value / row['count']:.1f} %" if row["count"] else "–"
        case "fen":
            return formats.money(value)
        case "per_million_trips" | "per_million_km":
            return f"{_decimal(value['rate'])} ({_decimal(value['low'])}–{_decimal(value['high'])})"
        case _:
            return number(round(value))


def _decimal(value: float) -> str:
    return number(round(value)) if value >= SHARE else f"{value:.2f}"


def name_of(measure: Measure | None, cell: str) -> str:
    """A category in the reader's words; the sum where the key is empty."""
    if not cell:
        return pgettext("report", "all together")
    return str(measure.cells.get(cell, cell)) if measure else cell


def _bars(table: Mapping[str, Any], beside: list[Beside]) -> Iterator[str | None]:
    """How long each line's bar is: of times against the slowest of them and what it took in 2018, else of the most."""
    timed = bool(table["within"])
    values = [row.get("p95") if timed else row["count"] for row in table["cells"]]
    most = max([*(each for each in values if each), *(each.seconds or 0 for each in beside), 0])
    for value in values:
        yield None if value is None or not most else _bar(value / most)


def _bar(share: float) -> str:
    return f"{SHARE * share:.2f}"


def tables_of(row: TransparencyReport) -> list[Table]:
    """All tables of a report, in the reader's language."""
    return [_table(each) for each in row.counted["tables"]]


def _table(table: Mapping[str, Any]) -> Table:
    measure = MEASURES.get(table["measure"])
    beside = list(measure.beside) if measure else []
    columns = heads(table)
    timed = bool(table["within"])

    def line(row: Mapping[str, Any], bar: str | None) -> Row:
        return Row(name_of(measure, row["cell"]), [said(row, name) for name, _title in columns], bar)

    every = list(zip(table["cells"], _bars(table, beside), strict=True))
    shown = [each for each in every if each[0]["count"] != 0 or len(every) <= FEW]
    rows = [line(*each) for each in shown]
    slowest = max(
        [*(row.get("p95") or 0 for row in table["cells"]), *(each.seconds or 0 for each in beside), 1]
    )
    rows += [
        Row(str(each.text), [""] * len(columns), _bar(each.seconds / slowest), beside=True)
        for each in beside
        if each.seconds
    ]
    if len(every) > 1:
        rows.append(line(table["total"], None))
    return Table(
        table["measure"],
        str(measure.title) if measure else table["measure"],
        str(measure.about) if measure else "",
        [title for _name, title in columns],
        rows,
        [str(each.text) for each in beside if not each.seconds],
        table["sha256"],
        table["query"],
        _("Bars: within which time 95 of 100 were answered.") if timed else _("Bars: how many."),
        any(row["count"] is None for row in table["cells"]),
        len(shown) < len(every),
    )
