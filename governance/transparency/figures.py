"""A report in figures, as it may be published: every measure asked once, small counts taken out, rates with their intervals.

Nothing else of it leaves: what is not told stands nowhere but in the rows that were counted.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from scipy.special import gammaincinv

from governance.transparency.cells import LEAST, Told, protect
from governance.transparency.questions import MEASURES, Measure

ZONE = ZoneInfo("Asia/Shanghai")
Hears = Callable[[int], None]
SURE = 0.95
FORMAT = 1


def _nobody(_done: int) -> None:
    """Nobody looks."""


class UnknownCategory(RuntimeError):
    """A row of a category that no cell of the measure names: it would have been left out."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one statement gave: how many of each category, and what stands behind the count (the empty key is all)."""

    counts: dict[str, int]
    added: dict[str, dict[str, float]] = field(default_factory=dict)


def span_of(begins: date, ends: date) -> tuple[datetime, datetime]:
    """The period's first moment and the first after it; `ends` is its last day. Days are China's."""
    first = datetime(begins.year, begins.month, begins.day, tzinfo=ZONE)
    last = datetime(ends.year, ends.month, ends.day, tzinfo=ZONE)
    return first, last + timedelta(days=1)


def _statement(measure: Measure) -> str:
    columns = ", ".join(("cell", "many", *measure.adds))
    return f"SELECT COALESCE(json_agg(x), '[]') FROM ({measure.query}) x({columns})"  # noqa: S608 - ours


@contextmanager
def _one_moment() -> Iterator[None]:
    """What is asked inside sees the rows of one moment; in another's transaction it sees what that does."""
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def count(since: datetime, until: datetime, at: datetime, *, heard: Hears = _nobody) -> dict[str, Counted]:
    """Ask every measure, all of one moment; `heard` is told after each how many are done. Raises `UnknownCategory`."""
    found: dict[str, Counted] = {}
    with _one_moment():
        for done, (key, measure) in enumerate(MEASURES.items(), 1):
            with connection.cursor() as cursor:
                cursor.execute(_statement(measure), {"since": since, "until": until, "at": at})
                found[key] = _counted(measure, cursor.fetchone()[0])
            heard(done)
    return found


def _counted(measure: Measure, rows: list[dict[str, Any]]) -> Counted:
    found = Counted(dict.fromkeys(measure.cells, 0))
    for row in rows:
        key = row["cell"]
        if key not in measure.cells and not (key == "" and measure.within):
            raise UnknownCategory(f"{measure.key}: {key}")
        if key:
            found.counts[key] = row["many"]
        found.added[key] = {name: float(row[name] or 0) for name in measure.adds}
    return found


def plain(value: float, digits: int) -> float:
    """Rounded, and an integer where it is whole: JSON has one way to write each number then (RFC 8785)."""
    found = round(value, digits)
    return int(found) if found == int(found) else found


def rate(many: int, exposure: float) -> dict[str, float] | None:
    """How many in a million, with the exact 95 % interval of a Poisson count (Garwood 1936); None without exposure."""
    if not exposure:
        return None
    edge, scale = (1 - SURE) / 2, 1e6 / exposure
    low = float(gammaincinv(many, edge)) if many else 0.0
    high = float(gammaincinv(many + 1, 1 - edge))
    return {key: plain(each * scale, 3) for key, each in (("rate", many), ("low", low), ("high", high))}


def make(
    begins: date,
    ends: date,
    at: datetime,
    *,
    before: Collection[Mapping[str, Any]] = (),
    heard: Hears = _nobody,
) -> dict[str, Any]:
    """The figures of a period as they may be published, at one moment of the database, so that tables of the same rows
    have one sum. `heard` is told after each table how many are counted.

    `before` are the figures of its earlier versions. Raises `UnknownCategory`.
    """
    found = count(*span_of(begins, ends), at, heard=heard)
    tables: dict[str, dict[str, Any]] = {}
    exposure = (0.0, 0.0)
    # Those of whose sums others tell come first, and first of all the trips, by whose number rates are made.
    for key, measure in sorted(
        MEASURES.items(), key=lambda each: (each[1].of is not None, each[0] != "trips")
    ):
        untold = _is_untold(measure, tables)
        tables[key] = _table(measure, found[key], exposure, told_in(before, key), untold)
        if key == "trips" and tables[key]["total"]["count"] is not None:
            metres = sum(each["metres"] for each in found[key].added.values())
            exposure = (float(tables[key]["total"]["count"]), metres / 1000)
    return {
        "format": FORMAT,
        "begins": begins.isoformat(),
        "ends": ends.isoformat(),
        "counted_at": at.isoformat(timespec="seconds"),
        "least": LEAST,
        "tables": [tables[key] for key in MEASURES],
    }


def _is_untold(measure: Measure, tables: Mapping[str, Any]) -> bool:
    """Its sum is a cell elsewhere that is not told."""
    if measure.of is None:
        return False
    table, cell = measure.of
    return any(each["cell"] == cell and each["count"] is None for each in tables[table]["cells"])


def _table(
    measure: Measure, found: Counted, exposure: tuple[float, float], before: Collection[Told], untold: bool
) -> dict[str, Any]:
    told = protect(found.counts, before=before, whole=untold) if measure.people else None
    counts = told.cells if told else found.counts
    total = told.total if told else sum(found.counts.values())
    whole = told is None or not told.hidden
    rows = [
        _row(measure, key, counts[key], found.added.get(key, {}), exposure, whole=whole)
        for key in measure.cells
    ]
    every = found.added.get("") or {
        name: sum(each.get(name, 0) for each in found.added.values()) for name in measure.adds
    }
    return {
        "measure": measure.key,
        "sha256": measure.digest,
        "query": measure.query,
        "small_counts_untold": measure.people,
        "columns": _columns(measure),
        "within": list(measure.within or ()),
        "total": _row(measure, "", total, every, exposure, whole=whole),
        "cells": rows,
    }


def _columns(measure: Measure) -> list[str]:
    """Which figures a line of the measure has, whether or not they are told."""
    found = ["count", *(measure.adds if measure.within or "metres" not in measure.adds else ("km",))]
    return [*found, "per_million_trips", "per_million_km"] if measure.rated else found


def _row(
    measure: Measure,
    cell: str,
    many: int | None,
    added: Mapping[str, float],
    exposure: tuple[float, float],
    *,
    whole: bool,
) -> dict[str, Any]:
    """One line. Of what is not told nothing is; of nothing there is no time."""
    row: dict[str, Any] = {"cell": cell, "count": many}
    if many is None:
        return row
    if measure.within:
        times = ("p50", "p95", "longest")
        row |= {name: plain(added.get(name, 0.0), 1) if many else None for name in times}
        row |= {name: int(added.get(name, 0)) for name in ("within_first", "within_second")}
    if "fen" in measure.adds and (cell or whole):
        row["fen"] = int(added.get("fen", 0))
    if "metres" in measure.adds:
        row["km"] = plain(added.get("metres", 0.0) / 1000, 1)
    if measure.rated:
        row["per_million_trips"], row["per_million_km"] = (rate(many, each) for each in exposure)
    return row


def canonical(figures: Mapping[str, Any]) -> bytes:
    """Figures as they are digested: JSON in UTF-8, keys sorted, no space between, whole numbers as integers (RFC 8785)."""
    return json.dumps(figures, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(figures: Mapping[str, Any]) -> str:
    """SHA-256 of the figures."""
    return hashlib.sha256(canonical(figures)).hexdigest()


def told_in(versions: Iterable[Mapping[str, Any]], measure: str) -> list[Told]:
    """What each of the figures told of a measure about people."""
    return [
        Told(table["total"]["count"], {row["cell"]: row["count"] for row in table["cells"]})
        for figures in versions
        for table in figures["tables"]
        if table["measure"] == measure
    ]
