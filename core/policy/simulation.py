"""What another value of a rule would have done to what happened: a registry by policy, over stored facts alone.

An app declares beside its rules (`APP/simulations.py`) which rows a policy decides about, by one statement that reads
figures of each, and its rule over whole columns. Rows are read in parts by their growing key, and each part is decided
by both values; nothing is written, and nothing acts. `core/tests/test_simulations.py` compares each rule over columns with the
real one, row by row.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import numpy as np
from django.db import connection
from django.utils.functional import Promise
from numpy.typing import NDArray

from core.policy.declared import Policy
from core.policy.units import Unit

T = TypeVar("T")
Label = str | Promise
Column = NDArray[Any]
Columns = Mapping[str, Column]
PART = 50_000  # rows that one statement reads: a long one would hold up what cleans tables
FIRST = ("id", "city", "line", "hour")  # of each row, whatever it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation(Generic[T]):
    """What a policy decides about, and how.

    `of` is what the rows are, `counts` what the rule makes of one: a yes or no, or with `unit` a number that is added up.
    `rows` is the statement's middle, `FROM … WHERE …`; `key`, `at`, `city` and `line` are its expressions for the growing
    key, the moment that the period is about, and the two by which figures are parted ('' where there is none); `hour`
    is another moment by whose hour they are parted; `columns` are those of the figures. `rule(value, columns)` decides
    about all rows at once. `passed_only` where rows are what the rule in force let through: of what it refused nothing
    is stored, and a looser value shows no difference.
    """

    policy: Policy[T]
    of: Label
    counts: Label
    rows: str
    key: str
    at: str
    city: str
    line: str
    columns: Mapping[str, str]
    rule: Callable[[T, Columns], Column]
    unit: Unit | None = None
    hour: str = ""
    passed_only: bool = False

    @property
    def statement(self) -> str:
        hour = f"extract(hour FROM {self.hour or self.at} AT TIME ZONE 'Asia/Shanghai')"
        first = (self.key, self.city, self.line, f"{hour}::int2")
        read = ", ".join((*first, *(f"({column})::float8" for column in self.columns.values())))
        return (
            f"SELECT {read} {self.rows} AND {self.at} >= %s AND {self.at} < %s AND {self.key} > %s"
            f" ORDER BY {self.key} LIMIT {PART}"
        )


@dataclass(slots=True)
class Count:
    """Of some rows: how many, what the value in force and the other one make of them, and for how many that differs."""

    rows: int = 0
    old: float = 0
    new: float = 0
    changed: int = 0

    def add(self, old: Column, new: Column) -> None:
        self.rows += len(old)
        self.old += float(old.sum())
        self.new += float(new.sum())
        self.changed += int(np.count_nonzero(old != new))

    def kept(self) -> list[float]:
        """As it is stored."""
        return [self.rows, round(self.old, 4), round(self.new, 4), self.changed]


_known: dict[str, Simulation[Any]] = {}
_none: dict[str, Label] = {}


def simulated(simulation: Simulation[T]) -> Simulation[T]:
    """Declare one at import time. Raises `ValueError` where the policy has one, or a reason against one, or it reads by
    anything but a SELECT."""
    if simulation.policy.key in _known or simulation.policy.key in _none or ";" in simulation.statement:
        raise ValueError(
            f"{simulation.policy.key} has a simulation already, or a reason against one, or its statement does more than read"
        )
    _known[simulation.policy.key] = simulation
    return simulation


def never(why: Label, *policies: Policy[Any]) -> None:
    """Say why nothing that is stored shows what other values of these policies would have done.

    Raises `ValueError` where that was said already, or the policy has a simulation.
    """
    for policy in policies:
        if policy.key in _none or policy.key in _known:
            raise ValueError(f"{policy.key} has a simulation already, or a reason against one")
        _none[policy.key] = why


def of(policy: Policy[T]) -> Simulation[T] | None:
    """The simulation of a policy; None where it has none."""
    return _known.get(policy.key)


def why_none(policy: Policy[Any]) -> Label:
    """Why a policy has none; empty where nobody said."""
    return _none.get(policy.key, "")


def known() -> list[Simulation[Any]]:
    """All of them, by key."""
    return [_known[key] for key in sorted(_known)]


def count(simulation: Simulation[Any], since: datetime, until: datetime) -> int:
    """How many rows a period has."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) {simulation.rows} AND {simulation.at} >= %s AND {simulation.at} < %s",
            [since, until],
        )
        return int(cursor.fetchone()[0])


def read(simulation: Simulation[Any], since: datetime, until: datetime) -> Iterator[dict[str, Column]]:
    """The columns of the rows of a period, part by part."""
    after = -1
    names = (*FIRST, *simulation.columns)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(simulation.statement, [since, until, after])
            rows = cursor.fetchall()
        if not rows:
            return
        yield dict(zip(names, (np.asarray(column) for column in zip(*rows, strict=True)), strict=True))
        after = rows[-1][0]
        if len(rows) < PART:
            return


def simulate(
    simulation: Simulation[T],
    old: T,
    new: T,
    since: datetime,
    until: datetime,
    heard: Callable[[int], None] = lambda _done: None,
) -> dict[str, Any]:
    """What both values make of the rows of a period: all together, and by city, hour and line, as JSON.

    `heard` is told after each part how many rows are done.
    """
    whole = Count()
    parts: dict[str, dict[str, Count]] = {"city": {}, "hour": {}, "line": {}}
    for columns in read(simulation, since, until):
        before = np.asarray(simulation.rule(old, columns), dtype=np.float64)
        after = np.asarray(simulation.rule(new, columns), dtype=np.float64)
        whole.add(before, after)
        for name, found in parts.items():
            values, places = np.unique(columns[name], return_inverse=True)
            for place, value in enumerate(values):
                chosen = places == place
                found.setdefault(str(value), Count()).add(before[chosen], after[chosen])
        heard(whole.rows)
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "all": whole.kept(),
        **{
            name: {value: found[value].kept() for value in sorted(found) if value}
            for name, found in parts.items()
        },
    }
